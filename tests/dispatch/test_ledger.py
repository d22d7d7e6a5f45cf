"""Guarantees of the ledger's chain: whatever is done to it afterwards is named."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.ledger import BEGINNING, Broken, Entry, Stamped, UncanonicalError, canonical, stamp, verify

FACTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.text(max_size=8)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    maybe = st.none() | WORDS
    return Entry(
        at_ns=draw(st.integers(0, 2**62)),
        intercept=draw(WORDS),
        corridor=draw(WORDS),
        actor=draw(WORDS),
        role=draw(WORDS),
        agency=draw(maybe),
        action=draw(WORDS),
        to_state=draw(WORDS),
        from_state=draw(maybe),
        on_behalf_of=draw(maybe),
        note=draw(maybe),
        document=draw(st.dictionaries(WORDS, FACTS, max_size=3)),
    )


CHAINS = st.lists(entries(), min_size=1, max_size=6).map(lambda found: chained(*found))


def entry(action: str = "claim", **changed: Any) -> Entry:
    usual = Entry(1, "0" * 16, "G104", "li", "squad", "road", action, "claimed", "offered")
    return replace(usual, **changed)


def chained(*found: Entry) -> list[Stamped]:
    chain: list[Stamped] = []
    for one in found:
        chain.append(stamp(one, len(chain) + 1, chain[-1].hash if chain else BEGINNING))
    return chain


@given(CHAINS)
def test_what_was_written_is_whole(chain: list[Stamped]) -> None:
    """A chain that nobody touched holds, whatever stands in it."""
    assert verify(chain, len(chain), {one.number: one.hash for one in chain}) is None


@given(CHAINS, st.data())
def test_a_changed_entry_is_named(chain: list[Stamped], data: st.DataObject) -> None:
    """Whichever field of whichever entry is changed, that entry is named."""
    index = data.draw(st.integers(0, len(chain) - 1))
    victim = chain[index]
    name = data.draw(st.sampled_from(sorted(Entry.__dataclass_fields__)))
    value = {"at_ns": victim.entry.at_ns + 1, "document": {"forged": 1, **victim.entry.document, "n": 99}}
    other = value.get(name, f"{getattr(victim.entry, name)}x")
    chain[index] = replace(victim, entry=replace(victim.entry, **{name: other}))
    assert verify(chain, len(chain)) == Broken(index + 1, "was changed")


@given(CHAINS, st.data())
def test_a_missing_entry_is_named(chain: list[Stamped], data: st.DataObject) -> None:
    """Whichever entry is taken away, the newest too, that one is named."""
    index = data.draw(st.integers(0, len(chain) - 1))
    number = len(chain)
    del chain[index]
    found = verify(chain, number)
    assert found == Broken(index + 1, "is missing")
    assert str(found) == f"entry {index + 1} is missing"


@given(CHAINS.filter(lambda chain: len(chain) > 1), st.data())
def test_an_entry_with_a_hash_made_anew_is_named(chain: list[Stamped], data: st.DataObject) -> None:
    """Who changes an entry and makes its hash anew breaks the link of the one behind it."""
    index = data.draw(st.integers(0, len(chain) - 2))
    victim = chain[index]
    chain[index] = stamp(replace(victim.entry, action=f"{victim.entry.action}x"), victim.number, victim.previous)
    found = verify(chain, len(chain))
    assert found is not None
    assert found.number == index + 1


def test_a_chain_made_anew_is_caught_by_who_kept_a_hash() -> None:
    """Who rewrites everything has a chain that holds by itself, and not by the hash that the other agency kept."""
    kept = {2: chained(entry("claim"), entry("stop"))[1].hash}
    forged = chained(entry("pass"), entry("stop"), entry("legal"))
    assert verify(forged, 3) is None
    found = verify(forged, 3, kept)
    assert found is not None
    assert (found.number, "kept" in found.problem) == (2, True)


def test_an_entry_past_the_last_number_is_named() -> None:
    """What was put behind the newest entry by other means has drawn no number."""
    assert verify(chained(entry(), entry()), 1) == Broken(2, "was added past the number that was drawn last")


def test_a_chain_cut_below_a_kept_hash_is_named() -> None:
    """Who takes the newest entries and the counter's number too is caught by who kept a hash of them."""
    chain = chained(entry(), entry(), entry())
    assert verify(chain[:1], 1, {3: chain[2].hash}) == Broken(2, "is missing")


def test_the_hash_is_that_of_plain_json() -> None:
    """Another agency can check the chain with a JSON library: sorted keys, no white space, UTF-8."""
    found = stamp(entry(note="超限", document={"b": [1, None], "a": {"kg": 49_000}}), 7, "f" * 64)
    text = (
        '{"action":"claim","actor":"li","agency":"road","at_ns":1,"corridor":"G104",'
        '"document":{"a":{"kg":49000},"b":[1,null]},"from_state":"offered","intercept":"0000000000000000",'
        '"note":"超限","number":7,"on_behalf_of":null,"previous":"' + "f" * 64 + '",'
        '"role":"squad","to_state":"claimed"}'
    )
    assert canonical(7, "f" * 64, found.entry) == text.encode()
    assert found.hash == hashlib.sha256(text.encode()).hexdigest()
    assert json.loads(text)["number"] == found.number


@pytest.mark.parametrize("wrong", [1.0, float("nan"), b"x", {1: 2}, [{"deep": 0.5}]])
def test_what_has_no_one_form_is_refused(wrong: object) -> None:
    """Fractions, bytes and keys that are no text are refused with their place before they are hashed."""
    with pytest.raises(UncanonicalError, match=r"document\.kg"):
        stamp(entry(document={"kg": wrong}), 1, BEGINNING)
