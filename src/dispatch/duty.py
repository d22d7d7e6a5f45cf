"""When a squad is on duty: by its shifts, and by its own word above them.

Whoever signs in outside of a shift is on duty until it signs out, and no longer than `LONGEST_TURN_NS`; whoever signs
out in a shift is off duty until that shift is over. A word holds until the shift changes that it was said in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

from dispatch.network import Duty, Squad, duty_at, turns
from wim.records import HOUR_NS

#: Whoever signs in outside a shift and never signs out is taken off duty after so long: no turn is longer.
LONGEST_TURN_NS: Final = 12 * HOUR_NS


class Word(NamedTuple):
    """A squad signed in, or out."""

    at_ns: int
    signed_in: bool


def present_turn(squad: Squad, word: Word | None, now_ns: int) -> Duty | None:
    """The turn that a squad is on, by its shifts and its newest word."""
    turn = duty_at(squad, now_ns)
    if word is None:
        return turn
    said_of = duty_at(squad, word.at_ns)
    if word.signed_in:
        own = Duty(word.at_ns, word.at_ns + LONGEST_TURN_NS)
        return turn or (own if own.from_ns <= now_ns < own.until_ns and said_of is None else None)
    return None if turn == said_of else turn


def on_duty(squad: Squad, words: Sequence[Word], from_ns: int, to_ns: int) -> list[Duty]:
    """When a squad was on duty within a span, as turns that do not touch; `words` in the order of time.

    They begin with the newest one before the span, if there is one.
    """
    edges = sorted({from_ns, *_edges(squad, words, from_ns, to_ns)})
    times = [word.at_ns for word in words]
    spans: list[Duty] = []
    for edge, end in zip(edges, [*edges[1:], to_ns], strict=True):
        said = bisect_right(times, edge)
        if present_turn(squad, words[said - 1] if said else None, edge) is None:
            continue
        if spans and spans[-1].until_ns == edge:
            spans[-1] = Duty(spans[-1].from_ns, end)
        else:
            spans.append(Duty(edge, end))
    return spans


def _edges(squad: Squad, words: Sequence[Word], from_ns: int, to_ns: int) -> list[int]:
    """Every moment of a span at which the squad may come on duty or leave it."""
    found = [edge for word in words for edge in (word.at_ns, word.at_ns + LONGEST_TURN_NS)]
    found += [edge for turn in turns(squad, from_ns, to_ns) for edge in (turn.from_ns, turn.until_ns)]
    return [edge for edge in found if from_ns < edge < to_ns]
