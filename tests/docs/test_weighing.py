"""docs/method/weighing.md: its constants, formulas, budget, flags and refusals are the estimator's."""

from __future__ import annotations

import ast
import importlib
import math
import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest

from sensors.simulator.signals.layouts import LAYOUTS, reference_network
from sensors.simulator.signals.reference import reference_frames
from tests.docs import pages
from tests.docs.pages import PROJECT
from wim import measure
from wim.frames import NO_NOW_NS, decode_frame
from wim.kernels import (
    combining,
    cutting,
    line_checks,
    motion,
    odd_loads,
    pulses,
    signals,
    trains,
    validity,
    vehicle,
    weigh,
    weigh_arrays,
    wheel_loads,
)
from wim.records import Flag
from wim.sites import STANDARD_GRAVITY_MS2

Floats = npt.NDArray[np.float64]

PAGE = pages.page("docs/method/weighing.md")
KERNELS = PROJECT / "src" / "wim" / "kernels"
#: What kernels of weighing call that is not theirs: the compiler, a solver, the flags (told of in chapter 11).
NOT_THEIRS = {"jit", "line_drift", "validity"}
#: Names of states and bits: nothing that a weight depends on.
NO_QUANTITIES = {
    "FULL", "LEFT", "RIGHT", "CLIPPED", "DEAD", "NOISY", "ONE", "TWO", "UNCLEAR", "HELD", "NO_SPEED",
    "NO_TRAIN", "NO_WEIGHT",
}  # fmt: skip
#: The example of the budget: loads in kg, places in m, unit of each axle, and a pulse's width in m.
LOAD_KG = np.array([7_000.0, 9_000.0, 9_000.0, 8_000.0, 8_000.0, 8_000.0])
PLACE_M = np.append(0.0, np.cumsum([3.70, 1.30, 6.86, 1.28, 1.28]))
UNIT = np.array([0, 0, 0, 1, 1, 1])
GROSS2 = float(LOAD_KG.sum()) ** 2
WIDTH_M = 0.06


def shown() -> dict[str, float]:
    """Every constant of the tables, as the page has it."""
    rows = [row for table in pages.tables(PAGE) if table[0][:2] == ["constant", "value"] for row in table[1:]]
    found = {row[0]: float(re.match(r"-?[\d.]+", row[1])[0]) for row in rows}  # type: ignore[index]
    assert len(found) == len(rows)
    return found


def constant(name: str) -> object:
    """What the code has under `module.NAME`."""
    module, _, inner = name.partition(".")
    folder = "wim" if module == "measure" else "wim.kernels"
    return getattr(importlib.import_module(f"{folder}.{module}"), inner)


def test_constants_on_the_page_are_those_of_the_code() -> None:
    """Each number of each table, in the unit of its name."""
    assert shown() == {name: constant(name) for name in shown()}


def test_no_constant_of_the_estimator_is_missing_from_the_page() -> None:
    """Whatever a weight depends on is told: a constant that is added or renamed must be explained."""
    written = {name for name in shown() if not name.startswith("validity.")}
    assert written == {f"{module}.{name}" for module, name in constants()}


def constants() -> Iterator[tuple[str, str]]:
    """Module and name of every number that the modules of the estimator define themselves."""
    for module in ["measure", *sorted(modules_behind("weigh", set()))]:
        file = KERNELS / f"{module}.py" if module != "measure" else KERNELS.parent / "measure.py"
        for node in ast.parse(file.read_text("utf-8")).body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for name in (item.id for target in targets if target for item in ast.walk(target) if is_name(item)):
                named = name.isupper() and not name.startswith("_") and name not in NO_QUANTITIES
                if named and isinstance(constant(f"{module}.{name}"), int | float):
                    yield module, name


def modules_behind(module: str, found: set[str]) -> set[str]:
    """A module of kernels and all that it imports of them, as far as they are the estimator's."""
    found.add(module)
    for name in re.findall(r"^from wim\.kernels\.(\w+) import", (KERNELS / f"{module}.py").read_text("utf-8"), re.M):
        if name not in found | NOT_THEIRS:
            modules_behind(name, found)
    return found


def is_name(node: ast.AST) -> bool:
    """Whether a part of an assignment's left side is a name."""
    return isinstance(node, ast.Name)


def millimetres(value_m: float) -> str:
    """A length as the text writes it."""
    return f"{value_m * 1e3:.0f} mm"


def percent(part: float) -> str:
    """A part of one as the text writes it."""
    return f"{100 * part:.0f} %"


@pytest.mark.parametrize(
    "said",
    [
        rf"\max(1,\lfloor {signals.BLOCK_S:g}f+\tfrac12\rfloor)",
        f"首 {signals.REST_S * 1e3:.0f} ms",
        rf"\frac{{{signals.STEEPEST_PER_S:.0f}}}{{f}}",
        f"undone within {signals.SPIKE_S * 1e3:g} ms",
        rf"\kappa={pulses.USUAL_DECAY_PER_S}\pm{pulses.DECAY_SPREAD_PER_S}`",
        rf"F(t+{signals.LAG_S * 1e3:.0f}\,\text{{ms}})",
        f"響 {weigh.NOISY_TIMES:.0f} 倍且超過 {weigh.NOISY_N:.0f} N",
        rf"\max({pulses.LEAST_N:.0f}\ \text{{N}},\;{pulses.NOISES_HIGH:.0f}\,\sigma_n)",
        rf"\max({pulses.PART_THRESHOLD}\,\theta,\;{pulses.PART_END}\,F_{{\max}})",
        f"time constant of {pulses.FOLLOW_S * 1e3:.0f} ms",
        f"one of {pulses.CATCH_S * 1e3:.0f} ms for {pulses.CATCHING_S * 1e3:.0f} ms behind",
        f"shorter than {pulses.SHORTEST_S * 1e3:.0f} ms is no tyre",
        f"shorter than {pulses.SHORT} of its neighbour and lower than {pulses.LOW:.0f} θ",
        rf"\ell\,({pulses.MARGIN}+{pulses.MARGIN_PART}\,p)+{pulses.MARGIN_S * 1e3}\ \text{{ms}}",
        f"至少 {pulses.QUIET_S * 1e3:.0f} ms 與窗的 {percent(pulses.QUIET_PART)}",
        f"$`{pulses.NARROWEST}`$ 至 $`{pulses.WIDEST}`$",
        f"within {trains.HEAP_M:.2f} m is an axle",
        f"From a misfit of {millimetres(vehicle.SMOOTH_M)} on",
        f"from {millimetres(vehicle.LOST_M)} on, or from {millimetres(vehicle.UNSTEADY_M)} with",
        f"differ by more than {vehicle.UNSTEADY} times",
        f"below {vehicle.STANDING_MS * 3.6:.2f} km/h",
        f"$`u_p`$ = {millimetres(motion.PLACE_M)}",
        f"under {percent(wheel_loads.DEAD_PART)} of its line",
        rf"u_\nu={wheel_loads.NOISE_PART}\,\sigma_n",
        rf"{line_checks.SIDES_Z}+{line_checks.SIDES_Z_MORE}\,(n-2)`$ standard",
        f"standard deviations by $`C`$: beyond {line_checks.LINES_Z}",
        f"more than {vehicle.ASIDE} from a half",
        f"the whole vehicle more than {vehicle.REST_ASIDE}.",
        f"Under {percent(odd_loads.MISSED_PART)} of the line that gave most",
        f"differs from that line's by more than {odd_loads.SHARE_APART}.",
        f"more than {odd_loads.LINGERS} times the way",
        f"under {percent(cutting.LETS_GO)} of its change",
        f"gap of {cutting.LEAST_GAP_M} m at least",
        f"exceeds {cutting.MOST_GAP_M:.0f} m",
        f"a gap above {cutting.LONG_GAP_M} m",
        f"{STANDARD_GRAVITY_MS2} m/s²",
    ],
)
def test_numbers_in_sentences_and_formulas_are_those_of_the_code(said: str) -> None:
    """The text around the tables says the same as they."""
    assert re.sub(r"\s+", " ", said) in re.sub(r"\s+", " ", PAGE)


def test_the_budget_of_the_example_follows_from_the_formulas_of_the_page() -> None:
    """Each component of each layout, in percent; computed here by the formulas of chapters 7 and 9."""
    (rows,) = [table for table in pages.tables(PAGE) if table[0][0] == "component"]
    for column, layout in enumerate(rows[0][1:], 1):
        lines, apart_m, speed_kmh = re.fullmatch(r"(\d) × ([\d.]+) m, (\d+) km/h", layout).groups()  # type: ignore[union-attr]
        found = budget(int(lines), float(apart_m), float(speed_kmh))
        assert [(row[0], row[column]) for row in rows[1:]] == [(name, f"{found[name]:.2f}") for name in found]


@pytest.mark.parametrize(("lines", "apart_m", "speed_kmh"), [(2, 4.0, 60.0), (4, 1.5, 80.0), (6, 1.2, 5.0)])
def test_the_formulas_of_the_page_give_what_the_kernel_gives(lines: int, apart_m: float, speed_kmh: float) -> None:
    """Loads and standard deviation of the sum, for readings that scatter."""
    readings = LOAD_KG[:, None] * np.random.default_rng(5).normal(1, 0.05, (len(LOAD_KG), lines))
    sigma_kg, axle_kg = combined_by_kernel(readings, apart_m, speed_kmh / 3.6)
    covariance = sum(covariances(readings.mean(axis=1), lines, apart_m, speed_kmh / 3.6).values())
    weights = best_weights(np.asarray(covariance), lines)
    assert axle_kg == pytest.approx(weights @ readings.ravel(), rel=1e-9)
    assert sigma_kg == pytest.approx(np.sqrt(weights.sum(axis=0) @ covariance @ weights.sum(axis=0)), rel=1e-9)


def combined_by_kernel(readings: Floats, apart_m: float, speed_ms: float) -> tuple[float, Floats]:
    """Standard deviation of the sum, and loads."""
    axles, lines = readings.shape
    room = weigh_arrays.make_room(1, 1, lines, 0, 8)
    time_s = (PLACE_M[:, None] + apart_m * np.arange(lines)) / speed_ms
    spread_s = np.full((axles, lines), WIDTH_M / speed_ms)
    sigma_kg, _, _ = combining.combine(
        readings, np.zeros((axles, lines)), time_s, spread_s, PLACE_M, axles,
        room.index, room.matrix, room.root, room.system, room.axle_kg,
    )  # fmt: skip
    return sigma_kg, room.axle_kg[:axles]


def swing(band_hz: tuple[float, float], apart_s: Floats) -> Floats:
    """ρ(Δ) of chapter 7."""
    low, high = band_hz
    mean = (high * np.sinc(2 * high * apart_s) - low * np.sinc(2 * low * apart_s)) / (high - low)
    return np.asarray(mean * np.exp(-np.abs(apart_s) / combining.FORGET_S))


def left(band_hz: tuple[float, float], width_s: float) -> float:
    """γ(s) of chapter 7."""
    thirds = band_hz[0] + (band_hz[1] - band_hz[0]) * np.array([1, 3, 5]) / 6
    return float(np.sqrt(np.mean(np.exp(-((2 * np.pi * thirds * width_s) ** 2)))))


def covariances(load_kg: Floats, lines: int, apart_m: float, speed_ms: float) -> dict[str, Floats]:
    """C of chapter 7 by its parts, in kg²; readings go axle by axle."""
    axle, line = np.repeat(np.arange(len(load_kg)), lines), np.tile(np.arange(lines), len(load_kg))
    time_s = (PLACE_M[axle] + apart_m * line) / speed_ms
    apart_s, loads = time_s[:, None] - time_s, np.outer(load_kg[axle], load_kg[axle])
    body_hz = combining.BODY_FROM_HZ, combining.BODY_TO_HZ
    hop_hz = combining.HOP_FROM_HZ, combining.HOP_TO_HZ
    body = combining.BODY * left(body_hz, WIDTH_M / speed_ms)
    hop = combining.HOP * left(hop_hz, WIDTH_M / speed_ms)
    return {
        "body": loads * body**2 * swing(body_hz, apart_s) * (UNIT[axle][:, None] == UNIT[axle]),
        "hop": loads * hop**2 * swing(hop_hz, apart_s) * (axle[:, None] == axle),
        "strip": loads * combining.STRIP**2 * np.eye(len(axle)),
        "line": loads * combining.LINE**2 * (line[:, None] == line),
        "rounding": np.eye(len(axle)),
    }


def best_weights(covariance: Floats, lines: int) -> Floats:
    """What each reading counts in each axle, shape (axles, readings)."""
    of_axle = np.repeat(np.eye(len(LOAD_KG)), lines, axis=0)
    whitened = np.linalg.solve(covariance, of_axle)
    return np.asarray(np.linalg.solve(of_axle.T @ whitened, whitened.T))


def budget(lines: int, apart_m: float, speed_kmh: float) -> dict[str, float]:
    """Chapter 9's example by component, in percent of the gross weight."""
    parts = covariances(LOAD_KG, lines, apart_m, speed_kmh / 3.6)
    weights = best_weights(np.asarray(sum(parts.values())), lines).sum(axis=0)
    each = {name: 100 * float(np.sqrt(weights @ part @ weights)) / LOAD_KG.sum() for name, part in parts.items()}
    each |= {"distance": 100 * vehicle.DISTANCE, "left over": 100 * vehicle.LEFT_OVER}
    whole = float(np.hypot.reduce(list(each.values())))
    del each["rounding"]
    return each | {"gross_sigma": whole}


def test_what_a_rougher_road_does_follows_from_the_same_formulas() -> None:
    """True scatter and coverage where body and hop are not what the estimator takes them for."""
    for row in pages.table(PAGE, "layout", "true body, hop"):
        lines, apart_m, speed_kmh = re.fullmatch(r"(\d) × ([\d.]+) m, (\d+) km/h", row[0]).groups()  # type: ignore[union-attr]
        body, hop = (float(part) for part in row[1].removesuffix(" %").split(", "))
        found = on_road(int(lines), float(apart_m), float(speed_kmh), body / 100, hop / 100)
        assert row[2:] == [f"{found[0]:.2f} %", f"{found[1]:.2f} %", f"{100 * found[2]:.0f} %"]


def on_road(lines: int, apart_m: float, speed_kmh: float, body: float, hop: float) -> tuple[float, float, float]:
    """True standard deviation and gross_sigma in percent, and the share of truth inside ± 1.96 gross_sigma."""
    parts = covariances(LOAD_KG, lines, apart_m, speed_kmh / 3.6)
    weights = best_weights(np.asarray(sum(parts.values())), lines).sum(axis=0)
    scales = {"body": (body / combining.BODY) ** 2, "hop": (hop / combining.HOP) ** 2}
    known = vehicle.DISTANCE**2 + vehicle.LEFT_OVER**2
    believed, true = (
        100
        * math.sqrt(sum(weights @ part @ weights * scale.get(name, 1) for name, part in parts.items()) / GROSS2 + known)
        for scale in ({}, scales)
    )
    return true, believed, math.erf(1.96 * believed / true / math.sqrt(2))


def test_flags_have_the_bits_and_grades_of_the_code() -> None:
    """Every flag of a record, with the best grade that it leaves."""
    rows = [(int(row[0]), row[1], row[4]) for row in pages.table(PAGE, "bit", "flag")]
    assert rows == [(flag.bit_length() - 1, flag.name, best_grade(flag)) for flag in Flag]


def best_grade(flag: Flag) -> str:
    """As the kernel grades a record with this flag alone; none where it lowers nothing."""
    names = {validity.REJECT: "reject", validity.COUNT: "count", validity.INTERCEPT: "intercept"}
    return names.get(validity.grade(int(flag), False), "—")


def test_refusals_are_those_that_the_meter_raises() -> None:
    """The channels of a frame, and each outcome of the kernel that is no number of vehicles."""
    reasons = {reason for reason, _ in measure._UNWEIGHED.values()}
    assert {row[0] for row in pages.table(PAGE, "reason", "何時 when")} == reasons | {"channels"}


def test_a_frame_gives_the_same_bytes_again_whatever_came_before() -> None:
    """But for the gap to the vehicle before, as chapter 12 says."""
    site = reference_network(5.0).sites[LAYOUTS["2x4.0"].site]
    frames = [decode_frame(one.message, NO_NOW_NS) for one in reference_frames("2x4.0", 60.0, 2, 3)]
    running = measure.Meter(site, site.lanes[1])
    running.measure(frames[0])
    after, alone = running.measure(frames[1]).copy(), measure.Meter(site, site.lanes[1]).measure(frames[1]).copy()
    assert after["gap_ms"][0] != alone["gap_ms"][0]
    after["gap_ms"] = alone["gap_ms"]
    assert after.tobytes() == alone.tobytes()


def test_formulas_are_written_so_that_the_page_shows_them() -> None:
    """Marked with backticks, which keeps Markdown out; with space around; braces paired; no command that is refused."""
    inline = re.findall(r"(.?)\$`([^`]*)`\$(.?)", PAGE)
    assert PAGE.count("$") == 2 * len(inline)
    assert [one for one in inline if one[0] not in ("", " ", "(", "\n") or one[2] not in (*" ),.;:", "", "\n")] == []
    for formula in [*(one[1] for one in inline), *pages.blocks(PAGE, "math")]:
        assert formula.count("{") == formula.count("}")
        assert formula.count(r"\bigl") == formula.count(r"\bigr")
        assert r"\operatorname" not in formula


def test_pictures_are_small_and_fetch_nothing() -> None:
    """A page of them opens at once, without a network."""
    named = re.findall(r"\]\(\.\./img/([^)]+)\)", PAGE)
    assert len(named) == 2
    for name in named:
        file = PROJECT / "docs" / "img" / name
        assert file.stat().st_size <= 300_000
        assert re.findall(r"(?:href|src)=\"(?!#)[^\"]*\"|url\((?!#)[^)]*\)|@import", file.read_text("utf-8")) == []
