"""What agents and approvers read about lists of numbers.

Plain text: whoever shows a sentence escapes it for where it is shown. Never put a verification code into one.
"""

from collections.abc import Mapping, Sequence

from bot.errors import EntryMistake
from bot.guesses import FREE_FOR_AGENT
from bot.models import Lookup, Problem, State
from bot.texts import asking, history, problems

# --- the form ---------------------------------------------------------------------------------------------------------

SEVERAL = "Several numbers"
SEVERAL_LABEL = "Several numbers: open the form for a list of numbers and their codes"
FORM_TITLE = "Several numbers"
FORM_INTRO = (
    "Enter up to 100 pre-validated WhatsApp numbers, each with its verification code, to get their phone number IDs. "
    "Only you will see them. The codes are sent to Alibaba Cloud and kept nowhere."
)
FORM_SUBMIT = "Get IDs"
NUMBERS_LABEL = "Numbers and codes"
NUMBERS_HINT = (
    "One number and its code per line. Start with the country code. "
    f"After {FREE_FOR_AGENT} wrong codes in a day the rest has to wait."
)
NUMBERS_HINT_WAIT = (
    "One number and its code per line. Codes may wait: you will be asked for them after the approval. "
    "If you enter them now, enter all: they stay in memory until then."
)
NUMBERS_PLACEHOLDER = "+86 138 0000 1234 208312"
REASON_HINT = "Recorded with each number. Do not write a code here."
CODES_TITLE = "Verification codes"
CODES_NEEDED = "You need no approval for this. Enter the code behind each number to get the IDs."
CODES_NOT_YET = "An approval is needed first. Add a reason; you may enter the codes again now, or after the approval."


def codes_intro(count: int) -> str:
    return f"Your request for {numbers(count)} is approved. Enter the code behind each number to get the IDs."


def form_intro(approvers: str) -> str:
    return (
        f"This needs approval by {approvers}, for the list as a whole. "
        "Only you will see the IDs; the codes are shown to nobody."
    )


def mistakes(by_line: Mapping[int, EntryMistake]) -> str:
    """Every mistake with the lines it is in, by number: what was typed may be a code. Line 0 is the list as a whole."""
    lines: dict[EntryMistake, list[int]] = {}
    for line, mistake in sorted(by_line.items()):
        lines.setdefault(mistake, []).append(line)
    return " ".join(_mistake(mistake, at) for mistake, at in lines.items())


def _mistake(mistake: EntryMistake, at: Sequence[int]) -> str:
    sentence = asking.ENTRY_MISTAKES[mistake]
    if at[0] == 0:
        return sentence
    return f"{'Line' if len(at) == 1 else 'Lines'} {_enumerate([str(line) for line in at])}: {sentence}"


def _enumerate(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def numbers(count: int) -> str:
    return "1 number" if count == 1 else f"{count} numbers"


# --- while it runs ----------------------------------------------------------------------------------------------------

CELLS = 20
"""Of the progress bar."""

STOP = "Stop"
STOP_LABEL = "Stop the list: numbers that were not asked yet will not be asked"
STAYS_RUNNING = "You may close this window: the list goes on, and a direct message follows it."
ONLY_YOURS = "The IDs will be behind a button here, for you only."
STOPPING = "Stopping. What is being asked right now is still waited for."


def bar(done: int, of: int) -> str:
    """``12 of 40 ▓▓▓▓▓▓░░░░░░░░░░░░░░``: full only when all is done. Words first, for whoever has it read to them."""
    filled = CELLS * done // of
    return f"{done} of {of} {'▓' * filled}{'░' * (CELLS - filled)}"


def asking_for(count: int) -> str:
    return f"Asking Alibaba Cloud for the IDs of {numbers(count)}."


def so_far(answered: int, ended: int, seconds: float | None) -> str:
    """How it went until now, and how long the rest takes (seconds) where that is known."""
    left = f" About {asking.wait(seconds)} left." if seconds else ""
    return f"{_counts(answered, ended) if ended else 'No answer yet.'}{left}"


def progress_text(answered: int, ended: int, of: int, seconds: float | None) -> str:
    """The whole of it as one text, for screen readers and notifications."""
    return f"{asking_for(of)} {ended} of {of} done. {so_far(answered, ended, seconds)}"


def _counts(answered: int, ended: int) -> str:
    with_id = f"{answered} {'has its' if answered == 1 else 'have their'} ID"
    without = ended - answered
    return f"{with_id}, {without} {'has' if without == 1 else 'have'} none." if without else f"{with_id}."


# --- at the end -------------------------------------------------------------------------------------------------------

RESULTS_TITLE = "Results"
SHOW_RESULTS = "Show results"
SHOW_RESULTS_LABEL = "Show results: a table with the ID of each number, here and to you only"
ASK_AGAIN = "Ask again for the rest"
ASK_AGAIN_LABEL = "Ask again for the rest: a form with these numbers, without their codes"
ASK_WHOLE = "Ask again"
ASK_WHOLE_LABEL = "Ask again: a form with these numbers, without their codes"
ANOTHER = "Another list"
ANOTHER_LABEL = "Another list: open an empty form for several numbers"
COPY_HINT = "One number per line, then a tab, then its ID or why there is none: copy it into a spreadsheet."
SEE_BELOW = "How this list ended stands in a newer message below."
NOTHING_TO_STOP = "Nothing is left to stop: what is being asked right now is still waited for."
TOO_LATE = "This list has ended already: there is nothing left to stop."
NOT_ENTERED = "The codes were not used. A message says why."
FORGOTTEN = "What is left of this list was forgotten, as your administrator has decided. You can ask for other numbers."
GONE = "This button is for a list that is not yours or is not recorded any more. Open the form instead."


def done(listed: Sequence[Lookup]) -> str:
    """How a list ended, in a sentence or two."""
    answered = sum(each.state is State.ANSWERED for each in listed)
    why = {each.result.problem for each in listed}
    if why == {Problem.TOO_MANY_GUESSES}:
        said = problems.explain(max(listed, key=lambda each: each.result.wait_until or 0.0))
        return f"Your list of {numbers(len(listed))} was not asked. {said.what} {said.next}"
    if Problem.STOPPED in why:
        ended = f"You stopped your list of {numbers(len(listed))}."
    elif Problem.PROCESS_ENDED in why:
        ended = f"Your list of {numbers(len(listed))} was broken off when the bot stopped."
    else:
        ended = f"Your list of {numbers(len(listed))} is done."
    return f"{ended} {_counts(answered, len(listed))}{_not_asked(listed)}"


def _not_asked(listed: Sequence[Lookup]) -> str:
    """What the guess guard kept from being asked, among others that were."""
    guessed = sum(each.result.problem is Problem.TOO_MANY_GUESSES for each in listed)
    were = "was" if guessed == 1 else "were"
    return f" {guessed} {were} not asked: too many verification codes were refused." if guessed else ""


def row(lookup: Lookup) -> str:
    """A line of the table: the number in the API's form, a tab, and the ID or the reason why there is none."""
    if lookup.is_forgotten:
        return f"{lookup.phone.international}\t{history.FORGOTTEN}"
    return f"{lookup.phone.digits}\t{lookup.result.phone_number_id or why(lookup)}"


def why(lookup: Lookup) -> str:
    """Why a number has no ID, in words."""
    if lookup.result.problem is None:
        return STATES.get(lookup.state, "Not asked.")
    if lookup.result.wait_until is not None:
        said = problems.explain(lookup)
        return f"{said.what} {said.next}"
    code = lookup.result.api_code
    return problems.PROBLEMS[lookup.result.problem].what + (f" ({code})" if code and code != "OK" else "")


STATES: Mapping[State, str] = {
    State.AWAITING: "Awaits approval.",
    State.APPROVED: "Approved; its code is needed.",
    State.DENIED: "Not asked: the request was denied.",
    State.WITHDRAWN: "Not asked: the request was withdrawn.",
    State.EXPIRED: "Not asked: nobody decided in time.",
    State.LAPSED: "Not asked: the approval lapsed.",
    State.QUEUED: "Waits for its turn.",
    State.CALLING: "Being asked.",
}
"""What to say of a number that has neither an ID nor a problem."""


# --- deciding ---------------------------------------------------------------------------------------------------------

DETAILS_LABEL = "Details: all numbers in full, to you only"
APPROVE_CONFIRM_TEXT = (
    "For the list as a whole. The bot then asks Alibaba Cloud for the IDs, and the agent alone gets to see them."
)


def asked_lately(by_agent: int, span: str) -> str:
    return f"Asked for by this agent in the last {span}: {numbers(by_agent)}."
