"""Where a browser says that a write comes from. Another site's page must not act with the cookie of ours.

SameSite=Strict keeps the cookie from other sites already; of a browser that says more (Origin, Sec-Fetch-Site), all of
it must fit. A program says nothing, and has no cookie that somebody else's page could use.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from service.api.parts import Parts
from service.api.problems import Problem


def check(parts: Parts, request: Request) -> None:
    """Raise the problem of a write that comes from elsewhere."""
    if is_elsewhere(parts, request):
        raise Problem("csrf_refused", "it comes from another site: act on the page itself")


def is_elsewhere(parts: Parts, request: Request) -> bool:
    """Whether the browser says that another site's page asks."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return True
    origin = request.headers.get("origin")
    return origin is not None and origin != _public(parts) and urlsplit(origin).netloc != request.headers.get("host")


def is_secure(parts: Parts, request: Request) -> bool:
    """Whether the browser came by HTTPS: to us, or to a proxy before us by the address that the settings name."""
    return request.url.scheme == "https" or _public(parts).startswith("https://")


def _public(parts: Parts) -> str:
    return parts.public_url or ""
