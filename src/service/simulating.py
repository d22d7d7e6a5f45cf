"""Simulated traffic, live: each passage or frame published when its time has come, health beats as units send them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from sensors.simulator.delivery import Sent
from sensors.simulator.traffic import Step, Traffic
from service.lanes.sending import Sender
from service.lanes.work import Message
from service.publishing import Pacer
from service.simulated_pictures import Camera
from service.simulated_truth import NO_TRUTH, TruthFiles
from service.topics import FRAMES, HEALTH


@dataclass(slots=True)
class Simulation:
    """Publishes a traffic from now on; `truth` gets what truly happened, apart from the records.

    With `frames`, lanes that have strips send frames from now on; of the past there are passages only.
    """

    traffic: Traffic
    sender: Sender
    truth: TruthFiles = NO_TRUTH
    frames: bool = False
    #: Takes a picture of each heavy truck whose frame is sent; None: nobody does.
    camera: Camera | None = None
    passages_sent: list[int] = field(default_factory=list)
    frames_sent: int = 0

    async def run(self, seconds: float | None, past_s: int = 0) -> None:
        """Publish for so long, or until cancelled.

        The last `past_s` seconds are published first, at once: what the figures of today would already hold.
        """
        begin_ns = time.time_ns()
        until_ns = None if seconds is None else begin_ns + int(seconds * 1e9)
        live = Pacer(1.0)
        live.begin(begin_ns)
        for step in self.traffic.play(begin_ns - past_s * 10**9, until_ns, begin_ns if self.frames else None):
            self.truth.crossings(step.truth)
            pacer = Pacer(None) if step.until_ns <= begin_ns else live
            await self._publish(step, pacer)
            # A simulation that cannot keep up must still be stoppable.
            await asyncio.sleep(0)
        if self.camera is not None:
            await self.camera.settle()

    async def _publish(self, step: Step, pacer: Pacer) -> None:
        await self.sender.send([_beat(beat) for beat in step.health])
        if self.camera is not None:
            for beat in step.health:
                self.camera.hear(beat)
        await asyncio.gather(
            pacer.run(self.sender, step.passages, self.passages_sent.append), self._publish_frames(step.frames, pacer)
        )

    async def _publish_frames(self, frames: Sequence[Sent], pacer: Pacer) -> None:
        """Each frame when it arrives; it is made only then, for a minute of them would hold up everything else."""
        for due_ns, presence in frames:
            await pacer.wait_for(due_ns)
            captured = presence.capture(self.frames_sent)
            await self.sender.send([Message(FRAMES, presence.site.encode(), captured.message)])
            self.truth.frame(captured.truth)
            self.frames_sent += 1
            if self.camera is not None:
                self.camera.shoot(presence)


def _beat(beat: dict[str, object]) -> Message:
    value = json.dumps(beat, ensure_ascii=False).encode()
    return Message(HEALTH, str(beat["site"]).encode(), value, [("content-type", b"application/json")])
