"""Every statement of the store, whoever wrote it, means something to both engines."""

import importlib
import pkgutil
import re

import bot.store
from bot.store.engine import Engine

# What is no statement by itself, and what belongs to one engine.
ELSEWHERE = {"engine", "postgres", "postgres_begin", "postgres_tx", "rights", "schema", "sqlite", "sqlite_tx", "urls"}

STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")


def statements() -> dict[str, str]:
    """The constants of the store's modules that are statements, by their names."""
    found = {}
    for module in pkgutil.iter_modules(bot.store.__path__):
        if module.name not in ELSEWHERE:
            for name, value in vars(importlib.import_module(f"bot.store.{module.name}")).items():
                if isinstance(value, str) and name.lstrip("_").isupper() and STATEMENT.match(value):
                    found[f"{module.name}.{name}"] = value
    return found


def test_every_statement_is_understood(engine: Engine) -> None:
    found = statements()
    assert len(found) > 20
    for name, sql in found.items():
        values = dict.fromkeys(re.findall(r"(?<![\w:]):([a-z_]\w*)", sql))
        with engine.changing() as tx:
            assert tx.all(f"EXPLAIN {sql}", **values), name
