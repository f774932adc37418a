"""How a test says that a copy is not what happens any more."""

import pytest

from tests.golden import copies


def check(name: str, now: str) -> None:
    """Fail with a readable diff when the copy differs."""
    different = copies.difference(name, now)
    if different:
        pytest.fail(
            f"{name} is not what it was:\n\n{different}\n\n"
            f"If that is meant, renew the copy: .venv/bin/python -m tests.golden.renew {name}",
            pytrace=False,
        )
