"""Offender history from elsewhere: papers of before are kept as outcomes, so that a repeat is one on the first day.

What is there already stays as it is: the same file again changes nothing, and leaves no trace in the audit log.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection

from service.offenders_file import PastOutcome
from service.pseudonyms import MARK
from service.store import audit, cases, outcomes
from service.store.engine import Store
from service.store.outcomes import OutcomeRow
from wim.formats.chunk import Fault

#: Rows of one transaction: a few milliseconds on SQLite, whose other writers wait meanwhile (architecture.md, Storage).
BATCH_ROWS = 500


@dataclass(slots=True)
class Imported:
    """What became of a file's rows; `repeated` stood in the file before, word for word."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    wrong: int = 0

    @property
    def right(self) -> int:
        """Rows that could be read."""
        return self.new + self.changed + self.unchanged + self.repeated


@dataclass(frozen=True, slots=True)
class Importer:
    """Who imports which file, for the audit log; `complain` hears of every row that is left out."""

    store: Store
    file: str
    actor: str
    now_ns: int
    complain: Callable[[Fault], None]
    dry_run: bool = False

    def run(self, rows: Iterable[PastOutcome | Fault]) -> Imported:
        """Keep the right ones of `rows`, some hundred in each transaction; what is kept then stays kept."""
        done = Imported()
        right = self._distinct(rows, done)
        while batch := list(islice(right, BATCH_ROWS)):
            if self.dry_run:
                with self.store.reading() as conn:
                    _count(done, *_news(conn, batch))
            else:
                with self.store.writing(durable=True) as conn:
                    new, changed, unchanged = _news(conn, batch)
                    self._keep(conn, batch, new, changed)
                _count(done, new, changed, unchanged)
        return done

    def _distinct(self, rows: Iterable[PastOutcome | Fault], done: Imported) -> Iterator[PastOutcome]:
        """The right rows, each paper once; one paper that says two things is right once and wrong once."""
        seen: dict[str, PastOutcome] = {}
        for row in rows:
            fault = row if isinstance(row, Fault) else _contradiction(row, seen.setdefault(row.outcome.id, row))
            if fault is not None:
                done.wrong += 1
                self.complain(fault)
            elif isinstance(row, PastOutcome) and seen[row.outcome.id] is row:
                yield row
            else:
                done.repeated += 1

    def _keep(
        self, conn: Connection, batch: Sequence[PastOutcome], new: Sequence[OutcomeRow], changed: Sequence[OutcomeRow]
    ) -> None:
        if not new and not changed:
            return
        outcomes.keep(conn, [*new, *changed])
        lines = {"first_line": batch[0].line, "last_line": batch[-1].line}
        told = lines | {"new": len(new), "changed": [row.id for row in changed]}
        document = json.dumps(told, ensure_ascii=False)
        audit.note(
            conn, audit.Entry(self.now_ns, self.actor, "admin", None, "offenders.import", self.file, None, document)
        )


def _contradiction(row: PastOutcome, first: PastOutcome) -> Fault | None:
    if row.outcome == first.outcome:
        return None
    problem = f"document_number and source are those of line {first.line}, which says otherwise"
    return Fault(row.line, f"{problem}; keep one of the two, or number them apart")


def _news(
    conn: Connection, batch: Sequence[PastOutcome]
) -> tuple[list[OutcomeRow], list[OutcomeRow], list[OutcomeRow]]:
    """The rows of a batch that are new, those that say something else than what is kept, and the others."""
    rows = _at_present(conn, [one.outcome for one in batch])
    kept = outcomes.get(conn, [row.id for row in rows])
    new = [row for row in rows if row.id not in kept]
    changed = [row for row in rows if row.id in kept and not _same(row, kept[row.id])]
    return new, changed, [row for row in rows if row.id in kept and _same(row, kept[row.id])]


def _same(row: OutcomeRow, kept: OutcomeRow) -> bool:
    """Whether a paper says what is kept of it; one whose plate was purged stays forgotten."""
    return row == kept or kept.plate.startswith(MARK)


def _count(done: Imported, new: Sequence[object], changed: Sequence[object], unchanged: Sequence[object]) -> None:
    done.new += len(new)
    done.changed += len(changed)
    done.unchanged += len(unchanged)


def _at_present(conn: Connection, rows: Sequence[OutcomeRow]) -> list[OutcomeRow]:
    """The rows with their trips as they are called now: a case that a file names may have joined another since."""
    called = {row.trip: row.trip for row in rows}
    while True:
        merged = {case.id: case.merged_into for case in cases.load(conn, called.values()).values() if case.merged_into}
        if not merged:
            return [row._replace(trip=called[row.trip]) for row in rows]
        called = {name: merged.get(trip, trip) for name, trip in called.items()}
