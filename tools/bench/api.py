"""The strict server, in a process of its own: who calls must not slow down who counts."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from bot.sandbox.cams.latency import PROFILES
from bot.sandbox.cams.server import LocalCams, SeenCall
from tools.bench.processes import Process, open_process, say, until_told


@dataclass(frozen=True, slots=True)
class Api:
    """A running one."""

    url: str
    process: Process

    async def seen(self) -> list[SeenCall]:
        """What it saw, in order of arrival. Ends it."""
        self.process.tell()
        told = json.loads(await self.process.hear())
        return [SeenCall(arrived_at=arrived_at, phone="", api_code=code) for arrived_at, code in told]


@asynccontextmanager
async def open_api(*, profile: str, qps: int = 10, seed: int = 0) -> AsyncIterator[Api]:
    """It counts sliding seconds. ``profile`` names the network before it."""
    async with open_process("tools.bench.api", {"profile": profile, "qps": qps, "seed": seed}) as process:
        yield Api(await process.hear(), process)


async def _serve(order: dict[str, Any]) -> None:
    profile, chance = PROFILES[order["profile"]], Random(order["seed"])
    cams = LocalCams(
        qps=order["qps"], latency_there=partial(profile.there, chance), latency_back=partial(profile.back, chance)
    )
    await cams.start()
    say(cams.url)
    await until_told()
    say(json.dumps([(call.arrived_at, call.api_code) for call in cams.calls]))


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1])))
