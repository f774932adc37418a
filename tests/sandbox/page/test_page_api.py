"""What the page may ask and do, over HTTP."""

from typing import Any

import pytest

from bot.sandbox.inspector import Wire
from tests.sandbox.page.site import FakeBot, FakeSlack, Site, serve


async def test_the_state_is_the_one_of_the_user_who_asks(site: Site) -> None:
    assert await (await site.get("/sandbox/state?user=U0LEE")).json() == {"me": {"id": "U0LEE"}}


async def test_a_new_visitor_is_the_first_person(site: Site) -> None:
    assert await (await site.get("/sandbox/state")).json() == {"me": {"id": "U0ANA"}}


@pytest.mark.parametrize("user", ["U0NOBODY", "U0BOT", "%2e%2e"])
async def test_nobody_can_be_somebody_who_is_not_there(site: Site, user: str) -> None:
    assert (await site.get(f"/sandbox/state?user={user}")).status == 404
    assert (await site.post(f"/sandbox/act?user={user}", {"do": "open_home"})).status == 404
    assert site.slack.acts == []


async def test_an_act_is_done_as_the_user_and_answered_as_slack_answers(site: Site) -> None:
    site.slack.answer = {"ok": False, "error": "The app is not here."}
    action = {"do": "command", "channel": "C0SUPPORT", "text": "/phoneid"}
    response = await site.post("/sandbox/act?user=U0LEE", action)
    assert (response.status, await response.json()) == (200, {"ok": False, "error": "The app is not here."})
    assert site.slack.acts == [("U0LEE", action)]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"', b"null", b"\xff"])
async def test_an_act_that_is_no_object_is_refused(site: Site, body: bytes) -> None:
    headers = {"Origin": site.origin, "Content-Type": "application/json"}
    response = await site.http.post(f"{site.origin}/sandbox/act?user=U0ANA", data=body, headers=headers)
    assert response.status == 400
    assert (await response.json())["error"] == "The request is not a JSON object."
    assert site.slack.acts == []


async def test_the_trace_gives_what_is_new_in_order(site: Site) -> None:
    for title in ("first", "second", "third"):
        site.inspector.record(Wire.BOT_TO_API, title, at=12.5, request={"a": 1}, status=200, milliseconds=3.25)
    entries = (await (await site.get("/sandbox/trace?after=1")).json())["entries"]
    assert [entry["title"] for entry in entries] == ["second", "third"]
    assert entries[0] == {
        "number": 2,
        "at": 12.5,
        "wire": "bot → API",
        "title": "second",
        "request": {"a": 1},
        "response": None,
        "status": 200,
        "milliseconds": 3.25,
    }


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "²"])
async def test_the_trace_is_asked_for_by_number(site: Site, after: str) -> None:
    assert (await site.http.get(f"{site.origin}/sandbox/trace", params={"after": after})).status == 400


async def test_the_world_is_the_book_the_switches_and_the_bot(site: Site) -> None:
    choices = [{"value": "none", "label": "It is none"}, {"value": "slow", "label": "It is slow"}]
    assert await (await site.get("/sandbox/world")).json() == {
        "book": [
            {"phone": "+1 202-555-0101", "code": "004217", "outcome": "The ID", "explanation": "All is well."},
        ],
        "trouble": {"api": "none", "slack": "none"},
        "api_troubles": choices,
        "slack_troubles": choices,
        "bot": {"running": True, "pid": 4711, "restarts": 0, "can_kill": True},
    }


async def test_a_trouble_is_switched_on_alone(site: Site) -> None:
    world = await (await site.post("/sandbox/trouble", {"slack": "slow"})).json()
    assert world["trouble"] == {"api": "none", "slack": "slow"}
    assert site.slack.trouble == "slow"


@pytest.mark.parametrize("body", [{"slack": "unheard of"}, {"weather": "slow"}, {"slack": None}, {"slack": ["slow"]}])
async def test_a_trouble_that_is_not_offered_is_refused(site: Site, body: dict[str, Any]) -> None:
    response = await site.post("/sandbox/trouble", body)
    assert response.status == 400
    assert site.slack.trouble == "none"


@pytest.mark.parametrize(
    ("verb", "bot"),
    [
        ("kill", {"running": False, "pid": None, "restarts": 0, "can_kill": True}),
        ("start", {"running": True, "pid": 4712, "restarts": 1, "can_kill": True}),
        ("restart", {"running": True, "pid": 4712, "restarts": 1, "can_kill": True}),
    ],
)
async def test_the_bot_does_what_it_is_told(site: Site, verb: str, bot: dict[str, Any]) -> None:
    world = await (await site.post("/sandbox/bot", {"do": verb})).json()
    assert world["bot"] == bot


@pytest.mark.parametrize("body", [{}, {"do": "dance"}, {"do": ["kill"]}, {"do": None}])
async def test_the_bot_does_nothing_else(site: Site, body: dict[str, Any]) -> None:
    response = await site.post("/sandbox/bot", body)
    assert response.status == 400
    assert site.bot == FakeBot()


async def test_a_bot_that_shares_the_process_cannot_be_stopped() -> None:
    async with serve(FakeSlack(), None) as site:
        world = await (await site.get("/sandbox/world")).json()
        response = await site.post("/sandbox/bot", {"do": "kill"})
    assert world["bot"] == {"running": True, "pid": None, "restarts": 0, "can_kill": False}
    assert response.status == 400


async def test_looking_changes_nothing_so_a_change_is_never_a_get(site: Site) -> None:
    for path in ("/sandbox/act?user=U0ANA", "/sandbox/trouble", "/sandbox/bot"):
        response = await site.get(path)
        assert response.status == 405
