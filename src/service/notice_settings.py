"""How notices leave: a section of the settings (`WIM_NOTICES__…`); whom they go to stands in a file of its own."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from service.documents import MisfitError


class NoticeSettings(BaseModel):
    """Notices to phones, rooms and signs; without any of it there are none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    targets: Path | None = Field(None, description="the notices file: whom notices may go to; none = nobody")
    sms_url: str | None = Field(None, description="the gateway that sends text messages")
    sms_secret: SecretStr | None = Field(None, min_length=16, description="signs what goes to that gateway")
    vapid_key: SecretStr | None = Field(
        None, description="Web Push: our private key, P-256 in PEM; none = browsers are not told"
    )
    vapid_contact: str | None = Field(
        None, pattern="^(mailto:|https://)", description="Web Push: mailto:… or https://… of whoever runs this"
    )

    @model_validator(mode="after")
    def _complete(self) -> NoticeSettings:
        for one, other in (("sms_url", "sms_secret"), ("vapid_key", "vapid_contact")):
            for name, partner in ((one, other), (other, one)):
                if getattr(self, name) is None and getattr(self, partner) is not None:
                    raise MisfitError(name, f"is missing beside {partner}", "set both or neither")
        return self
