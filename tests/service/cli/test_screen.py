"""Guarantees of what `wim screen` takes for a tolerance."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cli import main
from service.cli.screen import thousandths
from wim.formats import FORMATS


@pytest.mark.parametrize("percent", ["x", "nan", "sNaN", "inf", "-1", "100.1", "2.1255"])
def test_a_tolerance_that_is_no_percentage_is_wrong_use(percent: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2 and what to write instead, before any file is read."""
    with pytest.raises(SystemExit) as ended:
        main(["screen", "june.csv", "--tolerance-percent", percent])
    assert ended.value.code == 2
    assert "0 … 100 percent" in capsys.readouterr().err


def test_a_tolerance_is_taken_as_it_is_written() -> None:
    """What decides is an integer, without the rounding of a float."""
    assert [thousandths(percent) for percent in ("5", "2.125", "0", None)] == [5_000, 2_125, 0, None]


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_file_of_any_format_ends_with_1_and_a_reason(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An upload that was cut off at its beginning is no quiet hour."""
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(SystemExit) as ended:
        main(["screen", str(empty), "--format", name])
    assert ended.value.code == 1
    assert str(empty) in capsys.readouterr().err
