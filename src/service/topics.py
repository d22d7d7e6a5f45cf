"""The topics: one table that feeds `wim topics`, the embedded broker's first contact, and the documents.

A reader guesses from it who orders what (the key), how far back a replay can go (retention) and what a message may
weigh. Names are `domain.entity.vN`; a layout that old readers cannot take gets a new N and a new row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

FRAMES = "wim.frames.v1"
PASSAGES = "wim.passages.v1"
VIOLATIONS = "wim.violations.v1"
SIGHTINGS = "wim.sightings.v1"
INTERCEPTS = "dispatch.intercepts.v1"
JOINT_ACTION = "dispatch.joint-action.v1"
HEALTH = "wim.health.v1"
DEAD_LETTERS = "wim.dead-letters.v1"

#: One topic an agency, so that the topic's access list and not the message says who speaks (contracts.md §5).
AGENCIES = ("road", "police")

#: Largest message of frames, passages and dead letters (contracts.md §2); also what our producers allow.
LARGE_BYTES = 8 * 1024 * 1024
#: Kafka's own default, enough for every JSON message.
PLAIN_BYTES = 1024 * 1024

#: Divisible by 1, 2, 3, 4, 6 and 12 workers, and enough keys in each for a province's 300 sites.
MANY_PARTITIONS = 12
#: Topics of a few messages a second; still one partition for each of three workers.
FEW_PARTITIONS = 3

#: A week of passages rebuilds every figure that a wrong release could have spoilt since the last working day.
REPLAY = timedelta(days=7)
#: Frames are forty times a passage; those of violations are archived, so three days cover a long weekend's fault.
FRAMES_KEPT = timedelta(days=3)
#: Violations, what was answered to them and what was refused: contracts.md §5.
MONTH = timedelta(days=30)


def responses(agency: str) -> str:
    """The topic on which one agency tells what it did."""
    return f"dispatch.responses.{agency}.v1"


@dataclass(frozen=True)
class Topic:
    """One row of the table.

    `retention` None means that a message is kept until a newer one of its key replaces it (compaction).
    `message` names the JSON Schema or the binary layout of the value.
    """

    name: str
    key: str
    message: str
    partitions: int
    retention: timedelta | None
    max_bytes: int
    description: str
    #: Further messages on the same topic, told apart by their `schema`.
    also: Sequence[str] = ()

    def settings(self, replication: int) -> Mapping[str, str]:
        """Its Kafka configuration where every message has `replication` copies."""
        policy = {"cleanup.policy": "compact"} if self.retention is None else _kept_for(self.retention)
        # One copy fewer than there are must confirm: a broker may be restarted and nothing acknowledged is lost.
        return {**policy, "max.message.bytes": str(self.max_bytes), "min.insync.replicas": str(max(1, replication - 1))}


def _kept_for(retention: timedelta) -> Mapping[str, str]:
    return {"cleanup.policy": "delete", "retention.ms": str(int(retention.total_seconds() * 1000))}


TOPICS: Sequence[Topic] = (
    Topic(FRAMES, "site", "frame", MANY_PARTITIONS, FRAMES_KEPT, LARGE_BYTES, "Raw strip signals of one presence."),
    Topic(PASSAGES, "site", "passages", MANY_PARTITIONS, REPLAY, LARGE_BYTES, "Vehicles that crossed the strips."),
    Topic(VIOLATIONS, "plate", "violation", MANY_PARTITIONS, MONTH, PLAIN_BYTES, "Passages judged overloaded."),
    Topic(SIGHTINGS, "plate", "sighting", MANY_PARTITIONS, REPLAY, PLAIN_BYTES, "Clean passages of a wanted plate."),
    Topic(INTERCEPTS, "intercept id", "intercept", 6, None, PLAIN_BYTES, "Each intercept's current state."),
    Topic(
        JOINT_ACTION,
        "intercept id",
        "joint-action",
        6,
        MONTH,
        PLAIN_BYTES,
        "What agencies owe each other, and did; and which of their responses were refused.",
        also=("refusal",),
    ),
    *(
        Topic(responses(agency), "intercept id", "response", FEW_PARTITIONS, MONTH, PLAIN_BYTES, f"What {agency} did.")
        for agency in AGENCIES
    ),
    Topic(HEALTH, "site", "health", FEW_PARTITIONS, REPLAY, PLAIN_BYTES, "Minute beats of roadside units."),
    Topic(DEAD_LETTERS, "as it came", "dead-letter", FEW_PARTITIONS, MONTH, LARGE_BYTES, "What was refused, and why."),
)
