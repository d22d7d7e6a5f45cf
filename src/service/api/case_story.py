"""The story of a case, put together for one reader: what was seen, how it was judged, who did what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import Connection

from dispatch.ledger import Stamped
from dispatch.life import State, progress
from dispatch.offenders import Identity, Offence, count_trips, one_year_before
from rules.explain import Step
from service import messages
from service.api import told_media
from service.api.auth import Asker
from service.api.case_answers import (
    AlikeOf,
    CaseOf,
    CertificateOf,
    EarlierTrip,
    ExclusionInCase,
    Happened,
    PastOf,
    PermitInCase,
    StepOf,
    VerdictOf,
    ViolationInCase,
)
from service.api.intercepts import document_of
from service.api.parts import Parts
from service.api.violations import documents_of
from service.messages.envelope import rfc3339
from service.register import merged
from service.rejudging import Judge, Rejudged, judge_of
from service.store import (
    cases,
    decisions,
    exclusions,
    intercepts,
    ledger,
    outcomes,
    register,
    resemblances,
    sightings,
    violations,
)
from service.store.cases import CaseRow
from service.store.decisions import Decision
from service.store.intercepts import InterceptRow
from service.store.sightings import SightingRow
from wim.forms.json_form import instant_ns
from wim.sites import Network

#: What fits on a page; GET /v1/offenders/{plate} has as many as anybody needs.
NEWEST_TRIPS = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A case and what it is made of, as one state of the database has it."""

    asked: str
    case: CaseRow
    #: Every intercept of the trip; those that were merged stay in its timeline.
    intercepts: Sequence[InterceptRow]
    sightings: Sequence[SightingRow]

    @property
    def intercept(self) -> InterceptRow | None:
        """The one that goes on, or went furthest."""
        going_on = [row for row in self.intercepts if row.state != State.MERGED]
        return min(going_on, key=lambda row: (progress(row.state), row.id), default=None)

    @property
    def named(self) -> SightingRow | None:
        """The newest crossing whose plate was read, a certain one before all others."""
        read = [row for row in self.sightings if row.plate]
        return max(read, key=lambda row: (row.plate_certain, row.time_ns), default=None)


def find(conn: Connection, asked: str, asker: Asker) -> Found | None:
    """The case of that id, or the one that it was merged into; None where no crossing of it is the asker's to see."""
    case = _going_on(conn, asked)
    scope = asker.scope
    if case is None or not sightings.any_within(conn, case.id, scope.corridors, scope.sites):
        return None
    return Found(asked, case, intercepts.of_cases(conn, [case.id]), sightings.of_case(conn, case.id))


def _going_on(conn: Connection, case_id: str) -> CaseRow | None:
    found = cases.load(conn, [case_id]).get(case_id)
    while found is not None and found.merged_into is not None:
        found = cases.load(conn, [found.merged_into]).get(found.merged_into)
    return found


def story(conn: Connection, found: Found, asker: Asker, parts: Parts) -> CaseOf:
    """The whole story, as this reader may see it."""
    return CaseOf(
        id=found.case.id,
        asked=found.asked,
        merged=found.asked != found.case.id,
        state=found.case.state,
        first=rfc3339(found.case.first_ns),
        newest=rfc3339(found.case.newest_ns),
        intercept=_intercept(conn, found.intercept, asker, parts),
        sightings=[msgspec.json.decode(row.document, type=messages.Seen) for row in found.sightings],
        violations=_violations(conn, found, asker, parts),
        history=_history(conn, found, parts) if asker.plates else None,
        permits=_permits(conn, found, parts) if asker.plates else [],
        timeline=_timeline(conn, found, asker),
        alike=_alike(conn, found),
    )


def _alike(conn: Connection, found: Found) -> list[AlikeOf]:
    """What moved on an intercept of this case, and what this case's own crossings moved on."""
    links = resemblances.of_passages(conn, (row.id for row in found.sightings))
    links |= {one.passage: one for one in resemblances.of_intercepts(conn, (row.id for row in found.intercepts))}
    places = sightings.load(conn, {name for one in links.values() for name in (one.passage, one.earlier)})
    here = [(one, places[one.passage], places.get(one.earlier)) for one in links.values() if one.passage in places]
    return [
        AlikeOf(
            passage=one.passage,
            time=rfc3339(place.time_ns),
            site=place.site,
            case=place.case_id,
            earlier=one.earlier,
            earlier_case=before.case_id if before else None,
            intercept=one.intercept,
            score=one.score,
            told_apart_at=None if one.apart_ns is None else rfc3339(one.apart_ns),
        )
        for one, place, before in sorted(here, key=lambda item: item[1].time_ns)
    ]


def _intercept(conn: Connection, row: InterceptRow | None, asker: Asker, parts: Parts) -> msgspec.Raw | None:
    if row is None:
        return None
    document = document_of(row, asker, parts)
    return msgspec.Raw(told_media.in_intercepts(conn, [document])[0] if asker.plates else document)


def _violations(conn: Connection, found: Found, asker: Asker, parts: Parts) -> list[ViolationInCase]:
    rows = violations.load(conn, [row.id for row in found.sightings if row.violation])
    published = [messages.decode(messages.Violation, row.document.encode()) for row in rows]
    judge = judge_of(conn, parts.registry, parts.policy, published)
    excluded = violations.excluded(conn, [row.id for row in rows])
    return [
        ViolationInCase(
            violation=msgspec.Raw(document),
            excluded_by=excluded.get(violation.id),
            exclusion=_exclusion(conn, violation.id, asker) if violation.id in excluded else None,
            verdict=_verdict(judge, violation, parts.registry.network, asker),
        )
        for violation, document in zip(published, documents_of(conn, rows, asker, parts), strict=True)
    ]


def _exclusion(conn: Connection, violation: str, asker: Asker) -> ExclusionInCase:
    newest = exclusions.of_violation(conn, violation)[0]
    return ExclusionInCase(
        by=newest.actor,
        agency=newest.agency,
        at=rfc3339(newest.at_ns),
        rule=newest.rule,
        reason=newest.reason if asker.plates else None,
    )


def _verdict(judge: Judge, violation: messages.Violation, network: Network, asker: Asker) -> VerdictOf | None:
    again = judge.again(violation)
    if again is None:
        return None
    limit = next((step for step in again.steps if step.name == "limit"), None)
    return VerdictOf(
        rule_set=violation.rule_set,
        rule=violation.rule,
        clause=limit.clause if limit else None,
        clause_zh=limit.clause_zh if limit else None,
        limit_low_kg=violation.limit_low_kg,
        limit_high_kg=violation.limit_high_kg,
        tolerance_percent=violation.tolerance_percent,
        excess_kg=violation.excess_kg,
        excess_low_kg=violation.excess_low_kg,
        p_over=violation.p_over,
        sigma_percent=round(100 * again.sigma, 4),
        calibration=violation.passage.calibration,
        certificate=_certificate(violation, network),
        agrees=not again.differs,
        differs=list(again.differs),
        steps=_steps(again),
    )


def _steps(again: Rejudged) -> list[StepOf]:
    return [_step(step) for step in again.steps]


def _step(step: Step) -> StepOf:
    return StepOf(
        name=step.name,
        zh=step.zh,
        en=step.en,
        clause=step.clause,
        clause_zh=step.clause_zh,
        source=step.source,
        date=step.date,
        verified=step.verified,
    )


def _certificate(violation: messages.Violation, network: Network) -> CertificateOf | None:
    site = network.sites.get(violation.passage.site)
    paper = site.certificate_at(instant_ns("time", violation.time)) if site else None
    if paper is None:
        return None
    return CertificateOf(number=paper.number, class_percent=paper.class_percent, until=rfc3339(paper.until_ns))


def _history(conn: Connection, found: Found, parts: Parts) -> PastOf | None:
    """What counts is the same on every corridor, as in dispatch, so earlier trips are told without their place."""
    named = found.named
    if named is None:
        return None
    now_ns, zone, policy = found.case.newest_ns, ZoneInfo(parts.registry.timezone), parts.policy
    identity = Identity(named.plate, named.plate_colour)
    from_ns = min(now_ns - policy.repeat_window_ns, one_year_before(now_ns, zone))
    offences = outcomes.history(conn, [named.plate], from_ns, now_ns)[named.plate]
    mine = [one for one in offences if one.identity.matches(identity) and one.trip != found.case.id]
    past = count_trips(mine, identity, found.case.id, now_ns, zone, policy.simulated_counts, policy.repeat_window_ns)
    return PastOf(
        as_of=rfc3339(now_ns),
        certain=named.plate_certain,
        decided_1y=past.decided_1y,
        confirmed_365d=past.confirmed_365d,
        suspected_365d=past.suspected_365d,
        last=None if past.last_ns is None else rfc3339(past.last_ns),
        repeat=past.dispatch_repeat(policy.confirmed_repeat_from, policy.suspected_repeat_from),
        trips=_trips(mine),
    )


def _trips(offences: Iterable[Offence]) -> list[EarlierTrip]:
    newest = sorted(offences, key=lambda offence: offence.time_ns, reverse=True)[:NEWEST_TRIPS]
    return [
        EarlierTrip(
            case=offence.trip,
            time=rfc3339(offence.time_ns),
            decided=offence.decided,
            confirmed=offence.confirmed,
            suspected=offence.suspected,
            excluded=offence.excluded,
        )
        for offence in newest
    ]


def _permits(conn: Connection, found: Found, parts: Parts) -> list[PermitInCase]:
    plates = {row.plate for row in found.sightings if row.plate}
    papers = merged(parts.registry, register.changes(conn))
    return [
        PermitInCase(
            number=permit.number,
            from_=rfc3339(permit.from_ns),
            until=rfc3339(permit.until_ns),
            corridors=list(permit.corridors),
            gross_kg=permit.gross_kg,
        )
        for permit in papers.permits
        if permit.plate in plates
    ]


def _timeline(conn: Connection, found: Found, asker: Asker) -> list[Happened]:
    """What stands in the ledger and what was decided, by time; the ledger's own order among equals."""
    subjects = [*(row.id for row in found.intercepts), *(row.id for row in found.sightings if row.violation)]
    # Of a trip that nobody was asked to stop the ledger speaks under the name of the case.
    told_of = dict.fromkeys([found.case.id, *(row.id for row in found.intercepts)])
    entries = [entry for subject in told_of for entry in ledger.of_intercept(conn, subject)]
    decided = [one for subject in dict.fromkeys(subjects) for one in decisions.of_subject(conn, subject)]
    told = [(one.at_ns, 1, _decided(one)) for one in decided]
    told += [(one.entry.at_ns, 0, _done(one, asker.plates)) for one in entries]
    return [happened for _, _, happened in sorted(told, key=lambda item: (item[0], item[1], item[2].number or 0))]


def _done(stamped: Stamped, plates: bool) -> Happened:
    entry = stamped.entry
    return Happened(
        time=rfc3339(entry.at_ns),
        kind="ledger",
        action=entry.action,
        actor=entry.actor,
        role=entry.role,
        agency=entry.agency,
        on_behalf_of=entry.on_behalf_of,
        from_state=entry.from_state,
        to_state=entry.to_state,
        # What a person typed may name the plate.
        note=entry.note if plates else None,
        facts=dict(entry.document) if plates else {},
        number=stamped.number,
        hash=stamped.hash,
    )


def _decided(one: Decision) -> Happened:
    facts = msgspec.json.decode(one.document)
    return Happened(time=rfc3339(one.at_ns), kind="decision", action=one.kind, facts=facts)
