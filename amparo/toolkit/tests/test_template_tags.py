import datetime as dt

import pytest
from django import forms
from django.template import engines
from django.utils.translation import override

from amparo.toolkit.drawings import MapPoint

NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture(autouse=True)
def spanish():
    with override("es"):
        yield


def render(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render({"server_time": NOW, **context})


def test_a_verdict_says_its_word_beside_its_mark():
    assert render('{% pill "nada" %}').count("No se ha medido") == 1
    assert 'href="#g-nada"' in render('{% pill "nada" %}')


def test_whatever_is_said_is_escaped():
    for source in ("{% pill 'grave' said %}", "{{ said|number }}", "{{ list|joined }}", "{% icon said %}"):
        assert "<script" not in render(source, said=HOSTILE, list=[HOSTILE])


def test_the_age_of_a_figure_is_seen_and_read():
    fresh = render("{% age then 24 %}", then=NOW - dt.timedelta(hours=2))
    assert "hace 2 h" in fresh
    assert 'datetime="2026-11-22T10:00+00:00"' in fresh
    assert "#a-4" in fresh
    stale = render("{% age then 24 %}", then=NOW - dt.timedelta(hours=30))
    assert 'class="age old"' in stale
    assert "#a-0" in stale


def test_the_age_is_counted_from_the_moment_the_page_speaks_of():
    assert "hace 1 h" in render("{% age then 24 %}", then=NOW - dt.timedelta(hours=1))


def test_nobody_measured_is_never_a_blank_or_a_zero():
    assert render("{{ value|number }}", value=None) == "No se ha medido"
    assert "No se ha medido" in render("{{ value|figure }}", value=None)
    assert render("{{ value|figure }}", value=0) == "0"


def test_a_reserved_figure_keeps_its_words():
    assert render("{{ value|number }}", value="dato reservado") == "dato reservado"


def test_a_qr_code_is_one_path():
    drawn = render('{% qr "https://192.0.2.10/" "Dirección" %}')
    assert drawn.count("<path") == 1
    assert 'aria-label="Dirección"' in drawn


class Form(forms.Form):
    women = forms.IntegerField(label="Mujeres", help_text="Contadas hoy.", min_value=0)
    note = forms.CharField(label="Nota", required=False)
    lit = forms.BooleanField(label="Con luz", required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False)
    phase = forms.ChoiceField(
        label="Etapa", choices=[("a", "Primeros días")], widget=forms.RadioSelect, required=False
    )


def test_the_error_stands_before_the_input_and_is_tied_to_it():
    drawn = render("{% fields form %}", form=Form({"women": "muchas"}))
    assert drawn.index('id="id_women_error"') < drawn.index('name="women"')
    assert 'aria-invalid="true"' in drawn
    assert "id_women_helptext id_women_error" in drawn


def test_what_was_typed_is_still_there():
    assert 'value="muchas"' in render("{% fields form %}", form=Form({"women": "muchas"}))


def test_the_summary_links_to_each_field():
    summary = render("{% error_summary form %}", form=Form({"women": "muchas"}))
    assert '<a href="#id_women">Mujeres</a>' in summary
    assert render("{% error_summary form %}", form=Form()).strip() == ""


def test_every_field_has_a_label_and_hidden_ones_are_carried():
    drawn = render("{% fields form %}", form=Form())
    for name in ("women", "note", "lit"):
        assert f'for="id_{name}"' in drawn
    assert "<legend>Etapa" in drawn
    assert 'type="hidden" name="token"' in drawn
    assert drawn.count("opcional") == 2


def test_lines_of_a_table_keep_their_hidden_fields_and_labels():
    formset = forms.formset_factory(Form, extra=2)()
    drawn = render("{% lines formset %}", formset=formset)
    assert "form-TOTAL_FORMS" in drawn
    assert drawn.count('type="hidden" name="form-1-token"') == 1
    assert 'for="id_form-0-women"' in drawn


def test_a_style_sheet_is_named_after_its_content():
    assert render('{% asset "amparo.css" %}').startswith("/static/amparo/style-")


def test_the_sketch_says_in_words_what_shares_a_mark_and_what_is_off_the_map():
    points = [
        MapPoint(15.4, -88.0 + n / 1000, kind, str(n)) for n, kind in enumerate(["bajo", "grave", "bajo"])
    ]
    shown = render(
        "{% sketch_map points %}",
        points=[*points, MapPoint(15.4, -87.0, "bajo", "4"), MapPoint(-88.0, 15.4, "bajo", "3")],
    )
    assert 'aria-label="Croquis. Albergues: 4. Marcas: 2.' in shown
    assert "3, lo peor: Grave. En la lista: 0, 1, 2." in shown
    assert "1 punto fuera del mapa" in shown
