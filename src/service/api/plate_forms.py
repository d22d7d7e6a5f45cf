"""How permits, registrations, exemptions and watched plates are written in requests and answers.

`entry` of an answer is what a `PUT` takes: what was read can be changed and sent back as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta, Struct

from rules.permits import Exemption, Permit, Vehicle, Watch
from service.api import times

_Moment = Annotated[str, Meta(max_length=40, description="A date, or RFC 3339; answered in the registry's zone.")]
_Plate = Annotated[str, Meta(description="As cameras read it: letters and digits.", examples=["苏A12345"])]
_Key = Annotated[str, Meta(description="The plate, and what tells this entry from others of it.")]
_Version = Annotated[int, Meta(ge=0, description="0: it stands in the registry file.")]


class PermitForm(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """An oversize transport permit."""

    number: str
    plate: _Plate
    from_: _Moment
    until: _Moment
    corridors: list[str]
    gross_kg: Annotated[int, Meta(ge=1_000, le=1_000_000)]


class VehicleForm(Struct, frozen=True, kw_only=True):
    """What a registration says; null is not known."""

    plate: _Plate
    colour: Annotated[int | None, Meta(description="0 blue … 5 yellow-green.")] = None
    axles: Annotated[str | None, Meta(description="Sizes of the axle groups from the front.", examples=["1-2-3"])] = (
        None
    )
    drive_axles: int | None = None
    air_suspension: bool | None = None
    rated_kg: int | None = None
    tare_kg: int | None = None
    carrier: str | None = None


class ExemptForm(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A vehicle that the limits do not bind."""

    plate: _Plate
    kind: str
    from_: _Moment
    until: _Moment
    source: str | None = None


class WatchForm(Struct, frozen=True, kw_only=True):
    """A plate that somebody asked to be told about."""

    plate: _Plate
    reason: str
    until: _Moment
    agency: str | None = None


class PermitEntry(Struct, frozen=True):
    """A permit in force."""

    key: _Key
    version: _Version
    origin: str
    entry: PermitForm


class VehicleEntry(Struct, frozen=True):
    """A registration in force."""

    key: _Key
    version: _Version
    origin: str
    entry: VehicleForm


class ExemptEntry(Struct, frozen=True):
    """An exemption in force."""

    key: _Key
    version: _Version
    origin: str
    entry: ExemptForm


class WatchEntry(Struct, frozen=True):
    """A watched plate."""

    key: _Key
    version: _Version
    origin: str
    entry: WatchForm


@dataclass(frozen=True, slots=True)
class Form:
    """How one kind is written; `form` makes what `entry` holds of a paper and the zone of its dates."""

    answer: Callable[..., Struct]
    form: Callable[[Any, str], Struct]

    @property
    def answer_name(self) -> str:
        """Its name in the OpenAPI document."""
        return self.answer.__name__

    @property
    def form_name(self) -> str:
        """The name of what a `PUT` takes."""
        return self.answer_name.replace("Entry", "Form")


def _permit(permit: Permit, zone: str) -> PermitForm:
    return PermitForm(
        number=permit.number,
        plate=permit.plate,
        from_=times.local_ns(permit.from_ns, zone),
        until=times.local_ns(permit.until_ns, zone),
        corridors=list(permit.corridors),
        gross_kg=permit.gross_kg,
    )


def _vehicle(vehicle: Vehicle, _zone: str) -> VehicleForm:
    return VehicleForm(**{name: getattr(vehicle, name) for name in VehicleForm.__struct_fields__})


def _exempt(exemption: Exemption, zone: str) -> ExemptForm:
    return ExemptForm(
        plate=exemption.plate,
        kind=exemption.kind,
        from_=times.local_ns(exemption.from_ns, zone),
        until=times.local_ns(exemption.until_ns, zone),
        source=exemption.source,
    )


def _watch(watch: Watch, zone: str) -> WatchForm:
    until = times.local_ns(watch.until_ns, zone)
    return WatchForm(plate=watch.plate, reason=watch.reason, until=until, agency=watch.agency)


FORMS: Mapping[str, Form] = {
    "permit": Form(PermitEntry, _permit),
    "vehicle": Form(VehicleEntry, _vehicle),
    "exempt": Form(ExemptEntry, _exempt),
    "watch": Form(WatchEntry, _watch),
}

#: What the OpenAPI document describes; the forms come with them.
ENTRIES = (PermitEntry, VehicleEntry, ExemptEntry, WatchEntry)
