"""From the settings to whom notices may go, and by what; for the worker that sends them and for the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.notice_settings import NoticeSettings
from service.notices.targets import Gateway, Targets, is_safe_address, read_targets
from service.registry import Registry
from wim.document import RegistryError, RegistryErrors

if TYPE_CHECKING:
    from service.notices.sealing import Vapid


def targets_of(settings: NoticeSettings, registry: Registry) -> Targets:
    """Whom notices may go to. Raises RegistryErrors."""
    return read_targets(settings.targets, registry, settings.sms_url is not None)


def gateway_of(settings: NoticeSettings) -> Gateway | None:
    """The gateway for text messages. Raises RegistryErrors where its address would carry them in clear."""
    if settings.sms_url is None or settings.sms_secret is None:
        return None
    if not is_safe_address(settings.sms_url):
        raise _wrong("WIM_NOTICES__SMS_URL", "is no safe address", "write https://…; http only to this machine")
    return Gateway(settings.sms_url, settings.sms_secret.get_secret_value())


def vapid_of(settings: NoticeSettings) -> Vapid | None:
    """Who we are to push services. Raises RegistryErrors where the key is none."""
    if settings.vapid_key is None or settings.vapid_contact is None:
        return None
    # cryptography takes 50 ms to import: not where no browser is told.
    from service.notices.sealing import Vapid, read_private_key

    try:
        key = read_private_key(settings.vapid_key.get_secret_value())
    except ValueError as error:
        remedy = "make one: openssl ecparam -name prime256v1 -genkey -noout"
        raise _wrong("WIM_NOTICES__VAPID_KEY", str(error), remedy) from None
    return Vapid(key, settings.vapid_contact)


def _wrong(name: str, problem: str, remedy: str) -> RegistryErrors:
    return RegistryErrors([RegistryError("environment", name, problem, remedy)])
