"""What is scraped is what is on record, and what the sandbox saw of the bot."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.models import ApprovalState
from bot.sandbox.inspector import Wire
from bot.sandbox.slack.trouble import Forced
from bot.states import FINAL
from bot.store.schema import SCHEMA
from tests.scenarios.asking import TO_EACH, deny, find_card, finish, request
from tests.scenarios.scene import OpenScene, Scene, entry, latency

OUTCOMES = (
    *("The ID", "The ID", "Unknown.ResourceOwnerId", "Product.Unsubscript", "HTTP 500, empty"),
    "System.LimitControl once, then the ID",
)

Samples = Mapping[tuple[str, tuple[str, ...]], float]


async def scrape(scene: Scene) -> Samples:
    """By the sample's name and its labels' values, in their order."""
    assert scene.bot
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{scene.bot.health_port}/metrics") as answer,
    ):
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        families = list(text_string_to_metric_families(await answer.text()))
    return {(each.name, tuple(each.labels.values())): each.value for family in families for each in family.samples}


def by_label(samples: Samples, name: str, at: int = 0) -> Counter[str]:
    """The sums by one of the labels, without those that are 0."""
    found = Counter[str]()
    for (sample, labels), value in samples.items():
        if sample == name and value:
            found[labels[at]] += int(value)
    return found


async def test_lookups_calls_and_acknowledgements_are_as_on_record(scene_with: OpenScene) -> None:
    async with scene_with(PHONEID_HEALTH_PORT="0") as scene:
        for outcome in OUTCOMES:
            await scene.ask(entry(outcome))
            await finish(scene)
        samples, recorded = await scrape(scene), await scene.lookups()
    outcomes = Counter((each.state, each.result.problem or "none") for each in recorded)
    ended = {labels: value for (name, labels), value in samples.items() if name == "phoneid_lookups_total" and value}
    assert ended == outcomes
    assert len(outcomes) == 4
    assert by_label(samples, "phoneid_requests_total") == {"not needed": len(recorded)}
    attempts = sum(each.result.attempts or 0 for each in recorded)
    assert samples["phoneid_api_seconds_count", ()] == attempts == len(scene.cams.calls)
    assert samples["phoneid_api_seconds_sum", ()] == pytest.approx(attempts * 2 * latency(), rel=0.5)
    assert samples["phoneid_wait_seconds_count", ("interactive",)] == attempts
    throttled = [each for each in scene.cams.calls if each.api_code == "System.LimitControl"]
    assert samples["phoneid_api_throttled_total", ()] == len(throttled) == 1
    commands = [each for each in scene.slack.deliveries if each.is_acknowledged]
    assert samples["phoneid_acknowledgement_seconds_count", ()] == len(commands) == len(recorded)
    assert samples["phoneid_acknowledgement_seconds_bucket", ("3.0",)] == len(commands)


async def test_approvals_and_what_is_to_be_said_are_as_on_record(scene_with: OpenScene) -> None:
    async with scene_with(PHONEID_HEALTH_PORT="0", **TO_EACH) as scene:
        await request(scene)
        await scene.human("Lee").clicks("Approve")
        await finish(scene)
        await deny(scene.human("Kim"), "no", message=find_card(scene.human("Kim"), await request(scene)))
        await finish(scene)
        waiting = [await request(scene, reason=f"ticket {each}") for each in range(3)]
        samples, recorded = await scrape(scene), await scene.lookups()
        states = Counter(each.approval.state.value for each in recorded)
        assert samples["phoneid_approvals_pending", ()] == states.pop("awaiting") == len(waiting)
        assert by_label(samples, "phoneid_decisions_total") == states == {"approved": 1, "denied": 1}
        assert by_label(samples, "phoneid_requests_total") == {"awaiting": len(recorded)}
        assert by_label(samples, "phoneid_lookups_total") == {"answered": 1, "dropped": 1}
        assert by_label(samples, "phoneid_outbox_rows") == {"expire": 3, "remind": 3}
        assert samples["phoneid_outbox_oldest_seconds", ()] == 0


async def test_what_slack_does_not_take_grows_old_and_is_counted_by_its_word(scene_with: OpenScene) -> None:
    async with scene_with(PHONEID_HEALTH_PORT="0", **TO_EACH) as scene:
        request_id = await request(scene)
        scene.slack.forced["chat.update"] = scene.slack.forced["chat.postMessage"] = Forced("internal_error")
        await scene.human("Lee").clicks("Approve", message=find_card(scene.human("Lee"), request_id))
        await scene.clock.sleep(600)
        failed = await scrape(scene)
        scene.slack.forced.clear()
        await scene.clock.sleep(600)
        mended = await scrape(scene)
    assert 300 < failed["phoneid_outbox_oldest_seconds", ()] <= 600
    assert mended["phoneid_outbox_oldest_seconds", ()] == 0
    answers = [each.response for each in scene.slack.inspector.entries() if each.wire is Wire.BOT_TO_SLACK]
    errors = Counter(each["error"] for each in answers if isinstance(each, dict) and not each.get("ok", True))
    assert by_label(mended, "phoneid_slack_errors_total") == errors
    assert errors["internal_error"] > 10


async def test_how_the_process_is_connected_and_what_it_is(scene_with: OpenScene) -> None:
    async with scene_with(PHONEID_HEALTH_PORT="0") as scene:
        await scene.slack.until(lambda: scene.slack.connections == 2)
        await scene.clock.sleep(1)
        samples = await scrape(scene)
        assert samples["phoneid_slack_links", ()] == scene.slack.connections == 2
        assert samples["phoneid_slack_links_wanted", ()] == 2
        assert samples["phoneid_ready", ()] == 1
        assert samples["phoneid_slots_limit", ()] == 10
        assert by_label(samples, "phoneid_build_info", at=1) == {str(SCHEMA): 1}
        assert [name for name, labels in samples if re.search("U0|R-", "".join(labels))] == []


async def test_calls_that_wait_and_calls_under_way_are_shown(scene_with: OpenScene) -> None:
    async with scene_with(PHONEID_HEALTH_PORT="0", PHONEID_QPS="1") as scene:
        for asked in ("The ID, after 3 seconds", "The ID", "An ID with letters"):
            await scene.ask(entry(asked))
        await scene.clock.sleep(1)
        samples = await scrape(scene)
    assert samples["phoneid_slots_used", ()] == 1
    assert by_label(samples, "phoneid_queue_length") == {"interactive": 2}


@pytest.mark.usefixtures("on_file")  # it is taken away
async def test_without_a_database_there_are_no_numbers_of_it(scene_with: OpenScene, tmp_path: Path) -> None:
    async with scene_with(PHONEID_HEALTH_PORT="0") as scene:
        (tmp_path / "phoneid.db").unlink()
        samples = await scrape(scene)
    assert math.isnan(samples["phoneid_approvals_pending", ()])
    assert samples["phoneid_ready", ()] == 0


async def test_every_outcome_is_there_before_the_first_lookup(scene_with: OpenScene) -> None:
    async with scene_with(PHONEID_HEALTH_PORT="0") as scene:
        samples = await scrape(scene)
    outcomes = {labels[0] for name, labels in samples if name == "phoneid_lookups_total"}
    assert outcomes == {each.value for each in FINAL}
    decided = {labels[0] for name, labels in samples if name == "phoneid_decisions_total"}
    assert decided == {each.value for each in ApprovalState} - {"not needed", "awaiting"}
