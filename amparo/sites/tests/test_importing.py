import random

import pytest

from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.testing import person
from amparo.sites.actions.importing import SiteDraft, import_sites, last_import, undo_import
from amparo.sites.actions.site import edit_site
from amparo.sites.models import Flag, Site
from amparo.sites.permissions import Sites
from amparo.sites.testing import country, machine, tell

pytestmark = pytest.mark.django_db


def draft(row, name="Escuela Inventada", **facts):
    facts = {
        "kind": "candidate_site",
        "status": "candidate",
        "address": "Centro",
        "lat": 15.0 + row,
        "lon": -88.0,
    } | facts
    return SiteDraft(row=row, name=name, place=country(), **facts)


def bring(*drafts):
    by = machine()
    return import_sites(drafts, by=by, holder=by.organisation, source="lista.csv")


def test_no_row_vanishes_and_what_repeats_is_flagged():
    report = bring(draft(1), draft(2), draft(3, lat=16.0, name="Otra"))
    assert (report.rows, report.created, report.repeated, report.repeated_coordinates) == (3, 3, 1, 1)
    assert Site.objects.count() == 3
    assert set(Flag.objects.values_list("code", flat=True)) == {"repeats_name", "repeats_coordinates"}


def test_the_same_list_twice_changes_nothing_even_shuffled():
    drafts = [draft(number, name=f"Escuela {number % 3}") for number in range(9)]
    bring(*drafts)
    random.Random(7).shuffle(drafts)
    again = bring(*drafts)
    assert (again.changed, again.unchanged) == (0, 9)
    assert again.entry is None


def test_accents_and_capitals_do_not_make_another_site():
    bring(draft(1, name="Escuela José Cecilio"))
    report = bring(draft(1, name="ESCUELA JOSE CECILIO"))
    assert (report.created, Site.objects.count()) == (0, 1)


def test_a_corrected_row_updates_its_site():
    bring(draft(1))
    report = bring(draft(1, institution="Escuela"))
    assert (report.created, report.updated) == (0, 1)
    assert Site.objects.get().institution == "Escuela"


def test_undo_restores_what_was_there():
    bring(draft(1))
    report = bring(draft(1, institution="Escuela"), draft(2, name="Nueva"))
    assert undo_import(report.entry, by=machine()) == {"erased": 1, "restored": 1, "kept": 0}
    assert Site.objects.get().institution == ""
    with pytest.raises(Refused) as refusal:
        undo_import(report.entry, by=machine())
    assert refusal.value.code == "already_undone"


def test_undo_keeps_what_someone_used_or_changed_since():
    report = bring(
        draft(1, name="Usada", kind="collective_centre", status="open"),
        draft(2, name="Cambiada"),
        draft(3, name="Quieta"),
    )
    tell(Site.objects.get(name="Usada"), persons=5)
    edit_site(Site.objects.get(name="Cambiada"), by=machine(), phone="0000 0000")
    assert undo_import(report.entry, by=machine()) == {"erased": 1, "restored": 0, "kept": 2}
    assert set(Site.objects.values_list("name", flat=True)) == {"Usada", "Cambiada"}
    assert last_import() is None


def test_a_list_never_reopens_nor_demotes_a_centre_that_lives():
    bring(draft(1))
    site = Site.objects.get()
    site.kind, site.status = Site.Kind.COLLECTIVE_CENTRE, Site.Status.OPEN
    site.save()
    assert bring(draft(1)).changed == 0
    assert Site.objects.get().status == "open"


def test_a_code_of_another_system_names_one_site():
    codes = (("dtm", "17"),)
    bring(draft(1, codes=codes), draft(2, name="Otro nombre", codes=codes))
    assert Site.objects.count() == 1
    bring(draft(1, name="Nombre nuevo", codes=codes))
    assert Site.objects.get().name == "Nombre nuevo"


def test_a_place_in_doubt_waits_for_a_person():
    report = bring(draft(1, place_doubt="San Nadie"), draft(2, name="Otra"))
    assert (report.placed, report.review) == (1, 1)
    assert Flag.objects.filter(code="place_in_doubt").count() == 1


def test_nobody_imports_beyond_their_reach():
    by = person(Sites.MANAGE, scope="GTM/")
    with pytest.raises(OutOfSight):
        import_sites([draft(1)], by=by, holder=by.organisation, source="lista.csv")
    assert not Site.objects.exists()


def test_a_code_on_two_different_rows_settles_and_is_flagged():
    codes = (("list", "X1"),)
    rows = (draft(1, name="Una", codes=codes), draft(2, name="Otra", lat=16.5, codes=codes))
    first = bring(*rows)
    assert (first.created, first.repeated) == (1, 1)
    assert Flag.objects.filter(code="repeats_code").count() == 1
    assert bring(*rows).changed == 0
    assert Site.objects.get().name == "Una"
