"""The settings of a provider: `WIM_AUTH__OIDC__ISSUER` and its neighbours."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from service.access import Role
from service.documents import MisfitError


class OidcSettings(BaseModel):
    """Who says who asks (mode oidc), and in which claims."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str | None = Field(None, description="the provider's address, exactly as `iss` of its tokens")
    audience: str | None = Field(None, description="what `aud` of a token for this API says")
    jwks_url: str | None = Field(None, description="where its keys are; none = where its discovery document says")
    client_id: str | None = Field(None, description="our name there; none = people cannot sign in with a browser")
    client_secret: SecretStr | None = Field(None, description="the secret of that name; none = a public client")
    scope: str = Field("openid profile", description="what a browser's sign-in asks for")
    name_claim: str = Field(
        "preferred_username",
        description="who it is, in ledger and audit log; the provider must keep it unique and never give it twice",
    )
    role_claim: str = Field("wim-role", description="a role, or a list with one of ours; a.b looks inside")
    roles: dict[str, Role] = Field(
        default_factory=dict, description='what the provider calls our roles: {"desk":"duty"}'
    )
    agency_claim: str = Field("wim-agency", description="road or police")
    squad_claim: str = Field("wim-squad", description="the squad's id, for the role squad")
    corridors_claim: str = Field("wim-corridors", description='ids, or "*" for all; squads may go without')
    plates_claim: str = Field("wim-plates", description="true or false; without it as the role has it")

    @field_validator("issuer", "jwks_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not is_safe(value):
            raise MisfitError("", f'is "{value}"', "write an https:// address; http:// only on this machine")
        return value


def is_safe(url: str) -> bool:
    """Whether what comes from an address is what its owner sent: HTTPS, or this machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname)))


def _is_here(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
