"""What people do in the scenarios about lists, in a few words each."""

import re
from collections.abc import Sequence

from bot.models import BatchId, Lookup
from bot.sandbox.cams.book import Entry
from bot.sandbox.slack.human import Human
from bot.sandbox.slack.workspace import Message
from tests.scenarios.scene import PATIENCE, Scene, entry

GOOD, OPAQUE, REFUSED = entry("The ID"), entry("An ID that is not digits"), entry("Unknown.ResourceOwnerId")
THREE = (GOOD, OPAQUE, REFUSED)
"""Two with an ID and one without."""


def lines(entries: Sequence[Entry], *, with_codes: bool = True) -> str:
    """As an agent types a list."""
    return "\n".join(f"{each.phone} {each.code}" if with_codes else each.phone for each in entries)


async def open_list_form(scene: Scene, *, human: Human | None = None) -> Human:
    who = human or scene.ana
    await who.runs("support", "/phoneid list")
    await who.until(lambda: who.modal, timeout=PATIENCE)
    return who


async def submit_list(scene: Scene, typed: str, *, human: Human | None = None, reason: str = "") -> Human:
    """Fill in the form and submit it, once."""
    who = await open_list_form(scene, human=human)
    who.fills(block_id="numbers", text=typed)
    if reason:
        who.fills(block_id="reason", text=reason)
    await who.submits()
    return who


async def window_with(human: Human, words: str) -> str:
    """What a window says, as soon as it says this."""
    return await human.until(
        lambda: human.modal.words if human.modal and words in human.modal.words else None, timeout=PATIENCE
    )


async def message_with(human: Human, words: str, *, channel: str = "", patience: float = PATIENCE) -> Message:
    """The newest message with these words in it."""

    def find() -> Message | None:
        seen = reversed(human.sees(channel or human.dm))
        return next((each for each in seen if words in each.text or words in each.words), None)

    return await human.until(find, timeout=patience)


async def listed(scene: Scene) -> list[Lookup]:
    """Everything recorded, oldest first; in a list by place."""
    return sorted(await scene.lookups(), key=lambda each: (each.created_at, each.place.number if each.place else 0))


def batch_in(words: str) -> BatchId:
    found = re.search(r"B-\w{8}", words)
    assert found
    return BatchId(found[0])
