"""Who is asking, and when a token stops to say so."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.network import Squad
from service import access
from service.access import Principal, Role, TokenBook, TokenFile, demo_tokens, issue, open_tokens, parse_tokens
from service.documents import toml_value
from service.registry import Registry
from wim.document import RegistryErrors
from wim.periods import moment
from wim.sites import Corridor, Network

REGISTRY = Registry(
    Network({"G104": Corridor("G104", "Asia/Shanghai"), "S340": Corridor("S340", "Asia/Shanghai")}),
    squads={"liyang-2": Squad("liyang-2", "road", (), "yard", "Asia/Shanghai")},
)
NOW_NS = moment("Asia/Shanghai")("2026-06-01")
TOKEN, KEY, HASH = issue()


def entry(**changes: Any) -> dict[str, Any]:
    """An entry of the file; None leaves a key out."""
    usual = {"id": KEY, "name": "desk", "role": "duty", "agency": "road", "until": "2027-01-01", "hash": str(HASH)}
    return {key: value for key, value in (usual | changes).items() if value is not None}


def book(**changes: Any) -> TokenBook:
    """A book of that one entry."""
    return TokenBook(parse_tokens({"token": [entry(**changes)]}, "tokens.toml", REGISTRY))


def save(path: Path, *entries: dict[str, Any]) -> None:
    """Put the entries into the file as an editor does: beside it, then over it."""
    beside = path.with_suffix(".new")
    rows = (
        "\n".join(("[[token]]", *(f"{key} = {toml_value(value)}" for key, value in item.items()))) for item in entries
    )
    beside.write_text("\n".join(rows))
    beside.replace(path)


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    """A token file with one entry."""
    save(tmp_path / "tokens.toml", entry())
    return tmp_path / "tokens.toml"


def test_a_token_says_who_is_asking() -> None:
    """Name, role, agency, squad, corridors and the right to plates come from the entry."""
    assert book().verify(TOKEN, NOW_NS) == Principal("desk", Role.DUTY, "road", plates=True)
    squad = book(role="squad", squad="liyang-2", corridors=["G104"]).verify(TOKEN, NOW_NS)
    assert squad == Principal("desk", Role.SQUAD, "road", "liyang-2", frozenset({"G104"}), plates=True)
    assert squad is not None
    assert (squad.may_see("G104"), squad.may_see("S340")) == (True, False)


def test_without_corridors_all_of_them_are_seen() -> None:
    """An entry without `corridors` is not bound to any."""
    desk = book().verify(TOKEN, NOW_NS)
    assert desk is not None
    assert desk.may_see("S340")


@pytest.mark.parametrize(
    ("role", "agency", "usual"),
    [
        ("duty", "road", True),
        ("admin", "road", True),
        ("police", "police", True),
        ("analyst", "road", False),
        ("technician", "road", False),
        ("device", None, False),
    ],
)
def test_plates_are_for_those_who_stop_trucks(role: str, agency: str | None, usual: bool) -> None:
    """Analysts, technicians and devices see no plates unless their entry says so."""
    for written, expected in ((None, usual), (True, True), (False, False)):
        found = book(role=role, agency=agency, plates=written).verify(TOKEN, NOW_NS)
        assert found is not None
        assert found.plates is expected


def test_a_token_ends_at_its_time() -> None:
    """Its last nanosecond is the one before local midnight, also after it was recognised."""
    end_ns = moment("Asia/Shanghai")("2027-01-01")
    opened = book()
    assert opened.verify(TOKEN, end_ns - 1) is not None
    assert opened.verify(TOKEN, end_ns) is None


OPENED = book()


@given(
    st.text()
    | st.text("ab_wim").map(lambda tail: TOKEN + tail)
    | st.integers(0, len(TOKEN)).map(lambda end: TOKEN[:end])
)
def test_nothing_but_the_token_opens(text: str) -> None:
    """Not a part of it, not more than it, not anything else."""
    assert (OPENED.verify(text, NOW_NS) is not None) == (text == TOKEN)


@pytest.mark.parametrize("place", [4, -1])
def test_one_other_character_is_another_token(place: int) -> None:
    """In the id or in the secret."""
    letters = list(TOKEN)
    letters[place] = "0" if letters[place] != "0" else "1"
    opened = book()
    assert opened.verify(TOKEN, NOW_NS) is not None
    assert opened.verify("".join(letters), NOW_NS) is None


def test_a_token_costs_its_work_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow hash is computed at the first request and not at the next; a wrong secret costs it each time."""
    worked: list[str] = []
    slow = access._scrypt
    monkeypatch.setattr(access, "_scrypt", lambda secret, salt, n: worked.append(secret) or slow(secret, salt, n))
    opened = book()
    for _ in range(3):
        assert opened.verify(TOKEN, NOW_NS)
    assert len(worked) == 1
    assert opened.verify(TOKEN[:-1], NOW_NS) is None
    assert opened.verify(TOKEN, NOW_NS)
    assert len(worked) == 2


def test_the_file_holds_no_secret() -> None:
    """Neither the token nor its secret can be read from an entry, and each has a salt of its own."""
    secret = TOKEN.split("_", 2)[2]
    assert secret not in str(entry())
    others = {issue()[2].salt for _ in range(3)}
    assert len(others) == 3


def test_a_revoked_token_ends_with_its_next_request(tokens: Path) -> None:
    """Taking an entry out of the file shuts its holder out at once, though the token was recognised before."""
    door = TokenFile(tokens, REGISTRY)
    other, key, kept = issue()
    assert door.verify(TOKEN, NOW_NS) is not None
    save(tokens, entry(id=key, hash=str(kept)))
    assert door.verify(TOKEN, NOW_NS) is None
    assert door.verify(other, NOW_NS) is not None


def test_a_file_that_became_wrong_changes_nothing(tokens: Path) -> None:
    """Half a save locks nobody out; the next right save counts."""
    door = TokenFile(tokens, REGISTRY)
    tokens.write_text("[[token]]\nid = ")
    assert door.verify(TOKEN, NOW_NS) is not None
    tokens.unlink()
    assert door.verify(TOKEN, NOW_NS) is not None
    save(tokens, entry(name="other desk"))
    found = door.verify(TOKEN, NOW_NS)
    assert found is not None
    assert found.name == "other desk"


def test_many_threads_may_ask_while_the_file_changes(tokens: Path) -> None:
    """A request meets the old entries or the new ones, never none."""
    door = TokenFile(tokens, REGISTRY)
    door.verify(TOKEN, NOW_NS)
    refused: list[float] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            if door.verify(TOKEN, NOW_NS) is None:
                refused.append(time.monotonic())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for turn in range(5):
        save(tokens, entry(name=f"desk {turn}"))
    done.set()
    for thread in threads:
        thread.join()
    assert refused == []


def test_without_a_file_mode_tokens_does_not_start() -> None:
    """Nobody could ever come in; the setting is named."""
    with pytest.raises(RegistryErrors, match=r"WIM_AUTH__TOKENS: is missing in mode tokens; set it to a token file"):
        open_tokens(None, REGISTRY)


def test_a_start_needs_a_right_file(tokens: Path) -> None:
    """A wrong file at the start is an error, unlike one that became wrong."""
    assert open_tokens(tokens, REGISTRY).verify(TOKEN, NOW_NS)
    tokens.write_text("[[tokens]]")
    with pytest.raises(RegistryErrors, match='did you mean "token"'):
        open_tokens(tokens, REGISTRY)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"role": "boss"}, 'token[0].role: is "boss"; write "squad", "police", "duty"'),
        ({"agency": None}, 'token[0].agency: is missing; write "road" or "police"'),
        ({"role": "police"}, 'token[0].agency: is "road" for the role police; write "police"'),
        ({"role": "squad"}, "token[0].squad: is missing for the role squad; write the squad's id"),
        ({"squad": "liyang-2"}, "token[0].squad: is set for the role duty; leave it out"),
        (
            {"role": "squad", "squad": "liyang-3"},
            'token[0].squad: is "liyang-3", but there is no such squad; did you mean',
        ),
        (
            {"role": "squad", "squad": "liyang-2", "agency": "police"},
            'token[0].agency: is not that of "liyang-2"; write',
        ),
        ({"corridors": ["G105"]}, 'token[0].corridors: is "G105", but there is no such corridor; did you mean "G104"'),
        ({"corridors": []}, "token[0].corridors: is an array of 0; write an array of 1"),
        ({"until": None}, "token[0].until: is missing"),
        ({"id": "A B"}, 'token[0].id: is "A B"; copy the entry'),
        ({"token": "x"}, "token[0].token: is not a key of this table"),
    ],
)
def test_a_wrong_entry_is_named_with_its_remedy(change: dict[str, Any], complaint: str) -> None:
    """A right that nobody meant to give is not given."""
    with pytest.raises(RegistryErrors) as raised:
        book(**change)
    (error,) = raised.value.errors
    assert str(error).removeprefix("tokens.toml: ").startswith(complaint)


@pytest.mark.parametrize(
    "wrong",
    [
        "plain-password",
        str(HASH).replace("$16384$", "$1024$"),
        str(HASH).replace("$16384$", "$16385$"),
        str(HASH).replace("$16384$", "$524288$"),
        str(HASH)[:-2],
        7,
    ],
)
def test_a_hash_of_less_work_is_refused_and_not_repeated(wrong: object) -> None:
    """Neither a password in clear nor a cheap or endless hash passes, and none comes out in the error."""
    with pytest.raises(RegistryErrors, match=r"token\[0\]\.hash: is no scrypt hash of ours") as raised:
        book(hash=wrong)
    assert "$" not in str(raised.value)
    assert "plain-password" not in str(raised.value)


def test_two_entries_of_one_id_are_refused() -> None:
    """Which of them a token belongs to is nobody's guess."""
    with pytest.raises(RegistryErrors, match=r"token\[1\]\.id: is the same as in token\[0\]"):
        parse_tokens({"token": [entry(), entry()]}, "tokens.toml", REGISTRY)


def test_demo_tokens_are_new_at_each_start() -> None:
    """Every role and every squad has one, and none of an earlier start opens anything."""
    first, printed = demo_tokens(REGISTRY)
    second, _ = demo_tokens(REGISTRY)
    found = {name: first.verify(token, NOW_NS) for name, token in printed.items()}
    assert {principal.role for principal in found.values() if principal} == set(Role)
    assert found["demo-liyang-2"] == Principal("demo-liyang-2", Role.SQUAD, "road", "liyang-2", plates=True)
    assert not any(second.verify(token, NOW_NS) for token in printed.values())
