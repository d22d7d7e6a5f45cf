"""Guarantees of what `wim screen` takes for a tolerance."""

from __future__ import annotations

import pytest

from service.cli import main
from service.cli.screen import thousandths


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
