"""Pseudonyms: the same name for the same plate, for whoever has the key."""

from __future__ import annotations

from service.pseudonyms import MARK, Pseudonyms

PLATES = [f"苏A{number:05d}" for number in range(2_000)]


def test_a_plate_has_one_pseudonym_under_a_key() -> None:
    """Every process with the key gives it the same one; another key another."""
    one, same, other = Pseudonyms("key one, quite long"), Pseudonyms("key one, quite long"), Pseudonyms("another")
    assert [one.of(plate) for plate in PLATES] == [same.of(plate) for plate in PLATES]
    assert not {one.of(plate) for plate in PLATES} & {other.of(plate) for plate in PLATES}
    assert len({one.of(plate) for plate in PLATES}) == len(PLATES)


def test_without_a_key_no_two_starts_agree() -> None:
    """A forgotten setting gives pseudonyms that last for one start, not a key that everybody knows."""
    assert Pseudonyms().of(PLATES[0]) != Pseudonyms().of(PLATES[0])


def test_a_pseudonym_stands_where_a_plate_stands() -> None:
    """It fits the record, is recognised, and is not renamed again; no plate stays none."""
    pseudonym = Pseudonyms("k").of(PLATES[0])
    assert len(pseudonym.encode()) == 16
    assert pseudonym.startswith(MARK)
    assert Pseudonyms("other").of(pseudonym) == pseudonym
    assert Pseudonyms("k").of("") == ""
