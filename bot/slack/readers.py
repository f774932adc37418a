"""In which language each reads. Slack is asked by who needs it anyway: its answers about people say it."""

from bot.errors import SlackError
from bot.slack.channel import Channel
from bot.slack.people import People
from bot.texts.language import Language, Languages

PATIENCE = 1.0
"""Seconds to find out somebody's language."""


class Readers:
    """People by the locale they chose in Slack; the approval channel by the workspace's language."""

    def __init__(
        self, *, people: People, channel: Channel | None, languages: Languages, workspaces: str | None = None
    ) -> None:
        """``workspaces``: the language (``zh_Hans``) of the channel, and of whom Slack says nothing. Without one the
        channel's own locale counts.
        """
        self._people = people
        self._channel = channel
        self._languages = languages
        self._workspaces = workspaces

    async def of(self, place: str, *, patience: float = PATIENCE) -> Language:
        """The language of a person, or of a channel, by its id. Asks Slack only where it is not known, and waits for so
        many seconds.
        """
        if self._workspaces and not place.startswith(("U", "W")):
            return self._languages.nearest(self._workspaces)
        locale = await self._locale_of(place, patience)
        return self._languages.nearest(locale or self._workspaces)

    async def _locale_of(self, place: str, patience: float) -> str:
        if self._channel and place == self._channel.id:
            return await self._channel.locale()
        try:
            return await self._people.locale(place, patience=patience) if place else ""
        except SlackError:
            return ""
