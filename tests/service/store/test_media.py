"""Guarantees of the list of recordings."""

from __future__ import annotations

from service.store import media
from service.store.engine import Store
from service.store.media import MediaRow


def row(passage: str, kind: str = "frame", time_ns: int = 1, **more: object) -> MediaRow:
    """A recording of a passage."""
    return MediaRow(passage, kind, "0" * 64, f"frames/{passage}.wimf", 7, time_ns)._replace(**more)


def test_recordings_are_found_by_passage(store: Store) -> None:
    """All kinds of those that were asked for, and nothing of others."""
    with store.writing() as conn:
        media.keep(conn, [row("a"), row("b", "plate"), row("b"), row("c")])
        assert media.of_passages(conn, ["a", "b", "x"]) == {"a": [row("a")], "b": [row("b"), row("b", "plate")]}
        assert media.of_passages(conn, []) == {}


def test_the_newest_recording_of_a_kind_stays(store: Store) -> None:
    """Also where one batch holds two of them."""
    with store.writing() as conn:
        media.keep(conn, [row("a"), row("a", sha256="1" * 64)])
        media.keep(conn, [row("a", sha256="2" * 64)])
        assert media.of_passages(conn, ["a"]) == {"a": [row("a", sha256="2" * 64)]}


def test_what_may_still_show_a_plate_is_due_after_its_time(store: Store) -> None:
    """The oldest first, of one kind, and once."""
    with store.writing() as conn:
        media.keep(conn, [row("a", time_ns=3), row("b", time_ns=2), row("c", time_ns=9), row("d", "plate", time_ns=1)])
        assert [one.passage_id for one in media.due(conn, "frame", 9, 10)] == ["b", "a"]
        media.note_purged(conn, row("b"), "f" * 64, 5)
        assert [one.passage_id for one in media.due(conn, "frame", 9, 10)] == ["a"]
        [purged] = media.of_passages(conn, ["b"])["b"]
        assert (purged.purged, purged.sha256, purged.bytes) == (1, "f" * 64, 5)
