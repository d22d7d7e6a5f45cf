"""Everything that can go wrong with a frame, by name: `with_fault(scene, "dead_strip")`.

==================  ============================================================  ========================
fault               what it is                                                    size (drawn where absent)
==================  ============================================================  ========================
dead_strip          a strip feels nothing
gain_step           a strip feels more or less                                    ± part, 0.15 … 0.4
slow_drift          the same, growing with the hours since `since_ns`             part an hour, 0.01
noisy_channel       noise of a strip many times what it should be                 factor, 20 … 80
baseline_wander     water: the rest level of all strips wanders                   newton, 400 … 2 000
clipped             the converter of a strip ends below the peaks                 part of the peak
spike               impulses on one strip                                         counts
swapped_lines       cables of two lines exchanged (two lines at least)
missing_channel     a strip is not in the frame
displaced_strip     table and registry disagree about its place                   metres, ± 0.03 … 0.20
clock_unlocked      the clock runs free, and the unit says so
clock_skewed        and it is off                                                 seconds
neighbour_fired     strips of the next lane fired within the window
chattering_loop     the loops let go of the vehicle again and again
loop_disturbed      magnets: the loops wander
dead_loop           the loops say nothing
cut_window          the frame ends while the vehicle is on the strips
missing_plate       no plate was read
plate_swapped       another plate was read
stop_and_go         stands on the strips, goes on
reversing           rolls back over them, goes on
surge               brakes and speeds up on them
straddle            one side beside the strips                                    metres past the edge
edge                the tyres of one side half beside them                        part of the width
s_path              weaves over them                                              metres
tailgating          a second vehicle at the first one's bumper                    metres between them
==================  ============================================================  ========================

The evasions among them are plates (13), manoeuvres and magnets (14) and the edges of the lane (15) of what users
complain of; to go round a site (16) makes no frame.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sensors.simulator.signals.channel_faults import CHANNEL_FAULTS, strip_row
from sensors.simulator.signals.manoeuvres import MANOEUVRES
from sensors.simulator.signals.scene import Fault, Scene
from sensors.simulator.signals.strip_faults import STRIP_FAULTS, SceneFault

_OF_SCENE: Final[Mapping[str, SceneFault]] = {**STRIP_FAULTS, **MANOEUVRES}

#: All of them, and those for which a driver and not the installation is to blame.
FAULTS: Final = (*STRIP_FAULTS, *CHANNEL_FAULTS, *MANOEUVRES)
EVASIONS: Final = (*MANOEUVRES, "missing_plate", "plate_swapped", "loop_disturbed")

#: Those that are a strip's, and those that have a size.
OF_A_STRIP: Final = frozenset(
    {"dead_strip", "gain_step", "slow_drift", "noisy_channel", "clipped", "spike"}
    | {"swapped_lines", "missing_channel", "displaced_strip"}
)
SIZED: Final = frozenset(
    {"gain_step", "slow_drift", "noisy_channel", "baseline_wander", "clipped", "spike", "displaced_strip"}
    | {"clock_skewed", "straddle", "edge", "s_path", "tailgating"}
)


def with_fault(
    scene: Scene,
    kind: str,
    strip: str = "",
    size: float = math.nan,
    since_ns: int = 0,
    seed: tuple[int, ...] = (),
) -> Scene:
    """The scene with a fault more; what the fault draws comes from `seed`, or from the scene's.

    Raises:
        ValueError: there is no such fault, the lane has no such strip, or too few lines for it.
    """
    if kind not in FAULTS:
        raise ValueError(f"there is no fault {kind!r}; there are {', '.join(FAULTS)}")
    if kind == "swapped_lines" and scene.installation.line.max() < 2:
        raise ValueError("swapped_lines needs a lane with two lines")
    fault = Fault(kind, strip, size, since_ns, seed)
    rng = fault.generator(scene.seed)
    if strip:
        strip_row(scene, fault, rng)
    changed = _OF_SCENE[kind](scene, fault, rng) if kind in _OF_SCENE else scene
    return replace(changed, faults=(*scene.faults, fault))
