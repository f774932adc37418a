"""What a window shows last is what was meant to be shown last."""

import asyncio
from collections.abc import Callable

import pytest

from bot.slack.blocks import View
from bot.slack.messenger import Shown
from bot.slack.windows import SETTLED_AFTER, WHILE_SLACK_IS_AWAY, Windows
from tests.clocks import VirtualClock
from tests.doubles import Doing, FakeMessenger

pytestmark = pytest.mark.virtual_time


class Screen:
    """One window of somebody's, and what happens to it when."""

    def __init__(self) -> None:
        self.messenger = FakeMessenger()
        self.clock = VirtualClock()
        self.windows = Windows(self.messenger, clock=self.clock)

    @property
    def shows(self) -> str:
        view = self.messenger.window("V1")
        return str(view["title"]) if view else "form"

    def paint(self, title: str) -> None:
        """What an acknowledgement does when it arrives."""
        self.messenger.shown.append(("V1", window(title)))

    def at(self, moment: float, happens: Callable[[], object]) -> None:
        asyncio.get_running_loop().call_at(moment, happens)

    async def submitted(self, title: str, *, at: float = 0.0) -> float:
        """Show this after a submission; when the last update was done."""
        await self.windows.show_after_submission("V1", window(title), reader="U0ANA", submitted_at=at)
        return self.clock.monotonic()


def window(title: str) -> View:
    return {"title": title}


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.mark.parametrize("arrives_at", [0.2, 0.8, 3.0])
async def test_an_acknowledgement_that_arrives_late_does_not_hide_the_outcome(
    screen: Screen, arrives_at: float
) -> None:
    screen.at(arrives_at, lambda: screen.paint("progress"))
    await screen.submitted("outcome")
    assert screen.shows == "outcome"


async def test_an_outcome_that_comes_late_is_shown_at_once(screen: Screen) -> None:
    await screen.clock.sleep(10.0)
    assert await screen.submitted("outcome") == 10.0
    assert screen.shows == "outcome"


async def test_a_form_reopened_meanwhile_is_not_painted_over(screen: Screen) -> None:
    showing = asyncio.create_task(screen.submitted("outcome"))
    await screen.clock.sleep(2.0)
    assert await screen.windows.show("V1", window("form again"), reader="U0ANA")
    await showing
    assert screen.shows == "form again"


async def test_a_form_reopened_while_slack_is_slow_to_take_the_outcome_is_not_painted_over(screen: Screen) -> None:
    takes = iter([2.0])

    async def slow_once(_: Doing) -> None:
        await screen.clock.sleep(next(takes, 0.0))

    screen.messenger.before = slow_once
    showing = asyncio.create_task(screen.submitted("outcome"))
    await screen.clock.sleep(1.0)
    assert await screen.windows.show("V1", window("form again"), reader="U0ANA")
    await showing
    assert screen.shows == "form again"


async def test_the_form_reopened_and_submitted_again_ends_in_its_own_outcome(screen: Screen) -> None:
    first = asyncio.create_task(screen.submitted("first outcome"))
    await screen.clock.sleep(1.0)
    await screen.windows.show("V1", window("form again"), reader="U0ANA")
    await screen.clock.sleep(0.5)
    await asyncio.gather(first, screen.submitted("second outcome", at=1.5))
    assert screen.shows == "second outcome"


async def test_of_two_outcomes_for_one_submission_the_later_stays(screen: Screen) -> None:
    """The submission was delivered twice: how it stood is shown, and later how it ended."""
    first = asyncio.create_task(screen.submitted("as it stands"))
    await screen.clock.sleep(1.0)
    await asyncio.gather(first, screen.submitted("outcome"))
    assert screen.shows == "outcome"


async def test_an_outcome_of_another_window_is_not_in_its_way(screen: Screen) -> None:
    other = screen.windows.show_after_submission("V2", window("other"), reader="U0ANA", submitted_at=0.0)
    await asyncio.gather(screen.submitted("outcome"), other)
    assert screen.messenger.window("V2") == window("other")
    assert len([view_id for view_id, _ in screen.messenger.shown if view_id == "V1"]) == len(SETTLED_AFTER)


async def test_a_closed_window_is_left_alone(screen: Screen) -> None:
    screen.messenger.fail(Doing.UPDATE_VIEW, shown=Shown.GONE)
    assert await screen.submitted("outcome") == SETTLED_AFTER[0]


async def test_an_outcome_waits_for_slack_to_come_back(screen: Screen) -> None:
    screen.messenger.fail(Doing.UPDATE_VIEW)
    screen.at(7.0, screen.messenger.recover)
    ended_at = await screen.submitted("outcome")
    assert screen.shows == "outcome"
    assert ended_at == WHILE_SLACK_IS_AWAY[0]


async def test_an_outcome_of_what_took_long_waits_for_slack_just_as_well(screen: Screen) -> None:
    screen.messenger.fail(Doing.UPDATE_VIEW)
    await screen.clock.sleep(100.0)
    screen.at(107.0, screen.messenger.recover)
    assert await screen.submitted("outcome") == 110.0
    assert screen.shows == "outcome"


async def test_a_slack_that_stays_away_is_given_up_on(screen: Screen) -> None:
    screen.messenger.fail(Doing.UPDATE_VIEW)
    assert await screen.submitted("outcome") == WHILE_SLACK_IS_AWAY[-1]
    assert screen.shows == "form"
