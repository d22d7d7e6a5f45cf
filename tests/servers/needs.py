"""What a test needs and a machine may lack: a visible skip, or a failure where the environment demands it.

====================  ==================================================================
variable set to 1     what may then not be missing
====================  ==================================================================
WIM_REQUIRE_SERVERS   Java, the Kafka jars, PostgreSQL, Chromium and pages, promtool, libfaketime
WIM_REQUIRE_DATA      the real records in ../shared/data
====================  ==================================================================
"""

from __future__ import annotations

import os
from typing import Literal, NoReturn

import pytest

Requirement = Literal["WIM_REQUIRE_SERVERS", "WIM_REQUIRE_DATA"]


def lacking(reason: str, requirement: Requirement) -> NoReturn:
    """Ends the test: skipped with the reason, or failed where the environment says that nothing may be missing."""
    if os.environ.get(requirement) == "1":
        pytest.fail(f"{reason} ({requirement}=1 forbids the skip)", pytrace=False)
    pytest.skip(reason)


def required(reason: str | None, requirement: Requirement) -> None:
    """Goes on where there is no reason against it."""
    if reason is not None:
        lacking(reason, requirement)
