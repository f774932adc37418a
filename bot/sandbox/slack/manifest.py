"""The app as Slack installs it: what manifest.yaml declares is what the app can be asked and may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml


class ShortcutKind(StrEnum):
    """Where a shortcut is offered."""

    GLOBAL = "global"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A declared slash command."""

    command: str
    description: str
    usage_hint: str
    should_escape: bool = False
    """Mentions in the text arrive as ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    """A declared shortcut."""

    callback_id: str
    name: str
    description: str
    kind: ShortcutKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The declarations the sandbox acts on."""

    name: str
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...]
    bot_scopes: tuple[str, ...]
    bot_events: frozenset[str]
    is_interactive: bool
    uses_socket_mode: bool
    has_home: bool
    is_read_only: bool
    """Nobody can type in the app's direct messages: no messages, and no commands either."""

    @classmethod
    def parse(cls, declared: Mapping[str, Any]) -> "Manifest":
        """From the manifest's YAML or JSON, read. Raises ``KeyError`` when a name is missing."""
        features = declared.get("features", {})
        settings = declared.get("settings", {})
        home = features.get("app_home", {})
        return cls(
            name=declared["display_information"]["name"],
            commands=tuple(
                Command(
                    command=command["command"],
                    description=command["description"],
                    usage_hint=command.get("usage_hint", ""),
                    should_escape=command.get("should_escape", False),
                )
                for command in features.get("slash_commands", ())
            ),
            shortcuts=tuple(
                Shortcut(
                    callback_id=shortcut["callback_id"],
                    name=shortcut["name"],
                    description=shortcut["description"],
                    kind=ShortcutKind(shortcut["type"]),
                )
                for shortcut in features.get("shortcuts", ())
            ),
            bot_scopes=tuple(declared.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
            bot_events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
            is_interactive=settings.get("interactivity", {}).get("is_enabled", False),
            uses_socket_mode=settings.get("socket_mode_enabled", False),
            has_home=home.get("home_tab_enabled", False),
            is_read_only=home.get("messages_tab_read_only_enabled", False),
        )

    def find_command(self, name: str) -> Command | None:
        return next((command for command in self.commands if command.command == name), None)

    def find_shortcut(self, callback_id: str, kind: ShortcutKind) -> Shortcut | None:
        matching = (each for each in self.shortcuts if (each.callback_id, each.kind) == (callback_id, kind))
        return next(matching, None)


@cache
def read_manifest() -> Manifest:
    """The project's own manifest."""
    return Manifest.parse(declared())


def declared() -> Any:
    """What manifest.yaml says: packaged beside the sandbox in a wheel, at the root in a checkout."""
    packaged = files("bot.sandbox").joinpath("manifest.yaml")
    there = packaged if packaged.is_file() else Path(__file__).parents[3] / "manifest.yaml"
    return yaml.safe_load(there.read_text("utf-8"))
