"""From settings, registry and policy to what sends notices, and to what the API needs to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mode import ServiceT

from service.notice_settings import NoticeSettings
from service.notices.news import ground_of
from service.notices.ports import Ports
from service.notices.queue import Plan
from service.notices.sealing import Vapid, read_private_key
from service.notices.sender import Manners, NoticeService, Sender
from service.notices.sms import Gateway
from service.notices.targets import Targets, is_safe_address, read_targets
from service.registry import Registry
from wim.document import RegistryError, RegistryErrors

if TYPE_CHECKING:
    from service.worker import Parts


def services(parts: Parts, owner: str) -> Sequence[ServiceT]:
    """The sender of a worker; none where nobody is to be told. Raises RegistryErrors."""
    settings, policy = parts.settings.notices, parts.policy
    targets, vapid = targets_of(settings, parts.registry), vapid_of(settings)
    if not targets.entries and vapid is None:
        return []
    plan = Plan(targets, ground_of(parts.registry, policy), pushes=vapid is not None)
    ports = Ports(targets, gateway_of(settings), vapid, policy.sign_plate_masked)
    manners = Manners(tries=policy.notice_tries, cool_down_s=policy.notice_cool_down_seconds)
    return [NoticeService(Sender(parts.store, ports, plan, parts.metrics, owner, manners))]


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
    try:
        key = read_private_key(settings.vapid_key.get_secret_value())
    except ValueError as error:
        remedy = "make one: openssl ecparam -name prime256v1 -genkey -noout"
        raise _wrong("WIM_NOTICES__VAPID_KEY", str(error), remedy) from None
    return Vapid(key, settings.vapid_contact)


def _wrong(name: str, problem: str, remedy: str) -> RegistryErrors:
    return RegistryErrors([RegistryError("environment", name, problem, remedy)])
