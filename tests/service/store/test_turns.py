"""What squads said of themselves is kept, each word once, and found with what held before."""

from __future__ import annotations

from dispatch.duty import Word
from service.store import turns
from service.store.engine import Store


def test_words_of_a_span_begin_with_the_last_before_it(store: Store) -> None:
    """Whoever signed in before the span is on duty in it; the same word sent twice is one."""
    with store.writing() as conn:
        for at_ns, signed_in in ((10, True), (20, False), (30, True), (40, False), (40, False), (60, True)):
            turns.note(conn, "a", Word(at_ns, signed_in))
        turns.note(conn, "b", Word(5, True))
    with store.reading() as conn:
        assert turns.words(conn, 25, 60) == {
            "a": [Word(20, False), Word(30, True), Word(40, False)],
            "b": [Word(5, True)],
        }
        assert turns.words(conn, 20, 25) == {"a": [Word(20, False)], "b": [Word(5, True)]}
        assert turns.words(conn, 0, 5) == {}
