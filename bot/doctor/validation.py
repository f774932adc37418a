"""Whether Slack would take every view and message of the bot's: its own validator says so, and shows them to nobody."""

import json

from bot.checks import Check, ok, stop, warning
from bot.doctor.specimens import Specimen, specimens
from bot.errors import SlackBusy, SlackError, SlackRefused
from bot.slack.blocks import Message
from bot.slack.web import Web
from bot.texts import doctor as texts
from bot.texts.language import Language, Languages

REFUSED = frozenset({"invalid_blocks", "invalid_message", "invalid_view"})
"""Slack's words for what it would not show."""

LONGEST_PAUSE = 60.0
"""Seconds that Slack may want to be left alone in between."""

_SHOWN = 3


async def validate(web: Web) -> list[Check]:
    """A check for each that Slack would refuse; otherwise one for all."""
    refused: list[Check] = []
    found = {
        f"{name}, {language.name}": _payload(language, specimen)
        for language in Languages.read().all
        for name, specimen in specimens().items()
    }
    for count, (name, payload) in enumerate(found.items()):
        try:
            await _send(web, payload)
        except SlackRefused as error:
            if error.code not in REFUSED:
                return [*refused, _not_to_the_end(error, count, len(found))]
            refused.append(stop(name, texts.view_refused("; ".join(error.details[:_SHOWN])), texts.REPORT_VIEW))
        except SlackError as error:
            return [*refused, _not_to_the_end(error, count, len(found))]
    return refused or [ok("views", texts.views_valid(len(found)))]


def _not_to_the_end(error: SlackError, count: int, of: int) -> Check:
    """Who asks for the views wants to know of each."""
    return warning("views", texts.views_not_validated(str(error), count, of), texts.CHECK_AGAIN)


def _payload(language: Language, specimen: Specimen) -> dict[str, str]:
    if isinstance(specimen, Message):
        text, body = language.markup(specimen.text), language.of(specimen.blocks)
        return {"message": json.dumps({"text": text, "blocks": body})}
    return {"view": json.dumps(language.of(specimen))}


async def _send(web: Web, payload: dict[str, str]) -> None:
    # In the body: the SDK's own method puts it into the URL, which a list of a hundred numbers does not fit into.
    while True:
        try:
            await web.api_call("blocks.validate", json=payload)
        except SlackBusy as busy:
            if busy.retry_after > LONGEST_PAUSE:
                raise
            await web.clock.sleep(busy.retry_after)
        else:
            return
