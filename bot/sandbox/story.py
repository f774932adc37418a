"""A short story that shows the whole job on a terminal, and checks itself while it plays."""

from collections.abc import Callable, Iterable, Mapping

from bot.sandbox import approval_story, plain_story
from bot.sandbox.props import Scene
from bot.sandbox.run import APPROVALS, NO_APPROVALS, Sandbox, Say, open_sandbox
from bot.sandbox.teller import Teller

Scenes = Callable[[Sandbox, Teller], Iterable[Scene]]


async def play(say: Say) -> int:
    """Play it, each scene printed as it happens. The exit code: 0 when everything was as it should be."""
    teller = Teller(say)
    say("Part one: no approval needed")
    is_whole = await _play_part(teller, NO_APPROVALS, plain_story.scenes)
    if is_whole:
        say("\nPart two: a team lead approves each request")
        is_whole = await _play_part(teller, APPROVALS, approval_story.scenes)
    if is_whole:
        say(f"\n{teller.told}")
    return 0 if is_whole and not teller.wrong else 1


async def _play_part(teller: Teller, policy: Mapping[str, str], scenes: Scenes) -> bool:
    """Play one part in a sandbox of its own. Whether it came to its end."""
    async with open_sandbox(policy=policy, logs_to_file=True) as sandbox:
        try:
            for scene in scenes(sandbox, teller):
                await scene()
        except Exception as error:  # noqa: BLE001 - the story's top: whatever broke is told, with the bot's own log
            teller.say(f"\nThe story stopped: {error}")
            if sandbox.bot_log:
                log = sandbox.bot_log.read_text("utf-8", "replace")
                teller.say(f"\nThe bot's log:\n{log}")
            return False
    return True
