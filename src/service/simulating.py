"""Simulated traffic, live: each passage published when its time has come, health beats as units send them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from sensors.simulator.traffic import Step, Traffic
from sensors.simulator.truth import TruthFile
from service.lanes.sending import Sender
from service.lanes.work import Message
from service.publishing import Pacer
from service.topics import HEALTH


@dataclass(slots=True)
class Simulation:
    """Publishes a traffic from now on; `truth` gets what truly happened, apart from the records."""

    traffic: Traffic
    sender: Sender
    truth: TruthFile | None = None

    async def run(self, seconds: float | None, sent: Callable[[int], None], past_s: int = 0) -> None:
        """Publish for so long, or until cancelled; `sent` hears how many passages went each time.

        The last `past_s` seconds are published first, at once: what the figures of today would already hold.
        """
        begin_ns = time.time_ns()
        until_ns = None if seconds is None else begin_ns + int(seconds * 1e9)
        live = Pacer(1.0)
        live.begin(begin_ns)
        for step in self.traffic.play(begin_ns - past_s * 10**9, until_ns):
            if self.truth is not None:
                self.truth.write(step.truth)
            pacer = Pacer(None) if step.until_ns <= begin_ns else live
            await self._publish(step, pacer, sent)
            # A simulation that cannot keep up must still be stoppable.
            await asyncio.sleep(0)

    async def _publish(self, step: Step, pacer: Pacer, sent: Callable[[int], None]) -> None:
        await self.sender.send([_beat(beat) for beat in step.health])
        await pacer.run(self.sender, step.passages, sent)


def _beat(beat: dict[str, object]) -> Message:
    value = json.dumps(beat, ensure_ascii=False).encode()
    return Message(HEALTH, str(beat["site"]).encode(), value, [("content-type", b"application/json")])
