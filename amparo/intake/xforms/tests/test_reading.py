"""An XForm is understood: its questions in each language, their answers, repeats and files."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amparo.intake.problems import FormProblem
from amparo.intake.xforms.reading import Question, in_language, read_form
from amparo.intake.xforms.tests.shared import needs_shared, real

FORM = """<?xml version="1.0"?>
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
        xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms">
 <h:head><h:title>Visita</h:title>
  <model>
   <itext>
    <translation lang="English (en)">
     <text id="/data/rooms:label"><value>Rooms</value></text>
     <text id="/data/room/m2:label"><value>Floor of <output value="/data/rooms"/></value></text>
     <text id="/data/kind:label"><value>Kind</value><value form="image">jr://images/kinds.png</value></text>
     <text id="kind-0"><value>School</value></text><text id="kind-1"><value>-</value></text>
    </translation>
    <translation lang="Español (es)" default="true()">
     <text id="/data/rooms:label"><value>Cuartos</value></text>
     <text id="/data/room/m2:label"><value>Piso de <output value="/data/rooms"/></value></text>
     <text id="/data/kind:label"><value>Clase</value></text>
     <text id="kind-0"><value>Escuela</value></text><text id="kind-1"><value>Iglesia</value></text>
    </translation>
   </itext>
   <instance><data id="visita" version="5">
     <start/><rooms/><kind/><seen/><room jr:template=""><m2/><photo/></room><room><m2/><photo/></room>
     <total/><thanks/><orx:meta><orx:instanceID/><orx:audit/></orx:meta>
   </data></instance>
   <instance id="kind"><root>
     <item><name>school</name><itextId>kind-0</itextId></item>
     <item><name>church</name><itextId>kind-1</itextId></item></root></instance>
   <instance id="municipios" src="jr://file-csv/municipios.csv"/>
   <bind nodeset="/data/start" type="dateTime" jr:preload="timestamp"/>
   <bind nodeset="/data/rooms" type="int" required="true()" constraint=". &gt;= 0"/>
   <bind nodeset="/data/kind" type="string" relevant=" /data/rooms &gt; 0"/>
   <bind nodeset="/data/seen" type="string"/>
   <bind nodeset="/data/room/m2" type="xsd:decimal"/>
   <bind nodeset="/data/room/photo" type="binary"/>
   <bind nodeset="/data/total" type="string" calculate="pulldata('prices', 'a', 'b', 'c')"/>
   <bind nodeset="/data/thanks" type="string" readonly="true()"/>
   <bind nodeset="/data/meta/audit" type="binary"/>
  </model></h:head>
 <h:body>
  <input ref="/data/rooms"><label ref="jr:itext('/data/rooms:label')"/><hint>Todos</hint></input>
  <select1 ref="/data/kind" appearance="minimal"><label ref="jr:itext('/data/kind:label')"/>
   <itemset nodeset="instance('kind')/root/item[name != '']">
    <value ref="name"/><label ref="jr:itext(itextId)"/></itemset>
  </select1>
  <select ref="/data/seen"><label>Visto</label><item><label>Agua</label><value>water</value></item></select>
  <group ref="/data/room"><label>Cuarto</label><repeat nodeset="/data/room">
   <input ref="/data/room/m2"><label ref="jr:itext('/data/room/m2:label')"/></input>
   <upload ref="/data/room/photo" mediatype="image/*"><label>Foto</label></upload>
  </repeat></group>
  <input ref="/data/thanks"><label>Gracias</label></input>
 </h:body></h:html>"""


def read(xml: str = FORM):
    return read_form(xml.encode())


def question(path: str) -> Question:
    return next(each for each in read().questions if each.path == path)


def test_a_form_says_its_name_its_version_and_its_languages_default_first():
    form = read()
    assert (form.form_id, form.version, form.title) == ("visita", "5", "Visita")
    assert form.languages == ("Español (es)", "English (en)")


def test_every_place_for_an_answer_is_a_question_once_in_the_order_of_the_form():
    assert [(each.path, each.kind) for each in read().questions] == [
        ("start", "metadata"),
        ("rooms", "integer"),
        ("kind", "select_one"),
        ("seen", "select_multiple"),
        ("room/m2", "decimal"),
        ("room/photo", "image"),
        ("total", "calculate"),
        ("thanks", "note"),
        ("meta/instanceID", "metadata"),
        ("meta/audit", "file"),
    ]


def test_labels_are_read_in_each_language():
    assert question("rooms").labels == {"Español (es)": "Cuartos", "English (en)": "Rooms"}
    assert question("rooms").hints == {"default": "Todos"}
    assert question("room/m2").labels["Español (es)"] == "Piso de [...]"


def test_what_guards_an_answer_is_read():
    assert question("rooms").required
    assert question("rooms").constraint == ". >= 0"
    assert question("kind").relevant == "/data/rooms > 0"
    assert question("kind").appearance == "minimal"


def test_choices_are_read_from_their_list_or_from_the_question():
    school, church = question("kind").choices
    assert (school.name, school.labels) == ("school", {"Español (es)": "Escuela", "English (en)": "School"})
    assert church.labels == {"Español (es)": "Iglesia"}
    assert question("seen").choices[0].labels == {"default": "Agua"}


def test_repeats_and_files_are_listed():
    assert read().repeats == {"room"}
    assert read().media == ("kinds.png", "municipios.csv", "prices.csv")


def test_a_form_that_seals_its_answers_to_a_foreign_key_says_so():
    sealed = FORM.replace("<bind ", '<submission base64RsaPublicKey="MIIB"/><bind ', 1)
    assert read(sealed).encrypted
    assert not read().encrypted


def test_a_question_survives_storage():
    for each in read().questions:
        assert Question.from_json(json.loads(json.dumps(each.as_json()))) == each


@pytest.mark.parametrize(
    ("labels", "language", "text"),
    [
        ({"English (en)": "Rooms", "Español (es)": "Cuartos"}, "es", "Cuartos"),
        ({"English": "Rooms", "Spanish": "Cuartos"}, "es", "Cuartos"),
        ({"en": "Rooms", "es": "Cuartos"}, "en", "Rooms"),
        ({"Français (fr)": "Salles"}, "es", "Salles"),
        ({"Portugués (pt-BR)": "Quartos", "English (en-GB)": "Rooms"}, "en", "Rooms"),
        ({}, "es", ""),
    ],
)
def test_a_label_is_found_by_language_however_the_form_names_it(labels, language, text):
    assert in_language(labels, language) == text


@pytest.mark.parametrize(
    "xml",
    [
        "<a/>",
        "",
        FORM[: len(FORM) // 2],
        FORM.replace('id="visita"', ""),
        FORM.replace("<instance><data", "<instances><data").replace(
            "</data></instance>", "</data></instances>"
        ),
        '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + FORM.partition("?>")[2],
        FORM.replace("<h:body>", "<h:body>" + "<group>" * 100_000),
    ],
)
def test_what_is_no_form_is_refused_in_words(xml):
    with pytest.raises(FormProblem) as caught:
        read(xml)
    assert caught.value.message


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(FORM)), st.integers(0, 60), st.sampled_from(["", "<", "/>", "x", '"', "</data>", "()"])
)
def test_however_a_form_is_broken_it_is_read_or_refused(at, length, new):
    try:
        read(FORM[:at] + new + FORM[at + length :])
    except FormProblem as problem:
        assert problem.status == 400


@pytest.mark.shared
@needs_shared
def test_the_real_forms_are_read_in_their_languages():
    ifrc = read_form(real("data/xlsforms/ifrc-distribution-site-assessment-v1.xml"))
    assert ifrc.languages == ("English", "Français")
    assert {each.path: each for each in ifrc.questions}["location_details/township"].choices[
        0
    ].name == "Township 01"

    load = read_form(real("tools/site_assessment.xml"))
    assert {each.path: each.kind for each in load.questions}["wash/lpd"] == "decimal"
