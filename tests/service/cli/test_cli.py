"""The frame of the `wim` command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup

from service.cli import COMMANDS, main
from service.cli import _load as load

#: What takes long to import, and what no help text needs.
HEAVY = {"numba", "numpy", "pydantic", "sqlalchemy", "faust", "aiokafka", "fastapi", "pyarrow"}


def run(*arguments: str) -> int:
    """The exit status of `wim` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code is None or isinstance(ended.value.code, int)
    return ended.value.code or 0


def test_help_imports_nothing_heavy() -> None:
    """`wim --help` lists every command at once; numba alone would take a second."""
    script = "import sys, json; sys.argv = ['wim', '--help']\nimport atexit, service.cli\n"
    script += "atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))\nservice.cli.main()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert HEAVY & set(json.loads(done.stderr)) == set()
    assert [name for name in COMMANDS if name not in done.stdout] == []


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_of_the_table_is_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each row leads to a command that explains itself."""
    assert run(name, "--help") == 0
    assert f"wim {name}" in capsys.readouterr().out


#: Commands that have nothing to say to a program, or say it so already.
NO_JSON = {
    "worker": "what it says are JSON lines already",
    "demo": "a view to look at",
    "openapi": "is a JSON document",
    "asyncapi": "is a JSON document",
    "schemas": "writes files",
}


def leaves(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    if not isinstance(command, TyperGroup):
        yield path, command
        return
    for name, inner in command.commands.items():
        yield from leaves(inner, *path, name)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_form_for_programs(name: str) -> None:
    """`--json` gives one document, except where there is nothing that it could say."""
    found = {
        " ".join(path): any("--json" in option.opts for option in command.params)
        for path, command in leaves(load(name, COMMANDS[name][0]), name)
    }
    assert found == {path: path not in NO_JSON for path in found}


def test_the_module_is_the_command() -> None:
    """Processes that one of ours starts need no script on the path."""
    done = subprocess.run(
        [sys.executable, "-m", "service.cli", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("wim ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("confg",), "Did you mean 'config'?"),
        (("--jsn",), "No such option"),
        (("config", "show", "--polcy"), "No such option"),
        (("config", "shw"), "Did you mean 'show'?"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_was_meant(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistyped command or option is told apart from a failure."""
    assert run(*arguments) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def fail_of_ours() -> None:
    """Fail as a part of ours does."""
    from wim.document import RegistryError

    raise RegistryError("sites.toml", "site[0].id", 'is ""', "write an id [in quotes]")


def fail_to_open() -> None:
    """Fail as the operating system does."""
    Path("/nowhere/at/all").read_text()


def fail_by_a_defect() -> None:
    """Fail as no part of ours should."""
    raise KeyError("defect")


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that fail in each way, beside the others."""
    for function in (fail_of_ours, fail_to_open, fail_by_a_defect):
        monkeypatch.setitem(COMMANDS, function.__name__, (f"{__name__}:{function.__name__}", "Fail."))


@pytest.mark.usefixtures("failing")
def test_an_error_of_ours_is_a_sentence_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    """Place and remedy as they are, nothing on stdout, no traceback."""
    assert run("fail_of_ours") == 1
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", 'error: sites.toml: site[0].id: is ""; write an id [in quotes]\n')


@pytest.mark.usefixtures("failing")
def test_a_file_that_cannot_be_opened_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """The operating system's errors name the file."""
    assert run("fail_to_open") == 1
    assert capsys.readouterr().err == "error: /nowhere/at/all: No such file or directory\n"


@pytest.mark.usefixtures("failing")
def test_a_defect_keeps_its_traceback() -> None:
    """What is nobody's message must be seen whole by whoever mends it."""
    with pytest.raises(KeyError, match="defect"):
        main(["fail_by_a_defect"])
