"""A roadside unit that speaks HTTP: `UNIT_TOKEN=… python unit_http.py G104-K012 1 苏A12345 http://127.0.0.1:8000`.

It sends one invented truck of 106 t, a 百噸王, that crosses now. The token is one of the role *device*.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from typing import Any

AXLES_KG = [(3_600, 3_500), (9_900, 9_800), (9_900, 9_880), (10_000, 9_900), (9_900, 9_900), (9_950, 9_950)]
SPACING_MM = [3_700, 1_350, 6_860, 1_310, 1_310, None]
#: Broker or network away: the same passages again, for they count once however often they come.
TRIES, WAIT_SECONDS = 30, 2.0


def hundred_tonne(site: str, lane: int, plate: str) -> dict[str, Any]:
    """A truck of six axles and 106 180 kg, in the JSON form; what is left out is not known."""
    return {
        "time": datetime.now(UTC).isoformat(),
        "site": site,
        "lane": lane,
        "direction": 0,
        "sequence": 1,
        "run": 1,
        "plate": plate,
        "plate_colour": 1,
        "plate_confidence": 97,
        "gross_kg": sum(map(sum, AXLES_KG)),
        "speed_kmh": 62.5,
        "axles": [
            {"left_kg": left, "right_kg": right, "spacing_mm": spacing}
            for (left, right), spacing in zip(AXLES_KG, SPACING_MM, strict=True)
        ],
    }


def send(passages: list[dict[str, Any]], address: str, token: str) -> list[str]:
    """Send them, all or none; their ids once Kafka has them. Raises HTTPError for what no repetition mends."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/v1/passages", json.dumps(passages).encode(), headers)
    for _ in range(TRIES):
        try:
            return post(request)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                print(error.read().decode(), file=sys.stderr)  # problem+json: which record, which field, what to write
                raise
        except urllib.error.URLError as error:
            print(error, file=sys.stderr)
        time.sleep(WAIT_SECONDS)
    return post(request)


def post(request: urllib.request.Request) -> list[str]:
    """One try."""
    with urllib.request.urlopen(request, timeout=30) as answer:
        ids: list[str] = json.load(answer)["ids"]
        return ids


if __name__ == "__main__":
    site, lane, plate, address = sys.argv[1:]
    print(*send([hundred_tonne(site, int(lane), plate)], address, os.environ["UNIT_TOKEN"]))
