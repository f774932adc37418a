"""What an agent reads of a request for several numbers: while it runs, and at its end."""

from collections.abc import Sequence

from bot.models import Lookup, Problem, Request, State
from bot.texts import asking, history, problems
from bot.texts.numbers import numbers
from bot.texts.outcomes import OUTCOMES, stand_of
from bot.texts.problems import PROBLEMS

CELLS = 20
"""Of the progress bar."""

STOP = "Stop"
STOP_LABEL = "Stop the list: numbers that were not asked yet will not be asked"
STAYS_RUNNING = "You may close this window: the list goes on, and a direct message follows it."
ONLY_YOURS = "The IDs will be behind a button here, for you only."
STOPPING = "Stopping. What is being asked right now is still waited for."
SLOW = (
    "Alibaba Cloud is slow to answer. The bot keeps trying: each number gets its ID, or the reason why there is none."
)
RESULTS_TITLE = "Results"
SHOW_RESULTS = "Show results"
SHOW_RESULTS_LABEL = "Show results: a table with the ID of each number, here and to you only"
ASK_AGAIN = "Ask again for the rest"
ASK_AGAIN_LABEL = "Ask again for the rest: a form with these numbers, without their codes"
ANOTHER = "Another list"
ANOTHER_LABEL = "Another list: open an empty form for several numbers"
COPY_HINT = "One number per line, then a tab, then its ID or why there is none: copy it into a spreadsheet."


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


def done(request: Request) -> str:
    """How it ended, in a sentence or two."""
    listed = request.lookups
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


def row(request: Request, lookup: Lookup) -> str:
    """A line of the table: the number in the API's form, a tab, and the ID or the reason why there is none."""
    if lookup.is_forgotten:
        return f"{lookup.phone.international}\t{history.FORGOTTEN}"
    return f"{lookup.phone.digits}\t{lookup.result.phone_number_id or why(request, lookup)}"


def why(request: Request, lookup: Lookup) -> str:
    """Why a number has no ID, in words."""
    if lookup.result.problem is None:
        return OUTCOMES[stand_of(request, lookup)].row
    if lookup.result.wait_until is not None:
        said = problems.explain(lookup)
        return f"{said.what} {said.next}"
    code = lookup.result.api_code
    return PROBLEMS[lookup.result.problem].what + (f" ({code})" if code and code != "OK" else "")
