"""Emergencies, and the figures told of their damage, declared once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from amparo.crises.actions import (
    add_place,
    close_crisis,
    open_crisis,
    remove_place,
    rename_crisis,
    set_phase,
    undo_phase,
    undo_rename,
    withdraw_damage,
)
from amparo.crises.actions.damage import Told, record_damage
from amparo.crises.damage import FIGURES
from amparo.crises.forms import (
    FIGURE_CHOICES,
    EditCrisisForm,
    NewCrisisForm,
    OneFigureForm,
    WithdrawForm,
    said,
)
from amparo.crises.models import PHASE_NAMES, UNIT_NAMES, Crisis, DamageFigure
from amparo.crises.permissions import Crises
from amparo.crises.queries import manages, now_of, open_today, places_of, visible_to
from amparo.crises.queries.damage import visible_to as damage_visible_to
from amparo.kernel.access import require_anywhere
from amparo.kernel.models import User
from amparo.kernel.refusals import Refused
from amparo.places.queries import label
from amparo.places.resources import PlaceFilter
from amparo.standards import Phase
from amparo.toolkit.asked import quoted
from amparo.toolkit.frames import Notice, Option
from amparo.toolkit.resources import (
    Action,
    Choice,
    Choices,
    Column,
    Empty,
    Filter,
    NotUnderstood,
    Permissions,
    Resource,
    choices_of,
)

OPEN_OR_NOT = Choices(
    "state",
    gettext_lazy("Estado"),
    (
        Choice("open", gettext_lazy("Abiertas"), open_today),
        Choice("ended", gettext_lazy("Terminadas"), lambda: Q(ends_on__lte=timezone.localdate())),
    ),
    everything=gettext_lazy("Todas"),
)

CLOSE = Action(
    key="close",
    label=gettext_lazy("Terminar emergencia"),
    title=lambda crisis: _("¿Terminó %(crisis)s?") % {"crisis": crisis},
    submit=gettext_lazy("Terminar emergencia"),
    text=gettext_lazy("Desde hoy sus normas dejan de regir."),
    consequences=(
        gettext_lazy("Los albergues siguen como están."),
        gettext_lazy("Después ya no se puede corregir."),
    ),
    do=close_crisis,
    done=gettext_lazy("Emergencia terminada. Su historia se conserva."),
    permission=Crises.MANAGE,
    when=lambda crisis: crisis.ends_on is None,
)


class CrisisResource(Resource):
    """An event or process to which the work belongs."""

    noun = "crisis"
    slug = "crises"
    model = Crisis
    permissions = Permissions(Crises.VIEW, Crises.MANAGE, Crises.MANAGE)
    icon = "alertas"
    order = 40
    singular = gettext_lazy("Emergencia")
    plural = gettext_lazy("Emergencias")
    title = gettext_lazy("¿Qué emergencias hay?")
    lead = gettext_lazy("La etapa elige con qué normas se mide cada albergue.")
    help = gettext_lazy(
        "Primeros días: lo que salva vidas. Estable: lo que pide la norma. Larga: lo que hace falta para meses."
    )
    search_label = gettext_lazy("Buscar emergencia")
    empty = Empty(
        gettext_lazy("Ninguna emergencia abierta"),
        gettext_lazy(
            "Ábrala con su nombre, su etapa y sus municipios. "
            "La etapa elige con qué normas se miden sus albergues."
        ),
    )
    new_label = gettext_lazy("Abrir emergencia")
    new_title = gettext_lazy("¿Qué emergencia empieza?")
    new_submit = gettext_lazy("Abrir emergencia")
    new_done = gettext_lazy("Emergencia abierta. Los albergues de esos lugares se miden con su etapa.")
    edit_title = gettext_lazy("¿Qué cambia de esta emergencia?")
    edit_done = gettext_lazy("Guardado. Los veredictos cambian desde ahora; la historia no cambia.")
    chips = OPEN_OR_NOT
    searched = ("name",)
    sort = "-starts_on"
    identify = ("name",)
    form_new = NewCrisisForm
    form_edit = EditCrisisForm
    actions = (CLOSE,)
    verbs = {
        "crisis.opened": gettext_lazy("Se abrió"),
        "crisis.renamed": gettext_lazy("Cambió su nombre"),
        "crisis.rename_undone": gettext_lazy("Se deshizo un cambio de nombre"),
        "crisis.phase_set": gettext_lazy("Cambió de etapa"),
        "crisis.phase_undone": gettext_lazy("Se deshizo un cambio de etapa"),
        "crisis.place_added": gettext_lazy("Se agregó un lugar"),
        "crisis.place_removed": gettext_lazy("Se quitó un lugar"),
        "crisis.closed": gettext_lazy("Terminó"),
    }
    reversals = {
        "crisis.renamed": undo_rename,
        "crisis.rename_undone": undo_rename,
        "crisis.phase_set": undo_phase,
        "crisis.phase_undone": undo_phase,
    }

    def visible_to(self, user: Any) -> "QuerySet[Crisis]":
        return visible_to(user).select_related("holder")

    def prepare(self, records: Sequence[Any], user: Any) -> None:
        now = now_of(records)
        for crisis in records:
            crisis.phase_now, crisis.places_now = now[crisis.pk]

    def note(self, record: Any) -> str:
        return "; ".join(label(place) for place in record.places_now)

    def columns(self, user: Any) -> tuple[Column, ...]:
        return (
            Column("name", gettext_lazy("Emergencia"), str, hxl="#crisis+name", required=True),
            Column(
                "kind",
                gettext_lazy("Qué pasó"),
                lambda crisis: crisis.kind,
                "choice",
                hxl="#crisis+type",
                sort="kind",
                choices=choices_of(Crisis.Kind.choices),
                required=True,
            ),
            Column(
                "phase",
                gettext_lazy("Etapa"),
                lambda crisis: crisis.phase_now.value,
                "choice",
                hxl="#crisis+phase",
                choices=tuple((phase.value, name) for phase, name in PHASE_NAMES.items()),
            ),
            Column(
                "places",
                gettext_lazy("Lugares"),
                lambda crisis: ", ".join(place.code for place in crisis.places_now),
                hxl="#adm+code+list",
                listed=False,
                required=True,
                shown=self.note,
            ),
            Column(
                "starts_on",
                gettext_lazy("Empezó"),
                lambda crisis: crisis.starts_on,
                "date",
                hxl="#date+start",
                sort="starts_on",
            ),
            Column(
                "ends_on",
                gettext_lazy("Terminó"),
                lambda crisis: crisis.ends_on,
                "date",
                hxl="#date+end",
                sort="ends_on",
            ),
        )

    def detail(self, said: Any) -> list[str]:
        return [_("Lugar: %(place)s.") % {"place": said["place"]}] if said.get("place") else []

    def notices(self, user: Any, record: Any) -> tuple[Notice, ...]:
        if not self.may_create(user):
            return ()
        if record.ends_on is not None:
            return (Notice("info", _("Esta emergencia ya terminó."), _("Se puede ver, no cambiar.")),)
        if not manages(user, record):
            text = _("Llega más allá de donde usted puede actuar. Pídalo a quien la coordina.")
            return (Notice("info", _("Usted puede verla, no cambiarla."), text),)
        return ()

    def may_act(self, user: Any, permission: str, record: Any) -> bool:
        return manages(user, record) and record.ends_on is None

    def require(self, user: Any, permission: str, record: Any) -> None:
        """Who may see an emergency is told why they cannot change it."""
        require_anywhere(user, permission)
        if record.ends_on is not None:
            raise Refused("crisis_closed", _("Esta emergencia ya terminó."))
        if not manages(user, record):
            raise Refused(
                "crisis_reaches_further",
                _("Esta emergencia llega más allá de donde usted puede actuar. Pídalo a quien la coordina."),
            )

    def initial(self, record: Any) -> dict[str, Any]:
        self.prepare([record], None)
        return {
            "name": str(record),
            "phase": record.phase_now.value,
            "places": "\n".join(place.code for place in record.places_now),
        }

    def create(self, *, by: User, uid: UUID, **cleaned: Any) -> Crisis:
        return open_crisis(
            by=by,
            holder=by.organisation,
            uid=uid,
            name=cleaned["name"],
            kind=cleaned["kind"],
            places=cleaned["places"],
            starts_on=cleaned.get("starts_on"),
            phase=Phase(cleaned["phase"]),
        )

    @transaction.atomic
    def update(self, record: Any, *, by: User, **cleaned: Any) -> Crisis:
        self.prepare([record], by)
        if cleaned.get("name") and cleaned["name"] != str(record):
            rename_crisis(record, by=by, name=cleaned["name"])
        if cleaned.get("phase") and cleaned["phase"] != record.phase_now.value:
            set_phase(record, by=by, phase=Phase(cleaned["phase"]))
        if "places" in cleaned:
            now = [one.place for one in places_of(record)]
            for place in cleaned["places"]:
                if place not in now:
                    add_place(record, by=by, place=place)
            for place in now:
                if place not in cleaned["places"]:
                    remove_place(record, by=by, place=place)
        return Crisis.objects.get(pk=record.pk)


WITHDRAW = Action(
    key="withdraw",
    label=gettext_lazy("Retirar esta cifra"),
    title=lambda figure: _("¿Se dijo por error?"),
    submit=gettext_lazy("Retirar cifra"),
    text=gettext_lazy("Vuelve a valer la cifra anterior, si la hay. Esta queda en la historia."),
    do=withdraw_damage,
    done=gettext_lazy("Cifra retirada. Queda en la historia."),
    permission=Crises.MANAGE,
    form=lambda figure, data: WithdrawForm(data),
    when=lambda figure: figure.withdrawn_at is None,
)

STANDS_OR_NOT = Choices(
    "state",
    gettext_lazy("Estado"),
    (
        Choice("told", gettext_lazy("Valen"), Q(withdrawn_at=None)),
        Choice("withdrawn", gettext_lazy("Retiradas"), Q(withdrawn_at__isnull=False)),
    ),
    everything=gettext_lazy("Todas"),
)


class FigureFilter(Filter):
    """`figure=dead`: one figure alone."""

    key = "figure"
    label: Any = gettext_lazy("Cifra")

    def narrow(self, records: "QuerySet[Any]", asked: str) -> "QuerySet[Any]":
        if asked and asked not in FIGURES:
            raise NotUnderstood(
                _("No se conoce la cifra «%(asked)s»") % {"asked": quoted(asked)}, _("Se muestran todas.")
            )
        return records.filter(figure=asked) if asked else records

    def options(self, asked: str) -> tuple[Option, ...]:
        return (
            Option("", _("Todas las cifras"), not asked),
            *(Option(key, said(figure.name), key == asked) for key, figure in FIGURES.items()),
        )


class CrisisFilter(Filter):
    """`crisis=` and its id: what was told in one emergency."""

    key = "crisis"
    label: Any = gettext_lazy("Emergencia")

    def narrow(self, records: "QuerySet[Any]", asked: str) -> "QuerySet[Any]":
        if not asked:
            return records
        try:
            return records.filter(crisis__uid=UUID(asked))
        except ValueError:
            raise NotUnderstood(
                _("No se encuentra esa emergencia"), _("Se muestran todas las emergencias.")
            ) from None

    def options(self, asked: str) -> tuple[Option, ...]:
        """Never offered to choose: which ones there are is each reader's own."""
        if not asked:
            return ()
        return (Option("", _("Todas las emergencias")), Option(asked, _("Una emergencia"), True))


class DamageResource(Resource):
    """Figures of damage and needs, each as somebody told it. Their table by municipality is the briefing's."""

    noun = "damage"
    slug = "damage-figures"
    list_name = "damage_list"
    model = DamageFigure
    permissions = Permissions(Crises.VIEW, Crises.MANAGE)
    hand_made = frozenset({"new", "page"})
    icon = "danos"
    singular = gettext_lazy("Cifra de daños")
    plural = gettext_lazy("Cifras de daños")
    title = gettext_lazy("¿Qué se ha dicho de los daños?")
    lead = gettext_lazy(
        "Cada cifra como se dijo. No se suman: la más nueva de cada municipio es la que vale."
    )
    help = gettext_lazy("Una cifra no se corrige: se anota la nueva, y la anterior queda en la historia.")
    search_label = gettext_lazy("Buscar municipio o quién lo dijo")
    empty = Empty(
        gettext_lazy("Todavía no hay cifras de daños"),
        gettext_lazy("Anote las primeras: emergencia, municipio, cuándo, quién lo dijo y lo que se sepa."),
    )
    new_label = gettext_lazy("Anotar daños")
    chips = STANDS_OR_NOT
    filters = (PlaceFilter("place__path"), CrisisFilter(), FigureFilter())
    searched = ("place__name", "source", "note")
    sort = "-told_at"
    form_new = OneFigureForm
    uncorrected = gettext_lazy("Una cifra no se corrige: quite el uid para anotar la nueva.")
    actions = (WITHDRAW,)
    verbs = {
        "damagefigure.recorded": gettext_lazy("Se anotó"),
        "damagefigure.withdrawn": gettext_lazy("Se retiró"),
    }

    def visible_to(self, user: Any) -> "QuerySet[DamageFigure]":
        return damage_visible_to(user)

    def may_be_repeated(self, user: Any) -> "QuerySet[DamageFigure]":
        """Those that stand: one taken back may be told again."""
        return self.visible_to(user).filter(withdrawn_at=None)

    def new_form(self, user: Any, data: Any = None, *, initial: Any = None) -> OneFigureForm:
        return OneFigureForm(data, crises=visible_to(user), initial=dict(initial or {}))

    def name_of(self, record: Any) -> str:
        return f"{figure_name(record.figure)}: {label(record.place)}"

    def note(self, record: Any) -> str:
        return _("Retirada") if record.withdrawn_at is not None else ""

    def columns(self, user: Any) -> tuple[Column, ...]:
        return (
            Column(
                "name",
                gettext_lazy("Cifra y municipio"),
                self.name_of,
                hxl="#description",
            ),
            Column(
                "figure",
                gettext_lazy("Cifra"),
                lambda one: one.figure,
                "choice",
                hxl="#indicator+code",
                sort="figure",
                choices=tuple(FIGURE_CHOICES),
                listed=False,
                required=True,
            ),
            Column(
                "place",
                gettext_lazy("Municipio"),
                lambda one: one.place.code,
                "place",
                hxl="#adm2+code",
                sort="place__name",
                listed=False,
                required=True,
                shown=lambda one: label(one.place),
            ),
            Column(
                "low",
                gettext_lazy("Número, o desde"),
                lambda one: one.low,
                "whole",
                hxl="#affected+low",
                sort="low",
                required=True,
            ),
            Column("high", gettext_lazy("Hasta"), lambda one: one.high, "whole", hxl="#affected+high"),
            Column(
                "unit",
                gettext_lazy("Unidad"),
                lambda one: one.unit,
                "choice",
                hxl="#meta+unit",
                choices=tuple((unit.value, name) for unit, name in UNIT_NAMES.items()),
            ),
            Column(
                "told_at",
                gettext_lazy("Cuándo se dijo"),
                lambda one: one.told_at,
                "moment",
                hxl="#date+reported",
                sort="told_at",
                required=True,
            ),
            Column(
                "source",
                gettext_lazy("Quién lo dijo"),
                lambda one: one.source,
                hxl="#meta+source",
                sort="source",
                required=True,
            ),
            Column(
                "crisis",
                gettext_lazy("Emergencia"),
                lambda one: str(one.crisis),
                hxl="#crisis+name",
                listed=False,
                required=True,
            ),
            Column("note", gettext_lazy("Nota"), lambda one: one.note, hxl="#meta+note", listed=False),
            Column(
                "withdrawn_at",
                gettext_lazy("Retirada"),
                lambda one: one.withdrawn_at,
                "moment",
                hxl="#date+withdrawn",
                listed=False,
            ),
        )

    def create(self, *, by: User, uid: UUID, **cleaned: Any) -> DamageFigure:
        told = Told(cleaned["figure"], cleaned["low"], cleaned["high"], cleaned["unit"], uid)
        (made,) = record_damage(
            by=by,
            holder=by.organisation,
            crisis=cleaned["crisis"],
            place=cleaned["place"],
            told_at=cleaned["told_at"],
            source=cleaned["source"],
            note=cleaned.get("note", ""),
            figures=[told],
        )
        return made

    def erase(self, record: DamageFigure, *, by: User, why: str) -> None:
        """Take back what a sheet told: it stays in the history, with the reason."""
        withdraw_damage(record, by=by, why=why)


def figure_name(key: str) -> str:
    """The name of a figure; its key where the file no longer has it."""
    return said(FIGURES[key].name) if key in FIGURES else key
