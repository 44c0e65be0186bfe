from datetime import date

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from amparo.crises.models import Crisis, CrisisPlace, PhasePeriod
from amparo.crises.testing import a_crisis
from amparo.kernel.classes import DataClass

pytestmark = pytest.mark.django_db


def refused_by_the_database(make):
    with pytest.raises(IntegrityError), transaction.atomic():
        make()


@pytest.mark.parametrize("model", [Crisis, PhasePeriod, CrisisPlace])
def test_crises_are_internal(model):
    assert model.data_class is DataClass.INTERNAL


def test_a_crisis_is_called_in_the_readers_language_or_in_spanish_or_at_all(tree):
    crisis = a_crisis(tree["HN01"])
    crisis.name = {"es": "Tormenta Julieta", "en": "Storm Juliet"}
    assert crisis.called("en") == "Storm Juliet"
    assert crisis.called("fr") == "Tormenta Julieta"
    with translation.override("en"):
        assert str(crisis) == "Storm Juliet"
    crisis.name = {"en": "Storm Juliet"}
    assert crisis.called("es") == "Storm Juliet"


def test_the_database_refuses_nonsense(tree):
    crisis = a_crisis(tree["HN01"])
    rows = Crisis.objects.filter(pk=crisis.pk)
    refused_by_the_database(lambda: rows.update(ends_on=date(2020, 11, 2)))
    refused_by_the_database(lambda: rows.update(name={}))
    refused_by_the_database(lambda: crisis.phases.update(phase="party"))
    refused_by_the_database(lambda: crisis.phases.create(phase="acute", starts_on=crisis.starts_on))
    refused_by_the_database(lambda: crisis.places.create(place=tree["HN01"], starts_on=date(2020, 12, 1)))
    refused_by_the_database(lambda: crisis.places.update(ends_on=date(2020, 11, 2)))


def test_the_database_takes_what_is_sound(tree):
    crisis = a_crisis(tree["HN01"])
    crisis.places.update(ends_on=date(2020, 11, 30))
    crisis.places.create(place=tree["HN01"], starts_on=date(2020, 12, 1))
    crisis.phases.create(phase="acute", starts_on=date(2020, 11, 20))
    Crisis.objects.filter(pk=crisis.pk).update(ends_on=crisis.starts_on)


def test_a_crisis_is_open_until_the_day_it_ends(tree):
    crisis = a_crisis(tree["HN01"], ends_on=date(2020, 12, 1))
    days = [date(2020, 11, 2), date(2020, 11, 3), date(2020, 11, 30), date(2020, 12, 1)]
    assert [crisis.is_open(day) for day in days] == [False, True, True, False]
