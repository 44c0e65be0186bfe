import gzip

from amparo.toolkit import built


def compressed(source: str) -> int:
    return len(gzip.compress(built.asset_path(source).read_bytes(), 9))


def test_the_style_sheet_stays_within_twelve_kilobytes():
    assert compressed("amparo.css") <= 12 * 1024


def test_the_script_stays_a_comfort():
    assert built.asset_path("amparo.js").stat().st_size < 3 * 1024


def test_nothing_is_fetched_from_elsewhere():
    for source in ("amparo.css", "amparo.js", "mark.svg"):
        text = built.asset_path(source).read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text
        assert "@import" not in text
        assert "@font-face" not in text


def test_three_modes_beside_light_are_there():
    style = built.asset_path("amparo.css").read_text()
    for mode in (
        "prefers-color-scheme:dark",
        "prefers-contrast:more",
        "@media print",
        "prefers-reduced-motion",
    ):
        assert mode in style


def test_what_fills_forms_is_one_page_s_weight_and_no_other_page_asks_for_it():
    parts = [built.FOLDER / address.rpartition("/")[2] for address in built.asset_parts("web/fill.js")]
    assert sum(len(gzip.compress(part.read_bytes(), 9)) for part in parts) <= 620 * 1024
    core = built.asset_parts("amparo.js")
    assert len(core) == 1
    assert "outbox.js" in built.asset_path("amparo.js").read_text()


def test_the_script_that_is_asked_for_by_name_keeps_its_name():
    assert built.asset_url("web/outbox.js").endswith("/amparo/outbox.js")


def test_the_version_of_the_built_files_is_theirs():
    assert len(built.assets_version()) == 16
