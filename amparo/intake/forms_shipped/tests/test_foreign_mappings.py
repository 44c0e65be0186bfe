"""Forms of others that Amparo can read: the load generator's, and that of the Red Cross and Red Crescent."""

import re

import pytest

from amparo.intake.forms_shipped.tests.filled import filled
from amparo.intake.mapping import load
from amparo.intake.openrosa.submission_xml import flatten
from amparo.intake.xforms.convert import convert
from amparo.intake.xforms.reading import read_form
from amparo.intake.xforms.tests.shared import needs_shared, real

SUDAN = {
    "end": "2026-11-22T09:41:41.512+03:00",
    "today": "2026-11-22",
    "ident/admin1": "P03",
    "ident/admin2": "D017",
    "ident/site_name": "Invented camp / مخيم",
    "ident/site_pcode": "SD123456",
    "ident/location": "13.512345 30.112233 412.0 4.8",
    "ident/site_type": "self_settled",
    "pop/hh_total": "310",
    "pop/ind_total": "1500",
    "pop/f_0_4": "100",
    "pop/m_0_4": "90",
    "pop/f_5_17": "300",
    "pop/m_5_17": "310",
    "pop/f_18_59": "350",
    "pop/m_18_59": "280",
    "pop/f_60": "40",
    "pop/m_60": "30",
    "wash/lpd": "7.5",
    "wash/latrines": "12",
    "wash/latrines_sep": "no",
    "wash/water_dist": "m500_1000",
    "health/clinic": "dk",
    "health/gbv": "dk",
}
OBSERVED = {
    "households": (310, 310),
    "persons": (1500, 1500),
    "women": (790, 790),
    "men": (710, 710),
    "females_18_59": (350, 350),
    "females_60": (40, 40),
    "males_18_59": (280, 280),
    "males_60": (30, 30),
    "litres_person_day": (7.5, 7.5),
    "water_distance_m": (500, 1000),
    "toilets": (12, 12),
    "toilets_separated": (0, 0),
}


def test_an_invented_site_in_sudan_is_read_by_what_its_answers_honestly_say():
    bound = load("site-assessment-sd").bind(SUDAN)
    told = bound.facts(flatten(filled("site_assessment", "1", SUDAN)))

    assert (told.site.external_id, told.site.kind, told.site.status) == (
        "SD123456",
        "self_settled_site",
        "open",
    )
    assert told.site.country == "SD"
    assert {each.indicator: (each.low, each.high) for each in told.observations} == OBSERVED
    assert told.unknowns == ("health_access",)
    assert told.problems == told.flags == ()


@pytest.mark.shared
@needs_shared
def test_the_load_generator_s_submissions_are_read_with_its_own_form():
    form = read_form(real("tools/site_assessment.xml"))
    bound = load("site-assessment-sd").bind(each.path for each in form.questions)
    template = real("tools/site_assessment_instance.xml").decode()
    xml = re.sub(r"\{\{n:[^}]+\}\}", "12", template).replace("{{form_id}}", "site_assessment")

    told = bound.facts(flatten(xml.encode()))

    assert bound.unbound == ()
    assert told.site.external_id == "SD12"
    assert {each.indicator for each in told.observations} >= {
        "persons",
        "households",
        "toilets",
        "litres_person_day",
    }
    assert told.problems == ()


INVENTED_DISTRIBUTION = {
    "end": "2026-11-22T09:41:41.512-06:00",
    "location_details/district": "Cortés",
    "location_details/township": "Choloma",
    "location_details/neighbourhood": "La Mora",
    "location_details/subneighbourhood": "Sector 2",
    "location_details/site_name": "Cancha La Mora",
    "location_details/address": "Frente a la posta",
    "location_details/site_gps": "15.61 -87.95 0 0",
    "assessment_date": "2026-11-20",
    "site_layout/disabled/disabled": "yes",
    "site_layout/weather/weather": "no",
    "site_logistics/roads/roads": "gravel",
    "site_size/waiting_area/waiting_area": "0",
    "beneficiaries/time/time": "25",
    "security/community_security/community_security": "yes",
}


def test_a_distribution_site_gives_its_place_and_what_holds_of_it_on_any_day():
    bound = load("ifrc-distribution-site").bind(INVENTED_DISTRIBUTION)
    told = bound.facts(flatten(filled("distributionsite_assessment_v1_0", "1", INVENTED_DISTRIBUTION)))

    assert (told.site.name, told.site.status, told.site.kind) == ("Cancha La Mora", "candidate", None)
    assert told.site.admin_names == ("Cortés", "Choloma")
    assert (told.site.lat, told.site.lon) == (15.61, -87.95)
    assert str(told.told_at) == "2026-11-20"
    assert {each.indicator: (each.low, each.high) for each in told.observations} == {
        "site_accessible": (1, 1),
        "weather_protection": (0, 0),
        "access_road": (2, 2),
        "waiting_places": (0, 0),
        "travel_time_min": (25, 25),
    }
    assert told.problems == ()


@pytest.mark.shared
@needs_shared
def test_the_real_ifrc_form_has_every_question_the_mapping_reads():
    form = convert(real("data/xlsforms/ifrc-distribution-site-assessment-v1.xls"), "ifrc.xls").form
    assert load("ifrc-distribution-site").bind(each.path for each in form.questions).unbound == ()
