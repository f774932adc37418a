"""Requests of people who left: nobody is there to be told of the decision, so nobody has to take it."""

import logging

from bot.errors import RequestMoved
from bot.interfaces import People
from bot.models import ApprovalState, RequestId
from bot.requests import BOT
from bot.store import decisions, requests
from bot.store.record import Record
from bot.workspaces import workspace_of

log = logging.getLogger(__name__)


async def withdraw_requests_of_leavers(record: Record, people: People) -> list[RequestId]:
    """Withdraw what awaits approval and was asked by somebody of whom Slack says that they are gone. Which requests.

    What Slack does not say leaves a request as it is.
    """
    withdrawn = []
    for request_id, agent in await record.read(requests.awaiting):
        if not await people.has_left(agent, workspace_of(agent)):
            continue
        try:
            await record.change(decisions.decide, request_id, ApprovalState.WITHDRAWN, actor=BOT)
        except RequestMoved:  # decided in this very moment
            continue
        log.info("request withdrawn: agent left", extra={"facts": {"request": request_id}})
        withdrawn.append(request_id)
    return withdrawn
