"""Documents for readers who see no plates: pseudonyms where plates stand, nothing where a person may have written one.

===================  ===============================================================================================
field                becomes
===================  ===============================================================================================
plate, permit,       their pseudonyms, alike wherever they stand: whoever has the papers finds the plate by the
permit_number,       number
document_number
media                empty: a picture shows the plate
note, outcome        null: what a person typed may name it; of ledger entries `document` is empty too
===================  ===============================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from service.pseudonyms import Pseudonyms


def document(kind: str, text: str, pseudonyms: Pseudonyms) -> bytes:
    """The JSON of a message of that kind (intercept, violation, joint-action), masked."""
    told = msgspec.json.decode(text)
    _MASKS[kind](told, pseudonyms)
    return msgspec.json.encode(told)


def _violation(told: dict[str, Any], pseudonyms: Pseudonyms) -> None:
    told["passage"]["plate"] = pseudonyms.of(told["passage"]["plate"])
    told["media"] = []
    if told.get("permit"):
        told["permit"] = pseudonyms.of(told["permit"])


def _intercept(told: dict[str, Any], pseudonyms: Pseudonyms) -> None:
    told["plate"] = pseudonyms.of(told["plate"])
    told["note"] = None
    _papers(told, pseudonyms)
    _violation(told["best"], pseudonyms)


def _joint(told: dict[str, Any], pseudonyms: Pseudonyms) -> None:
    told["plate"] = pseudonyms.of(told["plate"])
    for part in (*told["sides"], *told["ledger"]):
        part["note"] = None
    for side in told["sides"]:
        side["outcome"] = None
        _papers(side, pseudonyms)
    for entry in told["ledger"]:
        entry["document"] = {}


def _papers(told: dict[str, Any], pseudonyms: Pseudonyms) -> None:
    for name in ("permit_number", "document_number"):
        if told.get(name):
            told[name] = pseudonyms.of(told[name])


#: A kind that is not here cannot be shown to them.
_MASKS: Mapping[str, Callable[[dict[str, Any], Pseudonyms], None]] = {
    "violation": _violation,
    "intercept": _intercept,
    "joint-action": _joint,
}
