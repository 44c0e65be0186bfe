"""What must hold of any site, not only of the invented ones."""

from math import inf

from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.standards import INDICATORS, Kind, Phase, Verdict, capacity, evaluate, fixes, summarise, worst
from amparo.standards.tests.site import NOW, gap, site, told

ORDER = {Verdict.NOT_MET: 0, Verdict.NOT_ASSESSED: 1, Verdict.MET: 2}
TOILETS = "sphere.persons_per_toilet"
GROUPS = {"all": ("persons", "toilets"), "women": ("women", "toilets_women"), "men": ("men", "toilets_men")}

patient = settings(deadline=None)
phases = st.sampled_from(Phase)
groups = st.sampled_from(sorted(GROUPS))
people = st.integers(1, 5000)
things = st.integers(0, 300)
ages = st.floats(0, 2000, allow_nan=False)


def ranges(least, most):
    return st.tuples(st.integers(least, most), st.integers(least, most)).map(lambda ends: tuple(sorted(ends)))


def values(kind, levels):
    if kind is Kind.YESNO:
        return st.integers(0, 1)
    if kind is Kind.LEVEL:
        return st.integers(0, levels - 1)
    if kind is Kind.SHARE:
        return st.floats(0, 1)
    if kind is Kind.COUNT:
        return st.one_of(st.integers(0, 2000), ranges(0, 500), st.integers(0, 99).map(lambda low: (low, inf)))
    return st.one_of(st.floats(0, 1e6), ranges(0, 500), st.floats(0, 100).map(lambda low: (low, inf)))


@st.composite
def any_site(draw):
    chosen = draw(st.lists(st.sampled_from(sorted(INDICATORS)), max_size=40, unique=True))
    inputs = {}
    for key in chosen:
        indicator = INDICATORS[key]
        inputs[key] = told(draw(values(indicator.kind, len(indicator.levels))), draw(ages))
    return inputs


@patient
@given(any_site(), phases, st.sampled_from([None, "transit_centre", "planned_site"]))
def test_whatever_is_told_every_gap_is_whole(inputs, phase, site_type):
    gaps = evaluate(inputs, phase=phase, at=NOW, site_type=site_type)
    for found in gaps:
        assert (found.verdict is Verdict.NOT_ASSESSED) <= (found.reason is not None)
        assert found.affected is None or found.affected >= 0
        assert found.affected is None or found.people is None or found.affected <= found.people
        assert found.missing is None or 0 <= found.missing < inf
        assert not found.grave or (found.decides and found.verdict is Verdict.NOT_MET)
        assert found.verdict is not Verdict.MET or (found.affected == 0 and found.terms)
        assert found.measured is None or 0 <= found.measured[0] <= found.measured[1]
    summary = summarise(gaps)
    assert summary.grave <= summary.not_met
    assert all(found.decides for found in worst(gaps))


@patient
@given(any_site(), phases)
def test_whatever_is_told_the_capacity_is_whole_and_the_fixes_end(inputs, phase):
    both = capacity(inputs, phase=phase, at=NOW)
    for found in (both.tonight, both.to_standard):
        ends = [line.total for line in found.lines if line.total is not None]
        assert found.total == min(ends, default=None)
        assert (found.binds is None) == (found.total is None)
        if found.total is not None and found.women is not None and found.men is not None:
            assert min(found.women, found.men) >= 0
    for fix in fixes(evaluate(inputs, phase=phase, at=NOW), both):
        assert fix.add is None or fix.add >= 0


@patient
@given(any_site(), phases, st.sampled_from(sorted(INDICATORS)))
def test_forgetting_something_never_makes_a_gap_that_needed_it_met(inputs, phase, key):
    told_before = {
        (found.standard.key, found.group): found for found in evaluate(inputs, phase=phase, at=NOW)
    }
    forgotten = {other: value for other, value in inputs.items() if other != key}
    for found in evaluate(forgotten, phase=phase, at=NOW):
        before = told_before.get((found.standard.key, found.group))
        if before is not None and found.verdict is Verdict.MET:
            assert key not in {term.indicator for term in found.terms}


@patient
@given(groups, people, things, st.integers(1, 50), phases)
def test_more_toilets_never_make_a_verdict_worse(group, number, toilets, more, phase):
    who, what = GROUPS[group]
    before = gap(site(**{who: number, what: toilets}), TOILETS, group, phase)
    after = gap(site(**{who: number, what: toilets + more}), TOILETS, group, phase)
    assert ORDER[after.verdict] >= ORDER[before.verdict]
    assert after.affected <= before.affected
    assert after.grave <= before.grave


@patient
@given(groups, people, things, st.integers(1, 500), phases)
def test_more_people_never_make_a_verdict_better(group, number, toilets, more, phase):
    who, what = GROUPS[group]
    before = gap(site(**{who: number, what: toilets}), TOILETS, group, phase)
    after = gap(site(**{who: number + more, what: toilets}), TOILETS, group, phase)
    assert ORDER[after.verdict] <= ORDER[before.verdict]
    assert after.affected >= before.affected
    assert (after.missing or 0) >= (before.missing or 0)


@patient
@given(people, ranges(0, 200), ranges(1, 500), phases, st.data())
def test_what_is_decided_for_a_range_holds_for_every_value_in_it(_, toilets, persons, phase, data):
    whole = gap(site(persons=persons, toilets=toilets), TOILETS, phase=phase)
    one = gap(
        site(persons=data.draw(st.integers(*persons)), toilets=data.draw(st.integers(*toilets))),
        TOILETS,
        phase=phase,
    )
    if whole.verdict is not Verdict.NOT_ASSESSED:
        assert one.verdict is whole.verdict
        assert one.affected >= whole.affected
    if whole.measured is not None and one.measured is not None:
        assert whole.measured[0] <= one.measured[0] <= one.measured[1] <= whole.measured[1]


@patient
@given(people, st.floats(0, 1e5), phases)
def test_who_lacks_water_is_never_more_than_who_is_there(number, litres, phase):
    found = gap(site(persons=number, litres_day=litres), "sphere.litres_person_day", phase=phase)
    assert 0 <= found.affected <= number
    assert (found.affected > 0) == (found.verdict is Verdict.NOT_MET)


@patient
@given(people, things)
def test_the_missing_toilets_are_enough_and_one_less_is_not(number, toilets):
    found = gap(site(persons=number, toilets=toilets), TOILETS)
    if found.verdict is Verdict.NOT_MET:
        assert gap(site(persons=number, toilets=toilets + found.missing), TOILETS).verdict is Verdict.MET
        assert (
            gap(site(persons=number, toilets=toilets + found.missing - 1), TOILETS).verdict is Verdict.NOT_MET
        )


@patient
@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 20), st.integers(0, 20), st.integers(0, 5000))
def test_one_more_toilet_never_lowers_the_capacity(women, men, own, theirs, floor):
    def total(toilets_women):
        inputs = site(
            women=women,
            men=men,
            toilets_women=toilets_women,
            toilets_men=theirs,
            toilets_separated=1,
            floor_m2=floor,
        )
        return capacity(inputs, phase=Phase.ACUTE, at=NOW).to_standard.total

    assert total(own + 1) >= total(own)
