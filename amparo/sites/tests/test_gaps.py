from datetime import timedelta

import pytest
from django.utils import timezone

from amparo.crises.actions import open_crisis, set_phase
from amparo.sites.actions.closing import close_site
from amparo.sites.actions.standards import verify_standard, withdraw_verification
from amparo.sites.models import Site
from amparo.sites.queries.gaps import Moment, assess, assess_one, measure_named, measure_summary, rank, totals
from amparo.sites.testing import centre, country, machine, tell
from amparo.standards import STANDARDS, Phase, Verdict

pytestmark = pytest.mark.django_db


def gap(site, key, group="all", moment=None):
    found = assess_one(Site.objects.get(pk=site.pk), moment or Moment.now()).gaps
    return next(one for one in found if one.standard.measure == key and one.group == group)


def test_what_nobody_measured_is_not_assessed():
    assert gap(centre(), "persons_per_toilet").verdict is Verdict.NOT_ASSESSED


def test_a_count_of_zero_is_a_measurement_and_fails_for_everybody():
    site = centre()
    tell(site, persons=143, toilets=0)
    found = gap(site, "persons_per_toilet")
    assert (found.verdict, found.affected) == (Verdict.NOT_MET, 143)


def test_toilets_not_separated_are_not_met_for_women():
    site = centre()
    tell(site, persons=100, women=55, men=45, toilets=10, toilets_separated=0)
    assert gap(site, "persons_per_toilet", "women").verdict is Verdict.NOT_MET


def test_an_expired_value_is_not_assessed_and_never_met():
    site = centre()
    tell(site, at=timezone.now() - timedelta(days=400), persons=20, toilets=10)
    assert gap(site, "persons_per_toilet").verdict is Verdict.NOT_ASSESSED
    assert gap(site, "persons_per_toilet", moment=Moment.last_report()).verdict is Verdict.MET


def test_the_phase_of_the_crisis_chooses_the_threshold():
    site = centre()
    tell(site, persons=100, toilets=3)
    by = machine()
    crisis = open_crisis(
        by=by, holder=by.organisation, name="Inventada", kind="storm", places=[country()], phase=Phase.SURVIVAL,
        starts_on=timezone.localdate() - timedelta(days=9),
    )  # fmt: skip
    assert gap(site, "persons_per_toilet").verdict is Verdict.MET
    set_phase(crisis, by=by, phase=Phase.ACUTE)
    assert gap(site, "persons_per_toilet").verdict is Verdict.NOT_MET


def test_a_new_report_is_seen_at_once_though_results_are_remembered():
    site = centre()
    tell(site, persons=100, toilets=10)
    assert gap(site, "persons_per_toilet").verdict is Verdict.MET
    tell(site, toilets=1)
    assert gap(site, "persons_per_toilet").verdict is Verdict.NOT_MET


def test_an_unverified_threshold_decides_only_once_an_office_verified_it():
    site = centre()
    tell(site, persons=100, complaints=0)
    key = next(k for k, s in STANDARDS.items() if s.measure == "complaints")
    assert not STANDARDS[key].verified
    assert not gap(site, "complaints").decides
    by = machine()
    verify_standard(
        by=by,
        standard=key,
        source="Manual inventado, p. 3",
        checked_by="Oficina",
        checked_on=timezone.localdate(),
    )
    assert gap(site, "complaints").decides
    withdraw_verification(by=by, standard=key, why="error")
    assert not gap(site, "complaints").decides


def test_open_and_closed_centres_never_share_a_total():
    one, other = centre(), centre()
    tell(one, persons=100)
    tell(other, persons=50)
    close_site(other, by=machine())
    assessed = assess(list(Site.objects.all()), Moment.now())
    with pytest.raises(ValueError, match="never share"):
        totals(assessed)
    assert totals([a for a in assessed if a.site.status == "open"]).people == 100


def test_the_worst_centre_comes_first():
    fine, bad, unknown = centre(), centre(), centre()
    tell(fine, persons=20, toilets=10)
    tell(bad, persons=300, toilets=0, litres_person_day=2)
    order = rank(assess(list(Site.objects.order_by("pk")), Moment.now()))
    assert order[0].site == bad
    assert order[-1].site in (unknown, fine)


def test_the_figures_of_one_measure_say_their_denominators():
    for people, toilets in ((100, 4), (100, 1), (80, 0), (70, None)):
        site = centre()
        tell(site, persons=people, **({} if toilets is None else {"toilets": toilets}))
    figures = measure_summary(
        assess(list(Site.objects.all()), Moment.now()), measure_named("persons_per_toilet")
    )
    assert figures["sites"] == 4
    assert (figures["assessed"], figures["not_assessed"], figures["with_toilets"]) == (3, 1, 2)
    assert figures["median"] == 62.5
    assert (figures["none_working"], figures["people_none_working"]) == (1, 80)
    assert (figures["not_met_50"], figures["not_met_20"]) == (2, 3)


def test_a_centre_without_a_report_for_a_day_is_silent():
    site = centre()
    tell(site, at=timezone.now() - timedelta(hours=25), persons=10)
    assert assess_one(Site.objects.get(pk=site.pk), Moment.now()).silent
    tell(site, persons=10)
    assert not assess_one(Site.objects.get(pk=site.pk), Moment.now()).silent


def test_assessing_costs_the_same_number_of_queries_whatever_the_size(django_assert_max_num_queries):
    for _ in range(12):
        tell(centre(), persons=10, toilets=1)
    sites = list(Site.objects.select_related("place"))
    with django_assert_max_num_queries(5):
        assess(sites, Moment.now())
