"""What a fault did, as a row of the table: how often it was tried, and what was lost, doubled or leaked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """``lost``, ``doubled`` and ``leaked`` say each case in words; ``notes`` is what else there is to know."""

    times: int
    lookups: int
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.leaked)

    @property
    def complaints(self) -> list[str]:
        named = (("lost", self.lost), ("doubled", self.doubled), ("leaked", self.leaked))
        return [f"{name}: {each}" for name, cases in named for each in cases]


def total(tallies: Sequence[Tally]) -> Tally:
    """One row of several."""
    return Tally(
        times=sum(each.times for each in tallies),
        lookups=sum(each.lookups for each in tallies),
        lost=[case for each in tallies for case in each.lost],
        doubled=[case for each in tallies for case in each.doubled],
        leaked=[case for each in tallies for case in each.leaked],
        notes=[note for each in tallies for note in each.notes],
    )


HEADING = ("fault", "times", "lookups", "lost", "doubled", "leaked")


def render(tallies: Iterable[tuple[str, Tally]]) -> str:
    """A Markdown table that can be read as it is, too."""
    rows = [HEADING, *((name, *_figures(tally)) for name, tally in tallies)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADING))]
    lines = ["| " + " | ".join(_aligned(row, widths)) + " |" for row in rows]
    return "\n".join([lines[0], "|---" + "|--:" * (len(HEADING) - 1) + "|", *lines[1:]])


def _figures(tally: Tally) -> tuple[str, ...]:
    return tuple(
        str(each) for each in (tally.times, tally.lookups, len(tally.lost), len(tally.doubled), len(tally.leaked))
    )


def _aligned(row: tuple[str, ...], widths: list[int]) -> list[str]:
    return [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
