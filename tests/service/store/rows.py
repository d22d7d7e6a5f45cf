"""Rows to fill tables with; plates are invented."""

from __future__ import annotations

from typing import Any

from service.store.cases import CaseRow
from service.store.intercepts import InterceptRow
from service.store.manifest import FileRow
from service.store.outcomes import OutcomeRow
from service.store.sightings import SightingRow
from service.store.violations import ViolationRow

PLATE = "苏A12345"


def violation(number: int = 0, **changed: Any) -> ViolationRow:
    """A violation; its id and time grow with `number`."""
    row = ViolationRow(
        id=f"{number:016x}",
        version=1,
        corridor="G104",
        site="G104-K012",
        lane=1,
        direction=0,
        time_ns=number * 10**9,
        plate=PLATE,
        plate_colour=1,
        plate_certain=True,
        grade="intercept",
        zone="intercept",
        severity=4,
        band=5,
        hundred_tonne=False,
        evidence=False,
        gross_kg=80_000,
        excess_kg=31_000,
        p_over=0.999999,
        document=f'{{"id":"{number:016x}","passage":{{"plate":"{PLATE}"}}}}',
    )
    return row._replace(**changed)


def sighting(number: int = 0, **changed: Any) -> SightingRow:
    """A crossing of a case."""
    row = SightingRow(
        id=f"{number:016x}",
        case_id="case-1",
        corridor="G104",
        site="G104-K012",
        lane=1,
        direction=0,
        time_ns=number * 10**9,
        plate=PLATE,
        plate_colour=1,
        plate_certain=True,
        violation=False,
        document=f'{{"passage":{{"plate":"{PLATE}"}}}}',
    )
    return row._replace(**changed)


def case(number: int = 1, **changed: Any) -> CaseRow:
    """A new case."""
    row = CaseRow(
        id=f"case-{number}",
        version=1,
        state="open",
        merged_into=None,
        corridor="G104",
        site="G104-K012",
        plate=PLATE,
        plate_colour=1,
        first_ns=number * 10**9,
        newest_ns=number * 10**9,
        document=f'{{"plate":"{PLATE}"}}',
    )
    return row._replace(**changed)


def intercept(number: int = 1, **changed: Any) -> InterceptRow:
    """A new intercept."""
    row = InterceptRow(
        id=f"intercept-{number}",
        version=1,
        case_id=f"case-{number}",
        state="open",
        active=True,
        corridor="G104",
        site="G104-K012",
        plate=PLATE,
        plate_colour=1,
        squad=None,
        lead_agency=None,
        priority=4.5,
        opened_ns=number * 10**9,
        newest_ns=number * 10**9,
        document=f'{{"plate":"{PLATE}"}}',
    )
    return row._replace(**changed)


def outcome(number: int = 1, **changed: Any) -> OutcomeRow:
    """What a crossing counts for: a confirmed overload."""
    row = OutcomeRow(
        id=f"{number:016x}",
        trip=f"case-{number}",
        plate=PLATE,
        plate_colour=1,
        time_ns=number * 10**9,
        decided=False,
        confirmed=True,
        suspected=False,
        simulated=False,
        source="import",
        document="{}",
    )
    return row._replace(**changed)


def archived(number: int = 1, **changed: Any) -> FileRow:
    """A Parquet file of 100 messages."""
    row = FileRow(
        path=f"date=2026-06-{number:02}/site=G104-K012/wim.passages.v1-0-{number * 100}-{number * 100 + 100}.parquet",
        topic="wim.passages.v1",
        partition=0,
        start_offset=number * 100,
        end_offset=number * 100 + 100,
        date=f"2026-06-{number:02}",
        site="G104-K012",
        first_ns=number * 10**9,
        last_ns=number * 10**9 + 1,
        passages=5_000,
        bytes=1_000_000,
    )
    return row._replace(**changed)
