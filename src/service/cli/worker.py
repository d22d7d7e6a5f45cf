"""`wim worker`: carry stream lanes."""

from __future__ import annotations

from typing import Annotated

import typer

from service.settings import Settings, read_settings

Lanes = Annotated[
    str | None,
    typer.Option(
        "--lanes",
        help="Which, with commas: measure, screen, cases, health, archive, frames. Default: all that are set up.",
    ),
]


def run(lanes: Lanes = None) -> None:
    """Carry stream lanes until told to stop; any number of workers share the partitions (with PostgreSQL)."""
    # Faust, numba and the lanes take two seconds to import: not for `wim worker --help`.
    from service import worker

    settings = read_settings()
    worker.run(settings, [name.strip() for name in lanes.split(",")] if lanes else default_lanes(settings))


def default_lanes(settings: Settings) -> list[str]:
    """Everything that needs no further setting."""
    return ["measure", "screen", "cases", "health", *(["archive", "frames"] if settings.archive else [])]
