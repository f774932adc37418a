"""What everybody reads in a scene, all the time, also what stands there for a moment only."""

from collections.abc import Collection, Iterator

from bot.sandbox.slack.human import Human
from bot.sandbox.slack.workspace import ConversationKind, Message
from bot.texts.language import Language
from tests.pseudo import strays, texts
from tests.scenarios.scene import Scene

WINDOW, ALONE = "window", "alone"
"""Where somebody reads, besides the channels: in a window, and what nobody else sees, wherever it stands."""


class Reading:
    """Everything that the bot ever had on somebody's screen: by their name and by where it stood, each text once."""

    def __init__(self, scene: Scene) -> None:
        self._slack = scene.slack
        self._read: dict[tuple[str, str], dict[str, None]] = {}
        self._past: set[str] = set()
        self._looked_at: dict[tuple[str, str, str], Message] = {}
        scene.slack.on_change(self._look)

    def by(self, name: str, *, where: str = "") -> list[str]:
        """What somebody read: there, or anywhere."""
        found = [read for (who, at), read in self._read.items() if who == name and where in ("", at)]
        return [text for read in found for text in read if text not in self._past]

    def strays(self, name: str, language: Language, *, where: str = "", data: Collection[str] = ()) -> list[str]:
        """What they read in no letters of their language."""
        return [each for text in self.by(name, where=where) for each in strays(text, language, data=data)]

    def begin_anew(self) -> None:
        """What stood somewhere until now counts no more: somebody reads another language from here on."""
        self._past |= {text for read in self._read.values() for text in read}

    def _look(self) -> None:
        for human in self._slack.humans.values():
            for where, text in self._new_to(human):
                self._read.setdefault((human.person.name, where), {})[text] = None

    def _new_to(self, human: Human) -> Iterator[tuple[str, str]]:
        for conversation in human.screen.conversations:
            is_direct = conversation.kind is ConversationKind.DM
            for message in human.sees(conversation.id):
                place = (human.person.name, conversation.id, message.ts)
                if message.user_id == self._slack.workspace.bot.id and self._looked_at.get(place) is not message:
                    self._looked_at[place] = message
                    where = ALONE if is_direct or message.is_ephemeral else conversation.name
                    yield from ((where, text) for text in [message.text, *texts(message.blocks)])
        if human.modal:
            yield from ((WINDOW, text) for text in [*texts(human.modal.content), *human.modal.errors.values()])
