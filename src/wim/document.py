"""Read the tables of a TOML or JSON document that a person wrote, and say everything that is wrong with it at once.

A `Table` hands out its values one by one through a reader (`whole(1, 255)`, `one_of("up", "down")`, …). What a reader
refuses is noted under the value's dotted key (`site[2].lane[0].strips[1].side`) together with what to write instead,
and reading goes on; a key that nobody took is noted too, with the nearest real key. Whoever opened the document raises
what was noted as one `RegistryErrors`.

A faulty value comes out as a placeholder: a table's values may be stored, but not computed with until `sound` says so.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final, TypeVar, cast

T = TypeVar("T")
Reader = Callable[[object], T]

#: Enough to mend a file in one go; more would bury the first, which often causes the others.
MOST_ERRORS: Final = 20

_NO_DEFAULT: Final = object()
_FAULTY: Final = object()
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SHOWN_CHARACTERS = 60
_LISTED_NAMES = 20


class RegistryError(ValueError):
    """One wrong place: the file or request, the dotted key, what is wrong there and what to write instead."""

    def __init__(self, origin: str, key: str, problem: str, remedy: str) -> None:
        self.origin, self.key, self.problem, self.remedy = origin, key, problem, remedy
        super().__init__(f"{origin}: {key}{': ' if key else ''}{problem}; {remedy}")


class RegistryErrors(ValueError):  # noqa: N818 -- it is several
    """All that is wrong with one document: the first `MOST_ERRORS` places, and how many there are in all."""

    def __init__(self, errors: Sequence[RegistryError], count: int | None = None) -> None:
        self.errors = tuple(errors)
        self.count = len(self.errors) if count is None else count
        lines = [str(error) for error in self.errors]
        if self.count > len(self.errors):
            lines.append(f"and {self.count - len(self.errors)} more")
        super().__init__("\n".join(lines))


class WrongValueError(Exception):
    """What a reader raises for a value it refuses: what is wrong, and what to write instead."""

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem}; {remedy}")


@dataclass
class Faults:
    """What is wrong with the document `origin` so far."""

    origin: str
    errors: list[RegistryError] = field(default_factory=list)
    count: int = 0

    def note(self, key: str, problem: str, remedy: str) -> None:
        """Add one wrong place; beyond `MOST_ERRORS` only its number."""
        self.count += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(RegistryError(self.origin, key, problem, remedy))

    def raise_any(self) -> None:
        """Raise `RegistryErrors` where anything was noted."""
        if self.count:
            raise RegistryErrors(self.errors, self.count)


class Table:
    """One table of a document, under its dotted key."""

    def __init__(self, value: object, key: str, faults: Faults) -> None:
        self.key, self.faults = key, faults
        self._faults_before = faults.count
        self._taken: set[str] = set()
        self._values: dict[str, object] = {}
        if isinstance(value, Mapping):
            self._values = {str(name): item for name, item in value.items()}
        else:
            faults.note(key, f"is {shown(value)}", "write a table of keys and values")

    @property
    def sound(self) -> bool:
        """Whether nothing was wrong since this table was opened: its values may be computed with."""
        return self.faults.count == self._faults_before

    def place(self, name: str) -> str:
        """The dotted key of `name` in this table."""
        quoted = name if _BARE_KEY.fullmatch(name) else shown(name)
        return f"{self.key}.{quoted}" if self.key else quoted

    def note(self, name: str, problem: str, remedy: str) -> None:
        """Say that the value of `name` is wrong."""
        self.faults.note(self.place(name), problem, remedy)

    def has(self, name: str) -> bool:
        """Whether the key was written; JSON's null is its way of leaving it out."""
        return self._values.get(name) is not None

    def take(self, name: str, read: Reader[T], otherwise: Any = _FAULTY) -> T:
        """The value of `name`, which must be there; `otherwise` where it is wrong and reading needs one to go on."""
        self._taken.add(name)
        if not self.has(name):
            self.note(name, "is missing", f"add it{_example(read)}")
            return cast(T, otherwise)
        try:
            return read(self._values[name])
        except WrongValueError as wrong:
            self.note(name, wrong.problem, wrong.remedy)
            return cast(T, otherwise)

    def take_or(self, name: str, read: Reader[T], default: T) -> T:
        """The value of `name`, or `default` where it was not written."""
        self._taken.add(name)
        return self.take(name, read, default) if self.has(name) else default

    def maybe(self, name: str, read: Reader[T]) -> T | None:
        """The value of `name`, or None where it was not written."""
        self._taken.add(name)
        return self.take(name, read) if self.has(name) else None

    def entry(self, name: str, read: Callable[[Table], T]) -> T | None:
        """The one table under `name`; None where it is absent or not sound."""
        self._taken.add(name)
        return read_table(self._values[name], self.place(name), self.faults, read) if self.has(name) else None

    def entries(self, name: str, read: Callable[[Table], T], *unique: str | tuple[str, ...]) -> list[T]:
        """The sound ones of the tables under `name` (a table, an array of tables, or nothing), in their order.

        No two of them may agree in any of the attributes `unique` (named as the key, or as the key with `_ns`; a tuple
        of them counts as one).
        """
        self._taken.add(name)
        value = self._values[name] if self.has(name) else ()
        written = [(self.place(name), value)] if isinstance(value, Mapping) else self._numbered(name, value)
        items = [(key, read_table(item, key, self.faults, read)) for key, item in written]
        sound = [(key, item) for key, item in items if item is not None]
        for attributes in unique:
            self._check_distinct(sound, (attributes,) if isinstance(attributes, str) else attributes)
        return [item for _, item in sound]

    def _check_distinct(self, items: Sequence[tuple[str, object]], attributes: tuple[str, ...]) -> None:
        first: dict[tuple[object, ...], str] = {}
        for key, item in items:
            before = first.setdefault(tuple(getattr(item, attribute) for attribute in attributes), key)
            if before != key:
                names = " and ".join(attribute.removesuffix("_ns") for attribute in attributes)
                self.faults.note(f"{key}.{names}", f"is the same as in {before}", "give each its own")

    def _numbered(self, name: str, value: object) -> list[tuple[str, object]]:
        if isinstance(value, list | tuple):
            return [(f"{self.place(name)}[{index}]", item) for index, item in enumerate(value)]
        self.note(name, f"is {shown(value)}", f"write an array of tables, [[{name}]]")
        return []

    def ids(self, name: str, key: str = "id") -> frozenset[str]:
        """Every text under `key` in the tables of `name`, sound or not: what another table may refer to."""
        value = self._values.get(name, ())
        items = value if isinstance(value, list | tuple) else (value,)
        found = (item.get(key) for item in items if isinstance(item, Mapping))
        return frozenset(item for item in found if isinstance(item, str))

    def close(self, *also: str) -> None:
        """Note every key that nobody took and that is not in `also`."""
        known = sorted(self._taken.union(also))
        for name in self._values:
            if name not in known:
                self.note(name, "is not a key of this table", nearest(name, known))


def read_table(value: object, key: str, faults: Faults, read: Callable[[Table], T]) -> T | None:
    """`value` read as one whole table: None, with what was wrong noted, unless it is sound and every key was known."""
    table = Table(value, key, faults)
    if not table.sound:
        return None
    item = read(table)
    table.close()
    return item if table.sound else None


def parse_item(value: object, origin: str, read: Callable[[Table], T]) -> T:
    """One table by itself, as an HTTP body holds it.

    Raises:
        RegistryErrors: everything that is wrong with it.
    """
    faults = Faults(origin)
    item = read_table(value, "", faults, read)
    faults.raise_any()
    assert item is not None  # nothing was wrong
    return item


def text(longest_bytes: int = 256) -> Reader[str]:
    """A text that is not empty, has no control character and fits in `longest_bytes` of UTF-8."""

    def read(value: object) -> str:
        if not isinstance(value, str) or not value.strip() or not value.isprintable():
            raise WrongValueError(f"is {shown(value)}", "write a text in quotes, not empty, on one line")
        if len(value.encode()) > longest_bytes:
            raise WrongValueError(
                f"is {shown(value)}, {len(value.encode())} bytes long", f"use at most {longest_bytes} bytes"
            )
        return value

    return read


def identifier(longest_bytes: int, forbidden: str = "/?#%&") -> Reader[str]:
    """An id that can stand in a path or a message key: a text without spaces or any of `forbidden`."""
    read_text = text(longest_bytes)

    def read(value: object) -> str:
        written = read_text(value)
        wrong = sorted({letter for letter in written if letter.isspace() or letter in forbidden})
        if wrong:
            raise WrongValueError(f"is {shown(value)}", f"leave out {' and '.join(shown(letter) for letter in wrong)}")
        return written

    return read


def number(low: float, high: float, unit: str = "") -> Reader[float]:
    """A finite number from `low` to `high`, both allowed."""

    def read(value: object) -> float:
        if not is_number(value) or not low <= cast(float, value) <= high:
            raise WrongValueError(f"is {shown(value)}", f"write a number from {low:g} to {high:g} {unit}".rstrip())
        return float(cast(float, value))

    return read


def whole(low: int, high: int, unit: str = "") -> Reader[int]:
    """A whole number from `low` to `high`, both allowed."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise WrongValueError(f"is {shown(value)}", f"write a whole number from {low} to {high} {unit}".rstrip())
        return value

    return read


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise WrongValueError(f"is {shown(value)}", "write true or false")
    return value


def one_of(*allowed: str | float) -> Reader[Any]:
    """One of a few values; the type counts (1 is not true), but 5.0 is 5."""

    def read(value: object) -> Any:
        if (isinstance(value, str) or is_number(value)) and value in allowed:
            return allowed[allowed.index(cast(Any, value))]
        raise WrongValueError(f"is {shown(value)}", f"write {_alternatives(allowed)}")

    return read


def reference(known: Collection[str], what: str) -> Reader[str]:
    """The id of a `what` that the document declares."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in known:
            return value
        remedy = nearest(value if isinstance(value, str) else "", sorted(known), what)
        raise WrongValueError(f"is {shown(value)}, but there is no such {what}", remedy)

    return read


def array(read_item: Reader[T], fewest: int = 1, most: int = 10_000) -> Reader[tuple[T, ...]]:
    """An array of `fewest` to `most` values, each read by `read_item`."""

    def read(value: object) -> tuple[T, ...]:
        if not isinstance(value, list | tuple) or not fewest <= len(value) <= most:
            count = f"{fewest}" if fewest == most else f"{fewest} to {most}"
            raise WrongValueError(f"is {shown(value)}", f"write an array of {count} values")
        return tuple(read_item(item) for item in value)

    return read


def shown(value: object) -> str:
    """A value as its author wrote it, shortened, and always fit to be printed."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case str():
            written = json.dumps(value.encode(errors="replace").decode(), ensure_ascii=False)
        case date() | datetime() | time():
            return value.isoformat()
        case Mapping():
            return "a table"
        case list() | tuple():
            return f"an array of {len(value)}"
        case int() if value.bit_length() > 256:  # Python refuses to write out thousands of digits
            return "a very large number"
        case _:
            written = str(value)
    return written if len(written) <= _SHOWN_CHARACTERS else f"{written[:_SHOWN_CHARACTERS]}…"


def is_number(value: object) -> bool:
    """Whether it is an integer or a float (true is none); NaN and infinities fail any comparison that follows."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _alternatives(allowed: Sequence[str | float]) -> str:
    written = [shown(item) for item in allowed]
    return written[0] if len(written) == 1 else f"{', '.join(written[:-1])} or {written[-1]}"


def _example(read: Reader[Any]) -> str:
    """What a missing value may look like: the remedy that its reader gives for something that cannot be right."""
    try:
        read(None)
    except WrongValueError as wrong:
        return f" ({wrong.remedy})"
    return ""


def nearest(name: str, known: Sequence[str], what: str = "key") -> str:
    """What to write instead of `name`: the most similar of the known names, else some of them."""
    same = [item for item in known if item.casefold() == name.casefold()]
    near = same or difflib.get_close_matches(name[:_SHOWN_CHARACTERS], known, n=1)
    if near:
        return f"did you mean {shown(near[0])}?"
    if not known:
        return f"declare the {what} first"
    return f"known: {', '.join(known[:_LISTED_NAMES])}{', …' if len(known) > _LISTED_NAMES else ''}"
