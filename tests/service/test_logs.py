"""What the processes say, and what they never say."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from sqlalchemy import create_engine, text

from service import logs
from service.logs import Seldom
from service.settings import LogSettings


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Logging is the process's: leave it as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one line on stderr, read back."""
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_a_line_is_one_json_object_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """stdout belongs to what was asked for."""
    logs.configure(LogSettings())
    structlog.get_logger("service.x").info("kept", partitions=3)
    line = said(capsys)
    assert (line["event"], line["partitions"], line["level"], line["logger"]) == ("kept", 3, "info", "service.x")
    assert line["timestamp"].endswith("Z")


def test_libraries_speak_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    """aiokafka logs through the standard library."""
    logs.configure(LogSettings())
    logging.getLogger("aiokafka.consumer").warning("node %s is gone", 7)
    assert said(capsys)["event"] == "node 7 is gone"


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("seen", {"plate": "苏A12345"}),
        ("苏A12345 is on the watch list", {}),
        ("seen", {"detail": "plate 苏A0T001挂 twice"}),
        ("seen", {"vehicle": {"plate": "苏A12345", "axles": 6}}),
        ("seen", {"plates": ["苏A12345", "苏AD12345"]}),
        ("seen", {"plate": "ABC 1234"}),
    ],
)
@pytest.mark.parametrize("form", ["json", "pretty"])
def test_plates_are_never_said_in_full(
    capsys: pytest.CaptureFixture[str], event: str, fields: dict[str, Any], form: Any
) -> None:
    """In fields, sentences, lists and documents; a foreign plate in a field that is called so."""
    logs.configure(LogSettings(format=form))
    structlog.get_logger().info(event, **fields)
    line = capsys.readouterr().err
    assert "***" in line
    assert not any(secret in line for secret in ("12345", "0T001", "1234"))


@pytest.mark.parametrize("form", ["json", "pretty"])
def test_a_traceback_shows_no_plate_and_no_variables(capsys: pytest.CaptureFixture[str], form: Any) -> None:
    """Exceptions quote what they stumble over."""
    logs.configure(LogSettings(format=form))

    def stumble(plate: str) -> None:
        raise ValueError(f"cannot file {plate}")

    try:
        stumble(f"苏A{12_345}")  # the traceback shows this line: not as a plate
    except ValueError:
        structlog.get_logger().exception("failed")
    line = capsys.readouterr().err
    assert "cannot file 苏A***" in line
    assert "12345" not in line


def test_a_library_that_repeats_itself_is_heard_now_and_then() -> None:
    """Without its broker aiokafka complains a hundred times a second; ours and other messages all come through."""
    now_s = 100.0
    seldom = Seldom(10.0, lambda: now_s)

    def passes(name: str, message: str) -> bool:
        return seldom.filter(logging.LogRecord(name, logging.ERROR, "", 0, message, (), None))

    assert passes("aiokafka", "node %s is not ready")
    assert not passes("aiokafka", "node %s is not ready")
    assert passes("aiokafka", "another message")
    assert passes("service.lanes", "kept")
    assert passes("service.lanes", "kept")
    now_s += 10.0
    assert passes("aiokafka", "node %s is not ready")


@pytest.mark.parametrize("level", ["debug", "info"])
def test_statements_and_their_values_are_never_logged(capsys: pytest.CaptureFixture[str], level: Any) -> None:
    """SQLAlchemy echoes everything as soon as somebody's root logger listens to INFO."""
    logs.configure(LogSettings(level=level))
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("select :plate"), {"plate": "苏A12345"})
    engine.dispose()
    assert capsys.readouterr().err == ""


def test_the_level_holds_for_all_and_libraries_never_show_whole_messages(capsys: pytest.CaptureFixture[str]) -> None:
    """aiokafka's debug lines hold keys and values, plates among them."""
    logs.configure(LogSettings(level="debug"))
    logging.getLogger("aiokafka.producer").debug("Sending (key=%s)", b"\xe8\x8b\x8fA12345")
    structlog.get_logger("service.x").debug("fine")
    assert said(capsys)["event"] == "fine"
    logs.configure(LogSettings(level="warning"))
    structlog.get_logger("service.x").info("fine")
    assert capsys.readouterr().err == ""
