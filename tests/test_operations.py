"""The operations page names the metrics there are, and its YAML can be read."""

import re
from pathlib import Path
from typing import Any

import yaml

from bot.metrics import Metrics
from bot.models import Problem, State
from bot.states import STATE_AFTER
from bot.texts.problems import Side
from tests.english import PROBLEMS

PAGE = (Path(__file__).parents[1] / "docs" / "operations.md").read_text()
SECTION = PAGE.split("\n## What to watch\n", 1)[1].split("\n## ", 1)[0]


def samples() -> set[str]:
    """The names under which the metrics are scraped."""
    metrics = Metrics()
    names = set[str]()
    for family in metrics.registry.collect():
        base = f"{family.name}_total" if family.type == "counter" else family.name
        names.add(base)
        if family.type == "histogram":
            names |= {f"{base}{end}" for end in ("_bucket", "_count", "_sum")}
    return names


def ours(text: str) -> set[str]:
    return set(re.findall(r"\bphoneid_\w+", text))


def rules() -> list[dict[str, Any]]:
    (document,) = [each for each in yaml_blocks() if "groups" in each]
    return [rule for group in document["groups"] for rule in group["rules"]]


def yaml_blocks() -> list[dict[str, Any]]:
    return [yaml.safe_load(each) for each in re.findall(r"^```yaml\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)]


def test_the_table_has_every_metric_and_no_other() -> None:
    rows = re.findall(r"^\| (`phoneid_[^|]+) \|", SECTION, re.MULTILINE)
    named = {name for row in rows for name in ours(row)}
    assert named == {name for name in samples() if name.startswith("phoneid_")} - {
        name for name in samples() if name.endswith(("_bucket", "_count", "_sum"))
    }


def test_the_table_has_the_labels_that_there_are() -> None:
    told = dict(re.findall(r"^\| `(phoneid_\w+)\{([\w,]+)\}`", SECTION, re.MULTILINE))
    for family in Metrics().registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        if labels:
            assert set(told[name].split(",")) == labels, name


def test_the_alerts_can_be_read_and_name_only_what_is_scraped() -> None:
    assert len(rules()) > 5
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "annotations"}, rule
        assert rule["annotations"]["summary"]
        assert ours(rule["expr"])
        assert ours(rule["expr"]) <= samples(), rule["alert"]
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_the_alerts_name_only_outcomes_and_problems_that_there_are() -> None:
    known = {each.value for each in State} | {each.value for each in Problem}
    matched = [each for rule in rules() for each in re.findall(r'(?:outcome|problem)=~?"([^"]+)"', rule["expr"])]
    assert matched
    assert {word for each in matched for word in each.split("|")} <= known


def test_the_alert_about_the_account_has_every_refusal_that_an_administrator_has_to_mend() -> None:
    (rule,) = [each for each in rules() if each["alert"] == "PhoneIdAccountRefused"]
    (problems,) = re.findall(r'problem=~"([^"]+)"', rule["expr"])
    assert set(problems.split("|")) == {
        problem.value
        for problem, explanation in PROBLEMS.items()
        if explanation.turn is Side.ADMIN and STATE_AFTER[problem] is State.REFUSED
    }


def test_the_alert_about_links_goes_by_how_many_are_wanted() -> None:
    """One link is as it should be where PHONEID_LINKS is 1, and in HTTP mode there is none."""
    (rule,) = [each for each in rules() if "phoneid_slack_links" in each["expr"]]
    assert rule["expr"] == "phoneid_slack_links < phoneid_slack_links_wanted"


def test_the_probes_ask_what_is_answered() -> None:
    (probes,) = [each for each in yaml_blocks() if "livenessProbe" in each]
    assert {probe["httpGet"]["path"] for probe in probes.values()} == {"/healthz", "/readyz"}
