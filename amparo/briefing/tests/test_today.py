"""The centre's door: today, the ten figures, and the round of calls, as people meet them."""

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from amparo.briefing.tests.conftest import client_of
from amparo.kernel.testing import person
from amparo.sites.models import CallAttempt, Confirmation, ObservationBatch, Site
from amparo.sites.permissions import Sites
from amparo.sites.testing import centre, machine, tell
from amparo.toolkit.resources.menu import first_page, menu_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def site():
    made = centre(name="Escuela Inventada", code="ALB 12", phone="9999-0001")
    tell(
        made, at=timezone.now() - timedelta(hours=20), persons=143, women=78, men=65, toilets_women=2, toilets_men=4,
        litres_day=1700, floor_m2=560, arrivals=9,
    )  # fmt: skip
    return made


@pytest.fixture
def in_charge(site):
    return person(Sites.VIEW, Sites.REPORT, scope=site.path, member_of=machine().organisation)


@pytest.fixture
def operator(site):
    return person(Sites.VIEW, Sites.REPORT, scope=site.place.path, member_of=machine().organisation)


def at(name, site):
    return reverse(name, args=[site.uid])


def fresh(client, url):
    """The hidden fields of a form, as the page gives them."""
    page = client.get(url).content.decode()
    return {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1]
        for name in ("token", "seen")
        if f'name="{name}"' in page
    }


def send(client, site, /, **figures):
    url = at("daily_report", site)
    return client.post(url, {**fresh(client, url), **figures}, follow=True)


def said(answer):
    return " ".join(str(message) for message in answer.context["messages"])


# --- today


def test_whoever_runs_one_centre_begins_there(in_charge, site):
    assert first_page(in_charge) == reverse("today")
    assert menu_of(in_charge)[0].name == "today"
    page = client_of(in_charge).get(reverse("today")).context["vm"]
    assert (page.name, page.people.value) == ("Escuela Inventada", 143)


def test_whoever_has_an_area_begins_with_the_board_and_chooses(operator, site):
    assert first_page(operator) == reverse("board")
    assert "calls" in [entry.name for entry in menu_of(operator)]
    centre(name="Otra Inventada")
    client = client_of(operator)
    assert [row.name for row in client.get(reverse("today")).context["vm"].rows] == [
        "Escuela Inventada", "Otra Inventada",
    ]  # fmt: skip
    found = client.get(reverse("today"), {"q": "otra"}).context["vm"]
    assert [row.name for row in found.rows] == ["Otra Inventada"]


def test_today_says_what_fails_what_clears_it_and_who_said_so(in_charge, site):
    page = client_of(in_charge).get(reverse("today")).context["vm"]
    toilets = next(one for one in page.failing if one.same == "toilets_women")
    assert "sanitarios de mujeres más" in toilets.fix
    assert toilets.who and toilets.told_at
    assert not toilets.must_count
    assert (page.arrivals.value, page.tonight is not None, page.served is not None) == (9, True, True)
    assert page.fixes


def test_today_asks_as_often_when_everything_fails(in_charge, site, django_assert_max_num_queries):
    client = client_of(in_charge)
    client.get(reverse("today"))
    tell(site, showers_women=0, showers_men=0, toilets_lit=0, ramp=0, handwashing=0, water_potable=0)
    with django_assert_max_num_queries(32):
        assert client.get(reverse("today")).status_code == 200


def test_sigue_igual_is_said_on_today_three_times_and_the_fourth_is_refused_in_words(in_charge, site):
    client = client_of(in_charge)
    url = at("today_site", site)
    for day in (3, 2, 1):
        assert "no cuenta como medida" in said_in(client, url).lower()
        Confirmation.objects.filter(
            confirmed_at__gt=(timezone.now() - timedelta(hours=1)).timestamp()
        ).update(confirmed_at=(timezone.now() - timedelta(days=day)).timestamp() // 1)
    assert "tres veces" in said_in(client, url)
    assert Confirmation.objects.count() == 3
    page = client.get(reverse("today")).content.decode()
    assert "Contar otra vez" in page
    assert "Ya se dijo tres veces: hay que contar." in page
    assert "Ya se dijo tres veces: hay que contar." in client.get(at("daily_report", site)).content.decode()


def test_sigue_igual_counts_once_a_day_and_is_not_offered_again(in_charge, site):
    client = client_of(in_charge)
    url = at("today_site", site)
    assert "no cuenta como medida" in said_in(client, url).lower()
    assert "Ya se anotó hoy" in said_in(client, url)
    assert Confirmation.objects.count() == 1
    page = client.get(reverse("today")).content.decode()
    assert "Ya se dijo hoy que sigue igual." in page
    assert 'name="same" value="toilets_women"' not in page


def said_in(client, url):
    return said(client.post(url, {"same": "toilets_women"}, follow=True))


def test_the_neighbour_finds_nothing(site):
    other = centre(name="Otra")
    client = client_of(person(Sites.VIEW, Sites.REPORT, scope=other.path))
    for name in ("today_site", "daily_report", "report_paper", "call"):
        assert client.get(at(name, site)).status_code == 404


# --- the report


def test_the_ten_figures_are_sent_in_one_go(in_charge, site):
    answer = send(
        client_of(in_charge), site, persons="150", women="80", arrivals="9", departures="2", toilets_women="3",
        toilets_men="4", litres_day="2000", persons_unfed="0", urgent_health="3", electricity="sí",
    )  # fmt: skip
    assert answer.redirect_chain[-1][0] == at("today_site", site)
    assert "10 cifras nuevas" in said(answer)
    batch = ObservationBatch.objects.order_by("-pk")[0]
    assert (batch.source, batch.rows, batch.by) == ("screen", 10, in_charge)  # the men follow
    history = client_of(in_charge).get(at("site_history", site)).content.decode()
    assert "Llegó un reporte: 10 datos" in history


def test_yesterday_stands_beside_the_box_and_is_never_sent_as_today(in_charge, site):
    client = client_of(in_charge)
    page = client.get(at("daily_report", site)).content.decode()
    assert 'placeholder="antes 143"' in page
    assert 'value="143"' not in page
    answer = send(client, site)
    assert "vacío" in answer.content.decode()
    assert ObservationBatch.objects.count() == 1


def test_a_double_tap_sends_once_and_a_changed_report_is_another(in_charge, site):
    client = client_of(in_charge)
    url = at("daily_report", site)
    hidden = fresh(client, url)
    for _tap in range(2):
        client.post(url, {**hidden, "persons": "150"})
    assert ObservationBatch.objects.count() == 2
    client.post(url, {**hidden, "persons": "151"})  # back, corrected, sent again
    assert ObservationBatch.objects.count() == 3


def test_everything_stays_says_so_of_what_may_stay_and_leaves_what_was_typed(in_charge, site):
    answer = send(client_of(in_charge), site, persons="140", all_same="1")
    assert "1 cifra nueva" in said(answer)
    assert set(Confirmation.objects.values_list("indicator__key", flat=True)) == {
        "women", "toilets_women", "toilets_men", "litres_day",
    }  # fmt: skip


def test_what_cannot_be_keeps_everything_that_was_typed(in_charge, site):
    answer = send(client_of(in_charge), site, persons="100", women="120", litres_day="1,700")
    page = answer.content.decode()
    assert "sin punto ni coma" in page
    assert 'value="1,700"' in page and 'value="120"' in page
    answer = send(client_of(in_charge), site, persons="100", women="120")
    assert "120 son más que 100" in answer.content.decode()
    assert ObservationBatch.objects.count() == 1


def test_what_is_odd_is_asked_about_once(in_charge, site):
    client = client_of(in_charge)
    answer = send(client, site, persons="1430")
    assert 'name="sure"' in answer.content.decode()
    send(client, site, persons="1430", sure="on")
    assert ObservationBatch.objects.count() == 2


def test_a_session_that_ended_while_typing_brings_the_figures_back(in_charge, site):
    url = at("daily_report", site)
    token = fresh(client_of(in_charge), url)["token"]
    answer = Client().post(url, {"token": token, "persons": "150", "same_women": "on", "csrf": "x"})
    following = parse_qs(urlsplit(answer["Location"]).query)["next"][0]
    page = client_of(in_charge).get(following).content.decode()
    assert 'value="150"' in page
    assert re.search(r'name="same_women"[^>]*checked', page)
    assert f'name="token" value="{token}"' in page


def test_a_colleague_who_reported_meanwhile_is_named_and_both_are_kept(in_charge, site):
    client = client_of(in_charge)
    url = at("daily_report", site)
    hidden = fresh(client, url)
    tell(site, persons=141)
    answer = client.post(url, {**hidden, "persons": "150"}, follow=True)
    assert "Se guardan los dos" in said(answer)
    assert ObservationBatch.objects.count() == 3


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_paper_is_one_page_and_the_same_twice(in_charge, site, language):
    client = client_of(in_charge)
    first, again = (
        client.get(at("report_paper", site), {"language": language}).content for _time in range(2)
    )
    assert first == again
    assert first.startswith(b"%PDF")


# --- the round of calls


@pytest.fixture
def quiet(site):
    made = centre(name="Callada Inventada", phone="8888-0002")
    tell(made, at=timezone.now() - timedelta(hours=40), persons=60)
    return made


def test_the_round_lists_the_silent_with_their_numbers(operator, quiet):
    page = client_of(operator).get(reverse("calls"))
    assert [row.name for row in page.context["vm"].rows] == ["Callada Inventada"]
    assert 'href="tel:8888-0002"' in page.content.decode()


def test_whoever_only_reads_sees_no_number(quiet):
    reader = person(Sites.VIEW, scope=quiet.place.path)
    assert client_of(reader).get(reverse("calls")).status_code == 403


def test_a_call_is_taken_told_and_followed_by_the_next(operator, quiet):
    other = centre(name="Otra Callada")
    client = client_of(operator)
    answer = client.post(reverse("calls"))
    assert answer["Location"] == at("call", quiet)
    url = at("call", quiet)
    answer = client.post(url, {**fresh(client, url), "persons": "61", "women": "30"})
    assert answer["Location"] == at("call", other)
    call = CallAttempt.objects.get(site=quiet)
    assert (call.outcome, call.by, call.batch.source) == ("reported", operator, "call")
    answer = client.post(at("call", other), {"outcome": "no_answer"}, follow=True)
    assert "No queda ningún albergue" in said(answer)
    assert CallAttempt.objects.get(site=other).outcome == "no_answer"


@pytest.fixture
def calling(operator, quiet):
    """An operator in the middle of a call, with another silent centre behind it."""
    centre(name="Otra Callada")
    client = client_of(operator)
    client.post(reverse("calls"))
    return client


def test_figures_that_were_typed_are_never_thrown_away_by_an_outcome(calling, quiet):
    url = at("call", quiet)
    fields = {**fresh(calling, url), "persons": "61"}
    answer = calling.post(url, {**fields, "outcome": "no_answer"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="61"' in page
    assert "Guardar lo anotado" in page
    assert 'name="left" value="no_answer"' in page
    assert CallAttempt.objects.get(site=quiet).outcome == "calling"
    assert calling.post(url, fields)["Location"] != url
    call = CallAttempt.objects.get(site=quiet)
    assert (call.outcome, call.batch.rows) == ("reported", 1)


def test_figures_are_left_where_the_caller_says_so(calling, quiet):
    url = at("call", quiet)
    answer = calling.post(url, {**fresh(calling, url), "persons": "61", "left": "wrong_number"}, follow=True)
    assert "Anotado: número equivocado, Callada Inventada." in said(answer)
    call = CallAttempt.objects.get(site=quiet)
    assert (call.outcome, call.batch) == ("wrong_number", None)


def test_a_call_in_vain_is_said_stands_in_the_history_and_can_be_gone_back_to(calling, operator, quiet):
    url = at("call", quiet)
    answer = calling.post(url, {"outcome": "no_answer"}, follow=True)
    assert "Anotado: no contesta, Callada Inventada." in said(answer)
    assert f'<a href="{url}">Volver a este albergue</a>' in answer.content.decode()
    [line] = [
        one
        for one in calling.get(at("site_history", quiet)).context["vm"].entries
        if one.what == "Llamada: no contesta"
    ]
    assert line.who == operator.name
    calling.post(url, {**fresh(calling, url), "persons": "61"})
    newest = CallAttempt.objects.filter(site=quiet).first()
    assert (newest.outcome, newest.by) == ("reported", operator)


def test_two_operators_get_two_centres(operator, quiet):
    other = centre(name="Otra Callada")
    colleague = person(Sites.VIEW, Sites.REPORT, scope=quiet.place.path, member_of=machine().organisation)
    first = client_of(operator).post(reverse("calls"))["Location"]
    second = client_of(colleague).post(reverse("calls"))["Location"]
    assert {first, second} == {at("call", quiet), at("call", other)}
    answer = client_of(colleague).post(first, {"outcome": "take"}, follow=True)
    assert "está llamando" in said(answer)
    page = client_of(colleague).get(first).content.decode()
    assert "está llamando a este albergue" in page


def test_a_call_without_a_figure_keeps_the_page(operator, quiet):
    client = client_of(operator)
    client.post(reverse("calls"))
    url = at("call", quiet)
    answer = client.post(url, {**fresh(client, url)})
    assert answer.status_code == 200
    assert "vacío" in answer.content.decode()


def test_the_pages_say_no_count_where_there_is_none(in_charge):
    Site.objects.update(last_told_at=None)
    bare = centre(name="Nueva Inventada")
    client = client_of(person(Sites.VIEW, Sites.REPORT, scope=bare.path))
    page = client.get(reverse("today")).content.decode()
    assert "No se ha medido" in page
    assert "Es el primer reporte" in client.get(at("daily_report", bare)).content.decode()


# --- women among the people


def test_fewer_people_than_there_were_women_is_asked_about_and_the_split_is_dropped(in_charge, site):
    client = client_of(in_charge)
    answer = send(client, site, persons="70")
    page = answer.content.decode()
    assert "¿Cuántas son mujeres ahora?" in page
    assert 'name="sure"' in page
    assert ObservationBatch.objects.count() == 1
    send(client, site, persons="70", sure="on")
    shown = client.get(reverse("today")).context["vm"]
    assert (shown.people.value, shown.women, shown.men) == (70, None, None)
    assert "78 mujeres" not in client.get(at("site_page", site)).content.decode()
    assert "antes 78" not in client.get(at("daily_report", site)).content.decode()
    send(client, site, persons="71")  # asked once: nobody knows how many women there are
    assert client.get(reverse("today")).context["vm"].people.value == 71


def test_more_women_than_people_by_telephone_is_tied_to_its_box(operator, quiet):
    client = client_of(operator)
    client.post(reverse("calls"))
    url = at("call", quiet)
    for sure in ({}, {"sure": "on"}):
        page = client.post(url, {**fresh(client, url), "women": "300", **sure}).content.decode()
        assert "¿Cuántas personas son ahora?" in page
        assert re.search(r'<input[^>]*name="women"[^>]*aria-invalid="true"', page)
        assert re.search(r'<input[^>]*name="women"[^>]*aria-describedby="id_women_error"', page)
        assert 'name="sure"' not in page


def test_a_count_of_people_alone_leaves_no_older_split(in_charge, site):
    client = client_of(in_charge)
    send(client, site, persons="150")
    shown = client.get(reverse("today")).context["vm"]
    assert (shown.people.value, shown.women, shown.men) == (150, None, None)
    send(client, site, persons="151", same_women="on")
    shown = client.get(reverse("today")).context["vm"]
    assert (shown.women, shown.men) == (78, 73)


# --- what the first line says, and where to send without data


def test_the_first_line_speaks_of_those_who_sleep_here(in_charge, site):
    page = client_of(in_charge).get(reverse("today")).context["vm"]
    assert f"Alcanza para {page.served} personas y duermen 143." == page.headline
    tell(site, floor_m2=350)  # 100 places
    page = client_of(in_charge).get(reverse("today")).context["vm"]
    assert "43 personas sin lugar para dormir." in page.headline
    assert page.kind in ("grave", "bajo")


def test_where_everybody_fits_there_is_no_mark_of_alarm(in_charge, site):
    tell(
        site, persons=20, women=10, men=10, toilets_women=4, toilets_men=4, litres_day=2000, floor_m2=560,
        showers_women=4, showers_men=4, taps=4,
    )  # fmt: skip
    page = client_of(in_charge).get(reverse("today")).context["vm"]
    assert page.headline == f"Alcanza para {page.served} personas y duermen 20."
    assert page.kind == "cumple"


@pytest.mark.parametrize(
    ("number", "words"), [("+504 0000-0009", "sms:+504 0000-0009?body="), ("", "Pida el número")]
)
def test_without_internet_one_is_told_where_to_send_and_gets_blanks(in_charge, site, settings, number, words):
    settings.AMPARO_CENTRAL_NUMBER = number
    for url in (reverse("today"), at("daily_report", site)):
        page = client_of(in_charge).get(url).content.decode()
        assert "ALB 12 P __ M __ E __ S __ LM __ LH __ A __ C __ U __ LUZ __" in page
        assert words in page


def test_the_history_says_what_was_confirmed_in_words(in_charge, site):
    client = client_of(in_charge)
    said_in(client, at("today_site", site))
    page = client.get(at("site_history", site)).content.decode()
    assert "Dijo «sigue igual»" in page
    assert "Sanitarios de mujeres que funcionan" in page
    assert "site.confirmed" not in page
    assert "0 datos" not in page


def test_the_silent_stand_in_one_order_on_the_board_and_in_the_round(operator, quiet):
    grave = centre(name="Chica Grave Inventada")
    tell(grave, at=timezone.now() - timedelta(hours=26), persons=30, women=20, toilets_women=0, toilets_men=0)
    client = client_of(operator)
    called = [row.name for row in client.get(reverse("calls")).context["vm"].rows]
    board = client.get(reverse("board")).context["vm"]
    assert [row.name for row in board.silent] == called == ["Chica Grave Inventada", "Callada Inventada"]
    assert board.grave_silent == 1


def test_one_thing_is_said_in_the_singular(in_charge, site):
    tell(site, persons=143, women=50, men=93, toilets_women=2)
    page = client_of(in_charge).get(reverse("today")).context["vm"]
    said = [one.summary for one in (*page.failing, *page.more_failing)]
    assert any(summary.startswith("4 para 93; falta 1.") for summary in said), said
