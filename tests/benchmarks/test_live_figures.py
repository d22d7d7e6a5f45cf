"""From what clients heard to the figures of the live benchmark."""

from __future__ import annotations

import pytest

from benchmarks.live.__main__ import CLIENTS, LEAD_IN, UnheardError, percentiles

MS_NS = 10**6


def test_every_client_and_every_truck_after_the_lead_in_counts() -> None:
    """The slowest of fifty clients is seen in its own figure, and in the greatest of all."""
    committed = {str(truck): truck * 1_000 * MS_NS for truck in range(LEAD_IN + 2)}
    heard = [
        (client, plate, at + (90 if client == 7 else 10) * MS_NS)
        for plate, at in committed.items()
        for client in range(CLIENTS)
    ]
    found = percentiles(committed, heard, {plate: at + 5 * MS_NS for plate, at in committed.items()})
    assert (found["card_p50_ms"], found["card_max_ms"]) == (10, 90)
    assert (found["last_card_p50_ms"], found["message_p99_ms"]) == (90, 5)


def test_a_run_in_which_a_client_missed_a_truck_does_not_count() -> None:
    """A feed that loses events would look fast."""
    committed = {str(truck): 0 for truck in range(LEAD_IN + 1)}
    heard = [(client, plate, MS_NS) for plate in committed for client in range(CLIENTS - 1)]
    with pytest.raises(UnheardError, match="1 of 50"):
        percentiles(committed, heard, committed)
