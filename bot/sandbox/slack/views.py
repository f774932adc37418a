"""One view as one person has it open: a modal on their stack, or the app's home."""

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.slack import blockkit
from bot.sandbox.slack.blockkit import JsonObject, Placed
from bot.sandbox.slack.forms import Values


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view and what its user did in it so far."""

    id: str
    user_id: str
    content: JsonObject
    """As the app gave it, with the ids Slack invents filled in."""
    hash: str
    root_view_id: str
    previous_view_id: str | None = None
    values: Values = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """Block id → what stands under the field in red."""
    is_submitting: bool = False
    notice: str | None = None
    """What Slack itself says on the modal, when it could not deliver or not understand the answer."""

    @property
    def blocks(self) -> list[JsonObject]:
        blocks: list[JsonObject] = self.content["blocks"]
        return blocks

    @property
    def title(self) -> str:
        title = self.content.get("title")
        return str(title["text"]) if title else ""

    @property
    def callback_id(self) -> str:
        return str(self.content.get("callback_id", ""))

    @property
    def external_id(self) -> str:
        return str(self.content.get("external_id", ""))

    @property
    def words(self) -> str:
        """Everything there is to read on it."""
        lines = [self.title, blockkit.words(self.blocks), *self.errors.values(), self.notice or ""]
        return "\n".join(line for line in lines if line)

    @property
    def can_submit(self) -> bool:
        return "submit" in self.content

    def find(self, *, block_id: str, action_id: str) -> Placed | None:
        """The interactive element with these ids."""
        return blockkit.find(self.blocks, block_id=block_id, action_id=action_id)

    def value(self, block_id: str) -> Any:
        """What stands in the only element of a block: text, an option's object, or ``None``."""
        (state,) = self.values[block_id].values()
        (value,) = (value for name, value in state.items() if name != "type")
        return value
