"""``phoneid demo`` and ``phoneid cams``: the local world."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

import click

from bot.cli.arguments import CannotStart
from bot.cli.help import Command
from bot.sandbox.cams.latency import PROFILES
from bot.sandbox.cams.window import Counting

Ended = TypeVar("Ended")


@click.command(cls=Command)
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port of the page; 0 picks a free one.",
)
@click.option("--no-browser", is_flag=True, help="Do not open the page in a browser.")
@click.option("--approvals", "with_approvals", is_flag=True, help="Require a team lead's approval for every request.")
@click.option("--script", "is_script", is_flag=True, help="Play a short story in the terminal instead.")
def demo(*, port: int, no_browser: bool, with_approvals: bool, is_script: bool) -> None:
    """Try the real bot in a simulated Slack, without any account."""
    from bot.sandbox import run as sandbox
    from bot.sandbox import story

    if is_script:
        sys.exit(_run_sandbox(story.play(click.echo)))
    policy = sandbox.APPROVALS if with_approvals else sandbox.NO_APPROVALS
    _run_sandbox(sandbox.serve_page(port=port, opens_browser=not no_browser, policy=policy, say=click.echo))


@click.command(cls=Command)
@click.option(
    "--port",
    default=8080,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port of the API; 0 picks a free one.",
)
@click.option("--latency", type=click.Choice([*PROFILES]), help="Delay requests and answers, as a network does.")
@click.option("--qps", default=10, show_default=True, type=click.IntRange(min=1), help="Limit in calls per second.")
@click.option(
    "--count",
    "counting",
    default=Counting.SLIDING.value,
    show_default=True,
    type=click.Choice([each.value for each in Counting]),
    help="Apply the limit to any second, or to calendar seconds.",
)
def cams(*, port: int, latency: str | None, qps: int, counting: str) -> None:
    """Run only the simulated Alibaba Cloud API, for other clients, and list its test numbers."""
    from bot.sandbox import run as sandbox

    network = PROFILES[latency] if latency else None
    _run_sandbox(sandbox.serve_cams(port=port, say=click.echo, network=network, qps=qps, counting=Counting(counting)))


def _run_sandbox(running: Coroutine[Any, Any, Ended]) -> Ended:
    from bot.sandbox.run import CannotServe

    try:
        return asyncio.run(running)
    except CannotServe as error:
        raise CannotStart(str(error)) from None
