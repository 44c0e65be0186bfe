"""Two people change one record in the same second: what one wrote is never lost to the other."""

import json
import threading

import pytest
from django.db import connection
from django.urls import reverse

from amparo.briefing.resources import CENTRES
from amparo.briefing.tests.conftest import client_of
from amparo.kernel.testing import person
from amparo.sites.models import Site
from amparo.sites.permissions import Sites
from amparo.sites.testing import centre, machine
from amparo.toolkit.resources import meanwhile

WAITS = 0.4  # seconds in which the second person, were the row not held, would have written


def manager():
    return person(Sites.VIEW, Sites.MANAGE, scope="TST/", member_of=machine().organisation)


def as_shown(user, site) -> dict[str, str]:
    form = CENTRES.edit_form(user, site)
    return {**meanwhile.shown(form), meanwhile.SEEN: meanwhile.carried(form)}


@pytest.fixture
def written(monkeypatch) -> list[set[str]]:
    """The fields that reach the action, each time."""
    update, given = type(CENTRES).update, []

    def noted(self, record, *, by, **cleaned):
        given.append(set(cleaned))
        return update(self, record, by=by, **cleaned)

    monkeypatch.setattr(type(CENTRES), "update", noted)
    return given


@pytest.mark.django_db
def test_only_what_differs_from_what_stands_is_written(written):
    site, user = centre(phone="0000 0001", address="Calle 1"), manager()
    client = client_of(user)
    client.post(reverse("site_edit", args=[site.uid]), {**as_shown(user, site), "address": "Calle 2"})
    client.patch(f"/api/v1/sites/{site.uid}", json.dumps({"phone": "0000 0002"}), "application/json")
    site.refresh_from_db()
    assert (site.address, site.phone) == ("Calle 2", "0000 0002")
    assert written == [{"address"}, {"phone"}]
    row = f"r{site.uid.hex}-"
    columns = {"columns": ["name", "address"]}
    form = CENTRES.edit_form(user, site, prefix=row[:-1])
    seen = {name: text for name, text in meanwhile.shown(form).items() if name in columns["columns"]}
    sent = {row + name: text for name, text in seen.items()} | {row + "address": "Calle 3"}
    client.post(
        f"{reverse('site_grid')}?columns=name&columns=address",
        {**sent, row + meanwhile.SEEN: json.dumps(seen)},
    )
    site.refresh_from_db()
    assert (site.address, written[2:]) == ("Calle 3", [{"address"}])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("screen", ["form", "machine"])
def test_who_comes_in_between_is_told_and_overwrites_nothing(monkeypatch, screen):
    site, user = centre(phone="0000 0001"), manager()
    first, second = client_of(user), client_of(user)
    sent = {**as_shown(user, site), "phone": "0000 0002"}
    change = {"phone": "0000 0003", "seen": {"phone": "0000 0001"}}
    answers, others = [], []
    merged = meanwhile.merged

    def patch(client, said) -> int:
        answer = client.patch(f"/api/v1/sites/{site.uid}", json.dumps(said), "application/json")
        return answer.status_code

    def in_between() -> None:
        try:
            answers.append(patch(second, change))
        finally:
            connection.close()

    def and_meanwhile(*arguments, **options):
        if not others:
            others.append(threading.Thread(target=in_between))
            others[0].start()
            others[0].join(WAITS)
        return merged(*arguments, **options)

    monkeypatch.setattr(meanwhile, "merged", and_meanwhile)
    if screen == "form":
        assert first.post(reverse("site_edit", args=[site.uid]), sent).status_code == 302
    else:
        assert patch(first, {**change, "phone": "0000 0002"}) == 200
    others[0].join(20)
    assert answers == [409]
    assert Site.objects.get(pk=site.pk).phone == "0000 0002"
