"""Violations judged again: why each verdict is as it is, and whether the rules still say what was published.

The rule set is that of the crossing's date, the registry and the doubts are those of now. A permit that was put since,
or a certificate that was corrected, can make a difference; it is named field by field, and the published verdict stands
until somebody publishes another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import msgspec
from sqlalchemy import Connection

from rules.explain import Reading, Step, explain
from rules.permits import PlateRegister
from rules.plates import compile_plates
from rules.ruleset import RuleBook, load_book
from rules.screen import Screen
from rules.terms import compile_terms
from service.doubts import doubt_of
from service.lanes import announce
from service.lanes.announce import Names
from service.messages import Violation, decode
from service.policy import Policy
from service.register import merged
from service.registry import Registry
from service.store import downgrades, register
from wim.forms import from_json
from wim.forms.checks import FormError
from wim.records import Flag

#: What a judge says of a passage; whether a plate is watched for is the watcher's business.
JUDGED = (
    "rule_set",
    "rule",
    "pattern",
    "limit_low_kg",
    "limit_high_kg",
    "tolerance_percent",
    "certificate",
    "excess_kg",
    "excess_low_kg",
    "rate_percent",
    "beyond_tolerance",
    "p_over",
    "severity",
    "hundred_tonne",
    "over_dimensions",
    "grade",
    "flags",
    "zone",
    "evidence",
    "permit",
    "permit_exceeded",
)


@dataclass(frozen=True, slots=True)
class Rejudged:
    """A verdict reached again: the chain that leads to it, and which published fields it does not confirm."""

    steps: tuple[Step, ...]
    #: Relative standard uncertainty of the gross weight that was reckoned with.
    sigma: float
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judge:
    """Everything that verdicts on some plates at some sites depend on, as of one moment."""

    screen: Screen
    names: Names

    def again(self, violation: Violation) -> Rejudged | None:
        """The verdict on its passage; None where a later release wrote what this one cannot read."""
        try:
            passages = from_json(_form(violation))
        except FormError:
            return None
        verdicts = self.screen.judge(passages)
        reading = Reading(passages[0], verdicts[0], self.names.book, self.names.network)
        told = announce.violations(passages, verdicts, self.names)
        published = decode(Violation, told[0].value) if told else None
        return Rejudged(explain(reading), float(verdicts[0]["sigma"]), _differing(violation, published))


def judge_of(conn: Connection, registry: Registry, policy: Policy, violations: Sequence[Violation]) -> Judge:
    """The judge of these violations, by the papers and doubts that are in force now."""
    sites = {violation.passage.site for violation in violations}
    doubts = [doubt_of(one) for one in downgrades.all_of(conn, sites)]
    plates = {violation.passage.plate for violation in violations}
    papers = _only_of(merged(registry, register.changes(conn)), plates)
    network, book = registry.network, _book(policy.truck_from_kg)
    corridors = {name: row for row, name in enumerate(network.corridors)}
    screen = Screen(
        book.law,
        compile_terms(network, doubts=doubts),
        compile_plates(papers, corridors, certain_from=policy.plate_certain_from),
    )
    return Judge(screen, Names.of(book, network, papers))


@lru_cache(maxsize=2)
def _book(truck_from_kg: int) -> RuleBook:
    return load_book().trucks_from(truck_from_kg)


def _only_of(papers: PlateRegister, plates: set[str]) -> PlateRegister:
    """The papers of these plates: laying out those of a province for one truck would take a second."""
    lists = {each.name: getattr(papers, each.name) for each in fields(papers)}
    return replace(
        papers, **{name: tuple(paper for paper in found if paper.plate in plates) for name, found in lists.items()}
    )


def _form(violation: Violation) -> dict[str, object]:
    form: dict[str, object] = msgspec.to_builtins(violation.passage)
    return form | {"flags": [name for name in violation.passage.flags if name in Flag.__members__]}


def _differing(violation: Violation, again: Violation | None) -> tuple[str, ...]:
    if again is None:
        # Nothing is published of a passage in no zone.
        return ("zone",)
    return tuple(name for name in JUDGED if getattr(violation, name) != getattr(again, name))
