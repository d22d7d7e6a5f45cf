"""A sighting changes an open intercept without alerting anybody again; merging keeps what people have."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.cases import REACH_HORIZON_NS, Reason
from dispatch.intercepts import Charged, Ended, Evidence, Intercept, Ranking, begin, expire, merge, see
from dispatch.life import CLOSED_STATES, NotAllowedError, State

NOW = 1_780_000_000 * 10**9
MINUTE = 60 * 10**9
WEAK = Evidence(evidence=False, grade=1, p_over=0.96, excess_kg=4_000, passage="weak")
STRONG = Evidence(evidence=True, grade=3, p_over=0.999, excess_kg=9_000, passage="strong")


def opened(**changed: object) -> Intercept:
    charged = Charged(WEAK, (Reason.SEVERITY,), priority=3.84)
    return replace(begin("i1", "c1", charged, NOW, NOW, late=False), **changed)  # type: ignore[arg-type]


def test_a_late_violation_is_expired_from_birth_and_alerts_nobody() -> None:
    """It is kept with its reason, so that it is counted, and never offered."""
    late = begin(
        "i1", "c1", Charged(WEAK, (Reason.SEVERITY,), 1.0), NOW - 24 * 60 * MINUTE, NOW - 24 * 60 * MINUTE, late=True
    )
    assert (late.state, late.ended, late.alerts) == (State.EXPIRED, Ended.LATE, 0)


def test_a_new_sighting_updates_place_and_evidence_and_alerts_nobody_again() -> None:
    """Better evidence replaces, reasons are added, the version rises by one, the alert count stays."""
    charged = Charged(STRONG, (Reason.HUNDRED_TONNE, Reason.SEVERITY), priority=12.0)
    after = see(opened(), NOW + MINUTE, NOW + MINUTE, REACH_HORIZON_NS, charged)
    assert (after.version, after.alerts, after.newest_ns, after.as_of_ns) == (2, 1, NOW + MINUTE, NOW + MINUTE)
    assert (after.best, after.priority) == (STRONG, 12.0)
    assert after.reasons == (Reason.HUNDRED_TONNE, Reason.SEVERITY)


def test_weaker_evidence_moves_the_place_and_keeps_the_best() -> None:
    """The card keeps its best picture; a reason once given stays with the time at which it was given."""
    start = opened(best=STRONG, reasons=(Reason.HUNDRED_TONNE,))
    after = see(start, NOW + MINUTE, NOW + MINUTE, REACH_HORIZON_NS, Charged(WEAK, (Reason.HUNDRED_TONNE,), 0.5))
    assert (after.best, after.reasons, after.as_of_ns, after.priority) == (STRONG, (Reason.HUNDRED_TONNE,), NOW, 3.84)
    assert (after.version, after.newest_ns) == (2, NOW + MINUTE)


def test_a_crossing_judged_anew_replaces_its_own_evidence() -> None:
    """The card never shows a weight that was taken back."""
    weaker = replace(STRONG, p_over=0.97, evidence=False)
    after = see(opened(best=STRONG), NOW, NOW, REACH_HORIZON_NS, Charged(weaker, (Reason.SEVERITY,), 1.0))
    assert after.best == weaker


def test_a_sighting_that_says_nothing_new_changes_nothing() -> None:
    """An older sighting without violation leaves even the version alone: nothing is sent."""
    start = opened()
    assert see(start, NOW - MINUTE, NOW, REACH_HORIZON_NS) is start


@pytest.mark.parametrize("state", CLOSED_STATES)
def test_what_is_over_stays_as_it_is(state: State) -> None:
    """A further sighting of the trip opens nothing."""
    start = opened(state=state)
    assert see(start, NOW + MINUTE, NOW + MINUTE, REACH_HORIZON_NS, Charged(STRONG, (), 9.0)) is start


def test_an_expired_intercept_opens_again_when_the_truck_is_back_in_reach() -> None:
    """A fresh sighting alerts once more; one that is late itself does not."""
    gone = expire(opened())
    assert (gone.state, gone.ended, gone.version) == (State.EXPIRED, Ended.OUT_OF_REACH, 2)
    back = see(gone, NOW + 60 * MINUTE, NOW + 60 * MINUTE, REACH_HORIZON_NS)
    assert (back.state, back.ended, back.alerts, back.version) == (State.OPEN, None, 2, 3)
    still = see(gone, NOW + MINUTE, NOW + 60 * MINUTE, REACH_HORIZON_NS)
    assert (still.state, still.alerts) == (State.EXPIRED, 1)


def test_a_lost_truck_that_is_seen_again_is_open_again() -> None:
    """A sighting from before the loss is old news; one after it shows that it drove on."""
    lost = opened(state=State.LOST, acted_ns=NOW + MINUTE)
    assert see(lost, NOW + MINUTE // 2, NOW + 2 * MINUTE, REACH_HORIZON_NS).state == State.LOST
    back = see(lost, NOW + 2 * MINUTE, NOW + 2 * MINUTE, REACH_HORIZON_NS)
    assert (back.state, back.alerts, back.escaped) == (State.OPEN, 2, False)


def test_a_confirmed_truck_that_drives_on_loaded_has_escaped() -> None:
    """Charged again downstream before anybody unloaded it; a clean sighting is no escape."""
    confirmed = opened(state=State.CONFIRMED, acted_ns=NOW + MINUTE)
    later = NOW + 9 * MINUTE
    assert see(confirmed, later, later, REACH_HORIZON_NS).state == State.CONFIRMED
    away = see(confirmed, later, later, REACH_HORIZON_NS, Charged(STRONG, (Reason.SEVERITY,), 9.0))
    assert (away.state, away.escaped, away.alerts) == (State.OPEN, True, 2)


def test_an_unverified_intercept_opens_where_a_better_site_weighs_it_too() -> None:
    """Nobody need look at a picture any more; another doubtful weighing changes nothing."""
    doubtful = begin("i1", "c1", Charged(WEAK, (Reason.HUNDRED_TONNE,), 9.0, True), NOW, NOW, late=False)
    assert doubtful.state == State.UNVERIFIED
    again = see(doubtful, NOW + MINUTE, NOW + MINUTE, REACH_HORIZON_NS, Charged(WEAK, (Reason.SEVERITY,), 9.0, True))
    assert again.state == State.UNVERIFIED
    sound = see(doubtful, NOW + MINUTE, NOW + MINUTE, REACH_HORIZON_NS, Charged(STRONG, (Reason.SEVERITY,), 9.0))
    assert (sound.state, sound.alerts) == (State.OPEN, 1)


def test_a_claimed_intercept_does_not_expire() -> None:
    """Somebody is after that truck; only people end it."""
    with pytest.raises(NotAllowedError):
        expire(opened(state=State.CLAIMED))


def test_expiry_is_the_reach_horizon_after_the_newest_sighting() -> None:
    """A newer sighting moves it on."""
    assert opened(newest_ns=NOW + MINUTE).expires_ns() == NOW + MINUTE + REACH_HORIZON_NS


def test_merging_keeps_what_people_hold_and_the_best_of_both() -> None:
    """The claimed one goes on whatever its id; evidence, reasons and newest place of both are in it."""
    claimed = opened(id="z", state=State.CLAIMED)
    fresh = opened(id="a", best=STRONG, reasons=(Reason.WATCH_LIST,), newest_ns=NOW + MINUTE, priority=9.0)
    kept, gone = merge(fresh, claimed)
    assert (kept.id, kept.state, kept.best, kept.priority, kept.newest_ns) == (
        "z",
        "claimed",
        STRONG,
        9.0,
        NOW + MINUTE,
    )
    assert kept.reasons == (Reason.SEVERITY, Reason.WATCH_LIST)
    assert (gone.id, gone.state, gone.merged_into) == ("a", "merged", "z")
    assert (kept.version, gone.version) == (2, 2)


def test_merging_equals_keeps_the_smallest_id() -> None:
    """Whichever way round they are given."""
    one, other = opened(id="a"), opened(id="b")
    assert merge(one, other) == merge(other, one)
    assert merge(one, other)[0].id == "a"


def test_a_closed_intercept_is_not_merged_away() -> None:
    """An outcome is a fact; it stays beside the other."""
    with pytest.raises(NotAllowedError):
        merge(opened(id="a"), opened(id="b", state=State.LEGAL))


CHARGES = st.lists(
    st.tuples(
        st.integers(0, 10),
        st.builds(
            Charged,
            best=st.builds(
                Evidence,
                evidence=st.booleans(),
                grade=st.integers(1, 3),
                p_over=st.sampled_from([0.95, 0.99, 1.0]),
                excess_kg=st.integers(1, 3),
                passage=st.uuids().map(str),
            ),
            reasons=st.sets(st.sampled_from(Reason)).map(tuple),
            priority=st.sampled_from([1.0, 2.0]),
        ),
    ),
    max_size=6,
)


@given(data=st.data(), charges=CHARGES)
def test_place_evidence_and_reasons_do_not_depend_on_the_order_of_sightings(data: st.DataObject, charges: list) -> None:  # type: ignore[type-arg]
    """What the squad sees in the end is the same; only the way there differs."""
    ends = []
    for order in (charges, data.draw(st.permutations(charges))):
        intercept = opened()
        for minutes, charged in order:
            intercept = see(intercept, NOW + minutes * MINUTE, NOW + 10 * MINUTE, REACH_HORIZON_NS, charged)
        ends.append((intercept.newest_ns, intercept.best, intercept.reasons, intercept.priority, intercept.alerts))
    assert ends[0] == ends[1]


@pytest.mark.parametrize(
    ("severity", "reasons", "priority"),
    [
        (5, (Reason.SEVERITY,), 4.95),
        (5, (Reason.SEVERITY, Reason.HUNDRED_TONNE), 9.9),
        (4, (Reason.REPEAT_SUSPECTED,), 5.94),
        (5, (Reason.HUNDRED_TONNE, Reason.REPEAT_CONFIRMED), 14.85),
        (0, (), 0.0),
    ],
)
def test_priority_is_severity_by_certainty_raised_for_the_worst(
    severity: int, reasons: tuple[str, ...], priority: float
) -> None:
    """× 2 for a 百噸王, × 1.5 for a repeat offender (dispatch.md §2)."""
    assert Ranking().priority(severity, 0.99, reasons) == priority
