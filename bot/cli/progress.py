"""How far a list is: a bar on a terminal, a line now and then in a log file."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import click

from bot.models import State
from bot.texts import command_line

Counts = Mapping[State, int]

_SHARES = 10  # in a log file: a line for each tenth of the list,
_SOONEST = 1.0  # but none for a tenth that takes less (seconds),
_LATEST = 10.0  # and more where a tenth takes longer (seconds)


@contextmanager
def showing_progress(of: int, *, is_hidden: bool) -> Iterator[Callable[[Counts], None]]:
    """What it gives is to be called after each result, with all counts so far."""
    if is_hidden:
        yield lambda _counts: None
    elif sys.stderr.isatty():
        with click.progressbar(
            length=of, file=sys.stderr, show_pos=True, item_show_func=lambda told: told, width=0
        ) as bar:
            bar.render_progress()  # before the first result: somebody waits for it
            yield lambda counts: bar.update(1, command_line.trouble(counts))
    else:
        yield ProgressLines(of).tell


class ProgressLines:
    """A line for each tenth of a list, or more where a tenth takes long."""

    def __init__(self, of: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._of = of
        self._monotonic = monotonic
        self._done = 0
        self._told_at = monotonic()

    def tell(self, counts: Counts) -> None:
        """After each result; the last is left to whoever says what came of it all."""
        self._done += 1
        is_share = self._done * _SHARES // self._of > (self._done - 1) * _SHARES // self._of
        if self._done < self._of and self._monotonic() - self._told_at >= (_SOONEST if is_share else _LATEST):
            click.echo(command_line.progress(self._done, self._of, counts), err=True)
            self._told_at = self._monotonic()
