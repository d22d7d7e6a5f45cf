"""The small parts of the API: allowances, tags, media types, pages, scopes."""

from __future__ import annotations

import contextlib

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st

from service.api import cursors, etags, negotiation
from service.api.limits import Allowance
from service.api.problems import Problem
from service.api.scopes import Scope
from service.store.paging import Cursor


def asking(accept: str) -> Request:
    return Request({"type": "http", "method": "GET", "headers": [(b"accept", accept.encode())]})


def test_an_allowance_refills_with_time() -> None:
    """So many at once, then one each time that a share of the minute is over; names do not share."""
    allowance = Allowance(per_minute=6)
    assert [allowance.take("a", 0.0) for _ in range(6)] == [0.0] * 6
    assert allowance.take("a", 0.0) == pytest.approx(10.0)
    assert allowance.take("b", 0.0) == 0.0
    assert allowance.take("a", 10.0) == 0.0
    assert allowance.take("a", 10.0) > 0
    assert [allowance.take("a", 1e6) for _ in range(7)].count(0.0) == 6


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("*/*", "application/json"),
        ("text/*", "text/csv"),
        ("text/csv, application/json", "application/json"),
        ("application/*;q=0.2, text/csv;q=0.3", "text/csv"),
        ("application/json;q=0, */*", "text/csv"),
        ("TEXT/CSV", "text/csv"),
    ],
)
def test_a_media_type_is_chosen_by_weight_and_then_by_order(accept: str, chosen: str) -> None:
    """RFC 9110: the most specific range gives a type its weight; among equals ours comes first."""
    assert negotiation.chosen(asking(accept), negotiation.JSON, negotiation.CSV) == chosen


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "text/csv;q=x", "application"])
def test_no_acceptable_media_type_is_a_problem(accept: str) -> None:
    """What is not offered, or weighs nothing, is not sent instead."""
    with pytest.raises(Problem, match="not_acceptable"):
        negotiation.chosen(asking(accept), negotiation.JSON, negotiation.CSV)


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=30))
def test_a_cursor_comes_back_as_it_was(time_ns: int, name: str) -> None:
    """Places by time and by name survive the address."""
    assert cursors.row(cursors.written(Cursor(time_ns, name))) == Cursor(time_ns, name)
    assert cursors.name(cursors.written(name)) == name


@given(st.text(max_size=60))
def test_any_cursor_is_read_or_refused(text: str) -> None:
    """Nothing that a client sends as a cursor is an error of ours."""
    for read in (cursors.row, cursors.name):
        with contextlib.suppress(Problem):
            assert isinstance(read(text), Cursor | str)


@pytest.mark.parametrize(("given_tag", "version"), [('"7"', 7), ('"7-masked"', 7), (' "0" ', 0), (None, None)])
def test_a_tag_names_its_version(given_tag: str | None, version: int | None) -> None:
    """A change may be based on what a reader without plates saw."""
    assert etags.expected(given_tag) == version


@pytest.mark.parametrize("given_tag", ["7", "*", 'W/"7"', '"7", "8"', '"x"', '""', '"9999999999999999999"'])
def test_a_tag_that_names_no_version_is_refused(given_tag: str) -> None:
    """A weak tag or a list of them bases a change on nothing."""
    with pytest.raises(Problem, match="If-Match"):
        etags.expected(given_tag)


@given(st.integers(0, 60), st.integers(1, 7))
def test_pages_hold_every_row_once(count: int, limit: int) -> None:
    """Following the cursor gives every row in order, and the last page says that it is the last."""
    seen: list[int] = []
    cursor: Cursor | None = Cursor(-1, "")
    while cursor is not None:
        read = list(range(cursor.time_ns + 1, count))[: limit + 1]
        page, cursor = cursors.split(read, lambda row: Cursor(row, ""), limit)
        assert len(page) <= limit
        seen += page
    assert seen == list(range(count))


def test_a_scope_is_nothing_but_what_it_says() -> None:
    """What lies on no known corridor is seen only by who sees everything."""
    assert Scope().holds("", "x")
    assert Scope().holds(None, None)
    assert not Scope(frozenset({"G104"})).holds(None, "x")
    assert not Scope(frozenset({"G104"})).holds("", "x")
    assert not Scope(frozenset({"G104"}), frozenset()).holds("G104", "x")
    assert Scope(frozenset({"G104"})).on("S340") == set()
    assert Scope().on("S340") == {"S340"}
