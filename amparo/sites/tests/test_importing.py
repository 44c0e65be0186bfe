import random
from dataclasses import replace

import pytest
from django.db.models.signals import pre_save
from django.utils import timezone

from amparo.kernel.refusals import OutOfSight, Refused
from amparo.kernel.testing import person
from amparo.places.testing import a_place
from amparo.sites.actions.closing import close_site
from amparo.sites.actions.importing import SEEN, SiteDraft, import_sites, last_import, undo_import
from amparo.sites.actions.site import edit_site, place_site
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


def bring(*drafts, source="lista.csv"):
    by = machine()
    return import_sites(drafts, by=by, holder=by.organisation, source=source)


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
    codes = (("dtm", "X1"),)
    rows = (draft(1, name="Una", codes=codes), draft(2, name="Otra", lat=16.5, codes=codes))
    first = bring(*rows)
    assert (first.created, first.repeated) == (1, 1)
    assert Flag.objects.filter(code="repeats_code").count() == 1
    assert bring(*rows).changed == 0
    assert Site.objects.get().name == "Una"


NUMBER_THREE = (("list", "3"),)  # of a list that does not say who gave its numbers


def test_the_number_three_of_another_list_is_another_site():
    bring(draft(1, name="Iglesia Inventada", codes=NUMBER_THREE))
    others = (draft(1, name="Escuela de Prueba", lat=16.5, codes=NUMBER_THREE),)
    second = bring(*others, source="lista-2.csv")
    assert (second.created, second.updated, second.repeated) == (1, 0, 1)
    assert flags(Site.objects.get(name="Escuela de Prueba")) == {"repeats_code"}
    assert flags(Site.objects.get(name="Iglesia Inventada")) == set()
    assert bring(*others, source="lista-2.csv").changed == 0


def test_a_column_of_the_same_number_on_every_row_loses_no_row():
    rows = [draft(row, name=f"Escuela {row}", codes=NUMBER_THREE) for row in range(1, 5)]
    assert bring(*rows).created == 4
    random.Random(1).shuffle(rows)
    assert (bring(*rows).changed, Site.objects.count()) == (0, 4)


def test_a_number_follows_its_site_to_a_corrected_name_a_new_place_and_its_first_name():
    bring(draft(1, name="Escuela Lempira de Prueva", codes=NUMBER_THREE))
    assert bring(draft(1, name="Escuela Lempira de Prueba", codes=NUMBER_THREE)).updated == 1
    elsewhere = a_place("TST0102", parent=country().parent)
    moved = replace(draft(1, name="Escuela Lempira de Prueba", codes=NUMBER_THREE), place=elsewhere)
    assert (bring(moved).updated, Site.objects.get().place.code) == (1, "TST0102")
    nameless = (("list", "F-9"),)
    bring(draft(2, name="F-9", codes=nameless))
    assert bring(draft(2, name="Iglesia Inventada", codes=nameless)).updated == 1
    assert bring(draft(2, name="F-9", codes=nameless)).changed == 0
    assert Site.objects.get(codes__code="F-9").name == "Iglesia Inventada"


def flags(site: Site) -> set[str]:
    return set(Flag.objects.filter(site=site).values_list("code", flat=True))


def test_undo_takes_down_the_flags_that_the_list_put_on_centres_already_known():
    bring(draft(1), draft(2, name="Otra"))
    first, other = Site.objects.order_by("pk")
    Flag.objects.create(site=first, code="new_from_form", source="lista-2.csv")
    report = bring(
        draft(1, institution="Escuela", flags=(("date_odd", "Fecha rara"),)),
        draft(2, name="Otra", lat=16.0, flags=(("coordinates_sign", ""),)),
        source="lista-2.csv",
    )
    assert flags(other) == {"coordinates_sign", "repeats_coordinates"}
    assert undo_import(report.entry, by=machine()) == {"erased": 0, "restored": 2, "kept": 0}
    assert (flags(first), flags(other)) == ({"new_from_form"}, set())


def test_a_list_that_only_flags_is_in_the_ledger_and_can_be_undone():
    bring(draft(1))
    report = bring(draft(1, flags=(("date_odd", "Fecha rara"),)), source="lista-2.csv")
    assert (report.changed, flags(Site.objects.get())) == (0, {"date_odd"})
    assert undo_import(last_import(), by=machine()) == {"erased": 0, "restored": 0, "kept": 0}
    assert flags(Site.objects.get()) == set()


def test_undo_leaves_a_flag_that_stood_before_from_a_list_of_the_same_name():
    odd = (("date_odd", "Fecha rara"),)
    bring(draft(1, flags=odd))
    report = bring(draft(1, institution="Escuela", flags=odd))
    undo_import(report.entry, by=machine())
    assert flags(Site.objects.get()) == {"date_odd"}


def test_undo_writes_only_what_it_restores():
    """Whatever another action writes of the centre at that moment stays as it was written."""
    bring(draft(1))
    report = bring(draft(1, institution="Escuela"))

    def somebody_else(instance: Site, **_said) -> None:
        Site.objects.filter(pk=instance.pk).update(phone="0000 0112", closed_on="2026-01-02")

    pre_save.connect(somebody_else, sender=Site)
    try:
        undo_import(report.entry, by=machine())
    finally:
        pre_save.disconnect(somebody_else, sender=Site)
    site = Site.objects.get()
    assert (site.institution, site.phone, str(site.closed_on)) == ("", "0000 0112", "2026-01-02")


def test_undo_counts_as_restored_only_where_something_was():
    bring(draft(1))
    report = bring(draft(1, institution="Escuela"))
    edit_site(Site.objects.get(), by=machine(), institution="Iglesia")
    assert undo_import(report.entry, by=machine()) == {"erased": 0, "restored": 0, "kept": 1}


def test_a_building_that_a_list_opens_was_not_open_before():
    bring(draft(1))
    report = bring(draft(1, kind="collective_centre", status="open"))
    today = timezone.localdate()
    site = Site.objects.get()
    assert (site.kind, site.status, site.opened_on) == ("collective_centre", "open", today)
    bring(draft(1, kind="collective_centre", status="closed"))
    assert Site.objects.get().closed_on == today
    bring(draft(1, kind="collective_centre", status="open"))
    assert Site.objects.get().closed_on is None
    undo_import(report.entry, by=machine())
    site = Site.objects.get()
    assert (site.kind, site.status, site.opened_on) == ("candidate_site", "candidate", None)


def test_a_form_from_a_building_that_was_only_possible_opens_it():
    bring(draft(1))
    by = machine()
    seen = draft(1, kind="collective_centre", status="open")
    import_sites([seen], by=by, holder=by.organisation, source="forma", overwrite=("status",), verb=SEEN)
    site = Site.objects.get()
    assert (site.kind, site.status) == ("collective_centre", "open")


def test_undo_leaves_together_what_only_makes_sense_together():
    bring(draft(1, lat=None, lon=None, place_doubt="San Nadie"))
    report = bring(draft(1, kind="collective_centre", status="open"))
    assert Site.objects.get().lat == 16.0
    close_site(Site.objects.get(), by=machine())
    edit_site(Site.objects.get(), by=machine(), lat=14.5)
    assert undo_import(report.entry, by=machine())["kept"] == 5
    site = Site.objects.get()
    assert (site.kind, site.status, site.lat, site.lon) == ("collective_centre", "closed", 14.5, -88.0)
    assert site.place_doubt == "San Nadie"


def test_undo_asks_nobody_again_where_a_centre_is_that_somebody_placed():
    other = a_place("TST0202", "San Lorenzo", parent=country().parent)
    bring(draft(1, codes=(("dtm", "1"),), place_doubt="San Nadie"))
    report = bring(replace(draft(1, codes=(("dtm", "1"),)), place=a_place("TST03", parent=country().parent)))
    place_site(Site.objects.get(), by=machine(), place=other)
    undo_import(report.entry, by=machine())
    assert (Site.objects.get().place, Site.objects.get().place_doubt) == (other, "")


def test_a_list_never_takes_a_centre_from_where_its_sender_does_not_act():
    """By its code, a row could otherwise pull a neighbour's centre into one's own municipality."""
    own, theirs = a_place("GTM"), a_place("HND")
    by = person(Sites.MANAGE, scope=own.path, of=None)
    codes = (("dtm", "17"),)
    there = SiteDraft(row=1, name="Ajena", place=theirs, codes=codes)
    import_sites([there], by=machine(), holder=by.organisation, source="lista.csv")
    with pytest.raises(Refused, match="code_taken_elsewhere"):
        taking = SiteDraft(row=7, name="Propia", place=own, codes=codes)
        import_sites([taking], by=by, holder=by.organisation, source="lista-2.csv")
    assert Site.objects.get().path.startswith(theirs.path)
