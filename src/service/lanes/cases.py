"""The cases lane: violations and sightings in; trips, histories and intercepts out, to whoever must be told. What
agencies' own systems answer comes in too.

One batch goes: messages decoded → (in the transaction that moves the offsets) responses done and crossings filed
with their trips by `service.docket` → the relay woken, which sends what changed. Nothing is sent from here: an
intercept is told by the outbox, a violation was told before it came.
"""

from __future__ import annotations

import os
import re
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial

from aiokafka.structs import ConsumerRecord
from mode import ServiceT
from sqlalchemy import Connection

from rules.kernels.judge import band_of
from service import messages
from service.docket.arrivals import Arrival, arrival
from service.docket.filing import AskPlateReads, Filed, file
from service.docket.plate_reads import LaneReads
from service.docket.responses import Answered, take
from service.docket.terms import Terms, terms_of
from service.lanes.sending import Sender
from service.lanes.work import Outcome, Partition, Slice, records_of, refused
from service.metrics import Metrics
from service.notices.services import services as notice_services
from service.relay import Relay, RelayService, Times
from service.topics import AGENCIES, SIGHTINGS, VIOLATIONS, responses
from service.webhooks.services import services as webhook_services
from service.worker import Parts

#: What stands on each topic.
KINDS: dict[str, type[messages.Violation] | type[messages.Sighting]] = {
    VIOLATIONS: messages.Violation,
    SIGHTINGS: messages.Sighting,
}


#: Who speaks on which topic.
RESPONSES: dict[str, str] = {responses(agency): agency for agency in AGENCIES}

_ID = re.compile(r"[0-9a-f]{16}")


def work(parts: Parts) -> CasesWork:
    """The lane of a worker, by its settings."""
    terms = terms_of(parts.policy, parts.registry.network, parts.registry.forces)
    return CasesWork(terms, LaneReads(terms.plate_read_window_ns, terms.horizon_ns), parts.metrics)


def companions(parts: Parts, work: CasesWork) -> Sequence[ServiceT]:
    """The relay, which tells what the lane files; woken by it, and by its own look at what others changed. Beside it
    the senders of notices and of webhooks, where anybody is to be sent some."""
    sender = Sender(parts.kafka)
    times = Times(lease_s=parts.policy.outbox_lease_seconds)
    owner = f"{socket.gethostname()}/{os.getpid()}"
    relay = Relay(parts.store, sender, parts.metrics, work.terms, owner, times)
    work.wake_relay = relay.wake
    return [RelayService(relay, sender), *notice_services(parts, owner), *webhook_services(parts, work.terms)]


class CasesWork:
    """See `service.lanes.work.Work`."""

    name = "cases"
    topics = (VIOLATIONS, SIGHTINGS, *RESPONSES)
    #: What is filed is told to squads, so it must survive a power cut first.
    durable = True
    patience_s = 0.0

    def __init__(
        self,
        terms: Terms,
        plate_reads: AskPlateReads,
        metrics: Metrics,
        wake_relay: Callable[[], None] = lambda: None,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self.terms, self.wake_relay = terms, wake_relay
        self._plate_reads, self._metrics, self._clock_ns = plate_reads, metrics, clock_ns

    def warm_up(self) -> None:
        """Load the one kernel that filing calls."""
        band_of(1, 1)

    def assigned(self, partitions: Sequence[Partition]) -> None:
        """Nothing is kept in memory: every batch reads what it needs in its transaction."""

    def judge(self, slices: Sequence[Slice]) -> Outcome:
        """One batch, decoded; the filing itself is part of the transaction."""
        arrivals: list[Arrival] = []
        answers: list[Answered] = []
        dead = []
        for record in records_of(slices):
            try:
                if record.topic in RESPONSES:
                    answers.append(_answered(record))
                    continue
                arrivals.append(arrival(KINDS[record.topic], record.value, self.terms.certain_from))
            except messages.MessageError as error:
                dead.append(refused(record, "json", error.problem))
        outcome = Outcome(dead_letters=dead)
        outcome.write = partial(self._write, arrivals, answers, outcome)
        return outcome

    def _write(
        self, arrivals: Sequence[Arrival], answers: Sequence[Answered], outcome: Outcome, conn: Connection
    ) -> None:
        now_ns = self._clock_ns()
        for answered in answers:
            take(conn, answered, now_ns, self.terms)
        filed = file(conn, arrivals, now_ns, self.terms, self._plate_reads) if arrivals else Filed()
        outcome.duplicates = filed.repeats
        outcome.committed = partial(self._committed, filed, bool(answers))

    def _committed(self, filed: Filed, answered: bool) -> None:
        if filed.due or answered:
            self.wake_relay()
        for (severity, state), count in filed.made.items():
            self._metrics.alerts.labels(severity, state).inc(count)
        for reason in filed.alerted:
            self._metrics.alert_reasons.labels(reason).inc()
        self._metrics.merged_cases.inc(filed.merged_cases)


def _answered(record: ConsumerRecord) -> Answered:
    """The response of a record. Raises `MessageError` where it is none, or of another agency than its topic's."""
    response, agency = messages.decode(messages.Response, record.value), RESPONSES[record.topic]
    if response.agency not in (None, agency):
        raise messages.MessageError("response", f"agency is {response.agency!r} on the topic of {agency}")
    key = (record.key or b"").decode(errors="replace")
    if not _ID.fullmatch(key):
        raise messages.MessageError("response", "the key is no intercept's id: 16 hex digits")
    return Answered(agency, key, response)
