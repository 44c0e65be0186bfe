"""Two people and one form: what was typed, what was seen, what it says now."""

import json

import pytest
from django import forms
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from amparo.toolkit.resources import meanwhile


class Form(forms.Form):
    name = forms.CharField(label="Nombre", required=False)
    kind = forms.ChoiceField(label="Tipo", choices=[("a", "Uno"), ("b", "Dos")], required=False)
    floor = forms.FloatField(label="Piso", required=False)
    lit = forms.BooleanField(label="Con luz", required=False)


def now(**values: object) -> Form:
    return Form(initial={"name": "Antes", "kind": "a", "floor": 14.5, "lit": False} | values)


def said(seen: Form | None, **typed: str) -> QueryDict:
    sent = QueryDict(mutable=True)
    for name, value in (
        {} if seen is None else meanwhile.shown(seen) | typed | {"_seen": meanwhile.carried(seen)}
    ).items():
        sent[name] = value
    return sent


def test_what_nobody_else_changed_is_as_it_was_typed():
    together, both = meanwhile.merged(now(), said(now(), name="Mío"))
    assert (together["name"], both) == ("Mío", ())


def test_what_only_they_changed_stays_theirs():
    together, both = meanwhile.merged(now(name="Suyo", kind="b"), said(now(), floor="20"))
    assert (together["name"], together["kind"], together["floor"], both) == ("Suyo", "b", "20", ())


def test_what_both_changed_is_asked_in_words():
    _together, both = meanwhile.merged(now(kind="b"), said(now(), kind=""))
    assert both == (meanwhile.Both("kind", "Dos", "vacío"),)


def test_both_having_written_the_same_is_no_question():
    together, both = meanwhile.merged(now(floor=20.0), said(now(), floor="20.0"))
    assert (together["floor"], both) == ("20.0", ())


@pytest.mark.parametrize(("keep", "left"), [("theirs", "Suyo"), ("mine", "Mío")])
def test_the_choice_holds(keep, left):
    sent = said(now(name="Suyo"), name="Mío", _asked="name", keep_name=keep)
    together, both = meanwhile.merged(now(name="Suyo"), sent)
    assert (together["name"], both) == (left, ())


def test_nothing_chosen_is_asked_again_and_a_newer_change_too():
    unchosen = said(now(name="Suyo"), name="Mío", _asked="name")
    assert meanwhile.merged(now(name="Suyo"), unchosen)[1]
    chosen = said(now(name="Suyo"), name="Mío", _asked="name", keep_name="mine")
    assert meanwhile.merged(now(name="De una tercera"), chosen)[1]


def test_the_question_stands_under_its_field():
    form = Form({"name": "Mío"})
    form.full_clean()
    meanwhile.put_the_question(form, (meanwhile.Both("name", "Suyo", "Mío"),))
    assert list(form.fields)[:2] == ["name", "keep_name"]
    assert "«Suyo»" in str(form["keep_name"])
    assert form.errors["name"]


@given(st.text(max_size=200) | st.recursive(st.none() | st.text(), st.lists, max_leaves=5).map(json.dumps))
def test_whatever_the_form_claims_to_have_seen_is_no_fault(claim):
    sent = said(now(), name="Mío")
    sent["_seen"] = claim
    together, _both = meanwhile.merged(now(name="Suyo"), sent)
    assert together["name"] in ("Mío", "Suyo")


def test_a_form_that_claims_nothing_overwrites_as_it_always_did():
    sent = QueryDict("name=Mío")
    assert meanwhile.merged(now(name="Suyo"), sent)[0]["name"] == "Mío"
