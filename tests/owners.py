"""Files of another user of the machine."""

import os
from pathlib import Path

import pytest


def give_away(path: Path, monkeypatch: pytest.MonkeyPatch, *, is_root: bool) -> None:
    """Let it, a link itself too, belong to somebody who is not the user; only root can really do that."""
    if is_root and os.geteuid() != 0:
        pytest.skip("only root can give a file away and stay root")
    if os.geteuid() == 0:
        os.chown(path, 4711, -1, follow_symlinks=False)
    owner = path.lstat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: 0 if is_root else owner + 1)
