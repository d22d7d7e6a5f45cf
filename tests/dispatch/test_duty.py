"""When a squad was on duty, moment by moment and as spans: both say the same."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dispatch.duty import LONGEST_TURN_NS, Word, on_duty, present_turn
from dispatch.network import Shift, Squad, SquadSection
from wim.periods import DEFAULT_TIMEZONE
from wim.records import DAY_NS, HOUR_NS

EVERY_DAY = frozenset(range(7))
#: Midnight in Shanghai.
START_NS = 1_779_984_000 * 10**9
MINUTE_NS = 60 * 10**9


def squad(*shifts: Shift) -> Squad:
    return Squad("s", "road", (SquadSection("G104", 0.0, 60.0),), "yard", DEFAULT_TIMEZONE, shifts=shifts)


NIGHT = Shift(EVERY_DAY, 20 * 60, 32 * 60)


def test_a_squad_without_a_word_is_on_duty_by_its_shifts() -> None:
    """Eight hours of the first morning, then 20:00 to the end."""
    (morning, evening) = on_duty(squad(NIGHT), (), START_NS, START_NS + DAY_NS)
    assert (morning.from_ns, morning.until_ns) == (START_NS, START_NS + 8 * HOUR_NS)
    assert (evening.from_ns, evening.until_ns) == (START_NS + 20 * HOUR_NS, START_NS + DAY_NS)


def test_signing_out_ends_a_turn_and_signing_in_begins_one() -> None:
    """A word holds for the shift that it was said in, and no turn outside one is longer than twelve hours."""
    words = [Word(START_NS + 6 * HOUR_NS, False), Word(START_NS + 9 * HOUR_NS, True)]
    spans = on_duty(squad(NIGHT), words, START_NS, START_NS + DAY_NS)
    hours = [((one.from_ns - START_NS) // HOUR_NS, (one.until_ns - START_NS) // HOUR_NS) for one in spans]
    assert hours == [(0, 6), (9, 24)]
    alone = on_duty(squad(), [Word(START_NS, True)], START_NS, START_NS + DAY_NS)
    assert alone[0].until_ns == START_NS + LONGEST_TURN_NS


_MINUTES = st.integers(0, 3 * 24 * 60 - 1)
_SHIFTS = st.lists(
    st.builds(
        lambda days, begin, length: Shift(frozenset(days), begin, begin + length),
        st.sets(st.integers(0, 6), min_size=1),
        st.integers(0, 1_439),
        st.integers(1, 1_440),
    ),
    max_size=3,
)


@given(_SHIFTS, st.lists(st.tuples(_MINUTES, st.booleans()), max_size=6), st.lists(_MINUTES, min_size=5, max_size=30))
def test_the_spans_hold_exactly_the_moments_on_duty(
    shifts: list[Shift], said: list[tuple[int, bool]], minutes: list[int]
) -> None:
    """Whatever the shifts and the words: a moment lies in a span if and only if the squad was on duty then."""
    one = squad(*shifts)
    words = sorted({at: Word(START_NS + at * MINUTE_NS, signed_in) for at, signed_in in said}.values())
    spans = on_duty(one, words, START_NS, START_NS + 3 * DAY_NS)
    for minute in minutes:
        at_ns = START_NS + minute * MINUTE_NS
        word = max((word for word in words if word.at_ns <= at_ns), default=None)
        held = any(span.from_ns <= at_ns < span.until_ns for span in spans)
        assert held == (present_turn(one, word, at_ns) is not None)
    assert all(before.until_ns < after.from_ns for before, after in pairwise(spans))
