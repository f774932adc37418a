"""What the bot is installed with: every package pinned with its hashes, and under a licence that was looked at."""

import os
import re
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
CONSTRAINTS = (ROOT / "constraints.txt").read_text()
PINS = dict(re.findall(r"^([a-z0-9.-]+)==([^\s\\]+)", CONSTRAINTS, re.MULTILINE))

LICENCES = {
    "mit": "MIT",
    "mit license": "MIT",
    "bsd-3-clause": "BSD",
    "apache 2.0": "Apache",
    "apache-2.0": "Apache",
    "apache license 2.0": "Apache",
    "apache license, version 2.0": "Apache",
    "apache-2.0 and mit": "Apache",
    "apache-2.0 and bsd-2-clause": "Apache",
    "psf-2.0": "PSF",
    "mpl-2.0": "MPL",  # certifi: a list of certificates, used as it is
    "lgpl-3.0-only": "LGPL",  # psycopg: used as a library, replaceable by whoever installs it
    "public domain": "public domain",
}
"""Licences that were looked at, by the ways to write them."""


def direct() -> list[Requirement]:
    """What the project itself asks for: for everybody, and by its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(each for extra in project["optional-dependencies"].values() for each in extra)]
    return [Requirement(each) for each in asked]


def licence_of(package: str) -> str:
    """As its authors wrote it, in one of the three places where they may."""
    told = metadata.metadata(package)
    classifiers = [each for each in told.get_all("Classifier") or [] if each.startswith("License ::")]
    classified = [each.rpartition(" :: ")[2] for each in classifiers]
    licences: list[str] = [
        *(told.get_all("License-Expression") or []),
        *filter(None, told.get_all("License") or []),
        *classified,
    ]
    return licences[0]


def test_the_constraints_hold_what_the_project_asks_for() -> None:
    assert {each.name: f"=={PINS[each.name]}" for each in direct()} == {
        each.name: str(each.specifier) for each in direct()
    }


def test_every_pin_has_its_hashes_and_no_place_where_it_comes_from() -> None:
    for pin in re.split(r"\n(?=[a-z])", CONSTRAINTS):
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", pin), pin
    assert "://" not in CONSTRAINTS


def test_each_package_has_a_licence_that_was_looked_at() -> None:
    installed = {each.name.lower().replace("_", "-") for each in metadata.distributions()}
    missing = PINS.keys() - installed
    if "CI" in os.environ:
        assert not missing, "nobody knows the licence of what is not installed"
    others = {name: licence_of(name) for name in PINS.keys() - missing}
    assert not {name: licence for name, licence in others.items() if licence.lower() not in LICENCES}
