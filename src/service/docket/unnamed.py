"""Takes the plate out of what is written into the ledger, however a person spelled it there.

Nothing in the ledger is ever made a pseudonym, so a plate must not get in: small letters, spaces, dots and full-width
forms are the same plate, and so it is without its province where it stands as a word of its own.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from typing import Any

from dispatch.ledger import Entry

#: What stands where the plate stood.
PLATE = "[plate]"

#: Without its province a shorter plate is any word or number.
_TELLING_LETTERS = 5


def without_plate(entry: Entry, plate: str) -> Entry:
    """The entry with `[plate]` wherever its note or its document named the plate."""
    named = "".join(_plain(plate))
    if not named:
        return entry
    return replace(entry, note=_masked(entry.note, named), document=_masked(entry.document, named))


def _masked(value: Any, named: str) -> Any:
    if isinstance(value, str):
        return _masked_text(value, named)
    if isinstance(value, dict):
        return {key: _masked(one, named) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(one, named) for one in value]
    return value


def _masked_text(text: str, named: str) -> str:
    letters = [(plain, place) for place, letter in enumerate(text) for plain in _plain(letter)]
    kept, after = [], 0
    for found in _pattern(named).finditer("".join(plain for plain, _ in letters)):
        start, end = letters[found.start()][1], letters[found.end() - 1][1] + 1
        if found[0][0].isascii() and not _stands_alone(text, start, end):
            continue
        kept += [text[after:start], PLATE]
        after = end
    return "".join([*kept, text[after:]])


def _pattern(named: str) -> re.Pattern[str]:
    province, rest = named[0], named[1:]
    if province.isascii() or len(rest) < _TELLING_LETTERS:
        return re.compile(re.escape(named))
    return re.compile(f"{re.escape(province)}?{re.escape(rest)}")


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether it is no part of a longer word, such as an id."""
    return not any(letter.isascii() and letter.isalnum() for letter in (text[start - 1 : start], text[end : end + 1]))


def _plain(text: str) -> list[str]:
    """Letters and digits as a camera reads them."""
    return [letter for letter in unicodedata.normalize("NFKC", text).upper() if letter.isalnum()]
