"""The sender of notices as a service of a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mode import ServiceT

from service.notices.news import ground_of
from service.notices.ports import Ports
from service.notices.queue import Plan
from service.notices.sender import Manners, NoticeService, Sender
from service.notices.setting_up import gateway_of, targets_of, vapid_of

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
