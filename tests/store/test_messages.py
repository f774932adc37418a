"""Where a request's messages are."""

import pytest

from bot.models import ApprovalState, MessageRef, RequestId
from bot.store import decisions, journal, messages, outbox, requests
from bot.store.messages import Kind
from tests import factories
from tests.clocks import SteppingClock
from tests.factories import LEE, NEEDS_APPROVAL
from tests.store.processes import Process, StartProcess


def test_each_message_is_remembered_once_in_its_order_and_for_its_request(
    process: Process, clock: SteppingClock
) -> None:
    first, second = process.change(factories.asked, 2), process.change(factories.asked)
    one, same_channel, same_ts = MessageRef("C9", "2.0"), MessageRef("C9", "1.0"), MessageRef("C1", "2.0")
    for message in (one, same_channel, one, same_ts, one):
        process.change(messages.add, Kind.CARD, first.id, message)
        clock.time += 1
    process.change(messages.add, Kind.CARD, second.id, one)  # it is the first request's, and stays
    process.change(messages.add, Kind.PROGRESS, first.id, MessageRef("D1", "1.0"))
    assert process.read(messages.of_request, Kind.CARD, first.id) == [one, same_channel, same_ts]
    assert process.read(messages.of_request, Kind.PROGRESS, first.id) == [MessageRef("D1", "1.0")]
    assert process.read(messages.of_request, Kind.CARD, second.id) == []


def test_whom_a_card_was_sent_to_is_known_and_since_when(process: Process, clock: SteppingClock) -> None:
    request = process.change(factories.asked)
    for number, place in enumerate(["U0LEE", "U0KIM", "U0LEE"]):
        process.change(messages.add, Kind.CARD, request.id, MessageRef("D1", str(number)), sent_to=place)
        clock.time += 10
    process.change(messages.add, Kind.PROGRESS, request.id, MessageRef("D2", "1"), sent_to="U0ANA")
    assert process.read(messages.places, request.id) == {"U0LEE", "U0KIM"}
    assert process.read(messages.places, request.id, since=clock.time - 10) == {"U0LEE"}
    assert process.read(messages.places, request.id, since=clock.time) == frozenset()


def test_a_message_that_says_itself_whom_it_was_sent_to_keeps_it(process: Process) -> None:
    request, sent = process.change(factories.asked), MessageRef("D2", "1", sent_to="U0ANA")
    process.change(messages.add, Kind.PROGRESS, request.id, sent)
    (found,) = process.read(messages.of_request, Kind.PROGRESS, request.id)
    assert found.sent_to == "U0ANA"


def test_a_message_of_no_request_is_not_remembered(process: Process) -> None:
    nowhere = RequestId("R-NOWHERE0")
    process.change(messages.add, Kind.CARD, nowhere, MessageRef("C9", "1.0"))
    assert process.read(messages.of_request, Kind.CARD, nowhere) == []


def test_remembering_a_message_is_no_change_of_the_request(process: Process, clock: SteppingClock) -> None:
    request = process.change(factories.asked)
    head = process.read(journal.head)
    clock.time += 60
    process.change(messages.add, Kind.PROGRESS, request.id, MessageRef("C9", "1.0"))
    assert process.read(requests.find, request.id) == request
    assert process.read(journal.head) == head


def test_messages_are_there_for_another_process(start: StartProcess) -> None:
    one, two = start("p1"), start("p2")
    request = one.change(factories.asked)
    one.change(messages.add, Kind.CARD, request.id, MessageRef("C9", "1.0"))
    assert two.read(messages.of_request, Kind.CARD, request.id) == [MessageRef("C9", "1.0")]


@pytest.mark.parametrize("is_decided", [False, True])
def test_a_card_that_was_posted_while_somebody_decided_is_to_be_redrawn(process: Process, *, is_decided: bool) -> None:
    request = process.change(factories.asked, decision=NEEDS_APPROVAL)
    if is_decided:
        process.change(decisions.decide, request.id, ApprovalState.DENIED, actor=LEE)
    due = process.read(outbox.waiting, outbox.Kind.CARDS, request.id)
    assert due
    process.change(outbox.said, due)
    process.change(messages.add, Kind.CARD, request.id, MessageRef("C9", "1.0"))
    assert (process.read(outbox.waiting, outbox.Kind.CARDS, request.id) is not None) == is_decided
