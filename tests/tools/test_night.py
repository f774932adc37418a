"""Whoever asks for the night gets all of it, also for one file in a folder whose ``conftest.py`` asks what it is."""

import os
import subprocess
import sys
from pathlib import Path

from tests.amounts import IS_NIGHT, NIGHTLY

HERE = Path(__file__)


@NIGHTLY
def test_it_is_night() -> None:
    assert IS_NIGHT


def test_the_night_of_one_file_is_the_same_as_that_of_the_whole_suite() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "IS_NIGHT"}
    command = [sys.executable, "-m", "pytest", "-q", "-n", "1", "-m", "nightly", str(HERE)]  # in a worker, as by itself
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout
