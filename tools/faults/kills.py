"""``kill -9``, and SIGSTOP for longer than a heartbeat, to one of two bots at a time."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from random import Random

from bot.sandbox.bot_process import BotProcess
from tools.faults.crowd import Load, harm_amid
from tools.faults.hasty_bot import HASTY
from tools.faults.tally import Tally
from tools.faults.world import Place, World

STOPS = 4
"""How often a bot is stopped and woken."""

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Killer:
    """Chooses one of the bots, and a moment."""

    world: World
    random: Random

    async def kill(self) -> str:
        """At which moment it was. The bot is started again."""
        bot, name = await self._choose()
        await bot.kill()
        self.world.listener.listen()
        await bot.start()
        if self.random.random() < 0.85:  # else the next one may hit a bot that has not yet found its feet
            await self.world.connected()
        return name

    async def stop(self) -> None:
        """Until the others have taken it for dead, and it wakes and knows nothing of that."""
        bot, _ = await self._choose()
        if bot.pid is None:
            return
        process = bot.pid
        send(process, signal.SIGSTOP)
        try:
            await asyncio.sleep(self.random.uniform(1.5, 2.5) * HASTY.lease)
        finally:
            send(process, signal.SIGCONT)
        self.world.listener.listen()
        await asyncio.sleep(self.random.uniform(0.5, 2.0))

    async def _choose(self) -> tuple[BotProcess, str]:
        name, moment = self.random.choice([*self._moments().items()])
        await moment()
        return self.random.choice(self.world.bots), name

    def _moments(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        slack, cams = self.world.scene.slack, self.world.scene.cams
        return {
            "any": lambda: asyncio.sleep(self.random.uniform(0.0, 0.8)),
            "call": lambda: self._soon_after(lambda: len(cams.lookups)),
            "payload": lambda: self._soon_after(lambda: len(slack.deliveries)),
            "message": lambda: self._soon_after(lambda: slack.workspace.version),
        }

    async def _soon_after(self, count: Callable[[], int]) -> None:
        """Shortly after something has happened once more: that is where most is under way."""
        before, rest = count(), 2.0
        while count() == before and rest > 0:
            await asyncio.sleep(0.005)
            rest -= 0.005
        await asyncio.sleep(self.random.uniform(0.0, 0.06))


async def run(place: Place, *, kills: int, say: Say, lists: int = 1) -> Tally:
    """So many kills amid people who ask, and lists on the command line."""

    async def kill(world: World, random: Random) -> int:
        killer = Killer(world=world, random=random)
        for number in range(1, kills + 1):
            moment = await killer.kill()
            if number % 10 == 0:
                say(f"  {number} kills, the last one at: {moment}; {len(world.scene.cams.lookups)} calls so far")
        return kills

    load = Load(numbers=min(40_000, 100 * kills + 500), lists=lists)
    return await harm_amid(kill, load, place)


async def stop_and_wake(world: World, random: Random) -> int:
    killer = Killer(world=world, random=random)
    for _ in range(STOPS):
        await killer.stop()
    return STOPS


def send(process: int, sent: signal.Signals) -> None:
    """To a process of ours that may have ended."""
    try:
        os.kill(process, sent)
    except ProcessLookupError:
        return
