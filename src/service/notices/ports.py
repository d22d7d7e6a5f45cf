"""The ports of a worker: an adapter for each target of the file and for each browser that subscribed."""

from __future__ import annotations

from types import TracebackType

import aiohttp
from sqlalchemy import Connection

from service.notices.notice import Port
from service.notices.posting import open_session
from service.notices.sealing import Vapid
from service.notices.sign import RoadsideSign
from service.notices.sms import SmsPhone
from service.notices.targets import SIGN, SMS, WEB_PUSH, WECOM, WECOM_URL, Gateway, Target, Targets
from service.notices.web_push import Browser
from service.notices.wecom import WeComRobot
from service.store import push
from service.store.engine import Store


class Ports:
    """Usable within its own block, which holds the connections."""

    def __init__(
        self, targets: Targets, gateway: Gateway | None, vapid: Vapid | None, plate_masked: bool = True
    ) -> None:
        self._targets = {(target.adapter, target.name): target for target in targets.entries}
        self._allowed, self._gateway, self._vapid, self._masked = targets, gateway, vapid, plate_masked
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Ports:
        self._session = open_session()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    def of(self, conn: Connection, adapter: str, target: str) -> Port | None:
        """The port of a target; None where it is none of ours any more."""
        assert self._session is not None, "outside the block"
        if adapter == WEB_PUSH:
            return self._browser(conn, self._session, target)
        known = self._targets.get((adapter, target))
        return None if known is None else self._known(self._session, known)

    def forget(self, store: Store, adapter: str, target: str) -> bool:
        """Remove a target that is gone; False where only a person can: it stands in a file."""
        if adapter != WEB_PUSH:
            return False
        with store.writing() as conn:
            push.remove(conn, target)
        return True

    def _known(self, session: aiohttp.ClientSession, target: Target) -> Port | None:
        if target.adapter == WECOM:
            return WeComRobot(session, target.address, target.url or WECOM_URL)
        if target.adapter == SIGN:
            return RoadsideSign(session, target.address, target.key, self._masked)
        assert target.adapter == SMS
        return None if self._gateway is None else SmsPhone(session, self._gateway, target.address)

    def _browser(self, conn: Connection, session: aiohttp.ClientSession, target: str) -> Port | None:
        subscription = push.get(conn, target)
        if self._vapid is None or subscription is None:
            return None
        # The list of hosts may have become shorter since.
        allowed = self._allowed.push_host_allowed(subscription.endpoint)
        return Browser(session, self._vapid, subscription) if allowed else None
