"""The network of the standard mix: a province of 50 corridors with 10 sites of 4 lanes each, 2 000 lanes in all.

Every site has what a verdict looks up: a certificate, an approval, a tolerance. Nothing of it exists.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

CORRIDORS = 50
SITES_PER_CORRIDOR = 10
#: Lanes 1 and 2 run up, 3 and 4 down.
LANES_PER_SITE = 4
UP_LANES = 2
SITES = CORRIDORS * SITES_PER_CORRIDOR
LANES = SITES * LANES_PER_SITE

#: From before the first rule set until after the last run of this benchmark.
_PERIOD = "from = 2016-09-21, until = 2060-01-01"


def site_names() -> npt.NDArray[np.bytes_]:
    """The sites' ids, shape (SITES,), in the order of the registry."""
    return np.array([_site(corridor, place) for corridor, place in _places()], "S16")


def corridor_names() -> list[str]:
    """The corridors' ids."""
    return [_corridor(number) for number in range(CORRIDORS)]


def registry_toml() -> str:
    """The registry file."""
    corridors = (f'[[corridor]]\nid = "{name}"\ntimezone = "Asia/Shanghai"\n' for name in corridor_names())
    return "\n".join([*corridors, *(_site_toml(corridor, place) for corridor, place in _places())])


def _places() -> list[tuple[int, int]]:
    return [(corridor, place) for corridor in range(CORRIDORS) for place in range(SITES_PER_CORRIDOR)]


def _corridor(number: int) -> str:
    return f"B{number + 1:02d}"


def _site(corridor: int, place: int) -> str:
    return f"{_corridor(corridor)}-K{10 * (place + 1):03d}"


def _site_toml(corridor: int, place: int) -> str:
    site = _site(corridor, place)
    lines = [
        "[[site]]",
        f'id = "{site}"',
        f'corridor = "{_corridor(corridor)}"',
        f"chainage_km = {10.0 * (place + 1)}",
        f'certificate = [{{number = "{site}", class = 5, {_PERIOD}, speed_kmh = [5, 120]}}]',
        f'evidence_approved = [{{number = "{site}", {_PERIOD}}}]',
        "tolerance = [{from = 2016-09-21, percent = 5.0}]",
    ]
    for lane in range(1, LANES_PER_SITE + 1):
        direction = "up" if lane <= UP_LANES else "down"
        lines += ["[[site.lane]]", f"number = {lane}", f'direction = "{direction}"', "strips = []"]
    return "\n".join(lines) + "\n"
