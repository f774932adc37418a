"""What a window shows last is what was meant to be shown last."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from bot.slack import views
from bot.slack.replies import Replies, Shown
from bot.slack.windows import Windows


@dataclass
class Screen:
    """One window, on a clock that moves when somebody sleeps; things can be made to happen at a time."""

    time: float = 0.0
    shows: str = "form"
    is_open: bool = True
    is_away: bool = False
    happens: dict[float, Callable[[], None]] = field(default_factory=dict)

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += max(0.0, seconds)
        for at in sorted(at for at in self.happens if at <= self.time):
            self.happens.pop(at)()
        await asyncio.sleep(0)

    async def update_view(self, view_id: str, view: views.View) -> Shown:
        if self.is_away:
            return Shown.NOT_NOW
        if not self.is_open:
            return Shown.GONE
        self.shows = view["title"]
        return Shown.YES

    def show(self, title: str) -> Callable[[], None]:
        def happen() -> None:
            self.shows = title

        return happen


def windows(screen: Screen) -> Windows:
    return Windows(cast("Replies", screen), clock=screen)


async def test_an_acknowledgement_that_arrives_late_does_not_hide_the_outcome() -> None:
    screen = Screen()
    screen.happens = {0.8: screen.show("progress")}
    await windows(screen).show_after_submission("V1", {"title": "outcome"}, submitted_at=0.0)
    assert screen.shows == "outcome"


async def test_an_outcome_that_comes_late_is_shown_at_once() -> None:
    screen = Screen(time=10.0)
    await windows(screen).show_after_submission("V1", {"title": "outcome"}, submitted_at=0.0)
    assert (screen.shows, screen.time) == ("outcome", 10.0)


async def test_a_form_reopened_meanwhile_is_not_painted_over() -> None:
    screen = Screen()
    shown = windows(screen)
    reopening: list[asyncio.Task[bool]] = []
    screen.happens = {2.0: lambda: reopening.append(asyncio.create_task(shown.show("V1", {"title": "form again"})))}
    await shown.show_after_submission("V1", {"title": "outcome"}, submitted_at=0.0)
    assert await reopening[0]
    assert screen.shows == "form again"


async def test_a_closed_window_is_left_alone() -> None:
    screen = Screen(is_open=False)
    await windows(screen).show_after_submission("V1", {"title": "outcome"}, submitted_at=0.0)
    assert screen.time == 0.5


async def test_an_outcome_waits_for_slack_to_come_back() -> None:
    screen = Screen(is_away=True)

    def come_back() -> None:
        screen.is_away = False

    screen.happens = {7.0: come_back}
    await windows(screen).show_after_submission("V1", {"title": "outcome"}, submitted_at=0.0)
    assert (screen.shows, screen.time) == ("outcome", 10.0)


async def test_an_outcome_of_what_took_long_waits_for_slack_just_as_well() -> None:
    screen = Screen(time=100.0, is_away=True)

    def come_back() -> None:
        screen.is_away = False

    screen.happens = {107.0: come_back}
    await windows(screen).show_after_submission("V1", {"title": "outcome"}, submitted_at=0.0)
    assert (screen.shows, screen.time) == ("outcome", 110.0)


async def test_a_slack_that_stays_away_is_given_up_on() -> None:
    screen = Screen(is_away=True)
    await windows(screen).show_after_submission("V1", {"title": "outcome"}, submitted_at=0.0)
    assert (screen.shows, screen.time) == ("form", 90.0)
