"""How it is looked: beside each other, each for so long at most, and whatever becomes of the others."""

import asyncio
from typing import Any

import pytest
from pydantic import SecretStr

from bot.app import PATIENT
from bot.checks import Check, Checklist, CheckVerdict, ok, stop, warning
from bot.doctor import examination, machine
from bot.doctor.examination import Case, Part, heed_quick
from bot.errors import SettingsError
from bot.settings import BotSettings
from bot.texts import doctor as texts
from tests.clocks import VirtualClock

pytestmark = pytest.mark.virtual_time

SETTINGS = BotSettings(
    alibaba_cloud_access_key_id="invented",
    alibaba_cloud_access_key_secret=SecretStr("invented"),
    slack_bot_token=SecretStr("xoxb-invented"),
    slack_app_token=SecretStr("xapp-invented"),
)


def case() -> Case:
    return Case(settings=SETTINGS, clock=VirtualClock(), waits=PATIENT, workspace=None, database=None)


def part(group: str, *found: Check, seconds: float = 0.0, **settings: Any) -> Part:
    async def look(_case: Case) -> list[Check]:
        await asyncio.sleep(seconds)
        return [*found]

    return Part(group=group, look=look, **settings)


async def look(*parts: Part) -> dict[str, list[Check]]:
    return dict(await examination._look(case(), parts))


async def test_all_is_looked_at_beside_each_other() -> None:
    began = asyncio.get_running_loop().time()
    found = await look(*(part("one", ok("a", "A."), seconds=10.0) for _ in range(5)))
    assert asyncio.get_running_loop().time() - began == pytest.approx(10.0)
    assert [each.name for each in found["one"]] == ["a"] * 5


async def test_what_hangs_is_given_up_and_named() -> None:
    found = await look(part("slow", seconds=1e9), part("quick", ok("b", "B.")))
    (given_up,) = found["slow"]
    assert given_up.verdict is CheckVerdict.WARNING
    assert given_up.what == texts.took_too_long(examination.LONGEST)
    assert [each.name for each in found["quick"]] == ["b"]


async def test_what_breaks_is_named_and_ends_no_other(caplog: pytest.LogCaptureFixture) -> None:
    async def breaks(_case: Case) -> list[Check]:
        raise KeyError("a secret")

    found = await look(Part(group="broken", look=breaks), part("quick", ok("b", "B.")))
    (broken,) = found["broken"]
    assert broken.verdict is CheckVerdict.WARNING
    assert broken.what == texts.broke("KeyError")
    assert found["quick"]


async def test_what_cannot_be_had_is_passed_over_in_words() -> None:
    async def asks(one: Case) -> list[Check]:
        return [ok("never", str(one.slack))]

    async def reads(one: Case) -> list[Check]:
        return [ok("never", str(one.record))]

    found = await look(Part(group="slack", look=asks), Part(group="record", look=reads))
    assert [each.verdict for checks in found.values() for each in checks] == [CheckVerdict.SKIPPED] * 2
    assert texts.WITHOUT_SLACK in found["slack"][0].what
    assert texts.WITHOUT_DATABASE in found["record"][0].what


async def test_a_start_goes_by_what_is_quick_and_ends_with_every_mistake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    warned: list[Check] = []
    first, second = warning("a", "A.", "Do."), stop("b", "B is wrong.", "Mend it.")
    slow, later = stop("slow", "Never."), stop("c", "C is wrong.", "Mend it.")
    parts = [part("one", first, second), part("one", slow, is_quick=False), part("two", later)]
    monkeypatch.setattr(examination, "PARTS", parts)
    with pytest.raises(SettingsError) as caught:
        await heed_quick(case(), Checklist(warned.append))
    assert caught.value.mistakes == ("B is wrong. Mend it.", "C is wrong. Mend it.")
    assert warned == [first]


def test_the_age_of_the_numbering_plans_is_known_for_the_version_that_is_pinned() -> None:
    from importlib.metadata import version

    assert set(machine.DATED) == {version("phonenumberslite")}
    (check,) = machine.check_metadata(VirtualClockAt(1_893_456_000.0))  # 2030
    assert check.verdict is CheckVerdict.WARNING
    (check,) = machine.check_metadata(VirtualClockAt(1_893_456_000.0), of="1.0")
    assert check.verdict is CheckVerdict.SKIPPED


class VirtualClockAt(VirtualClock):
    def __init__(self, at: float) -> None:
        super().__init__()
        self._at = at

    def now(self) -> float:
        return self._at
