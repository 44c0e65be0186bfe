from datetime import date, timedelta

import pytest
from django.utils import timezone

from amparo.kernel import ledger
from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.testing import person
from amparo.sites.actions.building import write_facilities, write_spaces
from amparo.sites.actions.closing import close_site, hand_over, order_closure, withdraw_closure
from amparo.sites.actions.site import edit_site, open_site
from amparo.sites.actions.undoing import undo_opening
from amparo.sites.models import Closure, Facility, Site, Space
from amparo.sites.permissions import Sites
from amparo.sites.queries.observed import inputs
from amparo.sites.testing import centre, machine

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def toilets(name, serves, working, quantity=None, **facts):
    line = {
        "name": name,
        "kind": "toilet",
        "serves": serves,
        "quantity": quantity or working,
        "working": working,
    }
    return line | {"lit": None, "lockable": None, "accessible": None} | facts


def told(site):
    return {key: value.low for key, value in inputs([site.pk])[site.pk].items()}


def test_facilities_tell_what_they_imply_by_sex():
    site = centre()
    write_facilities(
        site,
        by=machine(),
        lines=[
            toilets("Patio", "women", 2, 3, lit=True, lockable=True, accessible=1),
            toilets("Fondo", "men", 4, lit=True, lockable=False, accessible=0),
        ],
    )
    known = told(site)
    assert (known["toilets"], known["toilets_women"], known["toilets_men"], known["toilets_separated"]) == (
        6,
        2,
        4,
        1,
    )
    assert (known["toilets_locks"], known["toilets_lit"], known["toilets_accessible"]) == (0, 1, 1)


def test_toilets_taken_off_the_list_are_a_measured_zero():
    site = centre()
    write_facilities(site, by=machine(), lines=[toilets("Patio", "women", 2)])
    write_facilities(site, by=machine(), lines=[])
    assert told(site)["toilets"] == 0
    assert not Facility.objects.exists()


def test_a_room_without_its_metres_leaves_the_floor_unsaid():
    site = centre()
    room = {"use": "sleeping", "serves": "all", "sleeping_places": 16, "blocked_places": 2}
    write_spaces(
        site,
        by=machine(),
        lines=[room | {"name": "Aula 1", "floor_m2": 56.0}, room | {"name": "Aula 2", "floor_m2": None}],
    )
    known = told(site)
    assert "floor_m2" not in known
    assert (known["sleeping_places"], known["blocked_places"]) == (32, 4)


def test_saving_the_same_lines_again_tells_nothing_new():
    site = centre()
    line = {
        "name": "Aula 1",
        "use": "sleeping",
        "serves": "all",
        "floor_m2": 56.0,
        "sleeping_places": 16,
        "blocked_places": 0,
    }
    write_spaces(site, by=machine(), lines=[line])
    version = Site.objects.get(pk=site.pk).version
    write_spaces(site, by=machine(), lines=[line])
    assert Site.objects.get(pk=site.pk).version == version
    assert Space.objects.count() == 1


def test_two_lines_of_one_name_are_refused_in_words():
    with pytest.raises(Refused) as refusal:
        write_facilities(
            centre(), by=machine(), lines=[toilets("Patio", "women", 1), toilets("Patio", "men", 1)]
        )
    assert refusal.value.code == "named_twice"


def test_an_ordered_closure_is_written_down_and_blocks_nothing():
    site = centre()
    closure = order_closure(
        site,
        by=machine(),
        notice_on=TODAY,
        closes_on=TODAY + timedelta(days=7),
        ordered_by="Dirección",
        still_staying=40,
    )
    assert Site.objects.get(pk=site.pk).status == "open"
    with pytest.raises(Refused):
        order_closure(site, by=machine(), notice_on=TODAY, closes_on=TODAY, ordered_by="Otra")
    withdraw_closure(closure, by=machine(), why="se prorrogó")
    order_closure(site, by=machine(), notice_on=TODAY, closes_on=TODAY, ordered_by="Otra")


def test_a_centre_closes_with_people_still_inside_and_the_building_goes_back_later():
    site = centre()
    closure = order_closure(site, by=machine(), notice_on=TODAY, closes_on=TODAY, ordered_by="Dirección")
    close_site(site, by=machine(), still_staying=12)
    closure = Closure.objects.get(pk=closure.pk)
    assert (closure.still_staying, closure.handed_over_on) == (12, None)
    hand_over(closure, by=machine(), handed_over_on=TODAY, note="dos puertas rotas")
    with pytest.raises(Refused) as refusal:
        close_site(site, by=machine())
    assert refusal.value.code == "site_not_open"
    assert open_site(site, by=machine()).status == "open"


def test_closing_before_the_notice_is_refused():
    with pytest.raises(Refused) as refusal:
        order_closure(
            centre(), by=machine(), notice_on=TODAY, closes_on=TODAY - timedelta(days=1), ordered_by="x"
        )
    assert refusal.value.code == "closes_before_notice"


def ordered(site):
    return order_closure(site, by=machine(), notice_on=TODAY, closes_on=TODAY, ordered_by="Dirección")


@pytest.mark.parametrize("day", [date(206, 3, 1), date(9999, 12, 31)])
@pytest.mark.parametrize(
    "act",
    [
        lambda day: centre(opened_on=day),
        lambda day: edit_site(centre(), by=machine(), opened_on=day),
        lambda day: open_site(centre(kind="candidate_site", status="candidate"), by=machine(), opened_on=day),
        lambda day: order_closure(
            centre(), by=machine(), notice_on=day, closes_on=max(day, TODAY), ordered_by="x"
        ),
        lambda day: order_closure(
            centre(), by=machine(), notice_on=min(day, TODAY), closes_on=day, ordered_by="x"
        ),
        lambda day: close_site(centre(), by=machine(), closed_on=day),
        lambda day: close_site(centre(), by=machine(), handed_over_on=day),
        lambda day: hand_over(ordered(centre()), by=machine(), handed_over_on=day),
    ],
)
def test_no_action_writes_down_a_year_that_nobody_means(act, day):
    with pytest.raises(Refused) as refusal:
        act(day)
    assert refusal.value.code == "impossible_year"


def test_what_has_happened_did_not_happen_tomorrow():
    tomorrow = TODAY + timedelta(days=1)
    site = centre()
    for act in (
        lambda: centre(opened_on=tomorrow),
        lambda: close_site(site, by=machine(), closed_on=tomorrow),
        lambda: hand_over(ordered(site), by=machine(), handed_over_on=tomorrow),
    ):
        with pytest.raises(Refused) as refusal:
            act()
        assert refusal.value.code == "day_to_come"


def test_a_centre_neither_closes_before_it_opened_nor_opens_after_it_closed():
    site = centre(opened_on=TODAY - timedelta(days=3))
    with pytest.raises(Refused) as refusal:
        close_site(site, by=machine(), closed_on=TODAY - timedelta(days=4))
    assert refusal.value.code == "closed_before_opened"
    close_site(site, by=machine(), closed_on=TODAY - timedelta(days=2))
    with pytest.raises(Refused) as refusal:
        edit_site(site, by=machine(), opened_on=TODAY)
    assert refusal.value.code == "closed_before_opened"


def test_a_building_is_not_handed_back_before_the_notice():
    site = centre()
    ordered(site)
    with pytest.raises(Refused) as refusal:
        close_site(site, by=machine(), handed_over_on=TODAY - timedelta(days=1))
    assert refusal.value.code == "handed_over_before_notice"


def test_the_neighbour_can_neither_write_rooms_nor_close():
    site = centre()
    neighbour = person(Sites.REPORT, Sites.MANAGE, scope="GTM/")
    with pytest.raises(OutOfSight):
        write_spaces(site, by=neighbour, lines=[])
    with pytest.raises(OutOfSight):
        close_site(site, by=neighbour)


def test_a_candidate_becomes_a_centre_when_it_opens():
    site = centre(kind="candidate_site", status="candidate")
    opened = open_site(site, by=machine())
    assert (opened.kind, opened.status) == ("collective_centre", "open")


def undone(site, *, by=None):
    """Take the last opening back, as the screen does: by its name in the ledger."""
    entry, said = next((one, told) for one, told in ledger.history(site.uid) if one.verb == "site.opened")
    of = f"{entry.origin.name}-{entry.counter}"
    return undo_opening(site, by=by or machine(), said=said, of=of)


def test_opening_by_mistake_can_be_undone_while_nobody_has_reported():
    site = centre(kind="candidate_site", status="candidate")
    open_site(site, by=machine())
    undone(site)
    site.refresh_from_db()
    assert (site.kind, site.status, site.opened_on) == ("candidate_site", "candidate", None)
    assert open_site(site, by=machine()).status == "open", "and it can open again"


def test_a_closed_centre_opened_by_mistake_has_its_days_back():
    site = centre(opened_on=TODAY - timedelta(days=9))
    close_site(site, by=machine(), closed_on=TODAY - timedelta(days=2))
    open_site(site, by=machine())
    undone(site)
    site.refresh_from_db()
    days = (TODAY - timedelta(days=9), TODAY - timedelta(days=2))
    assert (site.status, site.opened_on, site.closed_on) == ("closed", *days)


@pytest.mark.parametrize(
    "since",
    [
        lambda site: write_facilities(site, by=machine(), lines=[toilets("Patio", "women", 2)]),
        lambda site: ordered(site),
    ],
    ids=["a report", "an order to close"],
)
def test_once_somebody_reported_the_opening_stays_and_says_why(since):
    site = centre(kind="candidate_site", status="candidate")
    open_site(site, by=machine())
    since(site)
    with pytest.raises(Refused) as refusal:
        undone(site)
    assert refusal.value.code == "reported_since"
    assert "ordene su cierre" in refusal.value.message
    assert Site.objects.get(pk=site.pk).status == "open"


def test_a_neighbour_cannot_undo_an_opening():
    site = centre(kind="candidate_site", status="candidate")
    open_site(site, by=machine())
    with pytest.raises(OutOfSight):
        undone(site, by=person(Sites.MANAGE, scope="GTM/"))
