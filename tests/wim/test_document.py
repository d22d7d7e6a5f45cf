"""Reading what people write, and telling them all that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wim.document import (
    MOST_ERRORS,
    Faults,
    RegistryErrors,
    Table,
    array,
    flag,
    identifier,
    number,
    one_of,
    parse_item,
    reference,
    shown,
    text,
    whole,
)

#: Whatever TOML or JSON can hold, and a little more.
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes() | st.times(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@dataclass(frozen=True)
class Box:
    """A table to be read."""

    id: str
    size_mm: int
    lid: bool


def read_box(table: Table) -> Box:
    """Reads as every reader of the project does."""
    return Box(table.take("id", text()), table.take("size_mm", whole(1, 100, "mm")), table.take_or("lid", flag, True))


def read_boxes(document: Any) -> list[Box]:
    """A document of boxes with different ids."""
    faults = Faults("boxes.toml")
    root = Table(document, "", faults)
    boxes = root.entries("box", read_box, "id")
    root.close()
    faults.raise_any()
    return boxes


def errors_of(document: Any) -> list[str]:
    """What is said about a wrong document."""
    with pytest.raises(RegistryErrors) as raised:
        read_boxes(document)
    return str(raised.value).splitlines()


def test_a_sound_document_gives_its_values() -> None:
    """What was written comes out, and what was left out has its default."""
    assert read_boxes({"box": [{"id": "a", "size_mm": 5}]}) == [Box("a", 5, True)]


def test_null_is_left_out() -> None:
    """JSON writers say null for what TOML writers do not mention."""
    assert read_boxes({"box": [{"id": "a", "size_mm": 5, "lid": None}]}) == [Box("a", 5, True)]
    assert errors_of({"box": [{"id": None, "size_mm": 5}]}) == errors_of({"box": [{"size_mm": 5}]})


def test_one_table_may_stand_for_an_array_of_one() -> None:
    """`box = {…}` is `[[box]]` written once."""
    assert read_boxes({"box": {"id": "a", "size_mm": 5, "lid": False}}) == [Box("a", 5, False)]


def test_everything_wrong_is_said_at_once_with_place_and_remedy() -> None:
    """File, dotted key, what is wrong and what to write instead, for every fault of the document."""
    assert errors_of({"box": [{"id": "", "size_mm": 0}, {"size_mm": "5", "lid": 1}], "bax": []}) == [
        'boxes.toml: box[0].id: is ""; write a text in quotes, not empty, on one line',
        "boxes.toml: box[0].size_mm: is 0; write a whole number from 1 to 100 mm",
        "boxes.toml: box[1].id: is missing; add it (write a text in quotes, not empty, on one line)",
        'boxes.toml: box[1].size_mm: is "5"; write a whole number from 1 to 100 mm',
        "boxes.toml: box[1].lid: is 1; write true or false",
        'boxes.toml: bax: is not a key of this table; did you mean "box"?',
    ]


def test_a_typing_error_is_told_the_nearest_key() -> None:
    """An unknown key is never ignored."""
    (line,) = errors_of({"box": [{"id": "a", "size_mm": 5, "Size_mm": 6}]})
    assert line == 'boxes.toml: box[0].Size_mm: is not a key of this table; did you mean "size_mm"?'


def test_two_of_the_same_id_are_refused() -> None:
    """The second is named, and where the first is."""
    (line,) = errors_of({"box": [{"id": "a", "size_mm": 5}, {"id": "a", "size_mm": 6}]})
    assert line == "boxes.toml: box[1].id: is the same as in box[0]; give each its own"


def test_a_long_list_of_errors_is_cut_and_counted() -> None:
    """The first errors are shown, and nobody is told that there were no more."""
    lines = errors_of({"box": [{"id": "a", "size_mm": 0}] * 30})
    assert len(lines) == MOST_ERRORS + 1
    assert lines[-1] == f"and {30 - MOST_ERRORS} more"


@pytest.mark.parametrize("value", [3, "a", [1], ["a"], [None], True])
def test_what_is_no_table_is_refused(value: object) -> None:
    """A scalar where tables belong is an error and no crash."""
    assert errors_of({"box": value})


def test_one_item_by_itself_is_read_by_the_same_reader() -> None:
    """An HTTP body meets the same checks as the file, under the keys of its own."""
    assert parse_item({"id": "a", "size_mm": 5}, "body", read_box) == Box("a", 5, True)
    with pytest.raises(RegistryErrors, match=r"^body: size_mm: is 500"):
        parse_item({"id": "a", "size_mm": 500}, "body", read_box)
    with pytest.raises(RegistryErrors, match=r"^body: is an array of 0; write a table"):
        parse_item([], "body", read_box)


@given(VALUES)
def test_any_document_is_read_or_refused(document: Any) -> None:
    """No document ends in anything but values or errors that can be printed."""
    try:
        boxes: list[Box] | None = read_boxes({"box": document})
        complaint = ""
    except RegistryErrors as errors:
        boxes, complaint = None, str(errors)
    assert (boxes is None) == bool(complaint.encode())


@given(VALUES)
def test_every_value_can_be_shown(value: object) -> None:
    """An error message is always printable and never a page long."""
    assert len(shown(value).encode()) < 500
    assert "\n" not in shown(value)


@pytest.mark.parametrize(
    ("read", "right", "wrong"),
    [
        (text(4), ["ab", "甲a"], ["", " ", "abcde", "甲甲", "a\nb", "a\0", "\ud800", 3, None]),
        (identifier(8), ["G104-K1", "溧陽"], ["a b", "a/b", "a?", "a#b", ""]),
        (number(0, 5), [0, 5, 2.5], [-0.1, 5.1, float("nan"), float("inf"), "3", True, 10**400]),
        (whole(1, 5), [1, 5], [0, 6, 2.0, "3", True]),
        (flag, [True, False], [0, 1, "true"]),
        (one_of("up", "down"), ["up"], ["Up", "", None, True, ["up"]]),
        (one_of(0.2, 1.0, 5.0), [5, 5.0, 0.2], [True, "5", 0.3, float("nan")]),
        (reference({"G104"}, "corridor"), ["G104"], ["G105", 104, None, ["G104"], 10**5000]),
        (array(whole(1, 5), fewest=2, most=3), [[1, 2], [1, 2, 3]], [[1], [1, 2, 3, 4], [0, 1], "12", {}]),
    ],
)
def test_a_reader_takes_what_is_right_and_nothing_else(read: Any, right: list[Any], wrong: list[Any]) -> None:
    """Types and bounds hold at their ends; a truth value is no number."""
    for value in right:
        faults = Faults("x")
        Table({"key": value}, "", faults).take("key", read)
        assert faults.count == 0, value
    for value in wrong:
        faults = Faults("x")
        Table({"key": value}, "", faults).take("key", read)
        assert faults.count == 1, value


def test_a_reference_is_told_the_nearest_id() -> None:
    """A mistyped id is met with the one that was probably meant, or with what is missing."""
    faults = Faults("x")
    Table({"corridor": "G140"}, "", faults).take("corridor", reference({"G104", "S340"}, "corridor"))
    Table({"corridor": "G140"}, "", faults).take("corridor", reference((), "corridor"))
    assert [error.remedy for error in faults.errors] == ['did you mean "G104"?', "declare the corridor first"]
