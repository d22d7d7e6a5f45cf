"""What a file does not say itself, or says in a unit or code of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo


def default_zone() -> ZoneInfo:
    """The zone of a time that comes without one (contracts §6)."""
    return ZoneInfo("Asia/Shanghai")


#: Plate colours as the platform codes them, which is how a passage does. 4 is the gradient green of new-energy cars,
#: 11 a plain green; 6 (blue-white), 9 (undetermined), 12 (red) and what else may come are unknown.
PLATFORM_COLOURS: Mapping[int, int] = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 11: 4}

#: Plate colours as the cameras of the same stations code them: black and white change places.
CAMERA_COLOURS: Mapping[int, int] = {0: 0, 1: 1, 2: 3, 3: 2, 4: 4}


@dataclass(frozen=True, slots=True)
class CnStationOptions:
    """How one maker's station JSON is to be read; the defaults are the units that the records' authors documented.

    kg_per_gross_unit: kilograms of one unit of sumWeight. One product stores it times 100: then it is 0.01.
    kg_per_axle_unit: the same of axleWeight, lAxleWeight and rAxleWeight, which products scale apart.
    mm_per_spacing_unit: millimetres of one unit of axleDis, whose unit the record's author does not state.
    mm_per_length_unit: of the device record's length, documented as cm; the platform record's is mm.
    colours: the file's plate colour code → a passage's; a code that is not in it is unknown.
    """

    kg_per_gross_unit: Decimal = Decimal(1)
    kg_per_axle_unit: Decimal = Decimal(1)
    mm_per_spacing_unit: Decimal = Decimal(1)
    mm_per_length_unit: Decimal = Decimal(10)
    colours: Mapping[int, int] = field(default_factory=lambda: PLATFORM_COLOURS)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a file.

    zone: of local times. site: the id where the format carries none (june-csv, mon), or in place of the station's own
    (cn-station). cn_station: that format's units and codes.
    """

    zone: ZoneInfo = field(default_factory=default_zone)
    site: str | None = None
    cn_station: CnStationOptions = field(default_factory=CnStationOptions)


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """How to write a TMG file; the other formats carry everything.

    zone: of its local times. stations: site → the eight characters of state and station, for sites whose id is not
    ``SS-NNNNNN`` or ``SS-NNNNNN/D``. directions: the compass codes (1 north, 3 east, 5 south, 7 west) of rising and
    falling chainage.
    """

    zone: ZoneInfo = field(default_factory=default_zone)
    stations: Mapping[str, str] = field(default_factory=dict)
    directions: tuple[int, int] = (1, 5)
