"""The pages as they are served: what was built and nothing else, kept for as long as it stays true."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from service.api import pages
from tests.service.api.conftest import Api

ADDRESSES = ("/", "/login", "/squad", "/board", "/joint", "/cases/0123456789abcdef", "/sites")
SCRIPT = b"console.log('weighed');" * 50


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small build in place of the real one."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>wim</title>")
    (tmp_path / "sw.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "index-1a2b.js").write_bytes(SCRIPT)
    (tmp_path / "assets" / "figures-1a2b.woff2").write_bytes(b"wOF2")
    (tmp_path / "notes.txt").write_text("not for the world")
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_every_page_is_the_one_document(api: Api) -> None:
    """Each address gets it without a token, allowed to run nothing but our own files, and asked for anew each time."""
    for path in ADDRESSES:
        answer = api.client.get(path)
        assert answer.status_code == 200
        assert "<title>wim</title>" in answer.text
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-cache"
        assert api.client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.usefixtures("folder")
def test_a_file_with_a_hash_in_its_name_is_kept_for_good(api: Api) -> None:
    """And goes over the line packed, for those who can unpack it."""
    answer = api.client.get("/assets/index-1a2b.js", headers={"Accept-Encoding": "gzip"})
    assert answer.content == SCRIPT
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) == len(gzip.compress(SCRIPT, 9, mtime=0)) < len(SCRIPT)
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]
    plain = api.client.get("/assets/index-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.content == SCRIPT
    font = api.client.get("/assets/figures-1a2b.woff2", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in font.headers


@pytest.mark.usefixtures("folder")
def test_the_service_worker_is_asked_for_each_time(api: Api) -> None:
    """An old worker that stays would keep an old page on every phone."""
    assert api.client.get("/sw.js").headers["Cache-Control"] == "no-cache"


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "path", ["/assets/none.js", "/assets/..%2Findex.html", "/assets/..%2F..%2Fpolicy.py", "/icons/x.svg", "/notes.txt"]
)
def test_nothing_but_what_was_built_is_served(api: Api, path: str) -> None:
    """No name leads out of the folder, and a file that is no part of a page is none."""
    assert api.client.get(path).status_code == 404


def test_pages_that_are_not_built_say_how_to_get_them(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API runs without them; a visitor reads the command."""
    monkeypatch.setattr(pages, "FOLDER", tmp_path / "none")
    for path in ADDRESSES:
        answer = api.client.get(path)
        assert answer.status_code == 404
        assert "make pages" in answer.text
    assert api.client.get("/livez").status_code == 200
