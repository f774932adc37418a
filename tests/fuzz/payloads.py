"""What Slack sends, as it sends it: something for chance to begin with."""

import json
from random import Random
from typing import Any

from bot.models import Request
from bot.slack import buttons, forms_read
from tests.english import cards, views
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
    words = ["help", "why", "history", "list", "/", ",", "code", CODE, *PHONES]
    parts = [chance.choice((chance.choice(words), odd_text(chance))) for _ in range(chance.randint(1, 4))]
    return chance.choice((" ", "", "\n", ", ")).join(parts)


def submission(chance: Random, front: Front) -> dict[str, Any]:
    callback_id = chance.choice(
        (forms_read.LOOKUP, forms_read.APPROVAL, forms_read.DENIAL, forms_read.CODE_OF_ONE, forms_read.CODE_OF_ONE)
    )
    fields = {
        forms_read.PHONE: chance.choice(PHONES),
        forms_read.CODE: CODE,
        forms_read.REASON: chance.choice(("ticket 7", odd_text(chance))),
    }
    return _submitted(chance, chance.choice(front.requests), callback_id, fields)


def list_submission(chance: Random, front: Front) -> dict[str, Any]:
    """The form for several numbers, and the one for the codes of an approved request."""
    request = chance.choice(front.requests)
    numbers = [f"+{each.phone.digits}" for each in request.lookups] if chance.random() < 0.3 else PHONES
    lines = [f"{chance.choice(numbers)}{chance.choice((' ', ', ', ''))}{CODE}" for _ in range(chance.randint(0, 5))]
    lines += [odd_text(chance)] * chance.choice((0, 0, 1))
    fields = {
        forms_read.NUMBERS: "\n".join(lines),
        forms_read.REASON: chance.choice(("ticket 7", odd_text(chance))),
    }
    callback_id = chance.choice((forms_read.LIST, forms_read.LIST_APPROVAL, forms_read.CODES_OF_SEVERAL))
    return _submitted(chance, request, callback_id, fields)


def _submitted(chance: Random, request: Request, callback_id: str, fields: dict[str, str]) -> dict[str, Any]:
    """A form about this request, as far as it is about one."""
    values = {
        f"{name}-{number}": {name: {"type": "plain_text_input", "value": value}}
        for number, (name, value) in enumerate(fields.items())
    }
    about = {"request_id": request.id, "numbers": " ".join(each.phone.digits for each in request.lookups)}
    view = {
        "type": "modal",
        "id": "V1",
        "hash": f"{chance.random()}",
        "callback_id": callback_id,
        "private_metadata": json.dumps({"channel_id": "C0SUPPORT", "response_url": f"{HOOKS}1", **about}),
        "state": {"values": values},
    }
    return {**who(chance), "type": "view_submission", "view": view}


def click(chance: Random, front: Front, action_id: str | None = None) -> dict[str, Any]:
    pressed = action_id or chance.choice(
        (
            cards.APPROVE,
            cards.DENY,
            cards.DETAILS,
            buttons.WITHDRAW,
            buttons.ENTER_CODE,
            buttons.STOP,
            buttons.SHOW_ID,
            buttons.SHOW_RESULTS,
            buttons.OLDER,
            buttons.TRY_AGAIN,
            buttons.OPEN_FORM,
            buttons.OPEN_LIST,
            "a_button_that_is_gone",
        )
    )
    action = {"action_id": pressed, "block_id": "b", "type": "button", "value": chance.choice(front.references)}
    place: dict[str, Any] = {"channel": {"id": "C0SUPPORT"}, "response_url": f"{HOOKS}actions/1"}
    if chance.random() < 0.3:
        place = {"view": {"id": "V1", "hash": "1.a", "callback_id": "", "private_metadata": "{}"}}
    return {**who(chance), **place, "type": "block_actions", "actions": [action]}


def shortcut(chance: Random) -> dict[str, Any]:
    return {**who(chance), "type": "shortcut", "callback_id": views.SHORTCUT}
