"""Stop points, squads and their shifts."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dispatch.network import Forces, Squad, duty_at, parse_forces
from wim.document import RegistryErrors
from wim.periods import moment, to_ns
from wim.records import Direction
from wim.sites import Corridor, Network

SHANGHAI = "Asia/Shanghai"
NETWORK = Network({"G104": Corridor("G104", SHANGHAI, length_km=60.0), "B96": Corridor("B96", "Europe/Berlin")})
DOCUMENT = """
[[stop_point]]
id = "yard"
corridor = "G104"
chainage_km = 21.0
direction = "up"
static_scale = true
capacity = 3
[[squad]]
id = "liyang-2"
agency = "road"
sections = [{corridor = "G104", from_km = 0.0, to_km = 60.0}]
base = "yard"
shifts = [{days = "Mon-Sun", from = "20:00", until = "08:00"}]
"""
HOUR_NS = 3_600 * 10**9


def forces(document: str = DOCUMENT) -> Forces:
    """What the document declares."""
    return parse_forces(tomllib.loads(document), "sites.toml", NETWORK)


def squad(shifts: str, corridor: str = "G104") -> Squad:
    """A squad with these shifts, `days from until` each."""
    rows = (row.split() for row in shifts.split(";"))
    written = ", ".join(f'{{days = "{days}", from = "{begin}", until = "{end}"}}' for days, begin, end in rows)
    old = 'shifts = [{days = "Mon-Sun", from = "20:00", until = "08:00"}]'
    document = DOCUMENT.replace(old, f"shifts = [{written}]").replace(
        'sections = [{corridor = "G104"', f'sections = [{{corridor = "{corridor}"'
    )
    return forces(document).squads["liyang-2"]


def on_duty(patrol: Squad, written: str) -> bool:
    """Whether the squad is on duty at a local time."""
    return duty_at(patrol, moment(patrol.timezone)(written)) is not None


def test_stop_points_and_squads_are_found_by_id() -> None:
    """Places, directions and what was left out."""
    found = forces()
    assert found.stop_points["yard"].direction is Direction.UP
    assert (found.squads["liyang-2"].stops_per_hour, found.squads["liyang-2"].timezone) == (4, SHANGHAI)


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    """A shift of Friday night ends on Saturday morning, to the nanosecond, and there is none on Saturday night."""
    patrol = squad("Fri 20:00 08:00")
    begin, end = moment(SHANGHAI)("2026-11-20T20:00"), moment(SHANGHAI)("2026-11-21T08:00")
    assert [duty_at(patrol, time_ns) is None for time_ns in (begin - 1, begin, end - 1, end)] == [
        True,
        False,
        False,
        True,
    ]
    duty = duty_at(patrol, end - 1)
    assert duty is not None
    assert (duty.from_ns, duty.until_ns) == (begin, end)
    assert not on_duty(patrol, "2026-11-20T07:00")
    assert not on_duty(patrol, "2026-11-21T21:00")


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("Mon-Sun", "MTWTFSS"),
        ("Mon,Wed", "M-W----"),
        ("Fri-Mon", "M---FSS"),
        ("Sun", "------S"),
        ("Mon-Tue, Sat", "MT---S-"),
    ],
)
def test_days_are_ranges_and_lists(days: str, expected: str) -> None:
    """Ranges may run over the week's end."""
    patrol = squad(f"{days.replace(' ', '')} 09:00 17:00")
    monday = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo(SHANGHAI))
    noons = [to_ns(monday + timedelta(days=day)) for day in range(7)]
    assert "".join("MTWTFSS"[day] if duty_at(patrol, noon) else "-" for day, noon in enumerate(noons)) == expected


def test_a_whole_day_is_written_from_0_to_24() -> None:
    """24:00 is the end of the day, and the next shift begins there."""
    patrol = squad("Sat 00:00 24:00")
    assert on_duty(patrol, "2026-11-21T00:00")
    assert on_duty(patrol, "2026-11-21T23:59:59.999999")
    assert not on_duty(patrol, "2026-11-22T00:00")


def test_of_overlapping_shifts_the_one_that_ends_last_counts() -> None:
    """Who relies on the end of duty gets the true end."""
    duty = duty_at(squad("Mon 08:00 16:00;Mon 12:00 20:00"), moment(SHANGHAI)("2026-11-23T13:00"))
    assert duty is not None
    assert duty.until_ns == moment(SHANGHAI)("2026-11-23T20:00")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 11), ("2026-10-24", 13), ("2026-06-06", 12)])
def test_shifts_follow_the_clock_on_the_wall(day: str, hours: int) -> None:
    """Where clocks change in the night, the night shift is an hour shorter or longer."""
    duty = duty_at(squad("Sat 20:00 08:00", "B96"), moment("Europe/Berlin")(f"{day}T23:00"))
    assert duty is not None
    assert duty.until_ns - duty.from_ns == hours * HOUR_NS


@given(
    st.integers(0, 6),
    st.integers(0, 23 * 60 + 59),
    st.integers(0, 24 * 60),
    st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2026-12-31")),
)
def test_a_squad_is_on_duty_exactly_within_its_shift(weekday: int, begin: int, end: int, local: datetime) -> None:
    """A clock that counts minutes from the shift's own midnight agrees at every instant."""
    assume(begin != end)
    name = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[weekday]
    patrol = squad(f"{name} {begin // 60:02}:{begin % 60:02} {end // 60:02}:{end % 60:02}")
    length = (end - begin) % (24 * 60) or 24 * 60
    since_monday = timedelta(days=local.weekday()) + (local - datetime.combine(local.date(), datetime.min.time()))
    minutes_in = (since_monday - timedelta(days=weekday, minutes=begin)) % timedelta(days=7)
    found = duty_at(patrol, to_ns(local.replace(tzinfo=ZoneInfo(SHANGHAI))))
    assert (found is not None) == (minutes_in < timedelta(minutes=length))


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            'base = "yard"',
            'base = "yrd"',
            'squad[0].base: is "yrd", but there is no such stop point; did you mean "yard"?',
        ),
        ('agency = "road"', 'agency = "army"', 'squad[0].agency: is "army"; write "road" or "police"'),
        (
            'corridor = "G104", from',
            'corridor = "G105", from',
            'squad[0].sections[0].corridor: is "G105", but there is',
        ),
        ("to_km = 60.0", "to_km = 61.0", "squad[0].sections[0].to_km: is 61.0; write a number from 0 to 60 km"),
        ("chainage_km = 21.0", "chainage_km = 61", "stop_point[0].chainage_km: is 61; write a number from 0 to 60 km"),
        ("Mon-Sun", "Mon-", 'squad[0].shifts[0].days: is "Mon-"; write days as "Mon-Sun" or "Mon,Wed"'),
        ("Mon-Sun", "monday", 'squad[0].shifts[0].days: is "monday"; write days'),
        ("20:00", "8pm", 'squad[0].shifts[0].from: is "8pm"; write a time of day as "20:00"'),
        ("20:00", "24:00", "squad[0].shifts[0].until: leaves the shift without a length"),
        ("20:00", "08:00", "squad[0].shifts[0].until: leaves the shift without a length"),
        ("capacity = 3", "capacity = 0", "stop_point[0].capacity: is 0; write a whole number from 1 to 1000 trucks"),
        ("sections =", "section =", "squad[0].sections: is missing"),
    ],
)
def test_a_wrong_entry_is_named_with_its_remedy(old: str, new: str, complaint: str) -> None:
    """A squad that nobody could send anywhere is refused where it is written."""
    assert old in DOCUMENT
    with pytest.raises(RegistryErrors) as raised:
        forces(DOCUMENT.replace(old, new, 1))
    assert str(raised.value.errors[0]).removeprefix("sites.toml: ").startswith(complaint)


def test_toml_times_of_day_are_taken_too() -> None:
    """`from = 20:00:00` is TOML's own way to write it."""
    written = forces(DOCUMENT.replace('"20:00"', "20:00:00").replace('"08:00"', "08:00:00"))
    assert written == forces()
