"""The buttons below requests and lookups: their ids, and which one follows from how something stands."""

from dataclasses import replace

from bot.models import ApprovalState, Lookup, Request
from bot.slack import blocks
from bot.slack.blocks import Block, Message
from bot.texts import asking, history, results
from bot.texts import requests as texts
from bot.texts.outcomes import OUTCOMES, Step, stand_of_request, step_after

TOO_LATE = frozenset({ApprovalState.EXPIRED, ApprovalState.LAPSED})
"""After these the same request is the next step: nobody said no to it."""

OPEN_FORM = "open_form"
OPEN_LIST = "open_list_form"
TRY_AGAIN = "try_again"
WITHDRAW = "withdraw"
ENTER_CODE = "enter_code"
SHOW_ID = "show_id"
STOP = "list_stop"
SHOW_RESULTS = "list_results"
OLDER = "older"


def open_form(*, is_primary: bool = False) -> Block:
    return blocks.button(asking.OPEN_FORM, action_id=OPEN_FORM, label=asking.OPEN_FORM_LABEL, is_primary=is_primary)


def open_list() -> Block:
    """Opens the form for several numbers."""
    return blocks.button(asking.SEVERAL, action_id=OPEN_LIST, label=asking.SEVERAL_LABEL)


def in_workspace(message: Message, workspace: str) -> Message:
    """The same message, with its buttons for an empty form opening it for this workspace: a click on a whole
    organisation does not say where it was made.
    """
    return replace(message, blocks=[_in_workspace(each, workspace) for each in message.blocks])


def _in_workspace(block: Block, workspace: str) -> Block:
    elements = block.get("elements", [])
    if not workspace or not any(each.get("action_id") in (OPEN_FORM, OPEN_LIST) for each in elements):
        return block
    opens = [each.get("action_id") in (OPEN_FORM, OPEN_LIST) for each in elements]
    changed = [{**each, "value": workspace} if is_form else each for each, is_form in zip(elements, opens, strict=True)]
    return {**block, "elements": changed}


def another_number() -> Block:
    return blocks.button(asking.ANOTHER_NUMBER, action_id=OPEN_FORM, label=asking.ANOTHER_NUMBER_LABEL)


def another_list() -> Block:
    return blocks.button(results.ANOTHER, action_id=OPEN_LIST, label=results.ANOTHER_LABEL)


def after_request(request: Request) -> Block | None:
    """For what its agent can do next about a request as a whole, if anything."""
    match OUTCOMES[stand_of_request(request)].step:
        case Step.WITHDRAW:
            return withdraw(request)
        case Step.ENTER_CODE:
            return enter_code(request)
        case Step.SHOW_ID:
            return show_id(request.lookup, is_primary=True)
        case Step.TRY_AGAIN:
            words, label = texts.TRY_AGAIN.of(request), texts.TRY_AGAIN_LABEL.of(request)
            helps = request.approval.state in TOO_LATE
            return blocks.button(words, action_id=TRY_AGAIN, label=label, value=request.id, is_primary=helps)
    return None


def after_lookup(request: Request, lookup: Lookup) -> Block | None:
    """For what its agent can do next about one number of a request, if anything; it stands beside that number."""
    match step_after(request, lookup):
        case Step.WITHDRAW:
            words, label = texts.WITHDRAW_BESIDE_NUMBER.of(request), texts.withdraw_label_beside_number(request)
            return blocks.button(words, action_id=WITHDRAW, label=label, value=request.id)
        case Step.ENTER_CODE:
            return enter_code(request)
        case Step.SHOW_ID:
            return show_id(lookup)
        case Step.TRY_AGAIN:
            return try_again(lookup)
    return None


def withdraw(request: Request) -> Block:
    return blocks.button(texts.WITHDRAW, action_id=WITHDRAW, label=texts.WITHDRAW_LABEL, value=request.id)


def enter_code(request: Request) -> Block:
    """Asks for the codes of all numbers of an approved request."""
    words, label = texts.ENTER_CODE.of(request), texts.ENTER_CODE_LABEL.of(request)
    return blocks.button(words, action_id=ENTER_CODE, label=label, value=request.id, is_primary=True)


def show_id(lookup: Lookup, *, is_primary: bool = False) -> Block:
    return blocks.button(
        texts.SHOW_ID, action_id=SHOW_ID, label=texts.SHOW_ID_LABEL, value=lookup.id, is_primary=is_primary
    )


def try_again(lookup: Lookup, *, is_primary: bool = False) -> Block:
    """Opens the form for this one number."""
    words, label = texts.TRY_AGAIN.one, texts.TRY_AGAIN_LABEL.one
    return blocks.button(words, action_id=TRY_AGAIN, label=label, value=lookup.id, is_primary=is_primary)


def ask_again_for_rest(request: Request, *, is_primary: bool = False) -> Block:
    """Opens the form with the numbers of a request that have no ID."""
    words, label = results.ASK_AGAIN, results.ASK_AGAIN_LABEL
    return blocks.button(words, action_id=TRY_AGAIN, label=label, value=request.id, is_primary=is_primary)


def show_results(request: Request) -> Block:
    return blocks.button(
        results.SHOW_RESULTS,
        action_id=SHOW_RESULTS,
        label=results.SHOW_RESULTS_LABEL,
        value=request.id,
        is_primary=True,
    )


def stop(request: Request) -> Block:
    return blocks.button(results.STOP, action_id=STOP, label=results.STOP_LABEL, value=request.id)


def older(last: Lookup) -> Block:
    """Opens the page of the history that follows after this lookup."""
    return blocks.button(history.OLDER, action_id=OLDER, label=history.OLDER_LABEL, value=last.id)
