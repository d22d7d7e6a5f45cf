"""Filing: what arrived goes to its trips, and what that makes of their intercepts is written down.

Everything happens in the caller's transaction, with as many statements for a thousand arrivals as for one, and the same
arrivals again change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import msgspec
from sqlalchemy import Connection

from dispatch.cases import Joined, PlateReads, is_late, join
from dispatch.ledger import Entry
from dispatch.life import ACTIVE_STATES, State
from dispatch.offenders import History, count_trips, one_year_before
from service import messages
from service.docket import keeping, offering, record, resembling, rows
from service.docket.arrivals import Arrival, is_violation
from service.docket.cloning import feasible, scores
from service.docket.likeness import likely
from service.docket.openings import Accusation, Change, Trip, accuse, changes, waive
from service.docket.resembling import Following, following
from service.docket.silence import found_legal, probably_legal, silent
from service.docket.terms import Terms
from service.doubts import missed
from service.store import bulk, cases, decisions, downgrades, feed, intercepts, ledger, outcomes, sightings, violations
from service.store.intercepts import InterceptRow
from wim.records import Flag

#: Answers how many of a lane's passages had a plate before a crossing.
AskPlateReads = Callable[[Connection, Arrival], PlateReads]

_DOUBTED = Flag.SITE_DOUBTED.name
_SEEN = msgspec.json.Decoder(messages.Seen)
_NOBODY, _NOT_ASKED = History(), PlateReads(0, 0)


@dataclass(slots=True)
class Filed:
    """What a batch came to, for metrics and for whoever waits for it."""

    repeats: int = 0
    violations: int = 0
    sightings: int = 0
    merged_cases: int = 0
    #: Intercepts by severity and state: open went out as new, expired was late when judged and is told to nobody.
    made: Counter[tuple[int, str]] = field(default_factory=Counter)
    #: Reasons of intercepts that went out as new.
    alerted: list[str] = field(default_factory=list)
    #: Whether the relay has something to send.
    due: bool = False


def file(conn: Connection, arrivals: Iterable[Arrival], now_ns: int, terms: Terms, plate_reads: AskPlateReads) -> Filed:
    """Keep what arrived, in order of arrival, judged as of `now_ns`. Raises the store's `FencedError` where another
    process wrote a case meanwhile."""
    filed = Filed()
    ledger.hold(conn)
    fresh, joined = _join(conn, arrivals, terms, filed)
    if not fresh:
        return filed
    _keep(conn, fresh, joined)
    _take_back(conn, fresh, now_ns)
    newest = _keep_cases(conn, fresh, joined)
    accused = _accuse(conn, fresh, joined, terms, plate_reads)
    followed = following(conn, fresh, joined.case_of, accused, now_ns, terms)
    changed = _changes(conn, fresh, joined, newest, accused, followed, now_ns, terms)
    changed = _offered(conn, changed, now_ns, terms)
    decisions.note(conn, silent(fresh, joined.case_of, accused, followed, changed, now_ns))
    resembling.keep(conn, followed, accused, changed, now_ns)
    told = _keep_intercepts(conn, changed, now_ns, terms)
    _tell(conn, fresh, told, now_ns, terms)
    if any(change.before is not None and offering.frees(change.before, change.after) for change in changed):
        offering.offer_waiting(conn, now_ns, terms)
    _count(filed, fresh, joined, changed, newest, now_ns, terms)
    return filed


def _join(conn: Connection, arrivals: Iterable[Arrival], terms: Terms, filed: Filed) -> tuple[list[Arrival], Joined]:
    """What is news among the arrivals, and the cases that it goes to."""
    once = _once(arrivals, filed)
    known = sightings.known_for(conn, [arrival.sighting for arrival in once], terms.trip_gap_ns)
    kept = {sighting.passage for sighting, _ in known}
    again = [arrival.message.id for arrival in once if is_violation(arrival.message) and arrival.message.id in kept]
    versions = violations.versions(conn, again) if again else {}
    fresh = [arrival for arrival in once if _is_news(arrival, kept, versions)]
    filed.repeats += len(once) - len(fresh)
    possible = partial(feasible, distances=terms.site_distances)
    return fresh, join([arrival.sighting for arrival in fresh], known, terms.trip_gap_ns, possible)


def _once(arrivals: Iterable[Arrival], filed: Filed) -> list[Arrival]:
    """Each crossing once, where it first stood: as a violation rather than a sighting, in its highest version."""
    best: dict[str, Arrival] = {}
    for arrival in arrivals:
        before = best.setdefault(arrival.message.id, arrival)
        if before is not arrival:
            filed.repeats += 1
        if _rank(before) < _rank(arrival):
            best[arrival.message.id] = arrival
    return list(best.values())


def _rank(arrival: Arrival) -> tuple[bool, int]:
    return is_violation(arrival.message), arrival.message.version


def _is_news(arrival: Arrival, kept: Collection[str], versions: dict[str, int]) -> bool:
    if is_violation(arrival.message):
        return arrival.message.version > versions.get(arrival.message.id, 0)
    return arrival.message.id not in kept


def _keep(conn: Connection, fresh: Sequence[Arrival], joined: Joined) -> None:
    """The crossings, the violations, and what they count for in the history of their vehicle."""
    if joined.merged:
        sightings.move(conn, joined.merged)
        outcomes.move(conn, joined.merged)
    found = [(arrival, arrival.message) for arrival in fresh if isinstance(arrival.message, messages.Violation)]
    violations.keep(conn, [rows.violation_row(message, arrival) for arrival, message in found])
    sightings.keep(conn, [rows.sighting_row(arrival, joined.case_of[arrival.message.id]) for arrival in fresh])
    proposals = [
        rows.outcome_row(arrival, joined.case_of[message.id], suspected)
        for arrival, message in found
        # A violation that is judged anew may be a proposal no more.
        if (suspected := _proposes(arrival, message)) or message.version > 1
    ]
    outcomes.keep(conn, proposals)


def _take_back(conn: Connection, fresh: Sequence[Arrival], now_ns: int) -> None:
    """List violations of a doubted lane that were judged before it was downgraded: the watch tells them anew."""
    unaware = [a for a in fresh if isinstance(a.message, messages.Violation) and _DOUBTED not in a.message.flags]
    if not unaware:
        return
    downgrades.hold(conn)
    known = downgrades.all_of(conn, {arrival.passage.site for arrival in unaware})
    found = [
        (arrival.message.id, doubt.id)
        for arrival in unaware
        if (doubt := missed(known, arrival.passage.site, arrival.passage.lane, arrival.sighting.time_ns))
    ]
    downgrades.add_recalls(conn, found, now_ns, bulk.replace)


def _proposes(arrival: Arrival, message: messages.Violation) -> bool:
    """Whether it may count as suspected in a history; whether a simulated one does, policy says to who counts."""
    return arrival.sighting.certain and (message.evidence or message.proposal)


def _keep_cases(conn: Connection, fresh: Sequence[Arrival], joined: Joined) -> dict[str, int]:
    """Write the cases that something arrived for; gives the newest sighting of each."""
    there = {*joined.case_of.values(), *joined.merged} - set(joined.opened)
    before = cases.load(conn, there) if there else {}
    after = dict(before)
    for arrival in fresh:
        case = joined.case_of[arrival.message.id]
        row = after.get(case) or rows.new_case(case, arrival)
        after[case] = rows.seen_at(row, arrival.sighting.time_ns)
    for gone, stays in joined.merged.items():
        after[stays] = rows.seen_at(rows.seen_at(after[stays], before[gone].first_ns), before[gone].newest_ns)
        after[gone] = before[gone]._replace(state=rows.MERGED, merged_into=stays)
    changed = [rows.next_case(before.get(case), row) for case, row in after.items() if row != before.get(case)]
    cases.save(conn, changed)
    return {case: row.newest_ns for case, row in after.items()}


def _offered(conn: Connection, changed: Sequence[Change], now_ns: int, terms: Terms) -> list[Change]:
    """What is open goes to the squad that can catch it, the most urgent first; what somebody has or was asked about
    gets its newest times."""
    living = [change for change in changed if change.after.state.value in ACTIVE_STATES]
    if not living:
        return list(changed)
    force = offering.force_of(conn, now_ns, terms)
    urgent = sorted(living, key=lambda change: (-change.after.priority, change.after.id))
    after = {one.after.id: offering.offer_or_follow(conn, one.after, now_ns, terms, force) for one in urgent}
    return [replace(change, after=after.get(change.after.id, change.after)) for change in changed]


def _entry(change: Change, now_ns: int) -> Entry | None:
    """What the ledger hears of a change by sightings: a new state, and why; nothing of what nobody was told of."""
    before, after = change.before, change.after
    if change.secret or (before is not None and before.state == after.state):
        return None
    action = "reopen" if before is not None and change.alerts else "open"
    if after.merged_into is not None:
        action = "merge"
    elif after.state.value == State.OFFERED:
        action = "offer"
    return record.of_system(before, after, action, now_ns)


def _accuse(
    conn: Connection, fresh: Sequence[Arrival], joined: Joined, terms: Terms, plate_reads: AskPlateReads
) -> dict[str, Accusation]:
    """The violations with their reasons, by passage."""
    grave = [arrival for arrival in fresh if arrival.charge is not None and arrival.charge.intercept_zone]
    histories = _histories(conn, grave, joined, terms)
    cleared, clones = found_legal(conn, grave, terms), scores(conn, grave, terms)
    accused = {}
    for arrival in fresh:
        if (charge := arrival.charge) is not None:
            reads = plate_reads(conn, arrival) if charge.intercept_zone and not charge.plate_read else _NOT_ASKED
            passage = arrival.message.id
            history, clone = histories.get(passage, _NOBODY), clones.get(passage)
            accused[passage] = accuse(arrival, charge, history, reads, terms, passage in cleared, clone)
    charged = [arrival for arrival in grave if accused[arrival.message.id].charged.reasons]
    for passage, probable in likely(conn, charged, terms).items():
        accused[passage] = replace(accused[passage], probable=probable)
    legal = probably_legal(conn, charged, accused, terms)
    for arrival in charged:
        if (passage := arrival.message.id) in legal:
            accused[passage] = waive(accused[passage], arrival, terms)
    return accused


def _histories(conn: Connection, arrivals: Sequence[Arrival], joined: Joined, terms: Terms) -> dict[str, History]:
    """What each crossing of a certain plate has behind it, this batch's own other trips among it."""
    named = [arrival for arrival in arrivals if arrival.sighting.certain]
    if not named:
        return {}
    times = [arrival.sighting.time_ns for arrival in named]
    zones = {arrival.passage.site: terms.zone(arrival.passage.site) for arrival in named}
    from_ns = min(min(times) - terms.repeat_window_ns, *(one_year_before(min(times), zone) for zone in zones.values()))
    offences = outcomes.history(conn, {arrival.sighting.plate for arrival in named}, from_ns, max(times))
    return {
        arrival.message.id: count_trips(
            offences[arrival.sighting.plate],
            arrival.identity,
            joined.case_of[arrival.message.id],
            arrival.sighting.time_ns,
            zones[arrival.passage.site],
            terms.simulated_counts,
            terms.repeat_window_ns,
        )
        for arrival in named
    }


def _changes(
    conn: Connection,
    fresh: Sequence[Arrival],
    joined: Joined,
    newest: dict[str, int],
    accused: dict[str, Accusation],
    followed: Mapping[str, Following],
    now_ns: int,
    terms: Terms,
) -> list[Change]:
    """What becomes of the intercepts of every case that something arrived for."""
    by_case: dict[str, list[Arrival]] = {}
    for arrival in fresh:
        follows = followed.get(arrival.message.id)
        by_case.setdefault(follows.case if follows else joined.case_of[arrival.message.id], []).append(arrival)
    told = _told(conn, {*set(by_case) - set(joined.opened), *joined.merged}, joined)
    concerned = [case for case, arrived in by_case.items() if case in told or _any_reason(arrived, accused)]
    seen = _seen(conn, concerned, joined, by_case, told, followed)
    unknown = [case for case in concerned if case not in told or case in joined.merged.values()]
    earlier = _earlier(conn, {case: seen[case] for case in unknown}, accused)
    trips = [
        Trip(case, _newest(case, newest, by_case), by_case[case], told.get(case, []), seen[case], earlier.get(case, []))
        for case in concerned
    ]
    return [change for trip in trips for change in changes(trip, accused, now_ns, terms)]


def _newest(case: str, newest: Mapping[str, int], by_case: Mapping[str, Sequence[Arrival]]) -> int:
    """The newest sighting of a truck, that of a case of its own among it which probably is of it."""
    return max(newest.get(case, 0), *(arrival.sighting.time_ns for arrival in by_case[case]))


def _told(conn: Connection, there: Collection[str], joined: Joined) -> dict[str, list[messages.Intercept]]:
    """The intercepts of cases; those of one that was merged come along to the one that stays."""
    told: dict[str, list[messages.Intercept]] = {}
    for row in intercepts.of_cases(conn, there) if there else ():
        message = rows.told_in(row)
        told.setdefault(joined.merged.get(message.case, message.case), []).append(message)
    return told


def _seen(
    conn: Connection,
    concerned: Sequence[str],
    joined: Joined,
    by_case: dict[str, list[Arrival]],
    told: dict[str, list[messages.Intercept]],
    followed: Mapping[str, Following],
) -> dict[str, list[messages.Seen]]:
    """All sightings of each case and those that follow it; of one that is new, those that just arrived."""
    opened = set(joined.opened) - set(joined.merged.values())
    seen = {case: [resembling.seen(arrival, followed) for arrival in by_case[case]] for case in concerned}
    there = [case for case in concerned if case not in opened]
    for case, documents in sightings.documents(conn, there).items() if there else ():
        following_it = [one for one in seen[case] if one.probable is not None]
        before = resembling.seen_before(told.get(case, ()))
        seen[case] = [*map(_SEEN.decode, documents), *before, *following_it]
    return seen


def _any_reason(arrived: Sequence[Arrival], accused: dict[str, Accusation]) -> bool:
    return any(one.message.id in accused and accused[one.message.id].charged.reasons for one in arrived)


def _earlier(
    conn: Connection, seen: dict[str, list[messages.Seen]], accused: dict[str, Accusation]
) -> dict[str, list[messages.Violation]]:
    """The violations of cases that did not arrive just now."""
    case_of = {
        one.passage: case for case, all_ in seen.items() for one in all_ if one.violation and one.passage not in accused
    }
    earlier: dict[str, list[messages.Violation]] = {}
    for passage, document in violations.documents(conn, case_of).items() if case_of else ():
        earlier.setdefault(case_of[passage], []).append(messages.decode(messages.Violation, document.encode()))
    return earlier


def _keep_intercepts(conn: Connection, changed: Sequence[Change], now_ns: int, terms: Terms) -> list[InterceptRow]:
    """Write them; gives the rows of those that anybody was told of."""
    entries = [entry for change in changed if (entry := _entry(change, now_ns))]
    kept = keeping.keep(conn, [change.after for change in changed], entries, now_ns, terms)
    if secret := [change.after.id for change in changed if change.secret]:
        intercepts.never_publish(conn, secret)
    return [row for row, change in zip(kept, changed, strict=True) if not change.secret]


def _tell(conn: Connection, fresh: Sequence[Arrival], told: Sequence[InterceptRow], now_ns: int, terms: Terms) -> None:
    """The live feed: violations that just happened, and intercepts that anybody was told of."""
    live = [a for a in fresh if is_violation(a.message) and not is_late(a.sighting.time_ns, now_ns, terms.horizon_ns)]
    entries = [rows.violation_entry(arrival) for arrival in live]
    entries += [rows.intercept_entry(row) for row in told]
    if entries:
        # Last in the transaction: its numbers are drawn from a row that everybody else then waits for.
        feed.append(conn, entries)


def _count(
    filed: Filed,
    fresh: Sequence[Arrival],
    joined: Joined,
    changed: Sequence[Change],
    newest: dict[str, int],
    now_ns: int,
    terms: Terms,
) -> None:
    filed.violations = sum(is_violation(arrival.message) for arrival in fresh)
    filed.sightings = len(fresh) - filed.violations
    filed.made = Counter(
        (change.after.best.severity, "expired" if change.secret else "open")
        for change in changed
        if change.alerts or (change.secret and change.before is None)
    )
    filed.merged_cases = len(joined.merged)
    filed.alerted = [reason.value for change in changed if change.alerts for reason in change.after.reasons]
    filed.due = any(not change.secret for change in changed)
