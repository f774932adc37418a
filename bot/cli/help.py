"""``--help`` as people read it: commands by what they are for, whole sentences, and colours on a terminal."""

from collections.abc import Iterable, Mapping, Sequence

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


class Group(click.Group):
    """A group of them, in sections where it has some."""

    context_class = _Context
    command_class = Command
    sections: Mapping[str, Sequence[click.Command]] | None = None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does, with whole summaries, and by section."""
        listed = [self.commands[name] for name in self.list_commands(ctx)]
        for heading, commands in (self.sections or {"Commands": listed}).items():
            with formatter.section(heading):
                formatter.write_dl([(each.name or "", each.get_short_help_str(_WHOLE)) for each in commands])
