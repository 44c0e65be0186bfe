"""Who may open what: every address x every role x records of their own and of others, against one declared table.

Own: the page or its form (200), a redirect, or a complaint about empty data (400, 409). A function the role lacks:
403. Another's record: 404, word for word what an address that never existed answers. Nobody known: the door (302);
for phones 401, for they alone speak OpenRosa.
"""

import base64
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from amparo.briefing.actions.schedules import schedule_report
from amparo.briefing.resources import CENTRES, EMERGENCIES
from amparo.config import lan
from amparo.config.resources import RESOURCES
from amparo.config.roles import ROLES
from amparo.crises.models import Crisis, DamageFigure
from amparo.crises.testing import a_crisis
from amparo.intake.actions.devices import Enrolment
from amparo.intake.actions.drafts import start_draft
from amparo.intake.actions.receiving import Incoming, receive_here
from amparo.intake.actions.uploads import read_upload, receive_upload
from amparo.intake.models import Device, Form, FormMedia, FormVersion, MappingDraft, RawMessage, SheetUpload
from amparo.intake.testing import MAPPING, filled, form, machine, mapping, phone
from amparo.kernel.models import Holding, Organisation, User
from amparo.kernel.sealing import keyed_hash
from amparo.kernel.testing import organisation
from amparo.parties.actions.helping import PURPOSE as LINK
from amparo.parties.actions.kept_forms import keep
from amparo.parties.doors import FactorAdapter
from amparo.parties.models import ApiToken, Contact, HelperLink
from amparo.parties.resources import ACCOUNTS
from amparo.places.models import Place
from amparo.places.testing import a_place, no_country
from amparo.sites.actions.observing import Report, observe_many
from amparo.sites.actions.site import add_site
from amparo.sites.models import ObservationBatch, Site
from amparo.standards import STANDARDS
from amparo.toolkit.imports.actions import read_run, receive_sheet
from amparo.toolkit.models import ImportRun
from amparo.toolkit.resources import Resource

pytestmark = pytest.mark.django_db

# M person in charge of a centre   C committee   N national   E enumerator   A analyst   U auditor   D administrator
# T a phone, by its own secret     * everybody, known or not      nobody: the address does not answer that method
# H a helper for a day: wherever M goes, but for NOT_FOR_HELPERS      + everybody known, with a role or without
# d e administrator and enumerator are led on to the first page of their own menu      = nobody of these people
# never: there is nothing at this address
TABLE = """
url                     of         GET      POST

login                   -          *        *
logout                  -          nobody   *
set_language            -          nobody   *
trust                   -          *        *
authority               -          *        *
alive                   -          *        *
begin                   -          never    never

board                   -          MCNAUde  nobody
sites_list              -          MCNAU    nobody
site_new                -          CN       CN
site_grid               -          CN       CN
site_export             -          MCNAU    nobody
site_views              -          nobody   MCNAU
site_undo               site       CN       CN
site_import             -          CN       CN
site_import_run         sites_run  CN       CN
site_import_apply       sites_run  CN       CN
site_import_undo        sites_run  CN       CN
site_import_problems    sites_run  CN       nobody
site_page               site       MCNAU    nobody
site_history            site       MCNAU    nobody
site_trend              site       MCNAU    nobody
site_sheet              site       MCNAU    nobody
site_spaces             site       MCNAU    nobody
site_spaces_edit        site       MCN      MCN
site_facilities_edit    site       MCN      MCN
site_edit               site       CN       CN
site_open               site       CN       CN
site_closure            site       CN       CN
today                   -          MCN      nobody
today_site              site       MCN      MCN
daily_report            site       MCN      MCN
report_paper            site       MCN      nobody
calls                   -          MCN      MCN
call                    site       MCN      MCN
situation               -          MCNAU    nobody
situation_places        -          MCNAU    nobody
situation_sites         -          MCNAU    nobody
situation_file          paper      MCNAU    nobody
schedules               -          CNA      nobody
schedule_new            -          CNA      CNA
schedule_export         -          CNA      nobody
schedule_views          -          nobody   CNA
schedule_page           schedule   N        nobody
schedule_history        schedule   N        nobody
schedule_stop           schedule   N        N
api:schedules           -          CNA      CNA
api:schedules_one       schedule   N        nobody
standards               -          MCNAU    nobody
standard_verify         standard   NA       NA
gaps_api                -          MCNAU    nobody
origin                  figure     MCNAU    nobody
trends                  -          MCNAU    nobody
map                     -          MCNAU    nobody
map_points              -          MCNAU    nobody
damage                  -          MCNAU    nobody
damage_new              -          CN       CN
damage_page             damage     MCNAU    nobody
damage_list             -          MCNAU    nobody
damage_export           -          MCNAU    nobody
damage_views            -          nobody   MCNAU
damage_history          damage     MCNAU    nobody
damage_withdraw         damage     CN       CN
damage_import           -          CN       CN
damage_import_run       damage_run CN       CN
damage_import_apply     damage_run CN       CN
damage_import_undo      damage_run CN       CN
damage_import_problems  damage_run CN       nobody
site_gaps_api           site       MCNAU    nobody

crises                  -          MCNAU    nobody
crisis_new              -          CN       CN
crisis_export           -          MCNAU    nobody
crisis_views            -          nobody   MCNAU
crisis_page             crisis     MCNAU    nobody
crisis_history          crisis     MCNAU    nobody
crisis_edit             crisis     CN       CN
crisis_close            crisis     CN       CN
crisis_undo             crisis     CN       CN
crisis_import           -          CN       CN
crisis_import_run       crisis_run CN       CN
crisis_import_apply     crisis_run CN       CN
crisis_import_undo      crisis_run CN       CN
crisis_import_problems  crisis_run CN       nobody
messages                -          CNA      nobody
message_export          -          CNA      nobody
message_views           -          nobody   CNA
message_history         message    CNA      nobody
message_page            message    CNA      CNA
forms                   -          NAD      nobody
form_export             -          NAD      nobody
form_views              -          nobody   NAD
form_history            form       NAD      nobody
form_upload             -          NAD      NAD
form_page               form       NAD      NAD
form_source             form       NAD      NAD
form_preview            form       NAD      nobody
form_xml                version    NAD      nobody
form_retire             form       NAD      =
form_answers            form       CNA      nobody
mappings                -          NAD      nobody
mapping_new             -          NAD      NAD
mapping_page            mapping    NAD      NAD
mapping_file            mapping    NAD      nobody
mapping_differences     mapping    NAD      nobody
mapping_rerun           form       NAD      NAD
mapping_columns         draft      N        N
mapping_column          draft      N        N
mapping_reading         draft      N        N
mapping_try             draft      N        N
mapping_save            draft      N        N
mapping_discard         draft      N        N
sheets                  -          CNAD     nobody
sheet_new               -          CNAD     CNAD
sheet_page              upload     CN       CN
sheet_apply             upload     CN       CN
sheet_undo              upload     CN       CN
phones                  -          D        nobody
phone_export            -          D        nobody
phone_views             -          nobody   D
phone_history           phone      D        nobody
phone_enrol             -          D        D
phone_page              phone      D        D
phone_secret            phone      D        D
phone_revoke            phone      D        D

account_login           -          *        *
code_enter              -          *        *
mfa_authenticate        -          *        *
helper_enter            link       *        *
my_account              -          +        +
session_end             -          nobody   +
account_change_password -          +        +
account_reauthenticate  -          +        +
mfa_reauthenticate      -          +        +
mfa_reauthenticate_webauthn -      +        +
mfa_index               -          +        +
mfa_list_webauthn       -          +        +
mfa_activate_totp       -          +        +
mfa_deactivate_totp     -          N        N
mfa_view_recovery_codes -          N        nobody
mfa_generate_recovery_codes -      +        +
mfa_add_webauthn        -          +        +
mfa_remove_webauthn     key        =        =
token_make              -          +        +
token_revoke            token      N        N
kept_form               kept       MCN      MCN
kept_form_open          kept       nobody   MCN
accounts                -          CND      nobody
account_export          -          CND      nobody
account_views           -          nobody   CND
account_grid            -          CND      CND
account_codes           -          CND      CND
account_history         account    CND      nobody
account_edit            account    CND      CND
account_undo            account    CND      CND
account_import          -          CND      CND
account_import_run      account_run =       =
account_import_apply    account_run =       =
account_import_undo     account_run =       =
account_import_problems account_run =       nobody
account_new             -          CND      CND
account_page            account    CND      CND
account_renew           account    CND      CND
account_end             account    CND      CND
account_code            account    CND      CND
account_factors         account    CND      CND
account_sessions_end    account    nobody   CND
role_give               account    CND      CND
role_end                holding    CN       CN
organisations           -          CNAUD    nobody
organisation_export     -          CNAUD    nobody
organisation_views      -          nobody   CNAUD
organisation_history    body       CNAUD    nobody
organisation_undo       body       ND       ND
organisation_import     -          ND       ND
organisation_import_run body_run   ND       ND
organisation_import_apply body_run ND       ND
organisation_import_undo body_run  ND       ND
organisation_import_problems body_run ND    nobody
organisation_new        -          ND       ND
organisation_page       body       CNAUD    CNAUD
organisation_edit       body       ND       ND
contact_new             body       ND       ND
contact_edit            contact    ND       ND
contact_remove          contact    ND       ND
helpers                 -          MCN      MCN
helper_link             -          MCN      MCN
helper_again            helper     nobody   MCN
helper_extend           helper     nobody   MCN
helper_end              helper     nobody   MCN
health                  -          AUD      AUD
backups                 -          AUD      AUD

places                  -          MCNEAUD  nobody
place_export            -          MCNEAUD  nobody
place_views             -          nobody   MCNEAUD
place_page              place      MCNEAUD  nobody
place_history           place      MCNEAUD  nobody
place_new               -          D        D
place_grid              -          D        D
place_edit              place      =        =
place_undo              place      =        =
place_import            -          D        D
place_import_run        place_run  D        D
place_import_apply      place_run  D        D
place_import_undo       place_run  D        D
place_import_problems   place_run  D        nobody

api:openapi-json        -          *        *
api_root                -          *        nobody
api:api-root            -          *        nobody
api:sites               -          MCNAU    CN
api:sites_one           site       MCNAU    nobody
api:crises              -          MCNAU    CN
api:crises_one          crisis     MCNAU    nobody
api:damage-figures      -          MCNAU    CN
api:damage-figures_one  damage     MCNAU    nobody
api:messages            -          CNA      nobody
api:messages_one        message    CNA      nobody
api:forms               -          NAD      nobody
api:forms_one           form       NAD      nobody
api:phones              -          D        nobody
api:phones_one          phone      D        nobody
api:organisations       -          CNAUD    ND
api:organisations_one   body       CNAUD    nobody
api:places              -          MCNEAUD  D
api:places_one          place      MCNEAUD  nobody

fill_list               -          MCNE     nobody
fill_queue              -          MCNE     nobody
fill_rescue             -          MCNE     MCNE
form_fill               form       MCNE     nobody
fill_form_xml           version    MCNE     nobody
fill_form_media         version    MCNE     nobody
web_submission          -          nobody   MCNE
service_worker          -          *        nobody

openrosa_form_list      -          T        T
openrosa_form           version    T        T
openrosa_manifest       version    T        T
openrosa_media          version    T        T
openrosa_submission     -          nobody   T
"""

LETTERS = {
    "M": "site_manager", "C": "committee", "N": "national", "E": "enumerator", "A": "analyst", "U": "auditor",
    "D": "administrator", "H": "helper",
}  # fmt: skip
NOT_FOR_HELPERS = {"crises", "crisis_page", "crisis_history", "crisis_export", "crisis_views", "api:crises",
    "api:crises_one", "damage", "damage_list", "damage_page", "damage_history", "damage_export", "damage_views",
    "api:damage-figures", "api:damage-figures_one", "helpers", "helper_link", "helper_again", "helper_extend",
    "helper_end", "kept_form", "kept_form_open"}  # fmt: skip
# Pages of one's own: no role opens them, and what is another's does not exist.
PERSONAL = {"kept_form", "kept_form_open", "token_revoke", "mfa_remove_webauthn", "mfa_deactivate_totp",
    "mfa_view_recovery_codes"}  # fmt: skip
# Whoever manages accounts, and not those that can more than they; a draft and a sheet (of accounts too) are of who made
# and brought them.
# A place is everybody's: whoever administers for one institution changes none.
BEYOND = {("role_end", "D"), ("place_edit", "D"), ("place_undo", "D"), ("sheet_page", "A"), ("sheet_page", "D"), *(
    (f"account_import_{page}", who) for page in ("run", "apply", "undo", "problems") for who in "CND"
), *(
    (f"mapping_{page}", who) for page in ("columns", "column", "reading", "try", "save", "discard") for who in "AD"
), *(
    (url, who) for url in ("schedule_page", "schedule_history", "schedule_stop", "api:schedules_one") for who in "CA"
)}  # fmt: skip
VISITORS = [*LETTERS, "0", "P", "T", "-"]  # 0 holds no role, P is police with one, - is a stranger
NOT_PEOPLE = {"console", "device"}  # they hold roles and open no page
# What is one's own besides what lies in one's area and is held by one's organisation, each with its reason.
SHARED = {
    "crisis": {
        "other_area": "an organisation sees its own emergencies wherever they are",
        "other_organisation": "an emergency is everybody's who works where it is",
    },
    "form": dict.fromkeys(
        ("other_area", "other_organisation", "strange"), "forms are one list for the house"
    ),
    "version": dict.fromkeys(("other_area", "other_organisation", "strange"), "any phone may fill any form"),
    "mapping": dict.fromkeys(
        ("other_area", "other_organisation", "strange"), "mappings are one list for the house"
    ),
    "upload": {"other_area": "a sheet is of the institution that brought it, wherever its rows lie"},
    "body": dict.fromkeys(
        ("other_area", "other_organisation", "strange"), "bodies are one list for the house"
    ),
    "contact": dict.fromkeys(
        ("other_area", "other_organisation", "strange"), "and so are those to call there"
    ),
    "place": dict.fromkeys(
        ("other_area", "other_organisation", "strange"), "places are everybody's reference"
    ),
    "link": dict.fromkeys(
        ("other_area", "other_organisation", "strange"), "whoever has the link has the door"
    ),
}
MAY = {200, 204, 302, 307, 400, 409, 415, 422}


@dataclass(frozen=True)
class Line:
    """One row of the table."""

    url: str
    of: str
    get: str
    post: str

    def who(self, method: str) -> str:
        said = self.get if method == "GET" else self.post
        return f"{said}H" if "M" in said and self.url not in NOT_FOR_HELPERS else said

    @property
    def readers(self) -> str:
        """Those whom the page itself answers."""
        return "".join(letter for letter in self.who("GET") if letter.isupper())


LINES = {line.split()[0]: Line(*line.split()) for line in TABLE.strip().splitlines()[1:] if line}


def patterns(inside: list | None = None, before: str = "") -> Iterator[tuple[str, str | None]]:
    """Every address of the house: (route, name)."""
    for one in get_resolver().url_patterns if inside is None else inside:
        if isinstance(one, URLResolver):
            inner = patterns(one.url_patterns, before + str(one.pattern))
            yield from (
                (route, f"{one.namespace}:{name}" if one.namespace else name) for route, name in inner
            )
        elif isinstance(one, URLPattern):
            yield before + str(one.pattern), one.name


def test_every_address_stands_in_the_table():
    named = {name: route for route, name in patterns()}
    assert None not in named, "an address without a name"
    assert len(set(patterns())) == len(named), "two addresses of one name"
    assert sorted(named) == sorted(LINES), "declare who may open the new address"


def test_every_role_stands_in_the_table():
    declared = {name for name in ROLES if not name.startswith("test-")}  # tests make roles of their own
    assert set(LETTERS.values()) | NOT_PEOPLE == declared


# --- the house


@dataclass(frozen=True)
class House:
    """Everybody, and for each kind of record the arguments of its address by whose it is."""

    people: dict[str, User]
    device: Enrolment
    records: dict[str, dict[str, list]]
    visitors: "dict[str, Visitor]"


@pytest.fixture
def house(home) -> House:
    home.keys.mkdir()
    lan.ensure_certificate(home, ["127.0.0.2"])
    no_country()
    here, elsewhere = a_place("TST"), a_place("ABC")
    ours, theirs = organisation("Comité propio"), organisation("Comité ajeno")
    places = {
        "own": (a_place("TST01", parent=here), ours),
        "other_area": (a_place("ABC01", parent=elsewhere), ours),
        "other_organisation": (a_place("TST02", parent=Place.objects.get(code="TST01")), theirs),
        "strange": (a_place("ABC02", parent=elsewhere), theirs),
    }
    scope = places["own"][0].path
    people = {letter: someone(ours, role, scope) for letter, role in LETTERS.items()}
    people["0"] = someone(ours, "", scope)
    people["P"] = police()
    device = phone("Brigada propia", scope=scope, holder=ours)
    records = {whose: records_of(whose, place, holder) for whose, (place, holder) in places.items()}
    records["own"]["standard"] = [unverified()]
    records["own"]["paper"] = ["pdf"]
    records["own"]["schedule"] = [
        schedule_report(by=people["N"], holder=ours, every="day", hour=6, language="es").uid
    ]
    records["own"]["figure"] = ["people"]
    records["own"]["phone"] = [device.device.uid]
    Authenticator.objects.create(
        user=people["N"], type="totp", data={"secret": FactorAdapter().encrypt("A" * 32)}
    )
    RecoveryCodes.activate(people["N"])
    for whose in records:
        owner = people["N"] if whose == "own" else someone(ours, "administrator", "")
        records[whose]["token"] = [a_token(owner).uid]
        records[whose]["draft"] = [a_draft(owner).uid]
    by_kind = {
        kind: {whose: made[kind] for whose, made in records.items() if kind in made}
        for kind in records["own"]
    }
    visitors = {who: Visitor(people.get(who), device if who == "T" else None) for who in VISITORS}
    return House(people, device, by_kind, visitors)


def someone(member_of: Organisation, role: str, scope: str) -> User:
    user = User.objects.create(username=f"{role}-{uuid4().hex}", name="Persona", organisation=member_of)
    user.set_password("palabras inventadas de prueba")
    user.save()
    if role:
        Holding.objects.create(user=user, role=role, scope=scope, organisation=member_of)
    return user


def police() -> User:
    """Somebody who held a role before their body turned out to be the police: the database lets none be given."""
    body = organisation("Policía")
    user = someone(body, "site_manager", "")
    Holding.objects.filter(user=user).update(organisation=None)
    Organisation.objects.filter(pk=body.pk).update(kind=Organisation.Kind.POLICE)
    return User.objects.get(pk=user.pk)


def a_token(owner: User) -> ApiToken:
    now = timezone.now()
    return ApiToken.objects.create(
        user=owner, label="Tablero", digest=uuid4().hex, permissions=[], made_at=now,
        ends_at=now + timezone.timedelta(days=1),
    )  # fmt: skip


def unverified() -> str:
    return next(key for key, standard in STANDARDS.items() if not standard.verified)


def records_of(whose: str, place: Place, holder: Organisation) -> dict[str, list]:
    """One record of each kind in this place, held by this organisation: the arguments of its address."""
    by = machine()
    site = add_site(by=by, holder=holder, place=place, name=f"Albergue {whose}")
    observe_many(
        [Report(site, timezone.now(), [("persons", 40.0, 40.0)], source=ObservationBatch.Source.CALL)], by=by
    )
    sender = phone(f"Brigada {whose}", scope=place.path, holder=holder).device
    content = filled(f"uuid:{whose}", form_id="otro")
    message = receive_here(
        Incoming("otro", f"uuid:{whose}", b"f", content, by=sender.user, holder_id=holder.pk)
    )
    RawMessage.objects.filter(pk=message.pk).update(state="waiting", reason="no_site")
    made = form(f"formulario-{whose}", bound=False)
    Form.objects.filter(pk=made.pk).update(holder=holder)
    version = FormVersion.objects.get(form=made)
    media = FormMedia.objects.create(version=version, name="a.png", content=b"a", md5="0")
    now, body = timezone.now(), organisation(f"Institución {whose}")
    secret = uuid4().hex
    HelperLink.objects.create(
        digest=keyed_hash(secret, purpose=LINK), scope=site.path, organisation=holder, where=site.name, made_by=by,
        made_at=now, ends_at=now + timezone.timedelta(minutes=5),
    )  # fmt: skip
    helper = someone(holder, "helper", site.path)
    Holding.objects.filter(user=helper).update(ends_at=now + timezone.timedelta(hours=5), organisation=holder)
    kept = keep(user=helper, path="/sites/", fields={"name": ["Uno"]})
    reporter = someone(holder, "enumerator", place.path)
    key = Authenticator.objects.create(
        pk=next(NUMBERS), user=helper, type="webauthn", data={"name": "Llave", "credential": {}}
    )
    Holding.objects.filter(user=reporter).update(id=next(NUMBERS))
    crisis = a_crisis(place, holder=holder)
    damage = DamageFigure.objects.create(
        holder=holder, crisis=crisis, place=place, figure="dead", unit="people", low=1, high=1, told_at=now,
        source="Radio",
    )  # fmt: skip
    return {
        "damage": [damage.uid],
        "account": [(someone(holder, "", "") if whose == "own" else reporter).uid],
        "holding": [reporter.uid, Holding.objects.get(user=reporter).pk],
        "body": [body.uid],
        "contact": [body.uid, Contact.objects.create(organisation=body, name="Ana", phone="1").uid],
        "link": [secret],
        "helper": [helper.uid],
        "kept": [kept.uid],
        "key": [key.pk],
        "sites_run": [a_sheet(CENTRES, someone(holder, "committee", place.path)).uid],
        "account_run": [a_sheet(ACCOUNTS, someone(holder, "committee", place.path)).uid],
        "body_run": [a_sheet(BODIES, someone(holder, "national", place.path)).uid],
        "damage_run": [a_sheet(DAMAGE, someone(holder, "committee", place.path)).uid],
        "place_run": [a_sheet(PLACES, someone(holder, "administrator", place.path)).uid],
        "crisis_run": [a_sheet(EMERGENCIES, someone(holder, "committee", place.path)).uid],
        "site": [site.uid],
        "crisis": [crisis.uid],
        "message": [message.uid],
        "mapping": [a_mapping(f"guia-{whose.replace('_', '-')}")],
        "upload": [an_upload(someone(holder, "committee", place.path)).uid],
        "form": [made.uid],
        "version": [made.uid, version.pk, media.pk],
        "phone": [sender.uid],
        "place": [place.uid],
    }


def a_mapping(name: str) -> str:
    """The name of a mapping of two versions."""
    for toilets in ("toilets", "letrinas"):
        mapping(MAPPING.replace('path = "toilets"', f'path = "{toilets}"').replace("prueba", name), name)
    return name


def an_upload(by: User) -> SheetUpload:
    """A sheet of assessments that somebody brought."""
    content = b"Nombre,Personas\r\nUno,4\r\n"
    return read_upload(receive_upload(by=by, content=content, filename="hoja.csv"))


def a_draft(by: User) -> MappingDraft:
    return start_draft(by=by, title="Hoja propia", upload=an_upload(by))


def a_sheet(resource: Resource, by: User) -> ImportRun:
    """A sheet that somebody brought and that waits for them to say yes."""
    return read_run(
        receive_sheet(
            by=by,
            resource=resource,
            content=f"name\r\nUno de {resource.slug}\r\n".encode(),
            filename="hoja.csv",
        )
    )


def address(line: Line, arguments: list) -> str:
    extra = (
        ["csv"]
        if line.url.endswith("_export")
        else {
            "site_trend": ["persons"],
            "form_answers": ["csv"],
            "mapping_file": [1],
            "mapping_differences": [2],
            "mapping_column": [0],
        }.get(line.url, [])
    )
    if line.of == "version" and not line.url.endswith("_media"):
        arguments = arguments[:2]
    return reverse(line.url, args=[*arguments, *extra])


class Visitor:
    """One person, phone or stranger, whose every call leaves no trace for the next."""

    def __init__(self, user: User | None, device: Enrolment | None = None) -> None:
        self.client, self.headers = Client(raise_request_exception=False), {}
        if user is not None:
            self.client.force_login(user)
            shown = [{"method": "password", "at": timezone.now().timestamp()}]  # who they are, a moment ago
            session = self.client.session
            session.update(
                {"account_authentication_methods": shown, "account_authentication_methods_user": str(user.pk)}
            )
            session.save()
        if device is not None:
            secret = base64.b64encode(f"{device.username}:{device.secret}".encode()).decode()
            self.headers = {"Authorization": f"Basic {secret}"}
        self.cookies = self.client.cookies.copy()

    def ask(self, method: str, url: str) -> HttpResponse:
        self.client.cookies = self.cookies.copy()
        with transaction.atomic():
            answer = self.client.generic(method, url, headers=self.headers)
            answer.render() if hasattr(answer, "render") else None
            transaction.set_rollback(True)
        return answer


def told(answer: HttpResponse) -> str:
    """What happened, in the words of the table."""
    if answer.status_code == 302 and answer["Location"].startswith(reverse("login")):
        return "door"
    if answer.status_code in MAY:
        return "may"
    return {401: "401", 403: "lacks", 404: "hidden", 405: "nobody"}.get(
        answer.status_code, str(answer.status_code)
    )


def expected(line: Line, who: str, method: str, *, own: bool) -> set[str]:
    may = line.who(method)
    openrosa = line.url.startswith("openrosa_")
    if may == "*":
        return {"may", "door"} if line.url in ("logout", "mfa_authenticate") else {"may"}
    if openrosa and who != "T":
        return {"401"}
    if may in ("nobody", "never"):
        return {"nobody" if may == "nobody" else "hidden"}
    if may == "+":
        return {"door"} if who in "-T" else {"may"}
    if who in may or who.lower() in may:
        return {"may"} if own else {"hidden"}
    if who in "-T":
        return {"401" if line.url.startswith("api:") or line.url == "web_submission" else "door"}
    if line.url in PERSONAL or (line.url, who) in BEYOND:
        return {"hidden"}
    return {"lacks"} if own else {"lacks", "hidden"}


@pytest.mark.parametrize("line", LINES.values(), ids=lambda line: line.url)
def test_the_table_holds(house, line):
    wrong = []
    for method in ("GET", "POST"):
        for who, visitor in house.visitors.items():
            if line.of == "-":
                answer = visitor.ask(method, address(line, []))
                if told(answer) not in expected(line, who, method, own=True):
                    wrong.append((method, who, told(answer)))
                continue
            nothing = visitor.ask(method, address(line, missing(line, house)))
            for whose, arguments in house.records[line.of].items():
                own = whose == "own" or whose in SHARED.get(line.of, {})
                answer = visitor.ask(method, address(line, arguments))
                if told(answer) not in expected(line, who, method, own=own):
                    wrong.append((method, who, whose, told(answer)))
                elif not own and seen(answer, arguments) != seen(nothing, missing(line, house)):
                    wrong.append((method, who, whose, "another answer than for what does not exist"))
    assert not wrong, wrong


BODIES = next(one for one in RESOURCES if one.noun == "organisation")
PLACES = next(one for one in RESOURCES if one.noun == "place")
DAMAGE = next(one for one in RESOURCES if one.noun == "damage")
NUMBERS = itertools.count(
    870_001, 1000
)  # as long as the number that is nobody's: two answers differ in nothing else
NOTHING = [uuid4(), 987654, 987654]
NEVER = {"key": [987654], "link": ["nunca"], "contact": [uuid4(), uuid4()]}


def missing(line: Line, house: House) -> list:
    """The address of something that never was."""
    if line.of in ("standard", "paper", "figure"):
        return ["no.such" if line.of == "standard" else "no-such"]
    if line.of in NEVER:
        return NEVER[line.of]
    return NOTHING[: len(house.records[line.of]["own"])]


def seen(answer: HttpResponse, arguments: list) -> tuple:
    """All that the answer tells: status, headers and body, without what differs at every call."""
    body = answer.content.decode()
    body = re.sub(r'(csrfmiddlewaretoken" value=")[^"]*|(data-now=")[^"]*', "", body)
    headers = {
        name: value for name, value in answer.headers.items() if name not in ("Content-Length", "Date")
    }
    text = f"{body}{sorted(headers.items())}"
    for argument in arguments:
        text = text.replace(str(argument), "*")
    return answer.status_code, re.sub(r'nonce="[^"]*"', "", text)


# --- what the table cannot say


def test_a_phone_and_the_console_open_no_page_even_with_a_session(house):
    for user in (house.device.device.user, machine()):
        client = Client()
        client.force_login(user)
        for line in LINES.values():
            if line.of == "-" and line.readers:
                expected = 401 if line.url.startswith(("openrosa_", "api:")) else 302
                assert client.get(address(line, [])).status_code == expected, line.url


def test_a_coordinating_body_sees_every_organisation_of_its_area_and_no_other(house):
    scope = Holding.objects.get(user=house.people["C"]).scope
    user = User.objects.create(username="coordina", name="N", organisation=organisation())
    Holding.objects.create(user=user, role="committee", scope=scope, organisation=None)
    client = Client()
    client.force_login(user)
    answers = {
        whose: client.get(reverse("site_edit", args=one)) for whose, one in house.records["site"].items()
    }
    assert {whose: answer.status_code for whose, answer in answers.items()} == {
        "own": 200,
        "other_area": 404,
        "other_organisation": 200,
        "strange": 404,
    }


def test_lists_hold_what_their_pages_open(house):
    """A page and a list cannot disagree."""
    lists = {
        "site": "sites_list",
        "message": "messages",
        "phone": "phones",
        "crisis": "crises",
        "form": "forms",
    }
    pages = {"site": "site_page", "message": "message_page", "phone": "phone_page", "crisis": "crisis_page"}
    pages["form"] = "form_page"
    for kind, name in lists.items():
        for who in LINES[name].readers:
            visitor = house.visitors[who]
            shown = visitor.ask("GET", reverse(name)).content.decode()
            for whose, arguments in house.records[kind].items():
                own = whose == "own" or whose in SHARED.get(kind, {})
                link = reverse(pages[kind], args=arguments)
                if who in LINES[pages[kind]].get:
                    assert (link in shown) == own, (name, who, whose)


def test_the_board_and_its_figures_hold_only_what_one_may_see(house):
    for who in LINES["board"].readers:
        visitor = house.visitors[who]
        shown = visitor.ask("GET", reverse("board")).content.decode()
        assert "Albergue own" in shown
        assert "Albergue other" not in shown
        figures = visitor.ask("GET", reverse("gaps_api") + "?indicator=persons_per_toilet").json()
        assert (figures["sites"], figures["people"]) == (1, 40)


def test_a_holding_that_has_ended_or_not_begun_opens_nothing(house):
    holding = Holding.objects.get(user=house.people["N"])
    Holding.objects.filter(pk=holding.pk).update(starts_at=timezone.now() + timezone.timedelta(hours=1))
    assert house.visitors["N"].ask("GET", reverse("board")).status_code == 403
    began = timezone.now() - timezone.timedelta(hours=2)
    ended = began + timezone.timedelta(hours=1)
    Holding.objects.filter(pk=holding.pk).update(starts_at=began, ends_at=ended)
    assert house.visitors["N"].ask("GET", reverse("board")).status_code == 403


def test_an_account_that_has_ended_is_nobody(house):
    visitor = house.visitors["N"]
    User.objects.filter(pk=house.people["N"].pk).update(is_active=False)
    assert told(visitor.ask("GET", reverse("board"))) == "door"


def test_a_revoked_phone_is_nobody(house):
    Device.objects.filter(pk=house.device.device.pk).update(revoked_at=timezone.now())
    assert house.visitors["T"].ask("GET", reverse("openrosa_form_list")).status_code == 401


OWN_GUARD = {
    "web_submission": 400
}  # sent by what runs without a page, which has no token: it asks for the Origin


def test_no_page_takes_a_post_from_another_site(house):
    """Without our token a POST is refused before anything is looked at; phones carry no cookie and need none."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(house.people["N"])
    for line in LINES.values():
        if not line.url.startswith(("openrosa_", "api:")) or (
            line.url.startswith("api:") and "C" in line.post
        ):
            arguments = house.records[line.of]["own"] if line.of != "-" else []
            assert client.post(address(line, arguments)).status_code == OWN_GUARD.get(line.url, 403), line.url


# --- a form writes what it asks for, whatever else is sent


def everything_else(user: User) -> dict[str, str]:
    """Every field of a centre and of its holder's, with a value that would show."""
    other = organisation("Quien no es")
    fields = {field.name: "9" for field in Site._meta.get_fields() if getattr(field, "concrete", False)}
    return fields | {f"{name}_id": "9" for name in fields} | {
        "holder": str(other.pk), "holder_id": str(other.pk), "path": "", "uid": str(uuid4()), "code": "HACKED",
        "status": "closed", "version": "77", "place_doubt": "dudoso", "recorded_at": "2001-01-01 00:00",
        "closed_on": "2026-01-01", "last_told_at": "2001-01-01 00:00", "by": str(user.pk), "is_active": "",
    }  # fmt: skip


def test_extra_parameters_write_nothing_of_a_centre(house):
    """Mass assignment: the form of a centre with every field of its record added."""
    site = Site.objects.get(uid=house.records["site"]["own"][0])
    asked = {"name": "Nombre nuevo", "place": site.place.code, "kind": "transit_centre"}
    sent = everything_else(house.people["C"]) | asked | {"lat": "", "lon": "", "opened_on": "", "phone": "1"}
    before = Site.objects.filter(pk=site.pk).values().get()
    client = Client()
    client.force_login(house.people["C"])
    assert client.post(reverse("site_edit", args=[site.uid]), sent).status_code == 302
    after = Site.objects.filter(pk=site.pk).values().get()
    changed = {name for name, value in after.items() if value != before[name]}
    assert changed == {"name", "name_key", "kind", "phone", "address", "institution"}


def test_extra_parameters_choose_neither_holder_nor_state_of_a_new_centre(house):
    token, holder = uuid4(), house.people["C"].organisation
    place = Place.objects.get(code="TST01")
    asked = {
        "token": str(token),
        "name": "Nuevo",
        "status": "open",
        "place": place.code,
        "kind": "transit_centre",
    }
    sent = everything_else(house.people["C"]) | {"lat": "", "lon": "", "opened_on": ""} | asked
    client = Client()
    client.force_login(house.people["C"])
    assert client.post(reverse("site_new"), sent).status_code == 302
    made = Site.objects.get(uid=token)
    assert (made.holder, made.status, made.place, made.closed_on, made.version) == (
        holder,
        "open",
        place,
        None,
        0,
    )
    assert made.path == f"{place.path}{token.hex}/"
    assert made.code != "HACKED"
    assert made.place_doubt == ""


def test_a_centre_cannot_be_moved_to_where_one_may_not_act(house):
    site = Site.objects.get(uid=house.records["site"]["own"][0])
    client = Client()
    client.force_login(house.people["C"])
    sent = {"name": site.name, "place": "ABC01", "kind": site.kind}
    assert client.post(reverse("site_edit", args=[site.uid]), sent).status_code == 404
    assert Site.objects.get(pk=site.pk).path == site.path


def test_an_emergency_of_others_is_seen_and_not_changed(house):
    client = Client()
    client.force_login(house.people["C"])
    for whose in ("other_area", "other_organisation"):
        crisis = Crisis.objects.get(uid=house.records["crisis"][whose][0])
        place = crisis.places.get().place
        sent = {"name": "Cambiada", "phase": "longer", "places": place.code, "ended": "on"}
        client.post(reverse("crisis_edit", args=[crisis.uid]), sent)
        crisis.refresh_from_db()
        assert (crisis.name, crisis.ends_on) == ({"es": "Tormenta inventada"}, None)
        assert crisis.phases.count() == 1


def test_a_phone_cannot_be_enrolled_for_where_one_may_not_act(house):
    client = Client()
    client.force_login(house.people["D"])
    before = Device.objects.count()
    assert client.post(reverse("phone_enrol"), {"label": "X", "place": "ABC01"}).status_code == 404
    assert client.post(reverse("phone_enrol"), {"label": "X", "place": ""}).status_code == 404
    assert Device.objects.count() == before
