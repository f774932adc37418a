"""``--help`` as people read it: commands by what they are for, whole sentences, and colours on a terminal."""

from collections import UserDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module

import click

from bot.cli.style import styled

_WHOLE = 1000
"""Characters of a summary, so many that none is cut off."""


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or styled("Usage: ", bold=True))

    def write_heading(self, heading: str) -> None:
        super().write_heading(styled(heading, bold=True))

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl([(styled(name, colour="cyan"), words) for name, words in rows], col_max, col_spacing)


class _Context(click.Context):
    formatter_class = _Formatter


class Command(click.Command):
    """A command with such help."""

    context_class = _Context


class Commands(UserDict[str, click.Command]):
    """Commands by their names, each imported when it is asked for: one may run every few seconds, and shall not wait
    for what the others need.
    """

    def __init__(self, modules: Mapping[str, str]) -> None:
        """``modules``: where each command is, in its order."""
        super().__init__()
        self._modules = modules

    def __missing__(self, name: str) -> click.Command:
        module = import_module(self._modules[name])
        self.data[name] = command = getattr(module, name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


class Group(click.Group):
    """A group of them, in sections where it has some."""

    context_class = _Context
    command_class = Command
    sections: Mapping[str, Sequence[str]] | None = None
    """The commands' names, by heading."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, with whole summaries, and by section."""
        for heading, names in (self.sections or {"Commands": self.list_commands(ctx)}).items():
            commands = [self.commands[name] for name in names]
            with formatter.section(heading):
                formatter.write_dl([(each.name or "", each.get_short_help_str(_WHOLE)) for each in commands])
