"""Colours, and lines that fit, for people at a terminal."""

import os
import shutil
import sys
import textwrap

import click

_WIDEST, _NARROWEST = 120, 40
"""Characters: longer lines are hard to read, and in shorter ones nothing fits."""


def styled(words: str, *, colour: str | None = None, bold: bool = False) -> str:
    """Click takes the colours out where nobody sees them; who set NO_COLOR wants none anywhere."""
    return words if os.environ.get("NO_COLOR") else click.style(words, fg=colour, bold=bold or None)


def terminal_width() -> int | None:
    """How long a line of standard output may be; ``None``: it is no terminal, where programs read whole lines."""
    if not sys.stdout.isatty():
        return None
    return max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST))


def wrapped(words: str, *, width: int | None, indent: int) -> list[str]:
    """Lines of ``width`` with ``indent`` blanks before each but the first, where ``indent`` are used already."""
    if width is None:
        return [words]
    fitting = textwrap.wrap(words, max(width - indent, _NARROWEST // 2), break_long_words=False, break_on_hyphens=False)
    return [each if number == 0 else " " * indent + each for number, each in enumerate(fitting)]
