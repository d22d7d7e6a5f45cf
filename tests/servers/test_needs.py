"""What happens to a test whose server or record is missing."""

from __future__ import annotations

import pytest

from tests.servers import needs


def test_a_missing_server_is_a_visible_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a developer's machine the test is skipped, and says what to install."""
    monkeypatch.delenv("WIM_REQUIRE_SERVERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Java: install"):
        needs.required("no Java: install it", "WIM_REQUIRE_SERVERS")


@pytest.mark.parametrize("requirement", ["WIM_REQUIRE_SERVERS", "WIM_REQUIRE_DATA"])
def test_where_it_is_required_a_skip_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, requirement: needs.Requirement
) -> None:
    """CI cannot turn green by lacking something."""
    monkeypatch.setenv(requirement, "1")
    with pytest.raises(pytest.fail.Exception, match=f"no Java.*{requirement}"):
        needs.required("no Java", requirement)


def test_nothing_missing_goes_on() -> None:
    """Without a reason the test runs."""
    needs.required(None, "WIM_REQUIRE_SERVERS")
