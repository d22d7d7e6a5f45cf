"""The demo's squads and police desk: they take what they are offered, stop it, weigh it and let it go, over HTTP as
people do, so that the board is alive. One squad is left to whoever watches.

What each does with a truck is told by the truck's own id, so two demos of the same traffic go alike: most offers are
taken after some seconds, some are passed or not answered, some trucks get away, and of those that stand on a scale some
are legal.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from service.demo.glimpse import ANSWER_SECONDS, Api, Row

#: How often everybody looks.
LOOK_SECONDS = 2.0

#: How long a squad stays in a state before it does the next thing: short enough to be watched, long enough to be read.
PAUSE_SECONDS: Mapping[str, tuple[float, float]] = {
    "offered": (4.0, 25.0),
    "claimed": (4.0, 10.0),
    "en_route": (30.0, 90.0),
    "stopped": (20.0, 40.0),
    "weighed": (5.0, 10.0),
    "confirmed": (30.0, 60.0),
    "proposed": (5.0, 15.0),
    "delivered": (5.0, 15.0),
    "accepted": (20.0, 40.0),
    "on_scene": (30.0, 60.0),
}

#: Parts of all trucks: those that a squad passes, does not answer about, loses on the way.
PASSED, UNANSWERED, LOST = 0.08, 0.14, 0.12

#: A static scale is right; the strips are within some per cent of it.
SCALE_SPREAD = 0.04


@dataclass(slots=True)
class Player:
    """Somebody with a token who does one thing after another."""

    api: Api
    list_path: str
    next_deed: Callable[[Row], dict[str, Any] | None]
    mine: Callable[[Row], bool]
    #: Since when each truck stands in its state, by the id and that state.
    since: dict[tuple[str, str], float] = field(default_factory=dict)

    def look(self, now_s: float) -> None:
        """Do what is due."""
        found = self.api.get(f"{self.list_path}?active=true&limit=100") or {"items": []}
        standing = {(row["id"], state_of(row)) for row in found["items"]}
        self.since = {key: at for key, at in self.since.items() if key in standing}
        for row in filter(self.mine, found["items"]):
            began = self.since.setdefault((row["id"], state_of(row)), now_s)
            if now_s - began >= pause_s(row) and (deed := self.next_deed(row)) is not None:
                send(self.api, f"{self.list_path}/{row['id']}/actions", row["version"], deed)


def state_of(row: Row) -> str:
    """The state that somebody waits in: of a joint action that of the police's side."""
    return str(_polices_side(row)["state"] if "sides" in row else row["state"])


def _polices_side(row: Row) -> Row:
    side: Row = next(side for side in row["sides"] if side["agency"] == "police")
    return side


def chance(row: Row, salt: int) -> float:
    """A number in [0, 1) that belongs to a truck, another for each salt."""
    return int(row["id"][salt : salt + 4], 16) / 0x10000


def pause_s(row: Row) -> float:
    """How long to wait in the present state."""
    least, most = PAUSE_SECONDS.get(state_of(row), (LOOK_SECONDS, LOOK_SECONDS))
    return least + (most - least) * chance(row, 0)


def squads_deed(row: Row) -> dict[str, Any] | None:
    """What a squad does next with a truck that it has or is offered."""
    deed = _DEEDS.get(row["state"])
    return deed(row) if deed is not None else None


def _offered(row: Row) -> dict[str, Any] | None:
    part = chance(row, 4)
    if part < PASSED:
        return {"action": "pass", "note": "另有車輛待檢 another truck in hand"}
    return None if part < UNANSWERED else {"action": "claim"}


def _en_route(row: Row) -> dict[str, Any]:
    return {"action": "lose"} if chance(row, 8) < LOST else {"action": "stop"}


def _stopped(row: Row) -> dict[str, Any]:
    gross_kg = row["best"]["passage"]["gross_kg"]
    static_kg = round(gross_kg * (1 + SCALE_SPREAD * (chance(row, 12) - 0.5)) / 20) * 20
    return {"action": "weigh", "static_gross_kg": static_kg, "scale_certificate": "DEMO-SCALE-1"}


def _weighed(row: Row) -> dict[str, Any]:
    over = row["static_gross_kg"] > row["best"]["limit_high_kg"]
    return {"action": "confirm", "document_number": f"DEMO-{row['id'][:6]}"} if over else {"action": "legal"}


def _confirmed(row: Row) -> dict[str, Any]:
    left_kg = min(row["static_gross_kg"], row["best"]["limit_high_kg"]) // 100 * 100
    unloaded_kg = row["static_gross_kg"] - left_kg
    scale = {"static_gross_kg": left_kg, "scale_certificate": "DEMO-SCALE-1"}
    return {"action": "unload", "unloaded_kg": unloaded_kg, **scale}


_DEEDS: Mapping[str, Callable[[Row], dict[str, Any] | None]] = {
    "offered": _offered,
    "claimed": lambda row: {"action": "depart"},
    "en_route": _en_route,
    "stopped": _stopped,
    "weighed": _weighed,
    "confirmed": _confirmed,
}

_POLICE: Mapping[str, Callable[[Row], dict[str, Any]]] = {
    "proposed": lambda row: {"action": "receive"},
    "delivered": lambda row: {"action": "accept"},
    "accepted": lambda row: {"action": "on_scene"},
    "on_scene": lambda row: {"action": "done", "outcome": "罰款 fined", "document_number": f"DEMO-P-{row['id'][:6]}"},
}


def polices_deed(row: Row) -> dict[str, Any] | None:
    """What the police's desk does next about a truck that the road authority proposed."""
    deed = _POLICE.get(state_of(row))
    found = deed(row) if deed is not None else None
    return found if found is not None and found["action"] in _polices_side(row)["actions"] else None


def send(api: Api, path: str, version: int, deed: Mapping[str, Any]) -> None:
    """Do it, once; who was overtaken looks again next time."""
    headers = {
        "Authorization": f"Bearer {api.token}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid.uuid4()),
        "If-Match": f'"{version}"',
    }
    request = urllib.request.Request(api.address + path, json.dumps(deed).encode(), headers)
    try:
        urllib.request.urlopen(request, timeout=ANSWER_SECONDS).close()
    except (urllib.error.HTTPError, OSError):
        return


def crew(address: str, tokens: Mapping[str, str], left_out: str) -> list[Player]:
    """Everybody but the squad that is left to the viewer; `tokens` by account, as the API printed them."""
    squads = [name.removeprefix("demo-") for name in tokens if name not in STAFF]
    players = [
        Player(Api(address, tokens[f"demo-{squad}"]), "/v1/intercepts", squads_deed, _has(squad))
        for squad in squads
        if squad != left_out
    ]
    return [*players, Player(Api(address, tokens["demo-police"]), "/v1/joint-actions", polices_deed, lambda row: True)]


#: Accounts that are no squads.
STAFF = frozenset({"demo-duty", "demo-police", "demo-analyst", "demo-technician", "demo-admin", "demo-device"})


def _has(squad: str) -> Callable[[Row], bool]:
    return lambda row: bool(row["squad"] == squad)


def play(players: Iterable[Player], over: threading.Event) -> threading.Thread:
    """Let them play until `over`, in a thread."""
    thread = threading.Thread(target=_play, args=(list(players), over), name="crew", daemon=True)
    thread.start()
    return thread


def _play(players: list[Player], over: threading.Event) -> None:
    for player in itertools.cycle(players):
        player.look(time.monotonic())
        if over.wait(LOOK_SECONDS / len(players)):
            return
