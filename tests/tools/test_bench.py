"""The benchmarks run and count right. What they measure is not tested: that depends on the machine."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from click.testing import CliRunner

from bot.audit import LogQuery
from bot.sandbox.cams.server import SeenCall
from bot.store import journal, search
from tests import factories
from tests.tools.conftest import need
from tools.bench import apps, quota, store
from tools.bench.__main__ import main
from tools.bench.contenders import CONTENDERS, split
from tools.bench.ours import OURS
from tools.bench.table import Row, duration, percentile, render
from tools.databases import is_postgres


def silence(_line: str) -> None: ...


def ours_on(where: str) -> str:
    return next(name for name, there in OURS.items() if there == where)


async def all_of(rows: AsyncIterator[Row]) -> list[Row]:
    async with asyncio.timeout(60):
        return [row async for row in rows]


def seen(times: list[float], *, throttled: int = 0) -> list[SeenCall]:
    accepted = [SeenCall(arrived_at=at, phone="", api_code="OK") for at in times]
    return accepted + [SeenCall(arrived_at=0.0, phone="", api_code="Throttling.User")] * throttled


def test_ten_calls_each_second_however_spread_are_the_whole_limit() -> None:
    at_once = [float(second) for second in range(10) for _ in range(10)]
    assert quota.outcome(seen(at_once), seconds=10).share == pytest.approx(100)
    assert quota.outcome(seen([second / 10 for second in range(100)]), seconds=10).share == pytest.approx(100)


def test_a_burst_at_the_start_does_not_help() -> None:
    half = [second / 5 for second in range(1, 51)]
    assert quota.outcome(seen([0.0] * 10 + half), seconds=10).share == pytest.approx(50)
    assert quota.outcome(seen([0.0] * 10 + half), seconds=10).share_with_burst == pytest.approx(60)


def test_throttled_calls_are_counted_and_are_no_use_of_the_limit() -> None:
    done = quota.outcome(seen([second / 10 for second in range(20)], throttled=7), seconds=2)
    assert (done.throttled, len(done.accepted)) == (7, 20)


@pytest.mark.parametrize(("whole", "parts"), [(10, [3, 3, 2, 2]), (400, [100, 100, 100, 100]), (3, [1, 1, 1, 0])])
def test_what_does_not_come_out_even_goes_to_the_first(whole: int, parts: list[int]) -> None:
    assert split(whole, [1, 1, 1, 1]) == parts


@pytest.mark.parametrize(("contender", "calls"), [("ours on Postgres", [100] * 4), ("aiolimiter", [120, 120, 80, 80])])
def test_who_cannot_share_a_limit_gets_work_like_its_part_of_it(contender: str, calls: list[int]) -> None:
    assert [work.calls for work in quota.works_of(contender, calls=400, processes=4)] == calls


def test_ours_is_the_first_of_them() -> None:
    assert [*CONTENDERS][:2] == ["ours on SQLite", "ours on Postgres"]


@pytest.mark.nightly  # a tool of ours
async def test_a_race_of_two_processes_answers_every_call(where: str) -> None:
    works = [quota.Work(calls=6), quota.Work(calls=0, singles=3, seconds=1.1)]
    async with asyncio.timeout(60):
        done = await quota.race(ours_on(where), works, profile="calm")
    assert (len(done.accepted), done.throttled, len(done.waits)) == (9, 0, 3)
    assert 0 <= max(done.waits) < done.seconds


async def test_the_official_sdk_takes_part() -> None:
    async with asyncio.timeout(60):
        done = await quota.race("official SDK", [quota.Work(calls=11)], profile="calm")
    assert (len(done.accepted), done.throttled > 0) == (11, True)


@pytest.mark.nightly  # as above
@pytest.mark.parametrize("name", apps.APPS)
async def test_an_app_starts_and_acknowledges(name: str) -> None:
    app = apps.APPS[name]
    need(app.where)
    async with asyncio.timeout(60), apps.open_app(app) as running:
        await running.slack.human("Ana").runs("support", "/phoneid help")
        assert running.slack.deliveries[0].is_acknowledged
    assert running.seconds > 0


async def test_a_record_is_filled_with_copies_and_still_takes_lookups(where: str) -> None:
    async with store.filled(where, 3 * store.SEED) as record:
        await store.run(record)
        await store.accept(record, factories.phones(2))
        everything = await record.read(search.search, LogQuery(limit=None))
        kept = [await record.read(journal.of_request, each.request.id) for each in (everything[2], everything[-1])]
    assert len(everything) == 3 * store.SEED + 3
    assert [len(each) for each in kept] == [4, 4]
    asked = [each.request.asked_at for each in everything]
    assert asked == sorted(asked, reverse=True)


async def test_few_rows_are_measured_and_round_trips_counted(where: str) -> None:
    rows = await all_of(store.measure(ours=[ours_on(where)], sizes=(100,), times=3, say=silence))
    assert {row.who for row in rows} == {ours_on(where)}
    measured = {row.what: row.figures for row in rows}
    assert "one lookup to its ID, 100 rows" in measured
    counted = measured.get("accepting 100 at once")
    assert counted == ("3 round trips" if is_postgres(where) else None)


def test_what_is_the_same_of_several_stands_together() -> None:
    rows = [Row(what=what, who=who, figures="1 s") for who in ("x", "y") for what in ("a", "b")]
    assert [line.split()[1] for line in render(rows).splitlines()[2:]] == ["a", "a", "b", "b"]


def test_where_no_server_answers_its_rows_are_left_out_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.bench.__main__.why_not", lambda _where: "no Postgres answers")
    ran = CliRunner().invoke(main, ["--only", "waits", "--quick", "--database", "postgresql"])
    assert "Rows of Postgres are left out: no Postgres answers." in ran.output
    assert "ours" not in ran.output


def test_the_table_is_markdown_and_lines_up() -> None:
    lines = render([Row(what="a", who="ours", figures="1 s"), Row(what="longer", who="x", figures="2 s")]).splitlines()
    assert lines[1] == "|---|---|---|"
    assert {line.index("|", 2) for line in lines if not line.startswith("|-")} == {9}


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert [percentile(values, percent) for percent in (0, 50, 95, 100)] == [1, 51, 96, 100]
    assert percentile([7.0], 95) == 7.0


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.0001234, "0.12 ms"), (0.0123, "12 ms"), (0.4, "400 ms"), (51.94, "51.9 s")]
)
def test_durations_have_digits_that_mean_something(seconds: float, told: str) -> None:
    assert duration(seconds) == told


@pytest.mark.parametrize(
    "arguments", [["--only", "speed"], ["--database", "oracle"], ["--profiles", "moon"], ["--contenders", "nobody"]]
)
def test_the_command_says_what_it_can_measure(arguments: list[str]) -> None:
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 2
    assert "choose from" in ran.output
