"""The lines of a run as tables for a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.accuracy.run import Line
from benchmarks.accuracy.scenarios import read_scenarios

BEGIN, END = "<!-- figures: python -m benchmarks.accuracy --plots -->", "<!-- end of figures -->"
_SIGMA = (("2x4.0", 60), ("2x4.0", 80), ("4x1.5", 60), ("4x1.5", 80), ("6x1.2", 80))
Cell = Callable[[Line], str]


def page(lines: Sequence[Line]) -> str:
    """The report of a run."""
    return (
        "# Accuracy\n\nWritten by `python -m benchmarks.accuracy --keep`; "
        "`docs/method/accuracy.md` explains every column.\n\n" + tables(lines)
    )


def refresh(path: Path, lines: Sequence[Line]) -> None:
    """Put the tables of a run between the marks of a page. Raises OSError, and ValueError where it has no marks."""
    text = path.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no place for the figures: write {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n\n{tables(lines)}\n{END}{after}", "utf-8")


def tables(lines: Sequence[Line]) -> str:
    """All tables that the lines have something for."""
    sections = [
        _origin(lines),
        _verdict(lines),
        _sigmas(lines),
        _grid(lines, "Mean error in %, after calibration (± one standard error)", _mean),
        _grid(lines, "σ of the gross weight in % (its ratio to the plain mean on the same frames)", _sigma),
        _grid(lines, "Share of true weights inside ± 1.96 gross_sigma in % (mean gross_sigma in %)", _coverage),
        _grid(lines, "Axles counted right in % / flagged without a reason in %", _axles),
        _motion(lines),
        _traffic(lines),
        _faults(lines),
        _standards(lines),
    ]
    return "\n".join(section for section in sections if section)


def missed(lines: Sequence[Line]) -> str:
    """A line for each figure that misses its limit."""
    rows = []
    for line in lines:
        what = f"{line['layout']} {_speed(line)} km/h {line.get('fault', line['traffic'])}"
        rows += [f"{line['scenario']} ({what}): failed: {failure}\n" for failure in line["failed"]]
        for name in line["missed"]:
            figure = line["figures"][name]
            rows.append(f"{line['scenario']} ({what}, {line['frames']} frames): {name} {figure['value']}")
            rows[-1] += f" ± {figure['se']}, limit {figure['limit']}\n"
    return "".join(rows)


def _origin(lines: Sequence[Line]) -> str:
    """Where the lines come from: a line for each run that some of them are of."""
    runs: dict[str, list[Line]] = {}
    for line in lines:
        runs.setdefault(line["at"], []).append(line)
    full, made = sum(scenario.frames for scenario in read_scenarios()), sum(line["frames"] for line in lines)
    short = f"\nA full run has {full} frames; these figures are of {made}.\n" if made < full else ""
    return "".join(f"- {_run(own)}\n" for _, own in sorted(runs.items())) + short


def _run(lines: Sequence[Line]) -> str:
    first = lines[0]
    where, versions = first["machine"], first["versions"]
    dirty = " with changes" if first["dirty"] else ""
    return (
        f"{first['at']}, commit {first['commit'] or 'unknown'}{dirty}, {where['cpu']}, {where['cores']} cores, "
        f"Python {versions['python']}, numpy {versions['numpy']}, numba {versions['numba']}: "
        f"{len(lines)} scenarios, {sum(line['frames'] for line in lines)} frames"
    )


def _verdict(lines: Sequence[Line]) -> str:
    misses = missed(lines)
    asked = sum("limit" in figure for line in lines for figure in line["figures"].values())
    count = sum(len(line["missed"]) for line in lines)
    note = "On fewer frames than a limit asks for it is widened by three standard errors; that is the limit shown.\n"
    if not count:
        return f"All {asked} limited figures keep their limits. {note}"
    return f"{asked - count} of {asked} limited figures keep their limits. {note}\n" + _fenced(misses)


def _fenced(text: str) -> str:
    return f"```\n{text}```\n"


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = [f"| {' | '.join(row)} |" for row in rows]
    if not body:
        return ""
    return "\n".join([f"### {title}\n", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *body]) + "\n"


def _number(line: Line, name: str, digits: int = 2) -> str:
    figure = line["figures"].get(name, {"value": None})
    if figure["value"] is None:
        return "–"
    shown = f"{figure['value']:.{digits}f}"
    return f"**{shown}**" if figure.get("met") is False else shown


def _speed(line: Line) -> str:
    low, high = line["speed_kmh"]
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def _sigmas(lines: Sequence[Line]) -> str:
    rows = []
    for layout, speed in _SIGMA:
        for line in lines:
            if line["group"] == "steady" and line["layout"] == layout and line["speed_kmh"][0] == speed:
                computed = line["computed"]
                rows.append(
                    (
                        f"{line['scenario']}: {layout}, {speed} km/h",
                        str(line["frames"]),
                        f"{computed['plain_percent']:.2f} / {_number(line, 'plain_sigma_percent')}",
                        f"{computed['best_percent']:.2f}",
                        _number(line, "sigma_percent"),
                        _number(line, "sigma_ratio", 3),
                        line["figures"]["sigma_ratio"].get("limit", ""),
                    )
                )
    heads = ("scenario", "n", "plain mean σ %, computed / seen", "best linear, computed", "ours", "ratio", "limit")
    return _table("Gross weight, 1 σ, beside the plain mean", heads, rows)


def _grid(lines: Sequence[Line], title: str, cell: Cell) -> str:
    steady = [line for line in lines if line["group"] == "steady"]
    speeds = sorted({line["speed_kmh"][0] for line in steady})
    layouts = list(dict.fromkeys(line["layout"] for line in steady))
    at = {(line["layout"], line["speed_kmh"][0]): line for line in steady}
    rows = [[name, *(cell(at[name, speed]) if (name, speed) in at else "" for speed in speeds)] for name in layouts]
    return _table(title, ["layout", *(f"{speed:g} km/h" for speed in speeds)], rows)


def _mean(line: Line) -> str:
    return f"{_number(line, 'mean_error_percent')} ± {line['figures']['mean_error_percent']['se'] or 0:.2f}"


def _sigma(line: Line) -> str:
    return f"{_number(line, 'sigma_percent')} ({_number(line, 'sigma_ratio')})"


def _coverage(line: Line) -> str:
    return f"{_number(line, 'coverage_percent', 1)} ({_number(line, 'mean_sigma_percent')})"


def _axles(line: Line) -> str:
    return f"{_number(line, 'axles_right_percent')} / {_number(line, 'false_flags_percent')}"


def _motion(lines: Sequence[Line]) -> str:
    rows = [
        (
            line["scenario"],
            line["layout"],
            f"{_number(line, 'speed_mean_percent')} / {_number(line, 'speed_sigma_percent')}",
            f"{_number(line, 'spacing_mean_mm', 1)} / {_number(line, 'spacing_sigma_mm', 1)}",
        )
        for line in lines
        if line["group"] == "steady" and line["speed_kmh"][0] == 80
    ]
    return _table("Speed and spacing at 80 km/h: mean / 1 σ", ("scenario", "layout", "speed %", "spacing mm"), rows)


def _traffic(lines: Sequence[Line]) -> str:
    rows = [
        (
            line["scenario"],
            f"{line['group']}, {line['layout']}, {_speed(line)} km/h",
            str(line["frames"]),
            _number(line, "mean_error_percent"),
            _number(line, "raw_mean_percent"),
            _number(line, "sigma_percent"),
            _number(line, "sigma_ratio", 3),
            _number(line, "axles_right_percent", 3),
            _number(line, "coverage_percent", 1),
            _number(line, "false_flags_percent"),
            f"{_number(line, 'missed_percent')} / {_number(line, 'ghosts', 0)}",
        )
        for line in lines
        if line["group"] in ("droop", "mixed", "motion", "pairs", "empty")
    ]
    heads = ("scenario", "what", "n", "mean error %", "droop left in %", "σ %", "ratio", "axles right %", "coverage %")
    return _table(
        "Droop, mixed traffic, acceleration, two vehicles, none", (*heads, "flagged %", "missed % / ghosts"), rows
    )


def _faults(lines: Sequence[Line]) -> str:
    rows = [
        (
            line["scenario"],
            line["fault"],
            f"{line['layout']}, {line['traffic']}",
            str(line["frames"]),
            " or ".join(line["expect"]) or "–",
            _number(line, "found_percent", 1) if line["expect"] else "–",
            _number(line, "lowered_percent", 1),
            _number(line, "wrong_percent", 1),
            _number(line, "silent_percent", 1),
            _number(line, "missed_percent", 1),
        )
        for line in lines
        if line["group"] == "fault"
    ]
    heads = ("scenario", "fault or evasion", "on", "n", "flag", "found %", "graded down %", "> 5 % wrong %")
    return _table("Faults and evasions", (*heads, "of these silent %", "no passage %"), rows)


def _standards(lines: Sequence[Line]) -> str:
    rows = []
    for line in lines:
        if "standards" in line:
            found = line["standards"]
            cost = found["cost323"]
            rows.append(
                (
                    line["scenario"],
                    f"{line['group']}, {line['layout']}, {_speed(line)} km/h",
                    f"{cost['gross']} · {cost['group'] or '–'} · {cost['single'] or '–'} · {cost['in_group'] or '–'}",
                    f"**{cost['all']}** ({cost['alike']})",
                    found["r134"],
                    found["e1318"],
                    found["jjg907"],
                    f"{found['jjg907_5_of_117_percent']:.1f} / {found['jjg907_10_of_117_percent']:.1f}",
                )
            )
    heads = ("scenario", "what", "COST 323 gross · group · single axle · axle of group", "COST 323", "OIML R 134")
    more = ("ASTM E1318", "JJG 907 in service", "class 5 / 10: % of verifications of 117 passed")
    return _table("Classes reached, in service", (*heads, *more), rows)
