"""Claims of a token to what somebody may do. What is not said is not allowed, and what is missing is named.

===========  ==========================================================================================================
member       from the claim that the settings name
===========  ==========================================================================================================
name         a text of 1 to 64 characters
role         one of ours, or what `roles` calls ours; of a list exactly one
agency       road or police; the role police is always police
squad        a squad of the registry, for the role squad
corridors    a list of ids or one text; "*" is all of them; only squads may go without (their sections say it)
plates       a truth value; without it as the role has it
===========  ==========================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.access import Principal, Role, default_plates
from service.oidc.settings import OidcSettings
from service.registry import Registry

_LONGEST_NAME = 64
_ALL = "*"


class TokenRefusedError(RuntimeError):
    """A token that gives nothing: what is wrong with it, and what would be right."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(f"the token {problem}: {remedy}")
        self.problem, self.remedy = problem, remedy


def principal_of(claims: Mapping[str, Any], settings: OidcSettings, registry: Registry) -> Principal:
    """Who it is and what they may do. Raises `TokenRefusedError`."""
    role = _role(found(claims, settings.role_claim), settings)
    squad = _squad(found(claims, settings.squad_claim), role, settings, registry)
    plates = found(claims, settings.plates_claim)
    if plates not in (None, True, False):
        raise _wrong(settings.plates_claim, "is no truth value", "write true or false")
    return Principal(
        name=_name(found(claims, settings.name_claim), settings),
        role=role,
        agency=_agency(found(claims, settings.agency_claim), role, squad, settings, registry),
        squad=squad,
        corridors=_corridors(found(claims, settings.corridors_claim), role, settings, registry),
        plates=default_plates(role) if plates is None else plates,
    )


def found(claims: Mapping[str, Any], name: str) -> Any:
    """The value of a claim; `realm_access.roles` looks inside `realm_access` where no claim has that very name."""
    if name in claims:
        return claims[name]
    value: Any = claims
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _name(value: Any, settings: OidcSettings) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST_NAME or not value.isprintable():
        raise _wrong(settings.name_claim, "names nobody", f"let the provider put a name of up to {_LONGEST_NAME} in it")
    return value


def _role(value: Any, settings: OidcSettings) -> Role:
    ours = {**{role.value: role for role in Role}, **settings.roles}
    given = {
        ours[one] for one in (value if isinstance(value, list) else [value]) if isinstance(one, str) and one in ours
    }
    if len(given) != 1:
        problem = "has several roles" if given else "has no role of ours"
        raise _wrong(settings.role_claim, problem, f"give exactly one of {', '.join(sorted(ours))}")
    return given.pop()


def _squad(value: Any, role: Role, settings: OidcSettings, registry: Registry) -> str | None:
    if role is not Role.SQUAD:
        return None
    if not isinstance(value, str) or value not in registry.squads:
        raise _wrong(settings.squad_claim, "names no squad of the registry", "give the squad's id")
    return value


def _agency(value: Any, role: Role, squad: str | None, settings: OidcSettings, registry: Registry) -> str | None:
    if role is Role.POLICE and value is None:
        return "police"
    of_squad = registry.squads[squad].agency if squad else None
    if role is Role.DEVICE and value is None:
        return None
    agency = of_squad if value is None else value
    if agency not in ("road", "police") or of_squad not in (None, agency) or (role is Role.POLICE and agency == "road"):
        raise _wrong(settings.agency_claim, "is no agency that fits", 'give "road" or "police", that of the squad')
    return str(agency)


def _corridors(value: Any, role: Role, settings: OidcSettings, registry: Registry) -> frozenset[str] | None:
    if value == _ALL or (value is None and role is Role.SQUAD):
        return None
    given = value if isinstance(value, list) else [value]
    if _ALL in given:
        return None
    known = frozenset(one for one in given if isinstance(one, str) and one in registry.network.corridors)
    if not known:
        raise _wrong(settings.corridors_claim, "names no corridor of the registry", 'give ids, or "*" for all of them')
    return known


def _wrong(claim: str, problem: str, remedy: str) -> TokenRefusedError:
    return TokenRefusedError(f"{problem} (claim {claim})", remedy)
