"""Roads for tests: entries of a registry, as its file has them, to be put together."""

from __future__ import annotations

from datetime import date
from typing import Any

from service.documents import toml_value

#: The shift of a squad that never goes home.
ALWAYS = {"days": "Mon-Sun", "from": "00:00", "until": "24:00"}


def entry(kind: str, **fields: Any) -> str:
    """One entry of a kind; a field that is None is left out."""
    lines = [f"{name} = {_value(value)}" for name, value in fields.items() if value is not None]
    return "\n".join([f"[[{kind}]]", *lines, ""])


def corridor(name: str, **fields: Any) -> str:
    """A road in China."""
    return entry("corridor", id=name, timezone="Asia/Shanghai", **fields)


def site(name: str, chainage_km: float, directions: tuple[str, ...] = ("up",), **fields: Any) -> str:
    """A site on the corridor that its name begins with, with a lane for each of the directions."""
    lanes = [entry("site.lane", number=number, direction=way) for number, way in enumerate(directions, 1)]
    return entry("site", id=name, corridor=name.partition("-")[0], chainage_km=chainage_km, **fields) + "".join(lanes)


def stop_point(name: str, chainage_km: float, **fields: Any) -> str:
    """A stop point for trucks that go up G104."""
    return entry("stop_point", id=name, corridor="G104", chainage_km=chainage_km, direction="up", **fields)


def squad(name: str, agency: str, base: str, **fields: Any) -> str:
    """A squad that serves the first 60 km of G104."""
    section = {"corridor": "G104", "from_km": 0.0, "to_km": 60.0}
    return entry("squad", id=name, agency=agency, base=base, sections=[section], **fields)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name} = {_value(one)}' for name, one in value.items())}}}"
    return value.isoformat() if isinstance(value, date) else toml_value(value)
