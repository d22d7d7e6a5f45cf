"""`notices.toml` and its settings: nobody is told who does not stand there, and every mistake keeps a worker from
starting with its place and remedy."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from service.metrics import Metrics
from service.notice_settings import NoticeSettings
from service.notices.services import services
from service.notices.setting_up import gateway_of, vapid_of
from service.notices.targets import PUSH_HOSTS, Targets, read_targets
from service.policy import Policy
from service.registry import Registry, parse_registry
from tests.service.api.conftest import REGISTRY
from wim.document import RegistryErrors

WHOLE = """
push_hosts = ["push.example.cn", ".push.example.org"]
[[wecom]]
name = "room"
desk = "road"
corridors = ["G104"]
key_file = "room.key"
[[sms]]
name = "car"
squad = "liyang-2"
number = "+8613000000000"
[[sign]]
name = "board"
stop_point = "yard"
url = "http://127.0.0.1:8180/text"
"""


@pytest.fixture
def registry() -> Registry:
    return parse_registry(tomllib.loads(REGISTRY), "sites.toml")


def read(folder: Path, registry: Registry, text: str, gateway: bool = True) -> Targets:
    (folder / "room.key").write_text("693a91f6-7xxx\n")
    path = folder / "notices.toml"
    path.write_text(text, "utf-8")
    return read_targets(path, registry, gateway)


def test_a_whole_file_is_read(tmp_path: Path, registry: Registry) -> None:
    """Keys come from files beside it; nothing secret shows when a target is printed."""
    found = read(tmp_path, registry, WHOLE)
    assert [(one.adapter, one.name, one.squad, one.desk, one.stop_point) for one in found.entries] == [
        ("wecom", "room", None, "road", None),
        ("sms", "car", "liyang-2", None, None),
        ("sign", "board", None, None, "yard"),
    ]
    assert found.entries[0].address == "693a91f6-7xxx"
    assert (found.entries[0].on("G104"), found.entries[0].on("S340")) == (True, False)
    assert "693a91f6" not in repr(found)
    assert "13000000000" not in repr(found)


def test_without_a_file_nobody_is_told(registry: Registry) -> None:
    """And only the browsers' own push services may be named."""
    assert read_targets(None, registry, False) == Targets((), PUSH_HOSTS)


@pytest.mark.parametrize(
    ("old", "new", "place", "remedy"),
    [
        ('desk = "road"\n', "", "wecom[0].squad", "squad or desk"),
        ('squad = "liyang-2"', 'squad = "liyang-2"\ndesk = "road"', "sms[0].squad", "not both"),
        ('squad = "liyang-2"', 'squad = "liyang-22"', "sms[0].squad", "liyang-2"),
        ('stop_point = "yard"', 'stop_point = "yart"', "sign[0].stop_point", "yard"),
        ('corridors = ["G104"]', 'corridors = ["G105"]', "wecom[0].corridors", "G104"),
        ("room.key", "rooom.key", "wecom[0].key_file", "readable"),
        ("+8613000000000", "13O00000000", "sms[0].number", "digits"),
        ("http://127.0.0.1:8180/text", "http://10.0.0.5/text", "sign[0].url", "https"),
        ("http://127.0.0.1:8180/text", "https://key@board.example/text", "sign[0].url", "https"),
        ('name = "board"', 'name = "board"\ncolour = 3', "sign[0].colour", ""),
    ],
)
def test_a_mistake_is_named_with_its_remedy(
    tmp_path: Path, registry: Registry, old: str, new: str, place: str, remedy: str
) -> None:
    """Never with the number, key or address itself."""
    with pytest.raises(RegistryErrors) as raised:
        read(tmp_path, registry, WHOLE.replace(old, new))
    [error] = raised.value.errors
    assert error.key == place
    assert remedy in error.remedy
    assert not {"13O00000000", "key@board"} & set(str(error).split('"'))


def test_phones_need_a_gateway(tmp_path: Path, registry: Registry) -> None:
    """A phone in the file that nothing leads to would be found out at the first alarm."""
    with pytest.raises(RegistryErrors, match="WIM_NOTICES__SMS_URL"):
        read(tmp_path, registry, WHOLE, gateway=False)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://push.example.cn/a", True),
        ("https://push.example.cn:443/a", True),
        ("https://a.push.example.org/a", True),
        ("https://push.example.org/a", False),
        ("https://push.example.cn:444/a", False),
        ("http://push.example.cn/a", False),
        ("https://push.example.cn.evil.example/a", False),
        ("https://push.example.cn:port/a", False),
    ],
)
def test_push_services_are_those_of_the_file(tmp_path: Path, registry: Registry, url: str, allowed: bool) -> None:
    """By whole names; a leading dot stands for what is below."""
    assert read(tmp_path, registry, WHOLE).push_host_allowed(url) is allowed


def test_a_gateway_must_be_safe() -> None:
    """Numbers and plates in clear would pass every router on the way."""
    secret = SecretStr("a secret of this test")
    assert gateway_of(NoticeSettings(sms_url="https://sms.example.cn", sms_secret=secret)) is not None
    assert gateway_of(NoticeSettings(sms_url="http://127.0.0.1:9/sms", sms_secret=secret)) is not None
    with pytest.raises(RegistryErrors, match="https"):
        gateway_of(NoticeSettings(sms_url="http://sms.example.cn", sms_secret=secret))


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"sms_url": "https://x"}, "sms_secret"),
        ({"vapid_key": "x"}, "vapid_contact"),
        ({"vapid_contact": "mailto:a@example.org"}, "vapid_key"),
        ({"vapid_key": "x", "vapid_contact": "a@example.org"}, "vapid_contact"),
    ],
)
def test_settings_that_need_each_other_come_together(given: dict[str, Any], key: str) -> None:
    """The missing or wrong one is named."""
    with pytest.raises(ValueError, match=key):
        NoticeSettings(**given)


def vapid(key: str) -> NoticeSettings:
    return NoticeSettings(vapid_key=SecretStr(key), vapid_contact="mailto:a@example.org")


def test_a_key_for_browsers_is_read_at_the_start() -> None:
    """As openssl writes it, or refused with the command that makes one; never repeated."""
    made = ec.generate_private_key(ec.SECP256R1())
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    found = vapid_of(vapid(pem))
    assert found is not None
    assert len(found.public_key) == 87
    assert "PRIVATE" not in repr(found)
    with pytest.raises(RegistryErrors, match="openssl ecparam") as raised:
        vapid_of(vapid("no such key"))
    assert "no such key" not in str(raised.value)


def test_a_worker_sends_only_where_somebody_is_to_be_told(tmp_path: Path, registry: Registry) -> None:
    """Without targets and key there is no sender, and nothing looks at the feed."""

    def parts(settings: NoticeSettings) -> Any:
        return SimpleNamespace(
            settings=SimpleNamespace(notices=settings),
            policy=Policy(),
            registry=registry,
            store=None,
            metrics=Metrics(),
        )

    assert services(parts(NoticeSettings()), "one") == []
    read(tmp_path, registry, WHOLE.replace("[[sms]]", "[[sign]]").replace('squad = "liyang-2"', 'stop_point = "yard"')
         .replace('number = "+8613000000000"', 'url = "https://x.example"'))  # fmt: skip
    assert len(services(parts(NoticeSettings(targets=tmp_path / "notices.toml")), "one")) == 1
