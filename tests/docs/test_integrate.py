"""docs/integrate: the programs run against the real thing, and the page says what is."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from service import messages, topics
from service.lanes import dead_letters
from service.lanes.work import DeadLetter, Partition
from service.settings import leaves, variable
from tests.docs import pages
from tests.docs.pages import PROJECT
from tests.kafka.counting import wait_for
from tests.servers import processes
from tests.system.running import Installation
from wim import codec
from wim.forms import from_json, to_json
from wim.records import PASSAGE, passage_ids

EXAMPLES = PROJECT / "docs" / "integrate"
PAGE = pages.page("docs/integrate/README.md")
SITE, CORRIDOR = "G104-K012", "G104"
NAMES = re.compile(r"WIM_[A-Z_]+")
#: What the squad's program says of the truck that the units' programs send.
SHOWN = re.compile(
    r"(?:open    |offered ) 苏A12345 106\.2 t, limit 49 t, hundred_tonne, severity; "
    rf"{SITE} [\d:]{{8}} UTC, until [\d:]{{8}}"
)
#: Kernels may have to be compiled first.
PATIENCE_SECONDS = 180.0


def program(name: str) -> ModuleType:
    """A program of the page as a module; it finds its neighbours as it does when it is run."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


passage_record, unit_sender, unit_http = map(program, ("passage_record", "unit_sender", "unit_http"))


@dataclass(frozen=True)
class Road:
    """A whole installation with a worker, and a squad that watches its corridor."""

    installation: Installation
    squad_log: Path

    def squad_sees(self, plate: str) -> str:
        """The line in which the squad's program shows an open intercept of the plate."""
        wait_for(lambda: self._line(plate) is not None, PATIENCE_SECONDS, f"the intercept of {plate}")
        return self._line(plate) or ""

    def _line(self, plate: str) -> str | None:
        return next((line for line in self.squad_log.read_text("utf-8").splitlines() if f" {plate} " in line), None)


def example(name: str, *arguments: str, **environment: str) -> str:
    """What a program of the page prints, run as the page says."""
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    done = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def road(start_kafka: Callable[[int], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Road]:
    """The example registry on a broker and a database file of the test's own."""
    monkeypatch.setenv("WIM_AUTH__TOKENS", str(tmp_path / "tokens.toml"))
    (tmp_path / "tokens.toml").write_text("")
    servers = start_kafka(1).bootstrap_servers
    registry = (PROJECT / "deploy" / "example" / "sites.toml").read_text("utf-8")
    installation = Installation.made(servers, f"sqlite:///{tmp_path / 'wim.db'}", tmp_path, registry)
    squad_log = tmp_path / "squad.log"
    command = [sys.executable, str(EXAMPLES / "squad_consumer.py"), CORRIDOR, servers]
    squad = processes.start(processes.tied(command), squad_log)
    installation.start("worker")
    try:
        yield Road(installation, squad_log)
    finally:
        squad.kill()
        squad.wait()
        installation.end()


def test_what_a_unit_sends_by_kafka_comes_out_at_the_squad_of_its_corridor(road: Road) -> None:
    """A truck of 106 t crosses; the squad's twenty lines show it as the 百噸王 that it is, and no other corridor's."""
    example("unit_sender.py", "S340-K008", "1", "苏A99999", road.installation.servers)
    wait_for(lambda: published(road.installation) == {"苏A99999"}, PATIENCE_SECONDS, "the other corridor's intercept")
    identity = example("unit_sender.py", SITE, "1", "苏A12345", road.installation.servers)
    shown = road.squad_sees("苏A12345")
    assert SHOWN.fullmatch(shown)
    assert identity in violation_ids(road.installation)
    assert "苏A99999" not in road.squad_log.read_text("utf-8")


def test_what_a_unit_posts_comes_out_at_the_squad(road: Road) -> None:
    """The same by HTTP, with a token that `wim tokens new` made for a device on that corridor."""
    (port,) = processes.free_ports(1)
    options = ("unit-k012", "--role", "device", "--corridor", CORRIDOR, "--json")
    made = json.loads(road.installation.run("tokens", "new", *options))
    (road.installation.folder / "tokens.toml").write_text(made["entry"], "utf-8")
    road.installation.start("api", WIM_API__PORT=str(port), WIM_AUTH__MODE="tokens")
    wait_for(lambda: answers(port), PATIENCE_SECONDS, "the API")
    address = f"http://127.0.0.1:{port}"
    identity = example("unit_http.py", SITE, "1", "苏A12345", address, UNIT_TOKEN=made["token"])
    assert SHOWN.fullmatch(road.squad_sees("苏A12345"))
    assert violation_ids(road.installation) == {identity}


#: What the police's program says of the same truck once it has accepted.
ACCEPTED = re.compile(rf"open     苏A12345 hundred_tonne, 57\.2 t over 49 t; {SITE}; road \w+, police accepted")


def test_police_accept_on_kafka_what_road_proposes(road: Road, tmp_path: Path) -> None:
    """The program confirms and accepts a 百噸王 on its agency's topic; both sides and the ledger say so."""
    log = tmp_path / "police.log"
    command = [sys.executable, str(EXAMPLES / "police_client.py"), "liyang-traffic", road.installation.servers]
    police = processes.start(processes.tied(command), log)
    try:
        example("unit_sender.py", SITE, "1", "苏A12345", road.installation.servers)
        wait_for(lambda: any(map(ACCEPTED.fullmatch, lines(log))), PATIENCE_SECONDS, "the police's yes")
    finally:
        police.kill()
        police.wait()
    assert column(road.installation, "select police_unit from joint_actions") == {"liyang-traffic"}
    actions = column(road.installation, "select action from ledger where agency = 'police'")
    assert actions == {"joint.receive", "joint.accept"}
    assert not [line for line in lines(log) if line.startswith("refused")]
    assert [line for block in pages.blocks(PAGE, "") for line in block.splitlines() if ACCEPTED.fullmatch(line)]


def lines(log: Path) -> list[str]:
    """What a program has printed so far."""
    return log.read_text("utf-8").splitlines() if log.exists() else []


def published(installation: Installation) -> set[str]:
    """Plates of the intercepts that the relay has told."""
    return column(installation, "select plate from intercepts where published_version = version")


def violation_ids(installation: Installation) -> set[str]:
    """Of all violations that are kept."""
    return column(installation, "select id from violations")


def column(installation: Installation, query: str) -> set[str]:
    """What a query of one column finds."""
    store = installation.store()
    with store.reading() as conn:
        found = {str(row[0]) for row in conn.exec_driver_sql(query)}
    store.close()
    return found


def answers(port: int) -> bool:
    """Whether the API is there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/livez", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_the_page_shows_what_the_program_prints() -> None:
    """The line under the command has the form of a real one."""
    assert [line for block in pages.blocks(PAGE, "") for line in block.splitlines() if SHOWN.fullmatch(line)]


def test_the_squads_program_is_about_twenty_lines() -> None:
    """What is promised as short stays short: imports, one loop, one print."""
    source = (EXAMPLES / "squad_consumer.py").read_text("utf-8")
    body = source.split('"""', 2)[2]
    lines = [line for line in body.splitlines() if line.strip() and not line.strip().startswith(('"""', "#"))]
    assert len(lines) <= 28


def test_the_byte_packer_and_the_codec_agree() -> None:
    """What the example packs with Python's library alone is read back bit by bit, and has the same identity."""
    passage = unit_sender.hundred_tonne(SITE, 2, "苏A12345")
    other = unit_sender.hundred_tonne("S340-K008", 1, "")
    batch = codec.decode([passage_record.message([passage, other])], time.time_ns())
    assert batch.refused == []
    assert passage_ids(batch.passages) == [passage.id(), other.id()]
    first = to_json(batch.passages)[0]
    assert (first["gross_kg"], first["plate"], first["lane"], first["axle_count"]) == (106_180, "苏A12345", 2, 6)
    assert [(axle["left_kg"], axle["right_kg"]) for axle in first["axles"]] == unit_sender.AXLES_KG
    assert [axle["spacing_mm"] for axle in first["axles"]] == [*unit_sender.SPACING_MM, None]
    assert first == to_json(from_json(unit_http.hundred_tonne(SITE, 2, "苏A12345") | moment_of(first)))[0]


def moment_of(first: dict[str, Any]) -> dict[str, Any]:
    """The time of another form, for a comparison of all the rest."""
    return {name: first[name] for name in ("time", "origin_ns")}


def test_the_table_of_topics_is_the_products() -> None:
    """Names, keys, partitions and times are those that `wim topics apply` makes."""
    documented = pages.table(PAGE, "topic", "key")
    assert documented == [
        [one.name, one.key, one.message, str(one.partitions), kept_for(one.retention)] for one in topics.TOPICS
    ]


def kept_for(retention: timedelta | None) -> str:
    """As the page writes it."""
    return "compacted" if retention is None else f"{retention.days} days"


def test_the_byte_table_is_the_records() -> None:
    """Every field with its place, type and size, and none besides."""
    rows = pages.table(PAGE, "offset", "type", "field")
    documented = {name: (int(offset), kind) for offset, kind, name, *_ in rows}
    fields = (PASSAGE.fields or {}).items()
    assert documented == {name: (place[1], written(place[0])) for name, place in fields}


def written(kind: np.dtype[Any]) -> str:
    """A type as the page writes it: u2 × 16."""
    scalar, shape = kind.subdtype or (kind, ())
    return scalar.str.lstrip("<|") + (f" × {shape[0]}" if shape else "")


def test_the_head_of_a_message_is_as_the_page_says() -> None:
    """Places and types of the head's fields are those that the codec packs."""
    rows = pages.table(PAGE, "offset", "type", "head")
    sizes = {"S4": "4s", "u2": "H", "u4": "I"}
    packed = struct.Struct("<" + "".join(sizes[kind] for _, kind, _ in rows))
    assert packed.format == codec.HEAD.format
    ends = [struct.calcsize("<" + "".join(sizes[kind] for _, kind, _ in rows[:place])) for place in range(len(rows))]
    assert [int(offset) for offset, *_ in rows] == ends


def test_the_vector_is_the_published_one() -> None:
    """The bytes on the page are a message of the first passage of the shared vectors."""
    (block,) = pages.blocks(PAGE, "hex")
    batch = codec.decode([bytes.fromhex(block)], time.time_ns())
    assert batch.refused == []
    published_first = json.loads((PROJECT / "tests" / "vectors" / "passages_v1.json").read_text("utf-8"))[0]
    assert to_json(batch.passages) == [published_first]
    assert published_first["id"] in PAGE


def test_the_beat_on_the_page_is_one() -> None:
    """The example is a health message that the agent keeps, of this schema's name."""
    (block,) = pages.blocks(PAGE, "json")
    beat = messages.decode(messages.Health, block.encode())
    assert (beat.site, beat.schema) == (SITE, "wim.health.v1")
    assert set(json.loads(block)) == set(beat.__struct_fields__)


def test_the_reasons_of_dead_letters_are_all_named() -> None:
    """Those of the codec, and those that only lanes know."""
    documented = {word for reasons, _ in pages.table(PAGE, "reason") for word in pages.words(reasons)}
    from_codec = {reason for reason, _ in codec._REASONS.values()} | {"null", "empty"}
    assert documented == from_codec | {"sealed_hour", "json", "kafka_crc"}
    assert all(f'"{name}"' in lane_sources() for name in ("sealed_hour", "json", "kafka_crc"))


def lane_sources() -> str:
    """The source of every stream lane."""
    return "".join(path.read_text("utf-8") for path in (PROJECT / "src" / "service" / "lanes").glob("*.py"))


def test_the_headers_of_dead_letters_are_as_the_page_says() -> None:
    """A reader finds each under the name given."""
    letter = DeadLetter(Partition("wim.passages.v1", 0), 7, b"key", b"value", "crc", "a detail")
    names = [name for name, _ in dead_letters.message(letter, datetime.now(UTC)).headers]
    assert f"標頭 {'、'.join(f'`{name}`' for name in names)}" in PAGE


def test_the_settings_on_the_page_exist() -> None:
    """Each name is one that the processes read."""
    known = {variable(keys) for keys, _ in leaves()}
    named = {name.removesuffix("_FILE") if name.endswith("PASSWORD_FILE") else name for name in NAMES.findall(PAGE)}
    assert named
    assert named <= known
