"""What Slack said: its word where there is one, and nothing where it was not Slack that answered."""

import json

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.refusals import reason_of
from tests.slack.conftest import NOT_SLACK, Answers


@pytest.mark.parametrize("status", [200, 429, 500])
async def test_slacks_own_word_is_the_reason(client: AsyncWebClient, answers: Answers, status: int) -> None:
    answers.become(status, "application/json", json.dumps({"ok": False, "error": "user_not_found"}))
    client.retry_handlers.clear()
    with pytest.raises(SlackApiError) as caught:
        await client.users_info(user="U0ANA")
    assert reason_of(caught.value) == "user_not_found"


@pytest.mark.parametrize(("status", "content_type", "body"), NOT_SLACK)
async def test_what_was_not_slack_gives_no_reason(
    client: AsyncWebClient, answers: Answers, status: int, content_type: str, body: str
) -> None:
    answers.become(status, content_type, body)
    # Where the SDK itself trips over the answer, there is no error of its own to ask for a reason.
    with pytest.raises((SlackApiError, AttributeError)) as caught:
        await client.users_info(user="U0ANA")
    assert not isinstance(caught.value, SlackApiError) or reason_of(caught.value) is None


@pytest.mark.parametrize(
    ("response", "reason"),
    [({"ok": False, "error": "expired"}, "expired"), ({}, None), (None, None), ("expired", None), (b"expired", None)],
)
def test_whatever_an_error_carries_can_be_asked_for_its_reason(response: object, reason: str | None) -> None:
    assert reason_of(SlackApiError("failed", response)) == reason
