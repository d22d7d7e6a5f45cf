"""`wim simulate`: invented traffic, live to Kafka or as files of frames; what really happened goes to its own file."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from sensors.simulator.demo import DEMO_REGISTRY, usual_scenario
from sensors.simulator.registered import registered
from sensors.simulator.scenario import Scenario
from sensors.simulator.scenario_file import parse_scenario
from sensors.simulator.traffic import Traffic
from service.awaiting import wait_for_broker
from service.cli.simulated_lane import Chosen, reference, write_sites
from service.cli.starting import start
from service.documents import read_toml
from service.kafka import reach
from service.lanes.sending import Sender
from service.registry import parse_registry
from service.simulated_files import write_reference, write_traffic
from service.simulated_pictures import cameras
from service.simulated_truth import frames_beside, truth_files
from service.simulating import Simulation
from service.topics import FRAMES, HEALTH, PASSAGES

FILES, LANE = "Files of frames, without Kafka", "A reference lane instead of a scenario"

ScenarioFile = Annotated[Path | None, typer.Option("--scenario", help="Scenario file; default: ordinary traffic.")]
Sites = Annotated[Path | None, typer.Option("--sites", help="Registry (default: WIM_REGISTRY, else the demo's).")]
Rate = Annotated[float | None, typer.Option("--rate", min=0.001, help="Passages a second, over the average of a day.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="The same seed gives the same traffic.")]
Seconds = Annotated[float | None, typer.Option("--seconds", min=1, help="End after so long; default: never.")]
Past = Annotated[int, typer.Option("--past-hours", min=0, max=24, help="Publish that much of the past first, at once.")]
Json = Annotated[bool, typer.Option("--json", help="What was published, as one JSON document on stdout.")]
Truth = Annotated[Path | None, typer.Option("--truth", help="What really happened: .parquet or .jsonl.")]
Frames = Annotated[bool, typer.Option("--frames", help="Lanes with strips send raw signals instead of passages.")]
PicturesTo = Annotated[
    str | None, typer.Option("--pictures-to", help="Address of an API that gets a drawn picture of each heavy truck.")
]
TokenFile = Annotated[
    Path | None,
    typer.Option("--token-file", exists=True, dir_okay=False, help="Holds a token of the role device for that API."),
]
RateHz = Annotated[int | None, typer.Option("--rate-hz", min=1_000, max=50_000, help="Samples a second of frames.")]
Out = Annotated[Path | None, typer.Option("--out", help="The frames (.wimf).", rich_help_panel=FILES)]
Layout = Annotated[str | None, typer.Option(help="Such as 4x1.5: four lines every 1.5 m.", rich_help_panel=LANE)]
Speed = Annotated[str | None, typer.Option(help="km/h: 80, or 5-100 for any between.", rich_help_panel=LANE)]
Count = Annotated[int | None, typer.Option(min=1, help="Frames (default 1000).", rich_help_panel=LANE)]
Mix = Annotated[str | None, typer.Option(help="mixed, or 1-2-3 for 49 t trucks.", rich_help_panel=LANE)]
Fault = Annotated[list[str] | None, typer.Option(help="In every frame; may be repeated.", rich_help_panel=LANE)]
SitesOut = Annotated[Path | None, typer.Option("--sites-out", help="Its registry.", rich_help_panel=LANE)]


def simulate(
    scenario: ScenarioFile = None,
    sites: Sites = None,
    rate: Rate = None,
    seed: Seed = None,
    seconds: Seconds = None,
    past_hours: Past = 0,
    truth: Truth = None,
    frames: Frames = False,
    pictures_to: PicturesTo = None,
    token_file: TokenFile = None,
    rate_hz: RateHz = None,
    out: Out = None,
    layout: Layout = None,
    speed: Speed = None,
    count: Count = None,
    mix: Mix = None,
    fault: Fault = None,
    sites_out: SitesOut = None,
    as_json: Json = False,
) -> None:
    """Publish simulated passages, or frames, and health beats until Ctrl-C; or write files of frames."""
    chosen = Chosen(layout, speed, count, mix, fault, sites_out, rate_hz, seed)
    refuse(locals())
    if layout is not None and out is not None:
        _lane(chosen, out, truth, as_json)
        return
    settings = start()
    made = make_traffic(scenario, sites or settings.registry, rate, seed, rate_hz=rate_hz, live=out is None)
    _check(made, frames)
    if out is not None:
        _files(made, seconds or 0.0, out, truth, as_json)
        return
    _say(f"simulated: {made.passages_per_s:.1f} passages/s over {len(made.world.roads.sites)} sites", as_json)
    kafka = reach(settings.kafka)
    wait_for_broker(kafka, [*([FRAMES] if frames else []), PASSAGES, HEALTH])
    token = token_file.read_text().strip() if token_file else ""
    with truth_files(truth, frames=frames) as files:
        simulation = Simulation(made, Sender(kafka), files, frames)
        asyncio.run(_with_pictures(simulation, pictures_to, token, seconds, past_hours * 3600))
    _tell(simulation, as_json)


#: What may not be given together: the first where the second is not, or is; and what to do about it.
_NEEDS = (
    ("out", "frames", "--out is a file of frames; add --frames, or leave --out away and publish passages to Kafka"),
    ("rate_hz", "frames", "--rate-hz is of frames; add --frames"),
    ("pictures_to", "frames", "--pictures-to sends a picture beside each frame; add --frames"),
    ("pictures_to", "token_file", "--pictures-to needs a token of the role device; add --token-file"),
    ("token_file", "pictures_to", "--token-file is for --pictures-to; add the API's address"),
    ("layout", "out", "--layout makes a file of frames; add --frames --out FRAMES.wimf"),
    *(
        (name, "layout", f"--{name.replace('_', '-')} is of a reference lane; add --layout, such as 4x1.5")
        for name in ("speed", "count", "mix", "sites_out")
    ),
    ("fault", "layout", "--fault is of a reference lane; add --layout, or put a [[fault]] into the scenario file"),
)
_EXCLUDES = (
    *(
        (name, "layout", f"--{name.replace('_', '-')} is of a scenario and --layout of a lane alone; leave one away")
        for name in ("scenario", "sites", "rate", "seconds", "past_hours")
    ),
    ("pictures_to", "out", "--pictures-to is of live traffic; leave --out away"),
    ("past_hours", "out", "--past-hours is of live traffic; a file begins at the scenario's start"),
)


def refuse(given: dict[str, Any]) -> None:
    """Raise BadParameter where options contradict each other."""
    for name, other, sentence in _NEEDS:
        if given[name] is not None and not given[other]:
            raise typer.BadParameter(sentence)
    for name, other, sentence in _EXCLUDES:
        if given[name] and given[other]:
            raise typer.BadParameter(sentence)
    if given["out"] and not given["layout"] and given["seconds"] is None:
        raise typer.BadParameter("a file must end; add --seconds, or --layout for a reference lane")
    truth: Path | None = given["truth"]
    if given["layout"] and truth is not None and truth.suffix != ".jsonl":
        raise typer.BadParameter("the truth of frames is one JSON object a line; end --truth in .jsonl")


def make_traffic(
    scenario: Path | None,
    sites: Path | None,
    rate: float | None,
    seed: int | None,
    *,
    rate_hz: int | None = None,
    live: bool = True,
) -> Traffic:
    """The traffic of a scenario file over the roads of a registry file (None: the demo's).

    It begins now, or where it is not `live` at the scenario's own start.
    """
    path = sites or DEMO_REGISTRY
    document = read_toml(path, "give the path of a registry file")
    network = parse_registry(document, str(path)).network
    wanted = usual_scenario(document) if scenario is None else _scenario(scenario)
    changes: dict[str, Any] = {
        "rate_per_s": rate,
        "seed": seed,
        "rate_hz": rate_hz,
        "start_ns": time.time_ns() if live else None,
    }
    wanted = replace(wanted, **{name: value for name, value in changes.items() if value is not None})
    return Traffic(wanted, network, registered(document, wanted.start_ns))


def _scenario(path: Path) -> Scenario:
    return parse_scenario(read_toml(path, "give the path of a scenario file"), str(path))


def _check(traffic: Traffic, frames: bool) -> None:
    """Raise BadParameter where a registry or a scenario does not go with frames, or without."""
    if frames and not traffic.lanes_with_strips:
        raise typer.BadParameter("no lane of the registry has strips, so none sends frames; declare them")
    if not frames and traffic.scenario.faults:
        raise typer.BadParameter("the scenario has a [[fault]], which only frames show; add --frames")


def _lane(chosen: Chosen, out: Path, truth: Path | None, as_json: bool) -> None:
    made = reference(chosen)
    if chosen.sites_out is not None:
        write_sites(chosen.sites_out)
    _written(write_reference(made, out, truth), out, as_json)


def _files(traffic: Traffic, seconds: float, out: Path, truth: Path | None, as_json: bool) -> None:
    without = len(traffic.world.roads.lanes) - traffic.lanes_with_strips
    if without:
        _say(f"{without} lanes of the registry have no strips and send no frames", as_json)
    if truth is not None:
        _say(f"truth: vehicles {truth}, frames {frames_beside(truth)}", as_json)
    _written(write_traffic(traffic, seconds, out, truth), out, as_json)


def _written(count: int, out: Path, as_json: bool) -> None:
    typer.echo(json.dumps({"frames": count}) if as_json else f"{count} frames written to {out}", err=not as_json)


def _say(sentence: str, as_json: bool) -> None:
    if not as_json:
        typer.echo(sentence, err=True)


def _tell(simulation: Simulation, as_json: bool) -> None:
    passages, traffic = sum(simulation.passages_sent), simulation.traffic
    if not as_json:
        frames = f", {simulation.frames_sent} frames" if simulation.frames else ""
        camera = simulation.camera
        pictures = f", {camera.sent} pictures taken and {camera.lost} lost" if camera else ""
        typer.echo(f"{passages} passages{frames} published{pictures}", err=True)
        return
    document: dict[str, object] = {"published": passages}
    if simulation.frames:
        document["frames"] = simulation.frames_sent
    if simulation.camera is not None:
        document |= {"pictures": simulation.camera.sent, "pictures_lost": simulation.camera.lost}
    sites, pace = len(traffic.world.roads.sites), round(traffic.passages_per_s, 3)
    typer.echo(json.dumps({**document, "sites": sites, "passages_per_s": pace}))


async def _with_pictures(
    simulation: Simulation, url: str | None, token: str, seconds: float | None, past_s: int
) -> None:
    async with cameras(url, token) as camera:
        simulation.camera = camera
        await _run(simulation, seconds, past_s)


async def _run(simulation: Simulation, seconds: float | None, past_s: int) -> None:
    """Publish until done, SIGINT or SIGTERM: all three end with status 0 and a whole truth file."""
    await simulation.sender.start()
    task = asyncio.current_task()
    assert task is not None  # it runs in asyncio.run
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await simulation.run(seconds, past_s)
    await simulation.sender.stop()
