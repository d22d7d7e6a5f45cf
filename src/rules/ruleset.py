"""Rule sets: dated, cited limit tables in TOML, checked and compiled for the judging kernel.

The keys of a file are explained at the top of `tables/cn-2016.toml`; `RuleSetFile` below is their exact shape.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    ValidationError,
    model_validator,
)

from rules.kernels.arrays import (
    FOREVER_NS,
    GROUP,
    LIMIT,
    NARROW_AIR,
    NARROW_DRIVE,
    NARROW_NONE,
    NARROW_RATED,
    RULE_SET,
    Law,
)
from rules.patterns import parse_pattern, pattern_word

#: Decision §1: a vehicle is a truck from 4.5 t on; a region may set another mass in its policy.
TRUCK_FROM_KG = 4500
_WIDEST_MM = np.iinfo(np.int32).max
_NARROW = {
    None: NARROW_NONE,
    "air_suspension": NARROW_AIR,
    "drive_axles": NARROW_DRIVE,
    "rated_mass": NARROW_RATED,
}


def _zone(name: str) -> str:
    """The name, if there is such a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        # An empty name, one of a folder and one that leads out of the list end in three different errors.
        raise ValueError(f"{name!r} is no time zone") from None
    return name


# TOML has types: a text or a boolean in the place of a number is a slip, and is not turned into what may be meant.
Mass = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
#: One that decides: from 0 kg on, every vehicle would be an offender.
Limit = Annotated[int, Field(strict=True, gt=0, le=1_000_000)]
Length = Annotated[int, Field(strict=True, ge=0, le=100_000)]
Percent = Annotated[int, Field(strict=True, gt=0, le=1_000)]
Yuan = Annotated[int, Field(strict=True, ge=0)]
Axles = Annotated[int, Field(strict=True)]
Quantile = Annotated[float, Field(strict=True, ge=0, le=10, allow_inf_nan=False)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Day = Annotated[dt.date, Field(strict=True)]
Zone = Annotated[str, AfterValidator(_zone)]

#: Where the comments of the built-in table would not help.
_REMEDIES = {"timezone": "write an IANA name such as Asia/Shanghai"}


class RuleSetError(ValueError):
    """A rule set that cannot be used: the file, the key and what to write instead."""

    def __init__(self, origin: str, key: str, problem: str, remedy: str) -> None:
        super().__init__(f"{origin}: {key}: {problem}; {remedy}")
        self.origin, self.key, self.problem, self.remedy = origin, key, problem, remedy


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Cited(_Table):
    """Every row that decides says where it comes from."""

    clause: Words
    clause_zh: Words | None = None
    source: Words
    date: Day
    verified: StrictBool


class GroupDistances(_Table):
    """Below which spacing two axles are one group."""

    first_pair_mm: Length
    pair_mm: Length
    source: Words
    date: Day
    verified: StrictBool


class Deduction(_Cited):
    """What an axle known to have single tyres takes off."""

    single_tyre_kg: Mass


class HundredTonne(_Cited):
    """From which gross weight on a truck is a 百噸王."""

    from_kg: Limit


class Severity(_Cited):
    """How grave an excess is: 1 up to `light_kg`, else 2, and 3 … 6 from each of the percents of the limit on."""

    light_kg: Mass
    from_percent: tuple[Percent, Percent, Percent, Percent]

    @model_validator(mode="after")
    def _ascend(self) -> Severity:
        if list(self.from_percent) != sorted(set(self.from_percent)):
            raise ValueError("from_percent does not ascend")
        return self


class Confidence(_Table):
    """How sure an excess must be, as quantiles of the standard normal distribution."""

    intercept_z: Quantile
    evidence_z: Quantile
    source: Words
    date: Day
    verified: StrictBool

    @model_validator(mode="after")
    def _ascend(self) -> Confidence:
        if self.evidence_z < self.intercept_z:
            raise ValueError("evidence_z is below intercept_z: what is proposed as evidence is stopped too")
        return self


class LimitRow(_Cited):
    """One line of the gross-weight table."""

    id: Words
    axles: Axles | tuple[Axles, Axles]
    #: Empty means any, so nobody may write that it is empty.
    patterns: Annotated[tuple[str, ...], Field(min_length=1)] = ()
    last_spacing_from_mm: Length = 0
    low_kg: Limit
    high_kg: Limit
    narrow_by: Literal["air_suspension", "drive_axles", "rated_mass"] | None = None

    @property
    def axle_range(self) -> tuple[int, int]:
        """Fewest and most axles."""
        return (self.axles, self.axles) if isinstance(self.axles, int) else self.axles

    @model_validator(mode="after")
    def _fits(self) -> LimitRow:
        least, most = self.axle_range
        if not 1 <= least <= most <= 16:
            raise ValueError("axles must be a number or [fewest, most] in 1 … 16")
        if self.low_kg > self.high_kg:
            raise ValueError("low_kg is above high_kg")
        for pattern in self.patterns:
            if not least <= sum(parse_pattern(pattern)) <= most:
                raise ValueError(f"pattern {pattern} does not have {self.axles} axles")
        return self


class GroupRow(_Cited):
    """What an axle group of one kind may carry."""

    id: Words
    axles: Annotated[int, Field(strict=True, ge=1, le=3)]
    spacing_from_mm: Length = 0
    spacing_below_mm: Length | None = None
    low_kg: Limit
    high_kg: Limit


class Dimensions(_Cited):
    """The largest vehicle without a permit."""

    length_mm: Length
    width_mm: Length
    height_mm: Length


class DimensionFine(_Table):
    """The range of fines up to these dimensions; one that is absent bounds nothing."""

    length_mm: Length | None = None
    width_mm: Length | None = None
    height_mm: Length | None = None
    low_yuan: Yuan
    high_yuan: Yuan


class Penalty(_Cited):
    """How the law turns an excess into a fine."""

    free_kg: Mass
    step_kg: Limit
    yuan_per_step: Yuan
    most_yuan: Yuan
    dimension: tuple[DimensionFine, ...] = ()


class RuleSetFile(_Table):
    """One rule set as it stands in its file."""

    id: Annotated[str, Field(min_length=1, max_length=32)]
    title: Words
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None
    timezone: Zone
    in_force: StrictBool
    groups: GroupDistances
    deduction: Deduction
    hundred_tonne: HundredTonne
    severity: Severity
    confidence: Confidence
    limit: tuple[LimitRow, ...]
    group: tuple[GroupRow, ...]
    dimensions: Dimensions
    penalty: Penalty

    @model_validator(mode="after")
    def _orders(self) -> RuleSetFile:
        ids = [row.id for row in self.limit]
        if len(set(ids)) < len(ids):
            raise ValueError("two limits have the same id")
        if self.until is not None and self.until <= self.from_:
            raise ValueError("until is not after from")
        return self

    @property
    def from_ns(self) -> int:
        """Local midnight of the first day."""
        return _midnight_ns(self.from_, self.timezone)

    @property
    def until_ns(self) -> int:
        """Local midnight after the last day."""
        return FOREVER_NS if self.until is None else _midnight_ns(self.until, self.timezone)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Rule sets in the order of their start, and the rows behind each compiled limit."""

    rule_sets: tuple[RuleSetFile, ...]
    law: Law
    rows: tuple[LimitRow, ...]

    def index(self, name: str) -> int:
        """Where the rule set of that id stands. Raises RuleSetError."""
        names = [rule_set.id for rule_set in self.rule_sets]
        if name not in names:
            raise RuleSetError("rule sets", name, "there is no such rule set", f"use one of {', '.join(names)}")
        return names.index(name)

    def fixed(self, name: str) -> RuleBook:
        """The same book, judging by one rule set whatever the date."""
        return RuleBook(self.rule_sets, self.law._replace(fixed=self.index(name)), self.rows)

    def trucks_from(self, gross_kg: int) -> RuleBook:
        """The same book with another least mass of a truck."""
        return RuleBook(self.rule_sets, self.law._replace(truck_from_kg=gross_kg), self.rows)


def parse_rule_set(text: str, origin: str) -> RuleSetFile:
    """Check one file. Raises RuleSetError naming `origin`, the key and the remedy."""
    try:
        return RuleSetFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise RuleSetError(origin, "file", f"not TOML: {error}", "mend the line that it names") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "file"
        problem = first["msg"].removeprefix("Value error, ")
        remedy = _REMEDIES.get(key, "see the comments at the top of cn-2016.toml")
        raise RuleSetError(origin, key, problem, remedy) from error


def load_book(paths: Sequence[Path] = ()) -> RuleBook:
    """The built-in tables and the files of `paths`, of which one with the same id replaces a built-in table.

    Raises RuleSetError.
    """
    tables = [entry for entry in resources.files("rules").joinpath("tables").iterdir() if entry.name.endswith(".toml")]
    sources = [(entry.name, entry.read_text("utf-8")) for entry in tables]
    sources += [(str(path), _read(path)) for path in paths]
    by_id = {rule_set.id: rule_set for rule_set in (parse_rule_set(text, origin) for origin, text in sources)}
    return compile_book(sorted(by_id.values(), key=lambda rule_set: (rule_set.from_ns, rule_set.id)))


def _read(path: Path) -> str:
    """The text of a file. Raises RuleSetError."""
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise RuleSetError(str(path), "file", f"is not UTF-8 at byte {error.start}", "save it as UTF-8") from None
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
        raise RuleSetError(str(path), "file", problem, "name a rule set file that is there (TOML)") from None


def compile_book(rule_sets: Sequence[RuleSetFile]) -> RuleBook:
    """Lay the tables out for the kernel."""
    heads = np.zeros(len(rule_sets), RULE_SET)
    limits: list[tuple[int, ...]] = []
    groups: list[tuple[int, ...]] = []
    rows: list[LimitRow] = []
    for head, rule_set in zip(heads, rule_sets, strict=True):
        head["limit_begin"], head["group_begin"] = len(limits), len(groups)
        for row in rule_set.limit:
            limits += _limit_lines(row, len(rows))
            rows.append(row)
        groups += [_group_line(row) for row in rule_set.group]
        head["limit_end"], head["group_end"] = len(limits), len(groups)
        _fill_head(head, rule_set)
    law = Law(heads, np.array(limits, LIMIT), np.array(groups, GROUP), fixed=-1, truck_from_kg=TRUCK_FROM_KG)
    return RuleBook(tuple(rule_sets), law, tuple(rows))


def _fill_head(head: np.void, rule_set: RuleSetFile) -> None:
    head["from_ns"], head["until_ns"], head["in_force"] = rule_set.from_ns, rule_set.until_ns, rule_set.in_force
    head["first_pair_mm"], head["pair_mm"] = rule_set.groups.first_pair_mm, rule_set.groups.pair_mm
    head["single_tyre_kg"] = rule_set.deduction.single_tyre_kg
    head["hundred_tonne_kg"], head["light_kg"] = rule_set.hundred_tonne.from_kg, rule_set.severity.light_kg
    for severity, percent in enumerate(rule_set.severity.from_percent, start=3):
        head[f"severity_{severity}_percent"] = percent
    head["intercept_z"], head["evidence_z"] = rule_set.confidence.intercept_z, rule_set.confidence.evidence_z
    for name in ("length_mm", "width_mm", "height_mm"):
        head[name] = getattr(rule_set.dimensions, name)


def _limit_lines(row: LimitRow, index: int) -> list[tuple[int, ...]]:
    """One line a pattern, or one that fits any."""
    words = [pattern_word(parse_pattern(pattern)) for pattern in row.patterns] or [0]
    least, most = row.axle_range
    tail = (row.last_spacing_from_mm, row.low_kg, row.high_kg)
    return [(index, least, most, _NARROW[row.narrow_by], word, *tail) for word in words]


def _group_line(row: GroupRow) -> tuple[int, ...]:
    below = _WIDEST_MM if row.spacing_below_mm is None else row.spacing_below_mm
    return row.axles, row.spacing_from_mm, below, row.low_kg, row.high_kg


def _midnight_ns(day: dt.date, timezone: str) -> int:
    midnight = dt.datetime.combine(day, dt.time(), ZoneInfo(timezone))
    return int(midnight.timestamp()) * 10**9
