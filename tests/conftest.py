"""What all tests share: what is run by day and by night, and reports that every worker can send."""

import asyncio
import gc
import os
from collections.abc import Callable, Generator, Mapping
from typing import Any

import pytest

from tests.clocks import VirtualLoop

NIGHT_SECONDS = 4 * 3600


def pytest_plugin_registered(plugin: object) -> None:
    """Whether it is night is known before anything reads ``tests.amounts``; workers inherit it.

    The folders' own ``conftest.py`` do, right after this file and before ``pytest_configure``.
    """
    if isinstance(plugin, pytest.Config) and plugin.known_args_namespace.markexpr == "nightly":
        os.environ["IS_NIGHT"] = "1"


def pytest_configure() -> None:
    """By which chance: known before any worker starts, because all of them must choose alike."""
    import tests.amounts  # noqa: F401 - it sets the seed


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that a test runs in."""
    is_virtual = item.get_closest_marker("virtual_time") is not None
    return {"virtual": VirtualLoop} if is_virtual else {"real": asyncio.new_event_loop}


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """What is collected stays until the end: to look for garbage in it took as long as all the rest of collecting."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What does more at night is part of both runs. At night a test has hours, not minutes."""
    if os.environ.get("IS_NIGHT"):
        for item in items:
            if item.get_closest_marker("more_at_night"):
                item.add_marker("nightly")
            item.add_marker(pytest.mark.timeout(NIGHT_SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(report: Any) -> Generator[None, Any, Any]:
    """A worker sends reports as UTF-8, which has no place for half of a surrogate pair: it is written as ``\\ud83d``.

    The tests hand such halves to the bot on purpose, and what it logs of them stands in the report.
    """
    return _escaped((yield))


def _escaped(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {_escaped(key): _escaped(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(_escaped, value))
    return value


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker hands over how many odd inputs it ran."""
    from tests.fuzz.amount import RUN

    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["inputs"] = dict(RUN)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    from tests.fuzz.amount import RUN

    RUN.update(getattr(node, "workeroutput", {}).get("inputs", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says what repeats this run's choices, and how many odd inputs each entrance got."""
    from tests.amounts import SEED
    from tests.fuzz.amount import RUN

    terminalreporter.write_line(f"SEED={SEED} repeats what this run chose by chance")
    if RUN:
        terminalreporter.section("inputs run, by entrance")
    for entrance, inputs in sorted(RUN.items()):
        terminalreporter.write_line(f"{inputs:>8,}  {entrance}")
