"""The registry file as a whole."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.registry import Registry, RegistryErrors, parse_registry, read_registry

DOCUMENT = """
[[corridor]]
id = "G104"
timezone = "Asia/Urumqi"
[[site]]
id = "G104-K012"
corridor = "G104"
chainage_km = 12.4
lane = [{number = 1, direction = "up"}]
[[stop_point]]
id = "yard"
corridor = "G104"
chainage_km = 21.0
direction = "up"
[[squad]]
id = "liyang-2"
agency = "road"
sections = [{corridor = "G104", from_km = 0.0, to_km = 60.0}]
base = "yard"
[[permit]]
number = "CX-1"
plate = "苏A0T001"
from = 2026-11-01
until = 2026-12-01
corridors = ["G104"]
gross_kg = 98000
"""

KEYS = st.sampled_from(
    ["corridor", "site", "junction", "stop_point", "squad", "permit", "vehicle", "exempt", "watch", "id", "at", "lane",
     "from", "until", "timezone", "chainage_km", "sections", "shifts", "strips", "line", "side", "calibration", "gain",
     "certificate", "tolerance", "percent", "days", "plate", "corridors", "number", "direction", "base", "other"]
)  # fmt: skip
SCALARS = st.booleans() | st.integers() | st.floats() | st.dates() | st.datetimes() | st.times() | st.sampled_from(
    ["G104", "Asia/Shanghai", "up", "left", "Mon-Sun", "20:00", "苏A12345", "2026-01-01", "", "\0"]
)  # fmt: skip
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=30
    ),
    max_size=5,
)


def written(folder: Path, text: str | bytes) -> Path:
    """A registry file with that content."""
    path = folder / "sites.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_one_file_holds_it_all(tmp_path: Path) -> None:
    """Network, plates, stop points and squads of one file refer to each other."""
    registry = read_registry(written(tmp_path, DOCUMENT))
    assert set(registry.network.sites) == {"G104-K012"}
    assert set(registry.stop_points) == {"yard"}
    assert registry.squads["liyang-2"].base == "yard"
    assert registry.register.permits[0].gross_kg == 98_000


def test_the_dates_of_permits_are_those_of_the_first_corridor(tmp_path: Path) -> None:
    """A permit stands at no place, so its days are those of the network."""
    registry = read_registry(written(tmp_path, DOCUMENT))
    assert registry.timezone == "Asia/Urumqi"
    assert registry.register.permits[0].from_ns == 1_793_469_600 * 10**9  # 2026-10-31T18:00:00Z


def test_without_a_file_nothing_is_known() -> None:
    """No registry is an empty one."""
    assert read_registry(None) == Registry()


def test_errors_of_all_parts_are_told_together(tmp_path: Path) -> None:
    """Sites, squads, permits and unknown tables in one message, each with file, key and remedy."""
    wrong = DOCUMENT.replace('"up"', '"Up"').replace("98000", "98").replace('"road"', '"rode"') + "[[sites]]\n"
    path = written(tmp_path, wrong)
    with pytest.raises(RegistryErrors) as raised:
        read_registry(path)
    assert str(raised.value).splitlines() == [
        f'{path}: site[0].lane[0].direction: is "Up"; write "up" or "down"',
        f'{path}: stop_point[0].direction: is "Up"; write "up" or "down"',
        f'{path}: squad[0].agency: is "rode"; write "road" or "police"',
        f"{path}: permit[0].gross_kg: is 98; write a whole number from 1000 to 1000000 kg",
        f'{path}: sites: is not a key of this table; did you mean "site"?',
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("[[corridor]\nid = 3", r"is no TOML: .*line 1"),
        (b"id = \"\xff\"", "is not UTF-8 at byte 6; save it as UTF-8"),
        ("a = " + "[" * 10_000, "is no TOML"),
        ("a = " + "9" * 10_000, "is no TOML"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_toml_says_where(tmp_path: Path, content: str | bytes, complaint: str) -> None:
    """A process that does not start says why in one line."""
    with pytest.raises(RegistryErrors, match=complaint):
        read_registry(written(tmp_path, content))


def test_a_missing_file_says_what_names_it(tmp_path: Path) -> None:
    """The remedy is the option or the variable to set."""
    with pytest.raises(RegistryErrors, match=r"nowhere\.toml: cannot be read .*; give .* --sites or WIM_REGISTRY"):
        read_registry(tmp_path / "nowhere.toml")


def outcome(document: dict[str, Any]) -> tuple[Registry | None, str]:
    """The registry, or what is wrong with it."""
    try:
        return parse_registry(document, "any"), ""
    except RegistryErrors as errors:
        return None, str(errors)


@given(DOCUMENTS)
def test_any_document_gives_a_registry_or_its_errors(document: dict[str, Any]) -> None:
    """No document, however wrong, ends in anything else."""
    registry, complaint = outcome(document)
    assert (registry is None) == complaint.startswith("any: ")


@given(DOCUMENTS, st.sampled_from(["corridor", "site", "stop_point", "squad", "permit"]))
def test_any_damage_to_a_sound_document_is_found_or_harmless(damage: dict[str, Any], table: str) -> None:
    """Sound tables with wrong keys and values among them are refused with the key, never taken half."""
    document = tomllib.loads(DOCUMENT)
    document[table][0].update(damage)
    registry, complaint = outcome(document)
    assert registry is not None or f"any: {table}[0]" in complaint or "no such" in complaint
