"""A desk to file at: a store with a clock that the test sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from dispatch.cases import PlateReads
from service.docket.arrivals import Arrival, arrival
from service.docket.filing import Filed, file
from service.docket.terms import Terms
from service.messages import Intercept, Sighting, Violation, decode
from service.store import feed, intercepts, tables
from service.store.engine import Store
from tests.service.told import TIME_NS, crossings, sighting_values, violation_values

WORKING, DARK = PlateReads(90, 100), PlateReads(10, 100)


@dataclass
class Desk:
    """Files messages as the cases lane does, each call one transaction."""

    store: Store
    now_ns: int = TIME_NS
    terms: Terms = field(default_factory=Terms)
    reads: PlateReads = WORKING
    sequence: int = 0

    def violation(self, after_ns: int = 0, **changed: Any) -> bytes:
        """A new crossing of the usual truck; fields of the record by `passage_…`, others are the judge's."""
        fields = {name.removeprefix("passage_"): changed.pop(name) for name in list(changed) if "passage_" in name}
        self.sequence += 1
        crossing = crossings(1, sequence=self.sequence, time_ns=TIME_NS + after_ns, **fields)
        return violation_values(crossing, **changed)[0]

    def sighting(self, after_ns: int = 0, **fields: Any) -> bytes:
        """A new crossing of the usual truck with nothing wrong."""
        self.sequence += 1
        return sighting_values(crossings(1, sequence=self.sequence, time_ns=TIME_NS + after_ns, **fields))[0]

    def file(self, *values: bytes) -> Filed:
        """File messages in one transaction, now."""
        arrivals = [self.arrival(value) for value in values]
        with self.store.writing() as conn:
            return file(conn, arrivals, self.now_ns, self.terms, self._ask)

    def arrival(self, value: bytes) -> Arrival:
        """The message as the lane hands it over."""
        kind = Violation if b"wim.violation.v1" in value else Sighting
        return arrival(kind, value, self.terms.certain_from)

    def intercepts(self) -> list[Intercept]:
        """All intercepts, by id."""
        rows = self.rows("intercepts")
        return [decode(Intercept, row.document.encode()) for row in sorted(rows, key=lambda row: row.id)]

    def only_intercept(self) -> Intercept:
        """The one intercept that there is."""
        (told,) = self.intercepts()
        return told

    def to_publish(self) -> list[str]:
        """Ids that the relay would send."""
        with self.store.reading() as conn:
            return [one.id for one in intercepts.unpublished(conn, 100)]

    def feed(self) -> list[str]:
        """The kinds of all events told."""
        with self.store.reading() as conn:
            return [event.entry.kind for event in feed.read(conn, 0, 1_000)]

    def rows(self, table: str) -> Sequence[Any]:
        """All rows of a table."""
        with self.store.reading() as conn:
            return conn.execute(select(tables.metadata.tables[table])).all()

    def trips(self) -> set[frozenset[str]]:
        """Crossings by case, without the names of the cases."""
        rows = self.rows("sightings")
        return {frozenset(row.id for row in rows if row.case_id == case) for case in {row.case_id for row in rows}}

    def _ask(self, conn: Connection, arrival: Arrival) -> PlateReads:
        return self.reads
