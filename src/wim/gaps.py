"""Frames that never came: what the sequence numbers of a lane say.

A unit numbers the frames of each lane one by one, wrapping at 2³², and begins anew at each of its starts, which `run`
counts (0: it does not say). So a frame is lost where a number is skipped. It may still come: a sender that repeats and
several partitions shuffle. A number that was skipped and came late is taken back; one that came before is a repeat and
changes nothing. What was lost at the end of one run and at the beginning of the next nobody can tell, and is not
counted. A frame of another run that is older than what came before is a record read again: a repeat, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

_WRAP: Final = 1 << 32
#: How far back a number is remembered as seen or missing. Orders are shuffled within a thousand (reliability D3).
REMEMBERED: Final = 1_024
_MASK: Final = (1 << REMEMBERED) - 1
#: A lane sees at most 20 000 vehicles a day and a topic keeps three days of frames. A number further ahead than this is
#: a unit that began anew without saying so, not a loss.
MOST_LOST: Final = 1_000_000
#: A frame that comes late over a start belongs to the run before. Runs wrap, so older ones must be forgotten.
_RUNS: Final = 2


class Step(NamedTuple):
    """What one frame changes: `missing` numbers were skipped before it, or it is `late`, or a `repeat`."""

    missing: int = 0
    late: bool = False
    repeat: bool = False


_IN_ORDER = Step()


@dataclass(slots=True)
class Run:
    """The numbers of one start of one lane's unit.

    `seen` holds a bit for each of the `REMEMBERED` numbers before `expected`, bit 0 the nearest; numbers before the
    first that came count as seen.
    """

    site: str
    lane: int
    run: int
    expected: int
    newest_ns: int
    seen: int = _MASK
    missing: int = 0

    def note(self, sequence: int, start_ns: int) -> Step | None:
        """Take in one number; None where it can only belong to another start."""
        ahead = (sequence - self.expected) % _WRAP
        behind = _WRAP - ahead - 1
        if ahead > MOST_LOST and behind > MOST_LOST:
            return None
        # Where the unit does not tell its starts, a low number on a newer frame does.
        if behind <= MOST_LOST and not self.run and start_ns > self.newest_ns:
            return None
        self.newest_ns = max(self.newest_ns, start_ns)
        return self._forward(ahead) if ahead <= MOST_LOST else self._back(behind)

    def _forward(self, ahead: int) -> Step:
        self.seen = (self.seen << (ahead + 1) | 1) & _MASK if ahead < REMEMBERED else 1
        self.expected = (self.expected + ahead + 1) % _WRAP
        self.missing += ahead
        return Step(missing=ahead) if ahead else _IN_ORDER

    def _back(self, behind: int) -> Step:
        if behind >= REMEMBERED or self.seen >> behind & 1:
            return Step(repeat=True)
        self.seen |= 1 << behind
        self.missing -= 1
        return Step(late=True)


class Gaps:
    """Lost frames of any number of lanes, in a stream."""

    def __init__(self) -> None:
        #: By site and lane, the newest start last.
        self._runs: dict[tuple[str, int], list[Run]] = {}

    def note(self, site: str, lane: int, run: int, sequence: int, start_ns: int) -> Step:
        """Take in one frame, in the order in which frames come."""
        known = self._runs.setdefault((site, lane), [])
        for held in known:
            if held.run == run:
                step = held.note(sequence, start_ns)
                if step is not None:
                    return step
                break
        if known and start_ns <= known[-1].newest_ns:
            return Step(repeat=True)
        known[:] = [held for held in known if held.run != run]
        known.append(Run(site, lane, run, (sequence + 1) % _WRAP, start_ns))
        del known[:-_RUNS]
        return _IN_ORDER

    def runs(self, site: str, lane: int) -> tuple[Run, ...]:
        """What is remembered of one lane, the newest start last; empty where nothing came."""
        return tuple(self._runs.get((site, lane), ()))

    def missing(self, site: str, lane: int) -> int:
        """Frames of the lane's last two starts that were skipped and have not come since."""
        return sum(run.missing for run in self.runs(site, lane))

    def add(self, runs: Iterable[Run]) -> None:
        """Take over what another `Gaps` remembered of lanes that are new to this one, each lane's newest start last."""
        for run in runs:
            self._runs.setdefault((run.site, run.lane), []).append(run)
