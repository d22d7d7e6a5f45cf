"""The pusher of webhooks as a service of a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mode import ServiceT

from service.docket.terms import Terms
from service.webhooks.sending import Patience, Pusher, WebhookService
from service.webhooks.targets import read_webhooks

if TYPE_CHECKING:
    from service.worker import Parts


def services(parts: Parts, terms: Terms) -> Sequence[ServiceT]:
    """The pusher of a worker; none where nobody is to be told. Raises RegistryErrors."""
    hooks = read_webhooks(parts.settings.webhooks, parts.registry)
    if not hooks.entries:
        return []
    patience = Patience(tries=parts.policy.webhook_tries)
    return [WebhookService(Pusher(parts.store, hooks, terms, parts.metrics, patience))]
