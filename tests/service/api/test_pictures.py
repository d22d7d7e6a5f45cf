"""Pictures of crossings: taken from cameras of their own site, shown to who may see plates."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from service.policy import Policy
from service.store import feed
from tests.service.api.conftest import Api, MakeApi
from tests.service.told import TIME_NS, crossings
from wim.records import passage_ids

PNG = b"\x89PNG\r\n\x1a\n" + b"of a truck"
JPEG, WEBP = b"\xff\xd8\xff\xe0" + b"of a truck", b"RIFF\x10\x00\x00\x00WEBPVP8 "
ORIGIN = {"site": "G104-K012", "lane": 1, "part": 0, "origin_ns": TIME_NS, "sequence": 1}
ID = passage_ids(crossings(1, sequence=1))[0]


@pytest.fixture
def api(make_api: MakeApi, tmp_path: Path) -> Api:
    """An API that keeps pictures."""
    return make_api(archive=tmp_path)


def put(api: Api, body: bytes = PNG, name: str = "unit", kind: str = "front", **changed: Any) -> Any:
    """A picture of the first crossing of the desk; `passage` and `media_type` may be changed, others are the query."""
    passage, media_type = changed.pop("passage", ID), changed.pop("media_type", "image/png")
    headers = api.headers(name, Content_Type=media_type)
    return api.client.put(
        f"/v1/passages/{passage}/media/{kind}", content=body, headers=headers, params=changed or ORIGIN
    )


def read(api: Api, name: str = "squad", kind: str = "front") -> Any:
    return api.get(name, f"/v1/passages/{ID}/media/{kind}")


@pytest.mark.parametrize(("body", "media_type"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp; q=1")])
def test_a_picture_comes_back_byte_for_byte(api: Api, body: bytes, media_type: str) -> None:
    """With its media type, under a hash that anybody can check, and never to be sniffed."""
    api.desk.file(api.desk.violation())
    kept = put(api, body, media_type=media_type)
    assert kept.status_code == 200
    digest = hashlib.sha256(body).hexdigest()
    assert kept.json() == {
        "passage": ID,
        "kind": "front",
        "sha256": digest,
        "bytes": len(body),
        "href": f"/v1/passages/{ID}/media/front",
    }
    found = read(api)
    assert (found.content, found.headers["Content-Type"]) == (body, media_type.partition(";")[0])
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    assert api.get("squad", found.request.url.path, If_None_Match=found.headers["ETag"]).status_code == 304


def test_violation_and_intercept_show_it_under_their_version(api: Api) -> None:
    """Added when they are read: a squad's If-Match does not lapse because a picture came."""
    api.desk.file(api.desk.violation())
    intercept = api.desk.only_intercept()
    before = api.get("squad", f"/v1/intercepts/{intercept.id}")
    put(api)
    shown = [{"kind": "front", "sha256": hashlib.sha256(PNG).hexdigest(), "href": f"/v1/passages/{ID}/media/front"}]
    assert api.get("squad", f"/v1/violations/{ID}").json()["media"] == shown
    after = api.get("squad", f"/v1/intercepts/{intercept.id}", If_None_Match=before.headers["ETag"])
    assert after.status_code == 200
    assert after.json()["best"]["media"] == shown
    assert after.json()["version"] == before.json()["version"]
    assert after.headers["ETag"] == before.headers["ETag"]
    [item] = api.get("squad", "/v1/intercepts").json()["items"]
    assert item["best"]["media"] == shown


def test_the_live_feed_tells_the_violation_again(api: Api) -> None:
    """So a card that is on a screen gets its picture; the same picture once more is no news."""
    api.desk.file(api.desk.violation())
    put(api)
    put(api)
    with api.parts.store.reading() as conn:
        events = [event.entry for event in feed.read(conn, 0, 100, kinds={"violation"})]
    assert len(events) == 2
    assert (events[1].corridor, events[1].site) == ("G104", "G104-K012")
    assert [item["kind"] for item in json.loads(events[1].document)["media"]] == ["front"]


def test_a_camera_may_be_faster_than_the_judge(api: Api) -> None:
    """The id is proved by what it is made of; the picture is there once the violation is."""
    assert put(api).status_code == 200
    assert read(api).json()["code"] == "picture_unknown"
    api.desk.file(api.desk.violation())
    assert read(api).content == PNG
    assert len(api.get("squad", f"/v1/violations/{ID}").json()["media"]) == 1


def test_of_a_known_violation_the_id_is_enough(api: Api) -> None:
    """A camera that knows no more sends no more; of an unknown one it is told what would do."""
    headers = api.headers("unit", Content_Type="image/png")
    unknown = api.client.put(f"/v1/passages/{ID}/media/front", content=PNG, headers=headers)
    assert unknown.json()["code"] == "violation_unknown"
    assert "origin_ns" in unknown.json()["detail"]
    api.desk.file(api.desk.violation())
    assert api.client.put(f"/v1/passages/{ID}/media/front", content=PNG, headers=headers).status_code == 200


def test_a_new_picture_takes_the_place_of_the_old(api: Api, tmp_path: Path) -> None:
    """Of the same kind: also where the form changed, and no file is left behind; of another kind beside it."""
    api.desk.file(api.desk.violation())
    put(api)
    put(api, JPEG, media_type="image/jpeg")
    put(api, PNG, kind="rear")
    assert read(api).content == JPEG
    assert sorted(path.name for path in tmp_path.rglob("pictures/**/*.*")) == [f"{ID}.front.jpg", f"{ID}.rear.png"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"body": JPEG}, "picture_invalid"),
        ({"body": b""}, "picture_invalid"),
        ({"body": b"<svg onload=alert(1)>"}, "picture_invalid"),
        ({"media_type": "image/svg+xml"}, "media_type_unsupported"),
        ({"kind": "clip"}, "parameters_invalid"),
        ({"kind": "..%2Ffront"}, "not_found"),
        ({"passage": "00" * 8}, "parameters_invalid"),
        ({**ORIGIN, "sequence": 2}, "parameters_invalid"),
        ({"site": "G104-K012"}, "parameters_invalid"),
        ({"name": "squad"}, "role_refused"),
    ],
)
def test_what_is_no_such_picture_is_refused(api: Api, changed: dict[str, Any], code: str) -> None:
    """With the place and the remedy; nothing is kept."""
    api.desk.file(api.desk.violation())
    refused = put(api, **changed)
    assert refused.json()["code"] == code, refused.text
    assert api.get("squad", f"/v1/violations/{ID}").json()["media"] == []


def test_a_picture_of_somebody_elses_site_is_refused(api: Api) -> None:
    """The id proves where it was taken, and a unit speaks for its own corridors."""
    passage = passage_ids(crossings(1, sequence=1, site="S340-K005"))[0]
    assert put(api, passage=passage, **{**ORIGIN, "site": "S340-K005"}).json()["code"] == "place_refused"
    assert put(api, name="device", passage=passage, **{**ORIGIN, "site": "S340-K005"}).status_code == 200


def test_a_large_picture_is_refused(make_api: MakeApi, tmp_path: Path) -> None:
    """At the policy's bound, before it is in memory."""
    api = make_api(archive=tmp_path, policy=Policy(picture_bytes_most=65_536, requests_per_minute=1_000_000))
    assert put(api, PNG + bytes(65_536)).json()["code"] == "body_too_large"


def test_an_api_without_archive_says_what_to_set(make_api: MakeApi) -> None:
    """Nothing is taken that would be lost."""
    assert "WIM_ARCHIVE" in put(make_api()).json()["detail"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("analyst", "plates_refused"),
        ("technician", "plates_refused"),
        ("foreign", "picture_unknown"),
        ("unit", "role_refused"),
    ],
)
def test_only_who_may_see_the_plate_sees_the_picture(api: Api, name: str, code: str) -> None:
    """And only on their own roads; in lists it is not even named."""
    api.desk.file(api.desk.violation())
    put(api)
    assert read(api, name).json()["code"] == code
    assert read(api, "researcher").content == PNG
    assert api.get("analyst", f"/v1/violations/{ID}").json()["media"] == []
    [item] = api.get("analyst", "/v1/intercepts").json()["items"]
    assert item["best"]["media"] == []
