"""What Slack sends, as it sends it: something for chance to begin with."""

from random import Random
from typing import Any

from bot.slack import approval_views, cards, form, list_form, list_views, views
from tests.fuzz.front import HOOKS, TEAM, Front
from tests.fuzz.odd import CODE, odd_text

PHONES = ("+86 138 0000 1234", "+1 202 555 0100", "+261 20 21 234 56", "+49 30 12345", "")


def who(chance: Random) -> dict[str, Any]:
    user_id = chance.choice(("U0ANA", "U0TRU", "U0LEE"))
    return {"user": {"id": user_id, "team_id": TEAM}, "team": {"id": TEAM}, "trigger_id": f"{chance.random()}"}


def command(chance: Random, text: str) -> dict[str, Any]:
    return {
        "command": "/phoneid",
        "text": text,
        "user_id": chance.choice(("U0ANA", "U0TRU")),
        "team_id": TEAM,
        "channel_id": "C0SUPPORT",
        "trigger_id": f"{chance.random()}",
        "response_url": f"{HOOKS}commands/1",
    }


def command_text(chance: Random) -> str:
    words = ["help", "why", "history", "/", ",", "code", CODE, *PHONES]
    parts = [chance.choice((chance.choice(words), odd_text(chance))) for _ in range(chance.randint(1, 4))]
    return chance.choice((" ", "", "\n", ", ")).join(parts)


def submission(chance: Random, front: Front) -> dict[str, Any]:
    callback_id = chance.choice(
        (form.CALLBACK, form.APPROVAL_CALLBACK, approval_views.DENIAL, approval_views.CODE_FORM)
    )
    fields = {
        form.PHONE: chance.choice(PHONES),
        form.CODE: CODE,
        form.REASON: chance.choice(("ticket 7", odd_text(chance))),
    }
    return _submitted(chance, front, callback_id, fields)


def list_submission(chance: Random, front: Front) -> dict[str, Any]:
    """The form for several numbers, and the one for the codes of an approved list."""
    lines = [f"{chance.choice(PHONES)}{chance.choice((' ', ', ', ''))}{CODE}" for _ in range(chance.randint(0, 5))]
    lines += [odd_text(chance)] * chance.choice((0, 0, 1))
    fields = {list_form.NUMBERS: "\n".join(lines), list_form.REASON: chance.choice(("ticket 7", odd_text(chance)))}
    callback_id = chance.choice((list_form.CALLBACK, list_form.APPROVAL_CALLBACK, list_form.CODES_CALLBACK))
    return _submitted(chance, front, callback_id, fields)


def _submitted(chance: Random, front: Front, callback_id: str, fields: dict[str, str]) -> dict[str, Any]:
    values = {
        f"{name}-{number}": {name: {"type": "plain_text_input", "value": value}}
        for number, (name, value) in enumerate(fields.items())
    }
    metadata = (
        f'{{"channel_id": "C0SUPPORT", "response_url": "{HOOKS}1", "lookup_id": "{chance.choice(front.lookups)}"}}'
    )
    view = {
        "type": "modal",
        "id": "V1",
        "hash": f"{chance.random()}",
        "callback_id": callback_id,
        "private_metadata": metadata,
        "state": {"values": values},
    }
    return {**who(chance), "type": "view_submission", "view": view}


def click(chance: Random, front: Front, action_id: str | None = None) -> dict[str, Any]:
    pressed = action_id or chance.choice(
        (
            cards.APPROVE,
            cards.DENY,
            cards.DETAILS,
            approval_views.WITHDRAW,
            approval_views.ENTER_CODE,
            approval_views.SHOW_ID,
            views.TRY_AGAIN,
            views.OPEN_FORM,
            approval_views.ENTER_CODES,
            cards.LIST_DETAILS,
            views.OPEN_LIST,
            list_views.LIST_AGAIN,
            list_views.STOP,
            list_views.SHOW_RESULTS,
            "a_button_that_is_gone",
        )
    )
    action = {"action_id": pressed, "block_id": "b", "type": "button", "value": chance.choice(front.lookups)}
    place: dict[str, Any] = {"channel": {"id": "C0SUPPORT"}, "response_url": f"{HOOKS}actions/1"}
    if chance.random() < 0.3:
        place = {"view": {"id": "V1", "hash": "1.a", "callback_id": "", "private_metadata": "{}"}}
    return {**who(chance), **place, "type": "block_actions", "actions": [action]}


def shortcut(chance: Random) -> dict[str, Any]:
    return {**who(chance), "type": "shortcut", "callback_id": views.SHORTCUT}
