"""A decision reaches the history whenever and by whom its number is told, and only where a scale found it over."""

from __future__ import annotations

from typing import Any

import pytest

from service.store.engine import Store
from tests.service.docket.desk import Desk
from tests.service.docket.test_joint import DECIDED, DUTY, POLICE, SQUAD, WEIGHED, intercept, move


@pytest.fixture
def desk(store: Store) -> Desk:
    """A 百噸王 of a certain plate that stands on the scale."""
    desk = Desk(store)
    desk.file(desk.violation(hundred_tonne=True, evidence=True))
    if desk.only_intercept().state == "unverified":
        intercept(desk, DUTY, "verify")
    for action, given in (("claim", {}), ("stop", {}), ("weigh", WEIGHED)):
        intercept(desk, SQUAD, action, **given)
    return desk


def decided(desk: Desk) -> list[tuple[bool, bool]]:
    """Of each verdict of a squad whether it is confirmed, and decided."""
    return [(bool(row.confirmed), bool(row.decided)) for row in desk.rows("outcomes") if row.source == "squad"]


def police_done(desk: Desk, **given: Any) -> None:
    move(desk, POLICE, "accept", unit="patrol-7")
    move(desk, POLICE, "on_scene")
    move(desk, POLICE, "done", **DECIDED, **given)


def test_a_number_that_comes_with_the_unloading_counts(desk: Desk) -> None:
    """Confirmed without one, decided with the second weighing."""
    intercept(desk, SQUAD, "confirm")
    assert decided(desk) == [(True, False)]
    second = {"static_gross_kg": 48_000, "scale_certificate": "SC-9", "unloaded_kg": 12_000}
    intercept(desk, SQUAD, "unload", document_number="D-1", **second)
    assert decided(desk) == [(True, True)]


def test_an_unloading_without_a_number_decides_nothing(desk: Desk) -> None:
    """The verdict stays what it was."""
    intercept(desk, SQUAD, "confirm")
    intercept(desk, SQUAD, "unload", static_gross_kg=48_000, scale_certificate="SC-9", unloaded_kg=12_000)
    assert decided(desk) == [(True, False)]


def test_the_decision_of_the_police_counts_after_the_verdict(desk: Desk) -> None:
    """By its document number."""
    intercept(desk, SQUAD, "confirm")
    police_done(desk)
    assert decided(desk) == [(True, True)]


def test_the_decision_of_the_police_counts_before_the_verdict(desk: Desk) -> None:
    """It waits for the scale."""
    police_done(desk)
    assert decided(desk) == []
    intercept(desk, SQUAD, "confirm")
    assert decided(desk) == [(True, True)]


def test_a_truck_that_is_found_legal_is_not_decided(desk: Desk) -> None:
    """Whatever the police decided about it was not its weight."""
    police_done(desk)
    intercept(desk, SQUAD, "legal", note="permit seen")
    assert decided(desk) == [(False, False)]
