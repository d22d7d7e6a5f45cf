"""Guarantees of the ledger's silence about plates: no spelling of a plate gets in, and nothing else is lost."""

from __future__ import annotations

from typing import Any

import pytest

from dispatch.ledger import Entry
from service.docket.unnamed import without_plate

PLATE = "苏A12345"


def entry(note: str | None, **document: Any) -> Entry:
    return Entry(0, "c0", "G104", "li", "squad", "road", "pass", "open", note=note, document=document)


@pytest.mark.parametrize(
    "spelled",
    [
        "苏A12345",
        "苏a12345",
        "苏A·12345",
        "苏 A 12345",
        "苏A-123.45",
        "苏\uff21\uff11\uff12\uff13\uff14\uff15",  # full-width, as a phone's keyboard writes it
        "A12345",
        "a 12345",
    ],
)
def test_no_spelling_of_the_plate_gets_in(spelled: str) -> None:
    """In the middle of a sentence, once or twice, and deep in the document."""
    kept = without_plate(
        entry(f"追 {spelled} 到橋, {spelled}!", outcome=f"fined {spelled}", more=[{"of": spelled}]), PLATE
    )
    assert kept.note == "追 [plate] 到橋, [plate]!"
    assert kept.document == {"outcome": "fined [plate]", "more": [{"of": "[plate]"}]}


@pytest.mark.parametrize(
    "text", ["苏B12345", "A1234", "0fa1234500aa12bc", "SA123456", "12345 kg, 3 axles", "2026-05-28T19:00:00Z", ""]
)
def test_what_is_not_the_plate_stays_as_it_was_written(text: str) -> None:
    """Other plates, weights, times and ids are evidence."""
    kept = without_plate(entry(text, id=text, version=3, static_gross_kg=12_345), PLATE)
    assert (kept.note, dict(kept.document)) == (text, {"id": text, "version": 3, "static_gross_kg": 12_345})


def test_without_a_plate_there_is_nothing_to_take_out() -> None:
    """A truck whose plate nobody read."""
    said = entry("no plate, red cab")
    assert without_plate(said, "") == said
