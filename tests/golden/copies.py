"""Copies as files: one for each scenario, in YAML, and what is different from them."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

COPIES = Path(__file__).parent / "copies"


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stand as they are read."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def written(document: Mapping[str, Any]) -> str:
    return yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100_000, default_flow_style=None
    )


def path_of(name: str) -> Path:
    return COPIES / f"{name}.yaml"


def difference(name: str, now: str) -> str:
    """What is different from the copy, as a diff; empty when nothing is."""
    path = path_of(name)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = difflib.unified_diff(
        before.splitlines(), now.splitlines(), fromfile=f"copies/{path.name}", tofile="as it is now", lineterm="", n=4
    )
    return "\n".join(lines)


def renew(name: str, now: str) -> bool:
    """Write the copy anew. Whether it changed."""
    is_changed = bool(difference(name, now))
    if is_changed:
        COPIES.mkdir(exist_ok=True)
        path_of(name).write_text(now, encoding="utf-8")
    return is_changed
