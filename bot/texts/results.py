"""What an agent reads of a request for several numbers: while it runs, and at its end."""

from collections.abc import Sequence

from bot.models import Lookup, Problem, Request, State
from bot.texts import history, problems
from bot.texts.lengths import wait
from bot.texts.numbers import international, numbers
from bot.texts.outcomes import OUTCOMES, stand_of
from bot.texts.problems import PROBLEMS
from bot.texts.said import Plain, Said, Text, joined, row, say, say_n

CELLS = 20
"""Of the progress bar."""

STOP = say("Stop")
STOP_LABEL = say("Stop the list: numbers that were not asked yet will not be asked")
STAYS_RUNNING = say("You may close this window: the list goes on, and a direct message follows it.")
ONLY_YOURS = say("The IDs will be behind a button here, for you only.")
STOPPING = say("Stopping. What is being asked right now is still waited for.")
SLOW = say(
    "Alibaba Cloud is slow to answer. The bot keeps trying: each number gets its ID, or the reason why there is none."
)
RESULTS_TITLE = say("Results")
SHOW_RESULTS = say("Show results")
SHOW_RESULTS_LABEL = say("Show results: a table with the ID of each number, here and to you only")
ASK_AGAIN = say("Ask again for the rest")
ASK_AGAIN_LABEL = say("Ask again for the rest: a form with these numbers, without their codes")
ANOTHER = say("Another list")
ANOTHER_LABEL = say("Another list: open an empty form for several numbers")
COPY_HINT = say("One number per line, then a tab, then its ID or why there is none: copy it into a spreadsheet.")


def bar(done: int, of: int) -> Said:
    """``12 of 40 ▓▓▓▓▓▓░░░░░░░░░░░░░░``: full only when all is done. Words first, for whoever has it read to them."""
    filled = CELLS * done // of
    return say("{done} of {of} {bar}", done=str(done), of=str(of), bar="▓" * filled + "░" * (CELLS - filled))


def asking_for(count: int) -> Said:
    return say("Asking Alibaba Cloud for the IDs of {numbers}.", numbers=numbers(count))


def so_far(answered: int, ended: int, seconds: float | None) -> Text:
    """How it went until now, and how long the rest takes (seconds) where that is known."""
    left = say("About {wait} left.", wait=wait(seconds)) if seconds else ""
    return joined(_counts(answered, ended) if ended else say("No answer yet."), left)


def progress_text(answered: int, ended: int, of: int, seconds: float | None) -> Text:
    """The whole of it as one text, for screen readers and notifications."""
    done = say("{done} of {of} done.", done=str(ended), of=str(of))
    return joined(asking_for(of), done, so_far(answered, ended, seconds))


def _counts(answered: int, ended: int) -> Said:
    with_id = say_n("{n} has its ID", "{n} have their ID", answered)
    without = ended - answered
    if not without:
        return say("{with_id}.", with_id=with_id)
    return say("{with_id}, {without}.", with_id=with_id, without=say_n("{n} has none", "{n} have none", without))


def done(request: Request) -> Text:
    """How it ended, in a sentence or two."""
    listed, all_of_them = request.lookups, numbers(len(request.lookups))
    answered = sum(each.state is State.ANSWERED for each in listed)
    why = {each.result.problem for each in listed}
    if why == {Problem.TOO_MANY_GUESSES}:
        said = problems.explain(max(listed, key=lambda each: each.result.wait_until or 0.0))
        return joined(say("Your list of {numbers} was not asked.", numbers=all_of_them), said.what, said.next)
    if Problem.STOPPED in why:
        ended = say("You stopped your list of {numbers}.", numbers=all_of_them)
    elif Problem.PROCESS_ENDED in why:
        ended = say("Your list of {numbers} was broken off when the bot stopped.", numbers=all_of_them)
    else:
        ended = say("Your list of {numbers} is done.", numbers=all_of_them)
    return joined(ended, _counts(answered, len(listed)), _not_asked(listed))


def _not_asked(listed: Sequence[Lookup]) -> Plain:
    """What the guess guard kept from being asked, among others that were."""
    guessed = sum(each.result.problem is Problem.TOO_MANY_GUESSES for each in listed)
    if not guessed:
        return ""
    return say_n(
        "{n} was not asked: too many verification codes were refused.",
        "{n} were not asked: too many verification codes were refused.",
        guessed,
    )


def table_row(request: Request, lookup: Lookup) -> Text:
    """A line of the table: the number in the API's form, a tab, and the ID or the reason why there is none."""
    if lookup.is_forgotten:
        return row(international(lookup.phone), history.FORGOTTEN, separator="\t")
    return row(lookup.phone.digits, lookup.result.phone_number_id or why(request, lookup), separator="\t")


def why(request: Request, lookup: Lookup) -> Text:
    """Why a number has no ID, in words."""
    if lookup.result.problem is None:
        return OUTCOMES[stand_of(request, lookup)].row
    if lookup.result.wait_until is not None:
        return problems.in_full(problems.explain(lookup))
    what, code = PROBLEMS[lookup.result.problem].what, lookup.result.api_code
    return say("{what} ({code})", what=what, code=code) if code and code != "OK" else what
