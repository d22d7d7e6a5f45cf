"""TOML files that people write, and what pydantic finds wrong in them, told as `wim.document` tells it: the place, what
is wrong there, what to write instead.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from wim.document import RegistryError, RegistryErrors, nearest, shown

#: What to write, by the first word of pydantic's error type or by the type of the field.
_WRITE = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "a text in quotes",
    "dict": "a table",
    "model": "a table",
    "list": "an array",
    "tuple": "an array",
    "path": "a path in quotes",
}
_BOUNDS = (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most"))


def toml_value(value: object) -> str:
    """A text, number, boolean or array of them as TOML writes it."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)  # for these, what JSON writes is TOML


@dataclass(frozen=True)
class Mistake:
    """One wrong value: the keys that lead to it, what is wrong, what to write instead."""

    keys: tuple[str, ...]
    problem: str
    remedy: str


class MisfitError(ValueError):
    """What a validator of ours raises; `key` is the one to change, empty where the validator has only that one."""

    def __init__(self, key: str, problem: str, remedy: str) -> None:
        self.key, self.problem, self.remedy = key, problem, remedy
        super().__init__(f"{key} {problem}; {remedy}")


def read_toml(path: Path, remedy: str) -> dict[str, object]:
    """The TOML document at `path`; `remedy` says what to do where there is no such file.

    Raises:
        RegistryErrors: it cannot be read, or is no TOML.
    """
    try:
        return tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise _unreadable(path, f"cannot be read ({error.strerror})", remedy) from None
    except UnicodeDecodeError as error:
        raise _unreadable(path, f"is not UTF-8 at byte {error.start}", "save it as UTF-8") from None
    except (ValueError, RecursionError) as error:  # tomllib's own, and numbers or nesting beyond Python's bounds
        raise _unreadable(path, f"is no TOML: {error}", "mend it there; toml.io shows how values are written") from None


def _unreadable(path: Path, problem: str, remedy: str) -> RegistryErrors:
    return RegistryErrors([RegistryError(str(path), "", problem, remedy)])


def mistakes(error: ValidationError, model: type[BaseModel]) -> Iterator[Mistake]:
    """Everything that `error` says about input of `model`; secrets are never repeated."""
    for found in error.errors(include_url=False):
        keys = tuple(str(part) for part in found["loc"])
        own = found.get("ctx", {}).get("error")
        if isinstance(own, MisfitError):
            yield Mistake((*keys, *filter(None, own.key.split("."))), own.problem, own.remedy)
        elif found["type"] == "extra_forbidden":
            known = sorted(_model_at(model, keys[:-1]).model_fields)
            yield Mistake(keys, "is not a key of this table", nearest(keys[-1], known))
        elif found["type"] == "missing":
            yield Mistake(keys, "is missing", "add it")
        else:
            value = "a secret" if _is_secret(model, keys) else shown(found["input"])
            yield Mistake(keys, f"is {value}", _remedy(model, keys, found))


def _remedy(model: type[BaseModel], keys: tuple[str, ...], found: Any) -> str:
    context, field = found.get("ctx", {}), field_at(model, keys)
    if "expected" in context:
        return f"write {context['expected']}"
    if found["type"] in ("too_short", "too_long"):
        return f"write {context.get('min_length', context.get('max_length'))} values"
    what = _WRITE.get(found["type"].split("_")[0])
    if field is None:
        return f"write {what}" if what else str(found["msg"])
    what = what or _WRITE.get(getattr(field.annotation, "__name__", ""))
    return f"write {what} {bounds(field)}".rstrip() if what else str(found["msg"])


def bounds(field: FieldInfo) -> str:
    """The bounds of a number in words, empty where it has none."""
    found = {name: getattr(item, name) for item in field.metadata for name, _ in _BOUNDS if hasattr(item, name)}
    if found.keys() == {"ge", "le"}:
        return f"from {found['ge']} to {found['le']}"
    return " and ".join(f"{words} {found[name]}" for name, words in _BOUNDS if name in found)


def field_at(model: type[BaseModel], keys: tuple[str, ...]) -> FieldInfo | None:
    """The field under `keys`, None where they lead to none (an item of an array, a key that does not exist)."""
    return _model_at(model, keys[:-1]).model_fields.get(keys[-1]) if keys else None


def _model_at(model: type[BaseModel], keys: tuple[str, ...]) -> type[BaseModel]:
    for key in keys:
        field = model.model_fields.get(key)
        annotation = field.annotation if field else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return model
        model = annotation
    return model


def _is_secret(model: type[BaseModel], keys: tuple[str, ...]) -> bool:
    field = field_at(model, keys)
    return field is not None and is_secret(field)


def is_secret(field: FieldInfo) -> bool:
    """Whether the field holds a password or the like."""
    return "SecretStr" in str(field.annotation) or field.annotation is SecretStr
