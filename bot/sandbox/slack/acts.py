"""What the page asks to do on a user's behalf, parsed."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Act(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RunCommand(_Act):
    do: Literal["command"]
    channel: str
    text: str


class Say(_Act):
    do: Literal["message"]
    channel: str
    text: str


class UseShortcut(_Act):
    do: Literal["shortcut"]
    callback_id: str


class Choice(_Act):
    """What was picked: an option's value, several, or nothing."""

    selected: str | list[str] | None


Entries = dict[str, dict[str, str | Choice]]
"""Block id → action id → what was typed or picked."""


class ClickInMessage(_Act):
    do: Literal["click"]
    container: Literal["message"]
    channel: str
    ts: str
    block_id: str
    action_id: str
    values: Entries = Field(default_factory=dict)


class ClickInView(_Act):
    do: Literal["click"]
    container: Literal["view", "home"]
    view_id: str = ""
    """Not needed on the home tab."""
    block_id: str
    action_id: str
    values: Entries = Field(default_factory=dict)


class Submit(_Act):
    do: Literal["submit"]
    view_id: str
    values: Entries = Field(default_factory=dict)


class Close(_Act):
    do: Literal["close"]
    view_id: str


class OpenHome(_Act):
    do: Literal["open_home"]


class Read(_Act):
    do: Literal["read"]
    channel: str


Click = Annotated[ClickInMessage | ClickInView, Field(discriminator="container")]
Act = RunCommand | Say | UseShortcut | Click | Submit | Close | OpenHome | Read

ACT: TypeAdapter[Act] = TypeAdapter(
    Annotated[RunCommand | Say | UseShortcut | Click | Submit | Close | OpenHome | Read, Field(discriminator="do")]
)


def entry(value: str | Choice) -> Any:
    """What was typed, or what was picked."""
    return value if isinstance(value, str) else value.selected
