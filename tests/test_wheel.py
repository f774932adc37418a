"""The package as people install it: built, installed away from the checkout, and playing the demo's story."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
import yaml

from tests.amounts import NIGHTLY

ROOT = Path(__file__).parent.parent
ALL_IS_WELL = "checks passed"


async def run(*command: str | Path, cwd: Path) -> str:
    """What a command prints; it must end well."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode(errors="replace")[-4000:]
    return output.decode(errors="replace")


def found_in(folder: Path) -> list[Path]:
    return [*folder.glob("*.whl")]


@NIGHTLY
@pytest.mark.timeout(900)
async def test_the_wheel_installed_elsewhere_plays_the_demos_story(tmp_path: Path) -> None:
    await run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, ROOT, cwd=tmp_path)
    (wheel,) = found_in(tmp_path)
    await run(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    programs = tmp_path / "venv" / "bin"
    # As the container does: what is not in the list, or has another hash, is not installed.
    pip = (programs / "python", "-m", "pip", "install", "--quiet")
    await run(*pip, "--require-hashes", "-r", ROOT / "constraints.txt", cwd=tmp_path)
    await run(*pip, "--no-deps", wheel, cwd=tmp_path)
    (elsewhere := tmp_path / "elsewhere").mkdir()
    story = await run(programs / "phoneid", "demo", "--script", cwd=elsewhere)
    assert ALL_IS_WELL in story
    manifest = json.loads(await run(programs / "phoneid", "manifest", cwd=elsewhere))
    assert manifest == yaml.safe_load((ROOT / "manifest.yaml").read_text())
    where = await run(programs / "python", "-c", "import bot; print(bot.__file__)", cwd=elsewhere)
    assert str(tmp_path) in where
    names = await run(sys.executable, "-m", "zipfile", "--list", wheel, cwd=tmp_path)
    assert "tests/" not in names
    assert "tools/" not in names
