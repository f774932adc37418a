"""Telling a story on a terminal, and keeping count of what in it was as it should be."""

import re
import textwrap

from bot.sandbox.run import Say
from bot.sandbox.slack.workspace import Workspace

_MARKUP = re.compile(r"<(?:@(?P<user>\w+)|!subteam\^(?P<group>\w+)|!date\^[^|>]*\|(?P<date>[^>]*))>")
"""Slack's markup for people, usergroups and dates, which its clients show as words."""


class Teller:
    """Prints scenes and checks, over as many stories as it tells."""

    def __init__(self, say: Say) -> None:
        self.say = say
        self.wrong: list[str] = []
        self._checks = 0

    @property
    def told(self) -> str:
        if self.wrong:
            return f"{len(self.wrong)} of {self._checks} checks failed:\n" + "\n".join(self.wrong)
        return f"All {self._checks} checks passed."

    def scene(self, title: str) -> None:
        self.say(f"\n{title}\n{'─' * len(title)}")

    def check(self, what: str, is_so: bool) -> None:  # noqa: FBT001 - reads as a sentence where it is called
        self._checks += 1
        self.say(f"  {'✓' if is_so else '✗'} {what}")
        if not is_so:
            self.wrong.append(what)

    def act(self, what: str) -> None:
        self.say(f"  {what}")

    def box(self, title: str, text: str) -> None:
        """Something somebody sees."""
        lines = [piece for line in text.splitlines() for piece in textwrap.wrap(line, 92) or [""]]
        self.say("\n".join([f"  ┌ {title}", *(f"  │ {line}" for line in lines), "  └"]))

    def page(self, text: str) -> None:
        """Something printed elsewhere, as it is."""
        self.say(textwrap.indent(text.rstrip(), "  "))


def as_read(words: str, workspace: Workspace) -> str:
    """A message's words as its reader sees them: with names for ids."""

    def name(found: re.Match[str]) -> str:
        if found["user"]:
            return f"@{workspace.people[found['user']].name}"
        if found["group"]:
            return f"@{workspace.user_groups[found['group']].handle}"
        return found["date"]

    return _MARKUP.sub(name, words)
