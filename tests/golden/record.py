"""What was seen from outside, read from the sandbox's inspector and the journal's table: nothing of the bot's own.

The rules that keep copies the same from run to run are here, each with its name and its reason.
"""

import json
import re
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any

from bot.sandbox.inspector import Exchange, Wire
from bot.sandbox.slack.delivery import Delivery
from tests.golden.plain import seen

SAID = re.compile(r"chat\.|views\.|response_url|files\.|reactions\.|conversations\.open")
"""Rule 1: what only asks Slack something (who is this person?) is left out. Nobody sees it, and it is cached."""

PROGRESS = re.compile(r"[▓░]|Looking up .* in about|Looking it up in about|Still looking up|This can take a minute")
"""Rule 2: what is drawn again while somebody waits is left out, how often depends on time. The first message stays."""

FIRST_SAID = ("chat.postMessage", "views.open", "views.push")


def acknowledgements(deliveries: Sequence[Delivery]) -> list[Any]:
    """What the bot answered Slack at once."""
    return [_acknowledged(each) if each.is_acknowledged else each.outcome.value for each in deliveries]


def _acknowledged(delivery: Delivery) -> Any:
    """Errors stand under fields, which people know by their labels."""
    answer = seen(delivery.response) or "nothing"
    if isinstance(answer, dict) and "errors" in answer:
        fields = {block["block_id"]: block for block in delivery.payload["view"]["blocks"]}
        labels = {block_id: block["label"]["text"] for block_id, block in fields.items() if "label" in block}
        return {**answer, "errors": {labels[block_id]: said for block_id, said in answer["errors"].items()}}
    return answer


class SaidToSlack:
    """The calls that say something, step by step.

    Rule 3: what goes to different places in one step has no order among them, so places are sorted.
    Rule 4: what is drawn anew several times in one step is there as it was drawn last, and not at all if it looks as it
    did before: how many states of a lookup a card shows on its way depends on time.
    """

    def __init__(self) -> None:
        self._drawn: dict[str, Any] = {}

    def of_step(self, exchanges: Iterable[Exchange]) -> dict[str, list[Any]]:
        """The calls by place, each place's in order."""
        said = [each for each in exchanges if each.wire is Wire.BOT_TO_SLACK and SAID.match(each.title)]
        places: dict[str, list[Any]] = {}
        for exchange in self._drawn_last([each for each in said if not _is_progress(each)]):
            places.setdefault(_place(exchange), []).append(_call(exchange))
        return dict(sorted(places.items()))

    def _drawn_last(self, said: Sequence[Exchange]) -> Iterable[Exchange]:
        last = {drawn: each.number for each in said if (drawn := _drawn(each))}
        for exchange in said:
            drawn = _drawn(exchange)
            if not drawn:
                yield exchange
            elif last[drawn] == exchange.number and self._drawn.get(drawn) != _call(exchange):
                self._drawn[drawn] = _call(exchange)
                yield exchange


def sent_to_api(exchanges: Iterable[Exchange]) -> list[Any]:
    """The bodies that the API received. Rule 5: of different numbers there is no order, so they are sorted.

    An empty one is not the bot's: another test's client knocked at a port that was its own server's before.
    """
    bodies = [each.request["parameters"] for each in exchanges if each.wire is Wire.BOT_TO_API]
    bodies = [body for body in bodies if body]
    return sorted(bodies, key=lambda body: str(body.get("PhoneNumber")))


def _drawn(exchange: Exchange) -> str:
    """The message or window that a call draws anew; empty for other calls."""
    body = exchange.request["body"]
    if exchange.title == "chat.update":
        return f"{body['channel']} {body['ts']}"
    return str(body["view_id"]) if exchange.title == "views.update" else ""


def _is_progress(exchange: Exchange) -> bool:
    written = json.dumps(exchange.request["body"], ensure_ascii=False)
    return exchange.title not in FIRST_SAID and bool(PROGRESS.search(written))


def _place(exchange: Exchange) -> str:
    """Where it is read. A user id as the channel is that person's direct message with the app."""
    if exchange.title.startswith("views."):
        return "a window"
    if exchange.title == "response_url":
        return "where it was asked"
    channel = str(exchange.request["body"].get("channel", ""))
    return f"direct message {channel[2:]}" if channel[:2] in ("U0", "D0") else f"channel {channel}"


def _call(exchange: Exchange) -> dict[str, Any]:
    call = {"method": exchange.title, **seen(exchange.request["body"])}
    answer = exchange.response
    is_refused = exchange.status != 200 or (isinstance(answer, dict) and not answer.get("ok", True))
    return {**call, "refused by Slack": answer} if is_refused else call


JOURNAL = """
    SELECT
        CASE
            WHEN journal.position IS NULL OR requests.size = 1 THEN journal.request
            ELSE journal.request || '/' || journal.position
        END,
        event, from_state, to_state, journal.user_id, journal.team_id, journal.through, facts
    FROM journal LEFT JOIN requests ON requests.id = journal.request ORDER BY seq"""
"""The one statement about the database. Its columns are the copy's, whatever the table calls them."""


def journal(database: str) -> dict[str, list[Any]]:
    """What the journal has, in order, by what it is about.

    Rule 6: numbers of a list are asked for side by side, so entries about different ones have no order.
    """
    about: dict[str, list[Any]] = {}
    with closing(sqlite3.connect(database)) as connection:
        for subject, event, from_state, to_state, user_id, team_id, through, facts in connection.execute(JOURNAL):
            entry = {"event": event, "from": from_state, "to": to_state, "by": user_id, "of": team_id}
            known = {**entry, "through": through, "facts": json.loads(facts)}
            about.setdefault(subject or "nothing in particular", []).append(
                {name: value for name, value in known.items() if value not in (None, {})}
            )
    return about
