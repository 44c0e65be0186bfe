"""Which columns leave, and how a telephone is shown to everybody."""

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import amparo.disclosure
from amparo.disclosure import Purpose, masked, phone_for_everybody, release, withheld
from amparo.kernel.classes import DataClass

ORDER = [DataClass.PUBLIC, DataClass.INTERNAL, DataClass.PERSONAL, DataClass.PROTECTION]


@dataclass(frozen=True)
class Column:
    key: str
    data_class: object


COLUMNS = [Column(str(data_class), data_class) for data_class in ORDER]


def test_a_column_leaves_at_or_below_the_ceiling_and_never_above():
    for at, ceiling in enumerate(ORDER):
        assert [column.data_class for column in release(COLUMNS, ceiling)] == ORDER[: at + 1]


@given(st.lists(st.sampled_from([*ORDER, "secret", None, 7])), st.sampled_from([*ORDER, "everything", ""]))
def test_every_column_either_leaves_or_stays_and_the_unknown_stays(classes, ceiling):
    columns = [Column(str(at), data_class) for at, data_class in enumerate(classes)]
    left, stayed = release(columns, ceiling), withheld(columns, ceiling)
    assert sorted([*left, *stayed], key=lambda column: int(column.key)) == columns
    assert not [column for column in left if column.data_class not in ORDER]
    if ceiling not in ORDER:
        assert left == ()


def test_a_column_that_says_no_class_stays():
    assert release([object()], DataClass.PROTECTION) == ()


def test_no_purpose_lets_protection_leave():
    for purpose in Purpose:
        assert DataClass.PROTECTION not in [c.data_class for c in release(COLUMNS, purpose.ceiling)]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("+504 9999-1234", "•••••• 34"),
        ("99991234", "•••••• 34"),
        ("9999-1234 / 8888-4321", "•••••• 34 / •••••• 21"),
        ("911", "••••••"),
        ("pregunte en la iglesia", "••••••"),
        ("", ""),
    ],
)
def test_a_telephone_keeps_its_last_two_digits_for_everybody(written, shown):
    assert phone_for_everybody(written) == shown


@given(st.text(alphabet="0123456789+- ()/", max_size=40))
def test_no_more_than_two_digits_of_a_number_are_ever_shown(number):
    for part in phone_for_everybody(number).split(" / "):
        assert sum(letter.isdigit() for letter in part) <= 2


def test_a_telephone_within_a_text_is_hidden_only_where_everybody_reads():
    text = "Llamar a doña Inventada, +504 9999-1234 u 8888 4321. Lote 12, código 080100123."
    public = masked(text, "text", Purpose.PUBLICATION)
    assert public == "Llamar a doña Inventada, •••••• 34 u •••••• 21. Lote 12, código 080100123."
    assert masked(text, "text", Purpose.COORDINATION) == text
    assert masked(12345678, "whole", Purpose.PUBLICATION) == 12345678


def test_this_package_knows_no_database():
    for path in Path(amparo.disclosure.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            module = getattr(node, "module", None) or ""
            names = [
                module,
                *(alias.name for alias in getattr(node, "names", []) if isinstance(node, ast.Import)),
            ]
            assert not [name for name in names if name.startswith("django")], path
