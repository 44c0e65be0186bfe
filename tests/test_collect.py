"""From a phone to the board: a real server, and a phone that speaks to it exactly as ODK Collect does.

Our own form and that of the Red Cross (with an invented twin where the real one is absent) are fetched, filled
and sent; the worker applies them; then somebody at a desk reads the values on the pages.
"""

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.conftest import SHARED, needs_shared
from tests.faults.probe import picture
from tests.installation import CHECKOUT, Desk, Installation, free_port, serving, until
from tests.phone import Collect, Form, words

IFRC_ID, TWIN_ID = "distributionsite_assessment_v1_0", "invented_visit_v1_0"
IFRC = SHARED / "data" / "xlsforms" / "ifrc-distribution-site-assessment-v1.xls"
TWIN = CHECKOUT / "amparo" / "intake" / "xforms" / "tests" / "invented_visit.xls"
TWIN_MAPPING = """
name = "visita-inventada"
version = 1
kind = "assessment"
title = { es = "Visita inventada", en = "Invented visit" }
told_at = { path = "visit" }
[reading]
dates = "ymd"
offset = "-06:00"
[site]
name = { path = "place/site_name" }
geopoint = { path = "place/site_gps" }
status = "candidate"
[place]
names = [{ path = "place/district" }, { path = "place/town" }]
[[observe]]
indicator = "site_accessible"
path = "access/accessible"
[[observe]]
indicator = "travel_time_min"
path = "minutes"
"""
HERE = timezone(timedelta(hours=-6))
TODAY = datetime.now(UTC).astimezone(HERE).date().isoformat()

SET_UP = """
amparo("init", "--admin", "jefa", "--quiet")
# A desk without the administrator's rights, and so without the second step that these need.
password = amparo("accounts", "add", "mesa", "--name", "Mesa Inventada", "--role", "national", "--json")["password"]
forms = []
for path, mapping in json.loads(sys.argv[2]):
    forms.append(amparo("forms", "publish", path, "--mapping", mapping, "--json"))
answer({
    "forms": forms, "password": password,
    "phone": amparo("phones", "enrol", "Brigada inventada 2", "--server", sys.argv[1], "--json"),
})
"""


class House:
    """One installation with its server running, a phone enrolled, and somebody at a desk."""

    def __init__(self, place: Installation, told: dict, desk: Desk) -> None:
        self.place, self.told, self.desk = place, told, desk
        self.collect = Collect(**{key: told["phone"][key] for key in ("server_url", "username", "password")})

    def page_of(self, name: str) -> str:
        """The address of a centre's page, once its first report has been applied."""

        def find() -> str:
            found = re.search(
                rf'href="(/sites/[0-9a-f-]{{36}}/)[^"]*">{re.escape(name)}<', self.desk.get("/sites/")
            )
            return found[1] if found else ""

        return until(find)


@pytest.fixture(scope="module")
def house(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("collect")
    (folder / "visita-inventada.toml").write_text(TWIN_MAPPING, encoding="utf-8")
    forms = [[TWIN, folder / "visita-inventada.toml"]]
    if IFRC.is_file():
        forms.append([IFRC, "ifrc-distribution-site"])
    port = free_port()
    with prepared.copy(folder / "home") as place:
        listed = json.dumps([[str(path), str(mapping)] for path, mapping in forms])
        told = place.speak(SET_UP, f"http://127.0.0.1:{port}", listed)
        with serving(place, port=port):
            found = House(place, told, Desk(f"http://127.0.0.1:{port}").log_in("mesa", told["password"]))
            yield found
            found.collect.close()


@pytest.fixture(scope="module")
def forms(house) -> dict[str, Form]:
    """Everything the phone downloaded, as "match exactly" makes it do."""
    return house.collect.blank_forms()


def test_the_phone_finds_every_published_form_after_one_challenge(house, forms):
    expected = {"evaluacion_albergue", *(one["form_id"] for one in house.told["forms"])}
    assert set(forms) == expected
    assert {form.form_id: form.version for form in forms.values()} == {
        "evaluacion_albergue": forms["evaluacion_albergue"].version,
        **{one["form_id"]: one["version"] for one in house.told["forms"]},
    }
    assert [status for _method, _path, status in house.collect.spoken[: len(forms) + 2]] == [401] + [200] * (
        len(forms) + 1
    )


OURS = {
    "end": datetime.now(HERE).isoformat(timespec="milliseconds"), "place/site_name": "Escuela Inventada del Valle",
    "place/municipality": "Choloma", "place/location": "15.6144 -87.9530 40 5", "place/visit_date": TODAY,
    "place/is_open": "yes", "place/site_type": "collective_centre",
    "people/totals/persons": "140", "people/totals/women": "78", "people/totals/men": "62",
    "space/floor_m2": "512.5", "toilets_group/toilets_separated": "yes",
    "toilets_group/toilets_by_sex/toilets_women": "2", "toilets_group/toilets_by_sex/toilets_men": "4",
    "toilets_group/toilets": "6", "toilets_group/toilets_locks": "yes",
    "water/litres_person_day": "gt_15", "services/lighting": "none", "services/electricity": "no",
    "closing/photo": "1700000000001.jpg",
}  # fmt: skip
# JavaRosa leaves these out: their questions were not relevant.
NOT_ASKED = ("toilets_group/toilets_all", "services/kitchen_adequate", "together/committee_women_share")


@pytest.fixture(scope="module")
def our_answers(house, forms):
    """Our form, filled and sent with two photographs that do not fit in one post."""
    photos = [
        ("1700000000001.jpg", "image/jpeg", picture(6_000_000)),
        ("otra.jpg", "image/jpeg", picture(6_000_000)),
    ]
    form = forms["evaluacion_albergue"]
    left_out = tuple(
        path for path in NOT_ASKED if re.search(rf"<{path.rpartition('/')[2]}\b", form.xml.decode())
    )
    xml = form.filled(OURS, left_out=left_out)
    return xml, photos, house.collect.send(xml, photos)


def test_a_form_with_large_photos_goes_up_in_parts_under_one_folio(our_answers):
    _xml, _photos, answers = our_answers
    assert [answer.status for answer in answers] == [201, 201]
    folio = re.search(r"Folio (\d{6})", words(answers[0]))
    assert folio is not None
    assert folio[0] in words(answers[1])


def test_what_the_phone_sent_stands_on_the_board_and_on_the_page_of_the_centre(house, our_answers):
    page = house.page_of(OURS["place/site_name"])
    board = house.desk.get("/?place=Choloma")
    assert OURS["place/site_name"] in board
    assert "140" in board

    gaps = house.desk.json(page.replace("/sites/", "/api/sites/") + "gaps.json")
    assert (gaps["people"], gaps["women"], gaps["men"]) == (140, 78, 62)
    assert gaps["place"] == "HN0502"
    women = next(gap for gap in gaps["gaps"] if gap["measure"] == "persons_per_toilet_women")
    assert (women["low"], women["verdict"], women["affected"]) == (39.0, "not_met", 38)
    water = next(gap for gap in gaps["gaps"] if gap["measure"] == "litres_person_day")
    assert (water["low"], water["high"]) == (15.0, None)

    shown = house.desk.get(page)
    assert "140 personas esta noche: 78 mujeres, 62 hombres." in shown
    assert "39" in shown
    assert "Sanitarios de mujeres" in shown
    assert "evaluacion_albergue" in house.desk.get(page + "history/") or "Brigada" in house.desk.get(
        page + "history/"
    )


def test_its_figures_enter_the_totals(house, our_answers):
    house.page_of(OURS["place/site_name"])
    figures = house.desk.json("/api/gaps.json?indicator=persons_per_toilet&place=HN0502")
    assert (figures["sites"], figures["assessed"], figures["people"], figures["median"]) == (1, 1, 140, 23.3)


# --- the form of others: what it measures stands on the page, and the place can be opened

TWIN_ANSWERS = {
    "place/district": "District 1", "place/town": "Town 01", "place/site_name": "Cancha Inventada",
    "visit": TODAY, "access/accessible": "no", "minutes": "25",
}  # fmt: skip
IFRC_ANSWERS = {
    "location_details/district": "District1", "location_details/township": "Township 01",
    "location_details/neighbourhood": "Neighbourhood 01", "location_details/subneighbourhood": "Sector 2",
    "location_details/site_name": "Predio Inventado de Entrega", "location_details/address": "Frente a la posta",
    "location_details/site_gps": "15.61 -87.95 0 0", "assessment_date": TODAY,
    "site_layout/disabled/disabled": "no", "site_layout/weather/weather": "yes",
    "site_size/waiting_area/waiting_area": "180", "site_logistics/roads/roads": "gravel",
    "site_logistics/route_security/route_security": "yes", "beneficiaries/accessible/accessible": "yes",
    "beneficiaries/time/time": "25", "security/fences_group/fences": "no",
    "security/evacuations/evacuations": "yes", "site_ownership/permission/permission": "yes",
}  # fmt: skip
SEEN_OF_THE_TWIN = {
    "Accesible para personas con discapacidad": "No",
    "Tiempo promedio para llegar": "25 minutos",
}
SEEN_OF_THE_REAL_ONE = SEEN_OF_THE_TWIN | {
    "Resguarda de sol, lluvia y viento": "Sí",
    "Personas que caben de pie en la espera": "180 personas",
    "Camino para llegar": "Grava",
    "Preocupa la seguridad del camino": "Sí",
    "Se llega a pie o en transporte público": "Sí",
    "Lugar cercado o cerrado": "No",
    "Rutas para evacuar al personal": "Sí",
    "Hay permiso para usar el lugar": "Sí",
}
VISITS = {
    "invented": (TWIN_ID, TWIN_ANSWERS, TWIN_ANSWERS["place/site_name"], SEEN_OF_THE_TWIN),
    "real": (IFRC_ID, IFRC_ANSWERS, IFRC_ANSWERS["location_details/site_name"], SEEN_OF_THE_REAL_ONE),
}


@pytest.mark.parametrize(
    "which", [pytest.param("real", marks=[pytest.mark.shared, needs_shared]), "invented"]
)
def test_the_form_of_others_is_filled_and_its_values_are_seen(house, forms, which):
    form_id, answers, name, seen = VISITS[which]
    sent = house.collect.send(forms[form_id].filled(answers))
    assert [answer.status for answer in sent] == [201], words(sent[0])
    page = house.page_of(name)

    shown = re.sub(r"<svg.*?</svg>", "", house.desk.get(page), flags=re.DOTALL)
    told = dict(re.findall(r"<b>([^<]+)</b></th>\s*<td[^>]*>([^<]*)</td>", shown))
    assert {label: told.get(label) for label in seen} == seen

    # A place to hand out aid is a possible centre: it is on no board until somebody opens it.
    assert name not in house.desk.get("/")
    house.desk.post(page + "open/", {"kind": "collective_centre", "opened_on": TODAY})
    assert name in house.desk.get("/")


def test_a_wrong_secret_keeps_the_phone_out_and_says_so_in_its_words(house):
    phone = house.told["phone"]
    stranger = Collect(phone["server_url"], phone["username"], "otra-cosa")
    answer = stranger.request("GET", stranger.address("formList"))
    assert answer.status == 401
    assert [status for *_rest, status in stranger.spoken] == [401, 401]
    assert "formularios siguen en él" in words(answer)
    stranger.close()


def test_after_all_of_it_nothing_is_there_twice_and_the_ledger_is_whole(house, our_answers):
    xml, photos, _answers = our_answers
    assert [answer.status for answer in house.collect.send(xml)] == [201]
    kept = house.place.speak(KEPT)
    assert kept["messages"] == 1
    assert sorted(kept["photos"]) == sorted(
        [name, hashlib.sha256(data).hexdigest()] for name, _kind, data in photos
    )
    assert kept["ledger"]


KEPT = """
from amparo.kernel import files
from amparo.intake.models import Attachment, RawMessage
from amparo.kernel.classes import DataClass
import hashlib
ours = RawMessage.objects.filter(form_id="evaluacion_albergue")
answer({
    "messages": ours.count(), "ledger": amparo("ledger", "verify", "--json")["intact"],
    "photos": [[one.name, hashlib.sha256(files.read(one.sha256, DataClass.INTERNAL)).hexdigest()]
               for one in Attachment.objects.filter(message__in=ours)],
})
"""
