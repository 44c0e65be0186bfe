from datetime import date, timedelta

import pytest
from django.utils import timezone

from amparo.kernel.days import refuse_impossible, refuse_to_come
from amparo.kernel.refusals import Refused


@pytest.mark.parametrize("day", [date(206, 3, 1), date(1899, 12, 31), date(2206, 1, 1), date(9999, 12, 31)])
def test_a_year_that_nobody_can_mean_is_refused_and_said_back(day):
    for rule in (refuse_impossible, refuse_to_come):
        with pytest.raises(Refused) as refusal:
            rule(timezone.localdate(), day)
        assert refusal.value.code == "impossible_year"
        assert f"{day.year:04}" in refusal.value.message


def test_what_nobody_told_and_what_may_be_passes():
    today = timezone.localdate()
    refuse_impossible(None, date(1900, 1, 1), today, today + timedelta(days=400))
    refuse_to_come(None, date(1998, 10, 27), today)


def test_what_has_happened_is_not_to_come():
    with pytest.raises(Refused) as refusal:
        refuse_to_come(timezone.localdate() + timedelta(days=1))
    assert refusal.value.code == "day_to_come"
