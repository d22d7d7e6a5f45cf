"""Guarantees of claims: what they say is allowed, what they leave out is not, and what is wrong is named."""

from __future__ import annotations

from typing import Any

import pytest

from service.access import Principal, Role
from service.oidc.claims import TokenRefusedError, principal_of
from service.oidc.settings import OidcSettings
from tests.service.oidc.conftest import REGISTRY
from tests.service.oidc.idp import DESK


def of(claims: dict[str, Any], **settings: Any) -> Principal:
    return principal_of(
        {name: value for name, value in claims.items() if value is not None}, OidcSettings(**settings), REGISTRY
    )


def test_each_role_is_what_its_claims_say() -> None:
    """A squad by its sections, police by its agency, an analyst without plates unless told, a unit without agency."""
    squad = of({"preferred_username": "li", "wim-role": "squad", "wim-squad": "liyang-2"})
    assert squad == Principal("li", Role.SQUAD, "road", "liyang-2", None, True)
    police = of({"preferred_username": "p", "wim-role": "police", "wim-corridors": "*"})
    assert police == Principal("p", Role.POLICE, "police", None, None, True)
    analyst = {**DESK, "wim-role": "analyst"}
    assert [of({**analyst, "wim-plates": given}).plates for given in (None, False, True)] == [False, False, True]
    assert of({"preferred_username": "unit", "wim-role": "device", "wim-corridors": ["S340"]}).agency is None


def test_the_provider_may_have_words_of_its_own() -> None:
    """Claims by other names, within others, and roles under other names; roles of other systems do not matter."""
    claims = {
        "upn": "wang",
        "realm_access": {"roles": ["offline_access", "wim-desk"]},
        "https://wim/agency": "road",
        "wim-corridors": ["G104", "X9"],
    }
    names = {"name_claim": "upn", "role_claim": "realm_access.roles", "agency_claim": "https://wim/agency"}
    found = of(claims, roles={"wim-desk": "duty"}, **names)
    assert (found.name, found.role, found.agency, found.corridors) == ("wang", Role.DUTY, "road", {"G104"})


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"preferred_username": None}, "preferred_username"),
    ({"preferred_username": ""}, "preferred_username"),
    ({"preferred_username": "x" * 65}, "preferred_username"),
    ({"preferred_username": "a\nb"}, "preferred_username"),
    ({"preferred_username": 7}, "preferred_username"),
    ({"wim-role": None}, "wim-role"),
    ({"wim-role": "root"}, "wim-role"),
    ({"wim-role": ["duty", "admin"]}, "several roles"),
    ({"wim-role": {"duty": True}}, "wim-role"),
    ({"wim-agency": None}, "wim-agency"),
    ({"wim-agency": "navy"}, "wim-agency"),
    ({"wim-agency": ["road"]}, "wim-agency"),
    ({"wim-role": "police", "wim-agency": "road"}, "wim-agency"),
    ({"wim-corridors": None}, "wim-corridors"),
    ({"wim-corridors": []}, "wim-corridors"),
    ({"wim-corridors": ["X9"]}, "wim-corridors"),
    ({"wim-corridors": {"G104": 1}}, "wim-corridors"),
    ({"wim-role": "squad"}, "wim-squad"),
    ({"wim-role": "squad", "wim-squad": "liyang-9"}, "wim-squad"),
    ({"wim-role": "squad", "wim-squad": "liyang-2", "wim-agency": "police"}, "wim-agency"),
    ({"wim-plates": "yes"}, "wim-plates"),
]


@pytest.mark.parametrize(("changes", "named"), WRONG)
def test_what_is_missing_or_wrong_lets_nobody_in(changes: dict[str, Any], named: str) -> None:
    """Nothing is guessed in favour of the one who asks; the claim is named with what would be right."""
    with pytest.raises(TokenRefusedError, match=named):
        of({**DESK, **changes})
