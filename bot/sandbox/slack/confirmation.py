"""What Slack asks before it sends a click (https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object)."""

from dataclasses import dataclass

from bot.sandbox.slack.blockkit import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """The words of a confirmation dialog."""

    title: str
    text: str
    confirm: str
    deny: str
    style: str = "primary"
    """Of the button that confirms."""

    @classmethod
    def of(cls, element: JsonObject) -> "Confirmation | None":
        """The one an element asks with, if it asks."""
        asked = element.get("confirm")
        if asked is None:
            return None
        words = {name: str(asked[name]["text"]) for name in ("title", "text", "confirm", "deny")}
        return cls(**words, style=asked.get("style", "primary"))
