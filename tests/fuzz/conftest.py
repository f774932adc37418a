"""Says at the end how many inputs each entrance got."""

import pytest

from tests.fuzz.amount import RUN


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if RUN:
        terminalreporter.section("inputs run, by entrance")
    for entrance, inputs in sorted(RUN.items()):
        terminalreporter.write_line(f"{inputs:>8,}  {entrance}")
