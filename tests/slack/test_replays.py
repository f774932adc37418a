"""A signed request is taken once."""

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.gate import SIGNATURES_LIVE, Replays
from tests.clocks import SteppingClock


async def let_in() -> BoltResponse:
    return BoltResponse(status=200)


def signed(*signatures: str) -> AsyncBoltRequest:
    return AsyncBoltRequest(body="", headers={"x-slack-signature": list(signatures)})


async def status_of(replays: Replays, request: AsyncBoltRequest) -> int:
    return (await replays.refuse(request, let_in)).status


async def test_a_signature_is_taken_once(clock: SteppingClock) -> None:
    replays = Replays(clock)
    assert await status_of(replays, signed("v0=one")) == 200
    assert await status_of(replays, signed("v0=two")) == 200
    assert await status_of(replays, signed("v0=one")) == 401


async def test_a_second_signature_in_the_header_does_not_make_a_request_new(clock: SteppingClock) -> None:
    replays = Replays(clock)
    assert await status_of(replays, signed("v0=one")) == 200
    assert await status_of(replays, signed("v0=one", "v0=other")) == 401


async def test_a_signature_is_remembered_while_its_age_would_let_it_in(clock: SteppingClock) -> None:
    replays = Replays(clock)
    assert await status_of(replays, signed("v0=one")) == 200
    clock.time += SIGNATURES_LIVE
    assert await status_of(replays, signed("v0=one")) == 401


async def test_old_signatures_are_forgotten(clock: SteppingClock) -> None:
    replays = Replays(clock)
    await status_of(replays, signed("v0=one"))
    clock.time += SIGNATURES_LIVE + 1
    # Bolt refuses it by its age before this is asked; that it is let in here shows that nothing is kept.
    assert await status_of(replays, signed("v0=one")) == 200


async def test_a_replay_renews_the_memory(clock: SteppingClock) -> None:
    replays = Replays(clock)
    await status_of(replays, signed("v0=one"))
    for _ in range(3):
        clock.time += SIGNATURES_LIVE
        assert await status_of(replays, signed("v0=one")) == 401


async def test_socket_mode_carries_no_signature_and_is_let_in(clock: SteppingClock) -> None:
    replays = Replays(clock)
    for _ in range(2):
        assert await status_of(replays, AsyncBoltRequest(body={}, mode="socket_mode")) == 200
