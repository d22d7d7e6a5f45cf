"""The pages: what Vite built of `web/` into `src/service/pages/`, served as it is.

==========================  ===========================================================================================
address                     what comes
==========================  ===========================================================================================
/login /squad /board …      the one document; its script looks at the address
/assets/NAME                scripts, styles, fonts; the name holds a hash, so a browser keeps it for good
/sw.js                      the service worker, by which the squad page opens without a network
/manifest.webmanifest       what a phone needs to install the page
/icons/NAME                 drawn by us
==========================  ===========================================================================================

Where they are not built, a page says how to get them; everything else works without.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import APIRouter, Request, Response

from service.api.auth import for_anyone

router = APIRouter(dependencies=[for_anyone()], include_in_schema=False)

#: Where Vite puts them; it is in the wheel.
FOLDER = Path(__file__).resolve().parents[1] / "pages"

#: Only what we serve ourselves runs, and no other page may frame ours. `blob:` is for pictures made in the page, and
#: for the map's workers.
SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'none'"
)
#: The phone says where it is, to us alone.
PERMISSIONS = "geolocation=(self), camera=(), microphone=(), payment=(), usb=()"

_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
#: These are packed already.
_PACKED = frozenset({".png", ".woff2"})

_FOREVER = "public, max-age=31536000, immutable"
#: Asked for each time, and mostly answered with 304.
_FRESH = "no-cache"

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>wim</title>
<h1>頁面尚未建置 · The pages are not built</h1>
<p><code>make pages</code> builds them (Node 20.19 or newer); then start the API again. All else runs without.</p>
"""


@dataclass(frozen=True, slots=True)
class _File:
    """One built file, packed once."""

    media_type: str
    plain: bytes = field(repr=False)
    packed: bytes | None = field(repr=False)
    tag: str


@router.get("/")
@router.get("/login")
@router.get("/squad")
@router.get("/board")
@router.get("/joint")
@router.get("/cases/{case}")
@router.get("/sites")
def page(request: Request) -> Response:
    """The document of every page."""
    found = built(FOLDER).get("index.html")
    if found is None:
        return Response(_NOT_BUILT, 404, {"Cache-Control": "no-store"}, "text/html; charset=utf-8")
    return _answer(
        request, found, {"Content-Security-Policy": SECURITY_POLICY, "Permissions-Policy": PERMISSIONS}, _FRESH
    )


@router.get("/assets/{name}")
def asset(name: str, request: Request) -> Response:
    """A file whose name changes with its content."""
    return _named(request, f"assets/{name}", _FOREVER)


@router.get("/icons/{name}")
def icon(name: str, request: Request) -> Response:
    """A picture of ours."""
    return _named(request, f"icons/{name}", _FRESH)


@router.get("/sw.js")
def service_worker(request: Request) -> Response:
    """The service worker; it may fetch from us alone."""
    return _named(request, "sw.js", _FRESH, {"Content-Security-Policy": SECURITY_POLICY})


@router.get("/manifest.webmanifest")
def web_manifest(request: Request) -> Response:
    """Name, colours and icons for a phone's home screen."""
    return _named(request, "manifest.webmanifest", _FRESH)


@functools.cache
def built(folder: Path) -> Mapping[str, _File]:
    """Every built file by its path below the folder; nothing else can be asked for."""
    kept = (path for path in sorted(folder.rglob("*")) if path.suffix in _MEDIA_TYPES)
    return {path.relative_to(folder).as_posix(): _read(path) for path in kept}


def _read(path: Path) -> _File:
    plain = path.read_bytes()
    packed = None if path.suffix in _PACKED else gzip.compress(plain, 9, mtime=0)
    tag = hashlib.blake2b(plain, digest_size=12).hexdigest()
    return _File(_MEDIA_TYPES[path.suffix], plain, packed, f'"{tag}"')


def _named(request: Request, name: str, keeping: str, headers: Mapping[str, str] | None = None) -> Response:
    found = built(FOLDER).get(name)
    if found is None:
        return Response("there is no such file\n", 404, {"Cache-Control": "no-store"}, "text/plain; charset=utf-8")
    return _answer(request, found, headers or {}, keeping)


def _answer(request: Request, found: _File, headers: Mapping[str, str], keeping: str) -> Response:
    told = {**headers, "Cache-Control": keeping, "ETag": found.tag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers=told)
    if found.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.packed, 200, {**told, "Content-Encoding": "gzip"}, found.media_type)
    return Response(found.plain, 200, told, found.media_type)
