"""`wim tokens new`."""

from __future__ import annotations

import json
import os
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.access import Role, TokenBook, parse_tokens
from service.cli import main
from service.registry import read_registry
from wim.periods import to_ns

PROJECT = Path(__file__).resolve().parents[3]
SITES = PROJECT / "deploy" / "example" / "sites.toml"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The example's registry and nothing of the machine's own settings."""
    for name in list(os.environ):
        if name.upper().startswith("WIM_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WIM_REGISTRY", str(SITES))


def new(*options: str) -> int:
    """The exit status of `wim tokens new`."""
    with pytest.raises(SystemExit) as ended:
        main(["tokens", "new", *options])
    assert ended.value.code is None or isinstance(ended.value.code, int)
    return ended.value.code or 0


def test_the_entry_goes_into_the_file_and_the_token_to_a_person(capsys: pytest.CaptureFixture[str]) -> None:
    """`wim tokens new … >> tokens.toml` works, and the file then knows the token."""
    assert new("phone 1", "--role", "squad", "--agency", "road", "--squad", "liyang-2", "--corridor", "G104") == 0
    captured = capsys.readouterr()
    token = captured.err.removeprefix("token, shown this once: ").strip()
    book = TokenBook(parse_tokens(tomllib.loads(captured.out), "tokens.toml", read_registry(SITES)))
    holder = book.verify(token, to_ns(datetime.now(UTC)))
    assert holder is not None
    assert (holder.name, holder.role, holder.squad) == ("phone 1", Role.SQUAD, "liyang-2")
    assert holder.corridors == frozenset({"G104"})
    assert token.split("_", 2)[2] not in captured.out


def test_a_token_ends_after_a_year_unless_told_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody gets a token for ever by forgetting an option."""
    assert new("desk", "--role", "duty", "--agency", "road", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    book = TokenBook(parse_tokens(tomllib.loads(made["entry"]), "tokens.toml", read_registry(SITES)))
    now = datetime.now(UTC)
    assert book.verify(made["token"], to_ns(now + timedelta(days=363))) is not None
    assert book.verify(made["token"], to_ns(now + timedelta(days=367))) is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("x", "--role", "boss"), "boss"),
        (("x", "--role", "squad", "--agency", "road"), "squad: is missing for the role squad"),
        (("x", "--role", "duty", "--agency", "road", "--corridor", "G105"), 'did you mean "G104"?'),
        (("x", "--role", "duty", "--agency", "road", "--until", "soon"), "write a date"),
    ],
)
def test_an_entry_that_would_be_refused_is_wrong_use(
    options: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """No token is made that the API would not take; the option to mend is named."""
    assert new(*options) == 2
    captured = capsys.readouterr()
    assert said in " ".join(captured.err.replace("│", " ").split())
    assert captured.out == ""
