"""Guarantees of forgetting plates: gone everywhere after their time, one pseudonym everywhere, figures unchanged."""

from __future__ import annotations

import random
from typing import Any

import msgspec
from sqlalchemy import select

from service.pseudonyms import Pseudonyms
from service.store import audit, cases, feed, idempotency, intercepts, outcomes, sightings, violations
from service.store.engine import Store
from service.store.purge import Keep, purge
from service.store.rate_table import query
from service.store.tables import metadata
from tests.service.store.rows import PLATE, case, intercept, outcome, sighting, violation
from tests.service.store.test_rates import EXTENTS, FIRST_S, HOURS, Question, fill, random_events

DAY_NS = 86_400 * 10**9
NOW_NS = 1_000 * DAY_NS
KEEP = Keep(plates_days=30, violations_days=730, audit_days=1_000, idempotency_hours=24, feed_days=7)
NAMES = Pseudonyms("a key of sixteen or more")
SECOND = 10**9


def fill_all(store: Store, at_ns: int) -> None:
    """One row in every table that holds plates, of one truck at one time."""
    document = msgspec.json.encode(
        {"passage": {"plate": PLATE}, "note": f"{PLATE} 停車", "weights": [1, None]}
    ).decode()
    when: dict[str, Any] = {"time_ns": at_ns, "document": document}
    with store.writing() as conn:
        violations.keep(conn, [violation(1, **when)])
        sightings.keep(conn, [sighting(1, violation=True, **when), sighting(2, **when)])
        cases.save(conn, [case(1, newest_ns=at_ns, document=document)])
        intercepts.save(conn, [intercept(1, newest_ns=at_ns, document=document)])
        outcomes.keep(conn, [outcome(1, **when)])
        audit.note(conn, audit.Entry(at_ns, "li", "duty", None, "plate.look_up", PLATE, None))
        feed.append(conn, [feed.Entry("violation", "G104", "G104-K012", None, at_ns, document)])
        request = idempotency.Request("li", "key", "POST", b"")
        assert idempotency.begin(conn, request, at_ns) is None
        idempotency.finish(conn, request, idempotency.Answer(200, document.encode()))


def where_plates_are(store: Store) -> set[str]:
    """The tables in which the plate stands anywhere, in a column or within a document."""
    found = set()
    with store.reading() as conn:
        for table in metadata.sorted_tables:
            for row in conn.execute(select(table)):
                if any(
                    PLATE in (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
                    for value in row
                ):
                    found.add(table.name)
    return found


ALL = {"violations", "sightings", "cases", "intercepts", "outcomes", "audit", "feed", "idempotency"}


def test_plates_go_when_their_time_is_over_and_not_before(store: Store) -> None:
    """Each place keeps plates for its own time; in the end none is anywhere."""
    fill_all(store, at_ns=0)
    left = [
        (1 * DAY_NS - 1, ALL),
        (7 * DAY_NS + 1, ALL - {"idempotency", "feed"}),
        (30 * DAY_NS + 1, ALL - {"idempotency", "feed"}),
        (730 * DAY_NS, ALL - {"idempotency", "feed"}),
        (730 * DAY_NS + 1, {"audit"}),
        (1_000 * DAY_NS + 1, set()),
    ]
    for now_ns, expected in left:
        purge(store, KEEP, now_ns, NAMES)
        assert where_plates_are(store) == expected


def test_crossing_without_violation_goes_first(store: Store) -> None:
    """After 30 days a crossing without violation has a pseudonym, the same truck's violation still its plate."""
    fill_all(store, at_ns=0)
    done = purge(store, KEEP, 31 * DAY_NS, NAMES)
    assert done["crossings"] == 1
    with store.reading() as conn:
        with_violation, without = sightings.of_case(conn, "case-1")
    assert (with_violation.plate, without.plate) == (PLATE, NAMES.of(PLATE))


def test_pseudonym_is_the_same_everywhere_and_documents_stay_whole(store: Store) -> None:
    """One truck has one pseudonym in all tables and fields, and nothing else of a document changes."""
    fill_all(store, at_ns=0)
    purge(store, KEEP, NOW_NS, NAMES)
    name = NAMES.of(PLATE)
    with store.reading() as conn:
        kept = violations.get(conn, violation(1).id, None)
        assert kept is not None
        told = {"passage": {"plate": name}, "note": f"{name} 停車", "weights": [1, None]}
        assert msgspec.json.decode(kept.document) == told
        assert cases.load(conn, ["case-1"])["case-1"].plate == name
        assert len(outcomes.history(conn, [name], 0, 0)[name]) == 1


def test_purge_goes_on_where_it_stopped_and_ends(store: Store) -> None:
    """However small its steps a purge does every row once, and a second one finds nothing to do."""
    with store.writing() as conn:
        violations.keep(conn, [violation(number, plate=f"苏A{number:05}") for number in range(25)])
        violations.keep(conn, [violation(99, plate="")])
    assert purge(store, KEEP, NOW_NS, NAMES, step_rows=4)["violations"] == 25
    assert set(purge(store, KEEP, NOW_NS, NAMES).values()) == {0}


def test_figures_stay(store: Store) -> None:
    """No corridor rate, count or excluded row changes when plates are forgotten."""
    fill(store, random_events(random.Random(1), EXTENTS, FIRST_S, HOURS, 300), spread_from=50)
    fill_all(store, at_ns=0)
    question = Question(FIRST_S, FIRST_S + HOURS * 3_600, by="axles")
    with store.reading() as conn:
        before = query(conn, EXTENTS, question)
    purge(store, KEEP, NOW_NS, NAMES)
    with store.reading() as conn:
        assert query(conn, EXTENTS, question) == before
