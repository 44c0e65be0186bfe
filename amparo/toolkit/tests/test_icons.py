import xml.etree.ElementTree as ET

from amparo.toolkit import icons


def test_a_page_carries_only_the_drawings_it_names():
    drawn = icons.definitions('<use href="#i-agua"/><use href="#g-grave"/><use href="#i-agua"/>')
    assert drawn.count("<symbol") == 2
    ET.fromstring(drawn)


def test_a_page_without_drawings_carries_none():
    assert icons.definitions("<p>Agua</p>") == ""


def test_hatching_comes_only_where_a_bar_needs_it():
    assert "<pattern" in icons.definitions('<rect fill="url(#hr)"/>')
    assert "<pattern" not in icons.definitions('<use href="#i-agua"/>')


def test_a_name_that_is_no_drawing_brings_nothing():
    assert icons.definitions('<use href="#i-inexistente"/>') == ""


def test_every_drawing_is_ours_and_small():
    assert all(len(text) < 400 for text in icons.symbols().values())
    assert {"g-grave", "g-bajo", "g-cumple", "g-nada", "g-duda", "g-mudo"} <= set(icons.symbols())
