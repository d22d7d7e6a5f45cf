"""The units file of Chinese station records: how one maker's JSON is to be read.

====================  ==================================================================================================
key                   meaning (default)
====================  ==================================================================================================
kg_per_gross_unit     kilograms of one unit of sumWeight (1); 0.01 where the product stores it times 100
kg_per_axle_unit      the same of the axle and wheel loads (1)
mm_per_spacing_unit   millimetres of one unit of axleDis (1)
mm_per_length_unit    millimetres of one unit of the device record's length (10)
colours               [[code in the file, code of a passage], …] (the platform's own list)
====================  ==================================================================================================
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from service.documents import read_toml
from wim.document import Faults, Table, array, number, whole
from wim.formats import CnStationOptions

#: A unit beyond these is a typing error: no product scales by more than a hundred either way.
_SMALLEST, _LARGEST = 0.0001, 10_000
_CODE = whole(0, 255)


def read_units(path: Path) -> CnStationOptions:
    """The units file at `path`. Raises RegistryErrors: all that is wrong, each place with its key."""
    faults = Faults(str(path))
    table = Table(read_toml(path, "give the path of a units file"), "", faults)
    defaults = CnStationOptions()
    units = {name: _unit(table, name, getattr(defaults, name)) for name in _UNITS}
    pairs = table.maybe("colours", array(array(_CODE, 2, 2)))
    table.close()
    faults.raise_any()
    colours = defaults.colours if pairs is None else {pair[0]: pair[1] for pair in pairs}
    return CnStationOptions(**units, colours=colours)


_UNITS = ("kg_per_gross_unit", "kg_per_axle_unit", "mm_per_spacing_unit", "mm_per_length_unit")


def _unit(table: Table, name: str, default: Decimal) -> Decimal:
    """A TOML number as it was written: 0.01 is a hundredth, not the nearest double."""
    return Decimal(str(table.take_or(name, number(_SMALLEST, _LARGEST), float(default))))
