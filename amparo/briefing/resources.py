"""What only the briefing can say of nouns declared below: people, the age of the figure, what to look at."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.briefing import words
from amparo.briefing.actions.schedules import end_schedule, schedule_report
from amparo.briefing.forms_schedule import ScheduleForm
from amparo.briefing.models import ReportSchedule
from amparo.briefing.permissions import Briefing
from amparo.briefing.queries.lacking import hours
from amparo.crises.queries import visible_to as crises_visible_to
from amparo.crises.resources import CrisisResource
from amparo.kernel.access import may
from amparo.kernel.classes import DataClass
from amparo.places.queries import label
from amparo.sites.models import Flag, Site
from amparo.sites.queries.gaps import Moment, assess
from amparo.sites.queries.sites import open_ones, visible_to
from amparo.sites.resources import SiteResource
from amparo.standards import INDICATORS
from amparo.toolkit.frames import Link
from amparo.toolkit.resources import Action, Column, Empty, Permissions, Resource, choices_of
from amparo.toolkit.templatetags.toolkit import pill


class CentreResource(SiteResource):
    """The list of centres with tonight's people; its page and its history are the briefing's own."""

    hand_made = frozenset({"page", "history"})
    lead = gettext_lazy("Personas y edad del dato. Abiertos y cerrados no se suman.")

    def prepare(self, records: Sequence[Any], user: Any) -> None:
        by_key = {one.site.pk: one for one in assess(list(records), Moment.now())}
        flags: dict[int, dict[str, None]] = {site.pk: {} for site in records}
        for flag in Flag.objects.filter(site__in=list(flags), cleared_at=None):
            flags[flag.site_id][words.flag(flag.code, flag.detail)] = None
        for site in records:
            site.stood, site.flagged = by_key[site.pk], tuple(flags[site.pk])

    def prepare_written(self, records: Sequence[Any], user: Any) -> None:
        super().prepare(records, user)

    def note(self, record: Site) -> str:
        return words.place_of(record)

    def columns(self, user: Any) -> tuple[Column, ...]:
        return (
            *super().columns(user),
            Column(
                "people",
                gettext_lazy("Personas"),
                lambda site: site.stood.people(),
                "whole",
                hxl="#affected+ind",
            ),
            Column(
                "told_at",
                gettext_lazy("Dato de"),
                lambda site: site.stood.told_at,
                "moment",
                hxl="#date+reported",
                lasts=hours(INDICATORS["persons"].half_life),
            ),
            Column("check", gettext_lazy("Revisar"), lambda site: "; ".join(site.flagged), shown=to_check),
        )


def to_check(site: Any) -> SafeString:
    return format_html_join(" ", "{}", ((pill("bajo", words_),) for words_ in site.flagged))


class EmergencyResource(CrisisResource):
    """Emergencies with the centres and people inside, of those that the reader sees."""

    def links(self, user: Any, record: Any) -> tuple[Link, ...]:
        return (Link(_("Ver sus albergues"), f"{reverse('board')}?crisis={record.uid}"),)

    def prepare(self, records: Sequence[Any], user: Any) -> None:
        super().prepare(records, user)
        paths = {crisis.pk: tuple(place.path for place in crisis.places_now) for crisis in records}
        every = tuple({path for inside in paths.values() for path in inside})
        sites = [site for site in open_ones(visible_to(user)) if site.path.startswith(every)] if user else []
        counted = [(one.site.path, one.people()) for one in assess(sites, Moment.now())] if sites else []
        for crisis in records:
            inside = [people for path, people in counted if path.startswith(paths[crisis.pk])]
            known = [people for people in inside if people is not None]
            crisis.sites_now, crisis.people_now = len(inside), sum(known) if known else None

    def prepare_written(self, records: Sequence[Any], user: Any) -> None:
        super().prepare(records, user)

    def columns(self, user: Any) -> tuple[Column, ...]:
        return (
            *super().columns(user),
            Column(
                "sites", gettext_lazy("Albergues"), lambda crisis: crisis.sites_now, "whole", hxl="#loc+num"
            ),
            Column(
                "people",
                gettext_lazy("Personas"),
                lambda crisis: crisis.people_now,
                "whole",
                hxl="#affected+ind",
            ),
        )


STOP = Action(
    key="stop",
    label=gettext_lazy("Dejar de enviar"),
    title=lambda schedule: _("¿Dejar de enviar este informe?"),
    submit=gettext_lazy("Dejar de enviar"),
    text=gettext_lazy("Los informes que ya salieron se conservan."),
    do=end_schedule,
    done=gettext_lazy("Ya no se enviará."),
    permission=Briefing.SCHEDULE,
    when=lambda schedule: schedule.ended_at is None,
)


class ScheduleResource(Resource):
    """Situation reports that come by themselves. Each person sees their own."""

    noun = "schedule"
    slug = "schedules"
    model = ReportSchedule
    permissions = Permissions(Briefing.SCHEDULE, Briefing.SCHEDULE)
    icon = "pendientes"
    order = 27
    singular = gettext_lazy("Informe programado")
    plural = gettext_lazy("Informes programados")
    title = gettext_lazy("¿Qué informes salen solos?")
    lead = gettext_lazy("Quedan en el equipo central; con un correo, también se envían.")
    help = gettext_lazy("El informe lleva lo que usted puede ver en ese momento, ni más ni menos.")
    search_label = gettext_lazy("Buscar informe")
    empty = Empty(
        gettext_lazy("Ningún informe sale solo"),
        gettext_lazy("Programe uno: cada día o cada lunes, en español o inglés, en PDF, XLSX y HXL."),
    )
    new_label = gettext_lazy("Programar informe")
    new_title = gettext_lazy("¿Cada cuánto sale el informe?")
    new_submit = gettext_lazy("Programar informe")
    new_done = gettext_lazy("Programado. La lista dice cuándo sale el próximo.")
    searched = ("email", "place__name")
    sort = "next_at"
    identify = ()
    form_new = ScheduleForm
    actions = (STOP,)
    verbs = {
        "report.scheduled": gettext_lazy("Se programó"),
        "report.unscheduled": gettext_lazy("Se dejó de enviar"),
    }

    def visible_to(self, user: Any) -> "QuerySet[ReportSchedule]":
        schedules = ReportSchedule.objects.filter(ended_at=None, owner_id=user.pk if user else None)
        return schedules.select_related("place__parent", "crisis", "holder")

    def may_act(self, user: Any, permission: str, record: Any) -> bool:
        return record.owner_id == user.pk and may(user, permission)

    def note(self, record: Any) -> str:
        said = [str(record.crisis) if record.crisis else "", label(record.place) if record.place else ""]
        return ". ".join(filter(None, said)) or _("Todo lo que usted ve")

    def columns(self, user: Any) -> tuple[Column, ...]:
        return (
            Column("name", gettext_lazy("Informe"), str),
            Column(
                "language",
                gettext_lazy("Idioma"),
                lambda schedule: schedule.language,
                "choice",
                choices=choices_of(ReportSchedule.Language.choices),
            ),
            Column(
                "email",
                gettext_lazy("Correo"),
                lambda schedule: schedule.email,
                data_class=DataClass.PERSONAL,
            ),
            Column(
                "next_at",
                gettext_lazy("Próximo"),
                lambda schedule: schedule.next_at,
                "moment",
                sort="next_at",
            ),
            Column(
                "last_at", gettext_lazy("Último"), lambda schedule: schedule.last_at, "moment", sort="last_at"
            ),
            Column(
                "outcome",
                gettext_lazy("Resultado"),
                lambda schedule: schedule.outcome,
                shown=lambda schedule: schedule.get_outcome_display(),
            ),
        )

    def new_form(self, user: Any, data: Any = None, *, initial: Any = None) -> ScheduleForm:
        form = ScheduleForm(data, initial=dict(initial or {}))
        form.fields["crisis"].queryset = crises_visible_to(user)  # type: ignore[attr-defined]
        return form

    def create(self, *, by: Any, uid: Any, **cleaned: Any) -> ReportSchedule:
        return schedule_report(by=by, holder=by.organisation, uid=uid, **cleaned)


CENTRES = CentreResource()
EMERGENCIES = EmergencyResource()
SCHEDULES = ScheduleResource()
