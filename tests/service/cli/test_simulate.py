"""`wim simulate`: traffic on whichever registry is configured."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from aiokafka import AIOKafkaConsumer

from sensors.simulator.demo import DEMO_REGISTRY
from sensors.simulator.signals.frame_truth import from_line
from service.broker import embedded
from service.cli import main
from service.cli.simulate import make_traffic
from service.registry import read_registry
from service.topics import FRAMES
from wim.frames import NO_NOW_NS, Frame, decode_frame, read_frames

EXAMPLE = Path(__file__).resolve().parents[3] / "deploy" / "example" / "sites.toml"

#: One carriageway with one lane, one corridor without a site, and nobody named.
SMALL = """
[[corridor]]
id = "S999"
name = "somewhere"
timezone = "Asia/Tokyo"

[[corridor]]
id = "S998"
name = "elsewhere"
timezone = "Asia/Tokyo"

[[site]]
id = "S999-K001"
corridor = "S999"
chainage_km = 1.0

[[site.lane]]
number = 1
direction = "up"
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The smallest registry with traffic."""
    path = tmp_path / "sites.toml"
    path.write_text(SMALL, "utf-8")
    return path


def run(*arguments: str) -> object:
    """The exit status of `wim simulate` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main(["simulate", *arguments])
    return ended.value.code


@pytest.mark.parametrize("registry", [EXAMPLE, DEMO_REGISTRY, None])
def test_without_a_scenario_every_carriageway_of_the_registry_has_traffic(registry: Path | None) -> None:
    """Passages come from each site and direction that it names, and from no other."""
    traffic = make_traffic(None, registry, rate=4.0, seed=1)
    start_ns = traffic.scenario.start_ns
    passages = [step.passages for step in traffic.play(until_ns=start_ns + 600 * 10**9)]
    seen = {(row["site"].decode(), int(row["direction"])) for rows in passages for row in rows[["site", "direction"]]}
    sites = traffic.world.roads.sites
    assert seen == {(site.id, int(lane.direction)) for site in sites for lane in site.lanes.values()}


def test_the_smallest_registry_will_do(small: Path) -> None:
    """A registry that names no vehicle, no other direction and no second site."""
    traffic = make_traffic(None, small, rate=2.0, seed=1)
    start_ns = traffic.scenario.start_ns
    passages = [step.passages for step in traffic.play(until_ns=start_ns + 300 * 10**9)]
    assert {row.decode() for rows in passages for row in rows["site"].tolist()} == {"S999-K001"}


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        (
            '[[planted]]\nkind = "site_dark"\nafter_s = 1\nsite = "G104-K012"',
            ("planted[0].site", "'G104-K012'", "one of S999-K001"),
        ),
        (
            '[[planted]]\nkind = "repeat"\nafter_s = 1\ncorridor = "G104"',
            ("planted[0].corridor", "'G104'", "one of S999"),
        ),
        ('[[corridor]]\nid = "G104"', ("corridor", "'G104'", "one of S999, S998")),
        ("seed = ", ("scenario.toml",)),
    ],
)
def test_a_scenario_that_does_not_fit_the_registry_is_refused(
    small: Path, tmp_path: Path, scenario: str, said: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """What it names, where, and what the registry has instead; before anything is published."""
    (tmp_path / "scenario.toml").write_text(scenario, "utf-8")
    assert run("--sites", str(small), "--scenario", str(tmp_path / "scenario.toml")) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert [words for words in said if words not in captured.err] == []


def test_a_registry_without_a_site_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody could be weighed there."""
    (tmp_path / "sites.toml").write_text(
        '[[corridor]]\nid = "S999"\nname = "somewhere"\ntimezone = "Asia/Tokyo"\n', "utf-8"
    )
    assert run("--sites", str(tmp_path / "sites.toml")) == 1
    assert "error: the registry has no site with lanes" in capsys.readouterr().err


def files(folder: Path, *arguments: str) -> dict[str, bytes]:
    """The files that `wim simulate --frames` writes with these arguments, by name."""
    folder.mkdir()
    assert not run("--frames", *(word.replace("@", f"{folder}/") for word in arguments))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


LANE = ("--out", "@f.wimf", "--truth", "@t.jsonl", "--layout", "2x1.0", "--count", "5", "--sites-out", "@sites.toml")


def test_frames_of_a_reference_lane_are_written_with_truth_and_registry_and_no_broker(tmp_path: Path) -> None:
    """As many frames as were asked for, each with its line of truth, on a lane of the registry beside them."""
    written = files(tmp_path / "a", *LANE, "--speed", "20-60", "--fault", "gain_step", "--rate-hz", "2000")
    truth = [from_line(line) for line in written["t.jsonl"].decode().splitlines()]
    network = read_registry(tmp_path / "a" / "sites.toml").network
    frames = [frame for _, frame in read_frames(tmp_path / "a" / "f.wimf")]
    assert len(frames) == len(truth) == 5
    for frame, true in zip(frames, truth, strict=True):
        assert isinstance(frame, Frame)
        assert network.lane(frame.site, frame.lane) is not None
        assert (frame.site, int(frame.head["start_ns"])) == (true.site, true.start_ns)
        assert int(frame.head["rate_hz"]) == 2_000
        assert true.faults == ("gain_step",)
        assert 20 <= true.vehicles[0].speed_kmh <= 60


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    """Of a lane and of a scenario; another seed writes others."""
    scenario = ("--out", "@f.wimf", "--truth", "@t.jsonl", "--seconds", "20")
    for name, words in (("lane", LANE), ("scenario", scenario)):
        first, again, other = (
            files(tmp_path / f"{name}{index}", *words, "--seed", seed) for index, seed in enumerate("112")
        )
        assert first == again
        assert first["f.wimf"] != other["f.wimf"]


def test_a_scenario_on_a_registry_becomes_a_file_with_faults_by_time_and_lane(tmp_path: Path) -> None:
    """Frames in the order of arrival, their truth beside that of the vehicles, and the fault where it was put."""
    (tmp_path / "scenario.toml").write_text(
        'rate_per_s = 4\n[[fault]]\nkind = "dead_loop"\nsite = "G25-K071"\nlane = 2\nafter_s = 30\n', "utf-8"
    )
    words = ("--out", "@f.wimf", "--truth", "@t.parquet", "--seconds", "60")
    written = files(tmp_path / "a", *words, "--scenario", str(tmp_path / "scenario.toml"))
    assert set(written) == {"f.wimf", "t.parquet", "t.frames.jsonl"}
    truth = [from_line(line) for line in written["t.frames.jsonl"].decode().splitlines()]
    assert [row.frame for row in truth] == list(range(len(truth)))
    assert {(row.site, row.lane) for row in truth if row.faults == ("dead_loop",)} == {("G25-K071", 2)}
    trips = set(pq.read_table(tmp_path / "a" / "t.parquet")["trip"].to_pylist())
    assert {vehicle.vehicle for row in truth for vehicle in row.vehicles} <= trips
    frames = [frame for _, frame in read_frames(tmp_path / "a" / "f.wimf")]
    assert [frame.head["start_ns"] for frame in frames if isinstance(frame, Frame)] == [row.start_ns for row in truth]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--out x.wimf", "add --frames"),
        ("--rate-hz 2000", "add --frames"),
        ("--frames --layout 4x1.5", "add --frames --out"),
        ("--frames --out x --speed 80", "add --layout"),
        ("--frames --out x --fault spike", "[[fault]]"),
        ("--frames --out x --layout 1 --seconds 3", "leave one away"),
        ("--frames --out x --layout 1 --scenario s.toml", "leave one away"),
        ("--frames --out x", "add --seconds"),
        ("--frames --out x --seconds 9 --past-hours 1", "the scenario's start"),
        ("--frames --out x --layout 9x9", "2x4.0"),
        ("--frames --out x --layout 1 --mix cars", "mixed"),
        ("--frames --out x --layout 1 --fault quake", "dead_strip"),
        ("--frames --out x --layout 1 --fault swapped_lines", "another --layout"),
        ("--frames --out x --layout 1 --speed fast", "such as 80 or 5-100"),
        ("--frames --out x --layout 1 --truth t.parquet", ".jsonl"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    words: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By a sentence that says what to write instead, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    assert run(*words.split()) == 2
    sentence = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert said in sentence
    assert list(tmp_path.iterdir()) == []


def test_frames_need_strips_and_faults_need_frames(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A registry without strips sends none, and passages do not show what is wrong with a signal."""
    assert run("--frames", "--sites", str(small)) == 2
    assert "no lane of the registry has strips" in " ".join(capsys.readouterr().err.replace("│", " ").split())
    (tmp_path / "s.toml").write_text('[[fault]]\nkind = "spike"\nsite = "G104-K012"\n', "utf-8")
    assert run("--scenario", str(tmp_path / "s.toml"), "--sites", str(DEMO_REGISTRY)) == 2
    assert "which only frames show; add --frames" in " ".join(capsys.readouterr().err.replace("│", " ").split())


def test_live_frames_arrive_under_their_sites_with_the_truth_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each one that was published is in the topic, keyed by its site, when it is over; none as a passage."""
    monkeypatch.setenv("WIM_REGISTRY", str(DEMO_REGISTRY))
    with embedded.start() as servers:
        monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP_SERVERS", servers)
        words = ("--frames", "--rate", "10", "--rate-hz", "1000", "--seconds", "3", "--json")
        assert not run(*words, "--truth", str(tmp_path / "t.jsonl"))
        document = json.loads(capsys.readouterr().out)
        messages = asyncio.run(read_all(servers, FRAMES, document["frames"]))
    truth = [from_line(line) for line in (tmp_path / "t.frames.jsonl").read_text("utf-8").splitlines()]
    assert document["published"] == 0
    assert 0 < document["frames"] == len(messages) == len(truth)
    found = {
        (frame.site, int(frame.head["start_ns"])) for frame in (decode_frame(value, NO_NOW_NS) for _, value in messages)
    }
    assert found == {(row.site, row.start_ns) for row in truth}
    assert all(decode_frame(value, NO_NOW_NS).site.encode() == key for key, value in messages)


async def read_all(servers: str, topic: str, count: int) -> list[tuple[bytes, bytes]]:
    """Key and value of the first `count` messages of a topic."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest")
    await consumer.start()
    try:
        messages: list[tuple[bytes, bytes]] = []
        async with asyncio.timeout(60):
            while len(messages) < count:
                message = await consumer.getone()
                messages.append((message.key, message.value))
        return messages
    finally:
        await consumer.stop()


def test_json_is_one_document_of_what_was_published(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Over the sites of the registry that the settings name; nothing on stderr."""
    monkeypatch.setenv("WIM_REGISTRY", str(EXAMPLE))
    with embedded.start() as servers:
        monkeypatch.setenv("WIM_KAFKA__BOOTSTRAP_SERVERS", servers)
        assert not run("--rate", "20", "--seconds", "2", "--json")
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["published"] > 0
    assert (document["sites"], document["passages_per_s"]) == (2, 20.0)
    assert captured.err == ""
