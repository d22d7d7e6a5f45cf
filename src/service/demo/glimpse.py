"""What the demo shows, asked of its own API: today's rates of every corridor, and the newest intercepts."""

from __future__ import annotations

import json
import math
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: The view is drawn every second; an answer that takes longer is not worth waiting for.
ANSWER_SECONDS = 2.0
#: As many as a tall terminal has room for.
NEWEST = 20
_UNREAD = re.compile(r'wim_lag_messages\{(?=.*stream_lane="(?P<lane>\w+)").*\} (?P<messages>\S+)')

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Api:
    """The API at an address, for one holder of a token."""

    address: str
    token: str

    def get(self, path: str) -> Any:
        """The JSON at a path; None where nobody answers, or not yet."""
        request = urllib.request.Request(self.address + path, headers={"Authorization": f"Bearer {self.token}"})
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:
                return json.load(answer)
        except (OSError, urllib.error.URLError, ValueError):
            return None

    def rates(self) -> list[Row]:
        """One row a corridor and direction, each with its corridor."""
        found = self.get("/v1/rates") or {"corridors": []}
        return [{"corridor": one["corridor"], **row} for one in found["corridors"] for row in one["rows"]]

    def intercepts(self) -> list[Row]:
        """Those that somebody can act on, the newest first."""
        found = self.get(f"/v1/intercepts?active=true&limit={NEWEST}") or {"items": []}
        items: list[Row] = found["items"]
        return items


def is_up(address: str) -> bool:
    """Whether the API says that it lives."""
    try:
        with urllib.request.urlopen(f"{address}/livez", timeout=ANSWER_SECONDS) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def unread_bytes(metrics: str, message_bytes: Mapping[str, int]) -> float:
    """How much of any one partition the worker has not read yet, by its own metrics; 0 where it does not say.

    `message_bytes` are the sizes of what its lanes read; other lanes do not count.
    """
    try:
        with urllib.request.urlopen(metrics, timeout=ANSWER_SECONDS) as answer:
            lines = answer.read().decode().splitlines()
    except OSError:
        return 0.0
    found = [row for line in lines if (row := _UNREAD.match(line))]
    sizes = [float(row["messages"]) * message_bytes.get(row["lane"], 0) for row in found]
    return max((size for size in sizes if not math.isnan(size)), default=0.0)
