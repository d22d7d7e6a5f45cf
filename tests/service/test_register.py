"""The plate register in force."""

from __future__ import annotations

from dataclasses import replace

from rules.permits import Exemption, Permit, PlateRegister, Vehicle, Watch
from service.register import EXEMPT, KINDS, PERMIT, VEHICLE, WATCH, Kind, Paper, document_of, merged, paper_of
from service.registry import Registry
from service.store.register import Entry
from wim.sites import Corridor, Network

PERMITTED = Permit("N1", "苏A12345", 1, 10, ("G104",), 60_000)
REGISTERED = Vehicle("苏A12345", colour=1, axles="1-2-3", rated_kg=18_000)
EXEMPTED = Exemption("苏A0T001", "fire engine", 1, 10)
WATCHED = Watch("苏A12345", "cloned", 10, "police")
FILED = Registry(
    network=Network(corridors={"G104": Corridor("G104", "Asia/Shanghai")}),
    register=PlateRegister((PERMITTED,), (REGISTERED,), (EXEMPTED,), (WATCHED,)),
)
OF_KIND: tuple[tuple[Kind, Paper], ...] = (
    (PERMIT, PERMITTED),
    (VEHICLE, REGISTERED),
    (EXEMPT, EXEMPTED),
    (WATCH, WATCHED),
)


def entry(kind: Kind, paper: Paper, removed: bool = False) -> Entry:
    """A row of the database's register."""
    return Entry(kind.name, kind.key(paper), 1, 1, removed, document_of(paper))


def test_without_entries_the_file_is_in_force() -> None:
    """A registry whose register nobody changed is what it says."""
    assert merged(FILED, []) == FILED.register


def test_every_paper_survives_the_database() -> None:
    """What is read back from a document is what was put."""
    for kind, paper in OF_KIND:
        assert paper_of(entry(kind, paper)) == paper


def test_a_put_entry_goes_before_the_files() -> None:
    """Of one kind and key the database's entry is in force, alone."""
    heavier = replace(PERMITTED, gross_kg=90_000)
    assert merged(FILED, [entry(PERMIT, heavier)]).permits == (heavier,)


def test_a_put_entry_of_another_key_stands_beside_the_files() -> None:
    """Another number of a permit, another colour, another agency are entries of their own."""
    others = (
        (PERMIT, replace(PERMITTED, number="N2")),
        (VEHICLE, replace(REGISTERED, colour=0)),
        (EXEMPT, replace(EXEMPTED, plate="苏A0T002")),
        (WATCH, replace(WATCHED, agency="road")),
    )
    for kind, paper in others:
        register = merged(FILED, [entry(kind, paper)])
        assert len(getattr(register, kind.held_in)) == 2


def test_a_removed_entry_takes_the_files_away() -> None:
    """A tombstone of each kind leaves that list empty and the others alone."""
    for kind, paper in OF_KIND:
        register = merged(FILED, [entry(kind, paper, removed=True)])
        counts = {name: len(getattr(register, one.held_in)) for name, one in KINDS.items()}
        assert counts == {name: int(name != kind.name) for name in KINDS}


def test_a_permit_is_not_valid_on_a_corridor_that_is_gone() -> None:
    """A permit that was put for two corridors stands on the one that the registry still has; on none it is gone."""
    both = replace(PERMITTED, number="N2", corridors=("G104", "S999"))
    gone = replace(PERMITTED, number="N3", corridors=("S999",))
    permits = merged(FILED, [entry(PERMIT, both), entry(PERMIT, gone)]).permits
    assert [(permit.number, permit.corridors) for permit in permits] == [("N1", ("G104",)), ("N2", ("G104",))]
