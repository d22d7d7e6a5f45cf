"""People with phones who act on intercepts by HTTP: what nobody answered they send again under the same key."""

from __future__ import annotations

import http.client
import json
import random
import select
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: One answer; a killed server hangs up at once, so this only bounds how long a busy one may take.
ANSWER_SECONDS = 20.0
#: Between two tries, so that whoever is just starting again is not buried.
AGAIN_SECONDS = 0.2
#: Part of all requests whose answer comes when the phone is in a tunnel.
TUNNEL = 0.15
#: What is no answer to an action but to its moment: the server is starting, or has too much to do.
_NOT_NOW = (429, 500, 502, 503, 504)

Row = dict[str, Any]
Deed = dict[str, Any]
#: What somebody does next about an intercept; None: nothing.
Decide = Callable[[random.Random, Row], Deed | None]


class Done(NamedTuple):
    """An action that was acknowledged: by whom, to which intercept, and the version that it made."""

    actor: str
    action: str
    intercept: str
    version: int


@dataclass
class Tally:
    """What all phones came to; `enough` ends them."""

    wanted: int
    done: list[Done] = field(default_factory=list)
    refused: int = 0
    replayed: int = 0
    enough: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, status: int, headers: Mapping[str, str], done: Done | None) -> None:
        """Count one answer."""
        with self.lock:
            self.replayed += headers.get("idempotent-replayed") == "true"
            if done is None:
                self.refused += 1
                assert status in (404, 409, 412), f"an answer that no phone expects: {status}"
                return
            self.done.append(done)
            if len(self.done) >= self.wanted:
                self.enough.set()


@dataclass
class Phone:
    """One person; `run` in a thread of its own."""

    address: str
    name: str
    token: str
    decide: Decide
    chance: random.Random
    tally: Tally

    def run(self) -> None:
        """Look, and do one thing, until all have done enough. What was begun is brought to its answer."""
        while not self.tally.enough.is_set():
            rows = self._look()
            self.chance.shuffle(rows)
            deeds = ((row, deed) for row in rows if (deed := self.decide(self.chance, row)) is not None)
            row, deed = next(deeds, (None, None))
            if row is None or deed is None:
                self.tally.enough.wait(AGAIN_SECONDS)
            else:
                self._act(row, deed)

    def get(self, path: str) -> Any:
        """What a path answers now; None where nobody does, or not yet."""
        try:
            status, _, body = self._request("GET", path)
        except (OSError, http.client.HTTPException):
            return None
        return body if status == 200 else None

    def _look(self) -> list[Row]:
        found = self.get("/v1/intercepts?active=true&limit=100")
        rows: list[Row] = found["items"] if found else []
        return rows

    def _act(self, row: Row, deed: Deed) -> None:
        """Send it until it is answered, always under the same key and on the version that was seen."""
        headers = {
            "Idempotency-Key": str(uuid.UUID(int=self.chance.getrandbits(128))),
            "If-Match": f'"{row["version"]}"',
        }
        path = f"/v1/intercepts/{row['id']}/actions"
        deaf = self.chance.random() < TUNNEL
        while True:
            try:
                status, told, body = self._request("POST", path, deed, headers, deaf)
            except (OSError, http.client.HTTPException):
                status = 503
            if status not in _NOT_NOW:
                break
            deaf = False
            threading.Event().wait(AGAIN_SECONDS)
        done = Done(self.name, deed["action"], row["id"], body["version"]) if status == 200 else None
        self.tally.note(status, told, done)

    def _request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, deaf: bool = False
    ) -> tuple[int, dict[str, str], Any]:
        """One request; of a `deaf` one the answer comes and is lost on the way."""
        connection = http.client.HTTPConnection(self.address, timeout=ANSWER_SECONDS)
        try:
            sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **(headers or {})}
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            if deaf:
                select.select([connection.sock], [], [], ANSWER_SECONDS)
                raise ConnectionAbortedError
            answer = connection.getresponse()
            text = answer.read()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, told, json.loads(text) if text else None
        finally:
            connection.close()


def squad(chance: random.Random, row: Row, mine: str | None) -> Deed | None:
    """What a squad does: brings its own truck to an end, takes or passes what it is asked about, takes what is open."""
    if row["squad"] not in (None, mine) or (row["squad"] is None and row["state"] != "open"):
        return None
    deeds = _DEEDS.get(row["state"])
    return deeds(chance, row) if deeds else None


def duty(chance: random.Random, row: Row, squads: list[str]) -> Deed | None:
    """What the desk does: looks at doubtful trucks, claims for those on the radio, hands over, cancels; not often."""
    if row["state"] == "unverified":
        return {"action": "verify"}
    if row["state"] == "open":
        return {"action": "claim", "squad": chance.choice(squads)}
    if chance.random() > 0.05:
        return None
    return {"action": chance.choice(["hand_over", "cancel"]), "note": "by radio"}


def _offered(chance: random.Random, row: Row) -> Deed:
    if row["state"] == "offered" and chance.random() < 0.1:
        return {"action": "pass", "note": "flat tyre"}
    return {"action": "claim"}


def _claimed(chance: random.Random, row: Row) -> Deed:
    return {"action": chance.choice(["depart", "depart", "stop"])}


def _en_route(chance: random.Random, row: Row) -> Deed:
    return {"action": "lose" if chance.random() < 0.1 else "stop"}


def _stopped(chance: random.Random, row: Row) -> Deed:
    share = 0.9 if chance.random() < 0.2 else 1.5
    return {
        "action": "weigh",
        "static_gross_kg": round(row["best"]["limit_high_kg"] * share),
        "scale_certificate": "S-1",
    }


def _weighed(chance: random.Random, row: Row) -> Deed:
    return {"action": "confirm" if row["static_gross_kg"] > row["best"]["limit_high_kg"] else "legal"}


def _confirmed(chance: random.Random, row: Row) -> Deed:
    lighter = {"static_gross_kg": row["best"]["limit_high_kg"], "scale_certificate": "S-1"}
    return {"action": "unload", "unloaded_kg": 12_000, **lighter}


_DEEDS: Mapping[str, Callable[[random.Random, Row], Deed]] = {
    "open": _offered,
    "offered": _offered,
    "claimed": _claimed,
    "en_route": _en_route,
    "stopped": _stopped,
    "weighed": _weighed,
    "confirmed": _confirmed,
}
