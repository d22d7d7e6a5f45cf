"""The OpenAPI 3.1 document, made from the routes, committed as docs/openapi.json, and checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from service.api.answers import components
from service.api.tags import DESCRIPTIONS

#: Of the addresses under /v1: the package's own version changes with every release, and the document must not.
DOCUMENT_VERSION = "1"


class DocumentOutdatedError(RuntimeError):
    """The committed document is not that of the code."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is not up to date; run `wim openapi --out {path}` and commit")
        self.path = path


def document(app: FastAPI) -> dict[str, Any]:
    """The document of an app's routes."""
    if app.openapi_schema is None:
        app.openapi_schema = _made(app)
    return app.openapi_schema


def text(app: FastAPI) -> str:
    """The document as it is committed."""
    return json.dumps(document(app), indent=2, ensure_ascii=False) + "\n"


def check(app: FastAPI, path: Path) -> None:
    """Raise `DocumentOutdatedError` unless `path` holds exactly the document of the app's routes."""
    if not path.exists() or path.read_text("utf-8") != text(app):
        raise DocumentOutdatedError(path)


def _made(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=DOCUMENT_VERSION,
        description=app.description,
        routes=app.routes,
        tags=[{"name": tag.value, "description": text} for tag, text in DESCRIPTIONS.items()],
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    made.setdefault("components", {}).setdefault("schemas", {}).update(components())
    return made
