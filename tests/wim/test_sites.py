"""Corridors and sites of a registry."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from wim.lanes import Strip
from wim.periods import moment
from wim.records import Direction
from wim.sites import Network, RegistryErrors, parse_network

VECTORS = Path(__file__).resolve().parents[1] / "vectors"

DOCUMENT = """
[[corridor]]
id = "G104"
timezone = "Asia/Shanghai"
length_km = 60
key_sections = [{from_km = 30, to_km = 55, name = "bridges"}]
[[corridor]]
id = "S340"
timezone = "Asia/Urumqi"
[[junction]]
id = "cross"
at = [{corridor = "G104", km = 40.2}, {corridor = "S340", km = 3.1}]
[[site]]
id = "G104-K012"
corridor = "G104"
chainage_km = 12.4
certificate = {number = "a", class = 5, from = 2026-01-01, until = 2027-01-01, speed_kmh = [0.5, 100]}
evidence_approved = [{number = "b", from = 2026-01-01, until = 2029-01-01}]
tolerance = [{from = 2026-01-01, percent = 2.5}, {from = 2025-01-01, percent = 5}]
lane = [{number = 1, direction = "up"}, {number = 2, direction = "down"}]
[[site]]
id = "S340-K001"
corridor = "S340"
chainage_km = 1
lane = [{number = 1, direction = "up"}]
"""


def at(written: str, zone: str = "Asia/Shanghai") -> int:
    """A date or time in nanoseconds."""
    return moment(zone)(written)


def changed(old: str, new: str) -> dict[str, Any]:
    """The document with one line another."""
    assert DOCUMENT.count(old) >= 1
    return tomllib.loads(DOCUMENT.replace(old, new, 1))


def complaints(document: dict[str, Any]) -> list[str]:
    """What is said about a document, without the file's name."""
    with pytest.raises(RegistryErrors) as raised:
        parse_network(document, "sites.toml")
    return [f"{error.key}: {error.problem}; {error.remedy}" for error in raised.value.errors]


@pytest.fixture
def network() -> Network:
    """What the document declares."""
    return parse_network(tomllib.loads(DOCUMENT), "sites.toml")


def test_everything_is_found_by_its_id(network: Network) -> None:
    """Corridors, sites, junctions and lanes are there with their places and directions."""
    assert set(network.corridors) == {"G104", "S340"}
    assert network.sites["G104-K012"].chainage_km == 12.4
    assert [(point.corridor, point.km) for point in network.junctions["cross"].at] == [("G104", 40.2), ("S340", 3.1)]
    lane = network.lane("G104-K012", 2)
    assert lane is not None
    assert lane.direction is Direction.DOWN
    corridor = network.corridor_of("S340-K001")
    assert corridor is not None
    assert corridor.id == "S340"


def test_what_is_not_declared_is_none(network: Network) -> None:
    """An unknown site or lane is a question with an answer, not a crash."""
    assert network.lane("G104-K012", 3) is None
    assert network.lane("G104-K013", 1) is None
    assert network.corridor_of("G104-K013") is None


def test_a_site_takes_the_zone_of_its_corridor(network: Network) -> None:
    """A site without a zone of its own counts days as its corridor does."""
    assert [site.timezone for site in network.sites.values()] == ["Asia/Shanghai", "Asia/Urumqi"]
    assert str(network.corridors["S340"].zone) == "Asia/Urumqi"


def test_papers_hold_from_local_midnight_to_local_midnight(network: Network) -> None:
    """One nanosecond either side of the start and the end of a certificate, an approval and a tolerance."""
    site = network.sites["G104-K012"]
    begin, end = at("2026-01-01"), at("2027-01-01")
    assert site.certificate_at(begin - 1) is None
    assert site.certificate_at(begin) == site.certificate_at(end - 1) == site.certificates[0]
    assert site.certificate_at(end) is None
    assert site.approval_at(begin - 1) is None
    assert site.approval_at(begin) == site.approvals[0]
    tolerances = [site.tolerance_at(time_ns) for time_ns in (at("2025-01-01") - 1, at("2025-01-01"), begin - 1, begin)]
    assert [tolerance and tolerance.thousandths for tolerance in tolerances] == [None, 5_000, 5_000, 2_500]


def test_of_overlapping_certificates_the_newest_counts() -> None:
    """A renewal that begins early counts from its first day; the old one counts again if the new one ends first."""
    certificates = """certificate = [
        {number = "new", class = 2, from = 2026-06-01, until = 2026-09-01},
        {number = "old", class = 5, from = 2026-01-01, until = 2027-01-01}]"""
    old = 'certificate = {number = "a", class = 5, from = 2026-01-01, until = 2027-01-01, speed_kmh = [0.5, 100]}'
    site = parse_network(changed(old, certificates), "sites.toml").sites["G104-K012"]
    found = [site.certificate_at(at(day)) for day in ("2026-05-31", "2026-06-01", "2026-09-01")]
    assert [certificate and certificate.number for certificate in found] == ["old", "new", "old"]
    assert site.certificates[0].speed_kmh == (0.5, 100.0)


def test_the_registry_of_the_frame_vector_is_read() -> None:
    """The vector's own file gives its strips with side and place."""
    document = tomllib.loads((VECTORS / "frame_v1.toml").read_text())
    lane = parse_network(document, "frame_v1.toml").lane("G104-K012", 1)
    assert lane is not None
    assert lane.strips[3] == Strip(2, "right", 4.0, 0.055)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('id = "S340-K001"', 'id = "G104-K012"', "site[1].id: is the same as in site[0]; give each its own"),
        ('id = "G104-K012"', 'id = "溧陽溧陽溧陽"', 'site[0].id: is "溧陽溧陽溧陽", 18 bytes long; use at most 16'),
        ("name =", "nmae =", 'corridor[0].key_sections[0].nmae: is not a key of this table; did you mean "name"?'),
        ("chainage_km = 12.4", "chainage_km = 61", "site[0].chainage_km: is 61; write a number from 0 to 60 km"),
        ("km = 40.2", "km = 99", "junction[0].at[0].km: is 99; write a number from 0 to 60 km"),
        ("to_km = 55", "to_km = 30", "corridor[0].key_sections[0].to_km: is not beyond `from_km`; write the two in"),
        (
            '"S340", km',
            '"S304", km',
            'junction[0].at[1].corridor: is "S304", but there is no such corridor; did you mean',
        ),
        ('[{corridor = "G104", km = 40.2}, ', "[", "junction[0].at: holds 1 place; write the place on each corridor"),
        ("class = 5", "class = 4", "site[0].certificate.class: is 4; write 0.2, 0.5, 1.0, 2.0, 5.0 or 10.0"),
        ("2027-01-01", "2026-01-01", "site[0].certificate.until: is not after `from`; write the first day that is no"),
        ("[0.5, 100]", "[100, 0.5]", "site[0].certificate.speed_kmh: runs from 100 to 0.5 km/h; write the lower speed"),
        ("2.5", "2.0005", "site[0].tolerance[0].percent: is 2.0005; write at most 3 decimals"),
        ("2.5", "31", "site[0].tolerance[0].percent: is 31; write percent, from 0 to 30"),
        ("2.5", "nan", "site[0].tolerance[0].percent: is nan; write percent, from 0 to 30"),
        ("2.5", "inf", "site[0].tolerance[0].percent: is inf; write percent, from 0 to 30"),
        ("2.5", "true", "site[0].tolerance[0].percent: is true; write percent, from 0 to 30"),
        (
            "from = 2025-01-01",
            "from = 2026-01-01T00:00:00+08:00",
            "site[0].tolerance[1].from: is the same as in site[0]",
        ),
        ("number = 2", "number = 1", "site[0].lane[1].number: is the same as in site[0].lane[0]; give each its own"),
        ("number = 2", "number = 256", "site[0].lane[1].number: is 256; write a whole number from 1 to 255"),
        ('"down"', '"left"', 'site[0].lane[1].direction: is "left"; write "up" or "down"'),
        (
            "chainage_km = 1\n",
            "chainage_km = 1\nposition = [31, 119]\n",
            "site[1].position: has the latitude 119°; write",
        ),
        ('lane = [{number = 1, direction = "up"}]\n', "", "site[1].lane: is missing; add a [[site.lane]] table for"),
    ],
)
def test_a_wrong_entry_is_named_with_its_remedy(old: str, new: str, complaint: str) -> None:
    """Each rule of the file has its sentence, and breaks alone."""
    (found,) = complaints(changed(old, new))
    assert found.startswith(complaint)


def test_two_corridors_of_one_id_are_refused() -> None:
    """The second entry is named, and where the first is."""
    assert "corridor[1].id: is the same as in corridor[0]; give each its own" in complaints(changed('"S340"', '"G104"'))


@pytest.mark.parametrize(("percent", "thousandths"), [(5, 5_000), (5.0, 5_000), (0, 0), (0.001, 1), (29.999, 29_999)])
def test_a_tolerance_is_kept_in_whole_thousandths(percent: float, thousandths: int) -> None:
    """What decides is an integer, exactly the one that was written."""
    site = parse_network(changed("percent = 2.5", f"percent = {percent}"), "sites.toml").sites["G104-K012"]
    assert site.tolerances[1].thousandths == thousandths


def test_other_tables_are_left_to_others() -> None:
    """Squads and permits stand in the same file and are no errors here."""
    document = tomllib.loads(DOCUMENT) | {"squad": [{"whatever": 1}]}
    assert parse_network(document, "sites.toml").sites


def test_a_corridor_with_an_error_is_still_known_to_its_sites() -> None:
    """One error is one complaint: what refers to the faulty entry is not blamed too."""
    assert len(complaints(changed('timezone = "Asia/Shanghai"', 'timezone = "Shanghai"'))) == 1
