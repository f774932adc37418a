"""What an agent reads of a request for several numbers: while it runs, and at its end."""

from collections.abc import Sequence

from bot.guesses import WAITS
from bot.models import Lookup, Problem, Request, State
from bot.texts import history, problems
from bot.texts.lengths import wait
from bot.texts.numbers import international
from bot.texts.outcomes import OUTCOMES, stand_of
from bot.texts.problems import PROBLEMS
from bot.texts.said import Plain, Said, Text, joined, row, say, say_in, say_n

CELLS = 20
"""Of the progress bar."""

STOP = say_in("button", "Stop")
STOP_LABEL = say("Stop the list: the numbers that are left are not looked up")
STAYS_RUNNING = say("You can close this window. The list continues; a direct message shows the progress.")
ONLY_YOURS = say("When it is done, a button here shows the IDs, to you only.")
STOPPING = say("Stopping after the current lookups finish.")
SLOW = say("Alibaba Cloud is slow to respond. The bot keeps trying until each number has an ID or an error.")
RESULTS_TITLE = say("Results")
SHOW_RESULTS = say("Show results")
SHOW_RESULTS_LABEL = say("Show results: a table with the ID of each number, here and to you only")
ASK_AGAIN = say("Try the rest again")
ASK_AGAIN_LABEL = say("Try the rest again: opens a form with these numbers, without their codes")
ANOTHER = say("Another list")
ANOTHER_LABEL = say("Another list: opens an empty form for several numbers")
COPY_HINT = say("Copy and paste into a spreadsheet: number, then ID or error.")


def bar(done: int, of: int) -> Said:
    """``12 of 40 ▓▓▓▓▓▓░░░░░░░░░░░░░░``: full only when all is done. Words first, for whoever has it read to them."""
    filled = CELLS * done // of
    return say("{done} of {of} {bar}", done=str(done), of=str(of), bar="▓" * filled + "░" * (CELLS - filled))


def asking_for(count: int) -> Said:
    return say_n("Looking up {n} number.", "Looking up {n} numbers.", count)


def so_far(answered: int, ended: int, seconds: float | None) -> Text:
    """How it went until now, and how long the rest takes (seconds) where that is known."""
    left = say("About {wait} left.", wait=wait(seconds)) if seconds else ""
    return joined(_counts(answered, ended) if ended else say("No result yet."), left)


def progress_text(answered: int, ended: int, of: int, seconds: float | None) -> Text:
    """The whole of it as one text, for screen readers and notifications."""
    done = say("{done} of {of} done.", done=str(ended), of=str(of))
    return joined(asking_for(of), done, so_far(answered, ended, seconds))


def _counts(answered: int, ended: int) -> Said:
    if answered == ended:
        return say_n("{n} ID found.", "{n} IDs found.", answered)
    failed = f"{ended - answered:,}"
    return say_n("{n} ID found, {failed} failed.", "{n} IDs found, {failed} failed.", answered, failed=failed)


def done(request: Request) -> Text:
    """How it ended, in a sentence or two."""
    listed, size = request.lookups, len(request.lookups)
    answered = sum(each.state is State.ANSWERED for each in listed)
    why = {each.result.problem for each in listed}
    if why <= set(WAITS.values()):
        last = max(listed, key=lambda each: each.result.wait_until or 0.0)
        seconds = (last.result.wait_until or last.updated_at) - last.updated_at
        said = problems.list_waits(seconds, last.result.problem or Problem.TOO_MANY_GUESSES)
        ended = say_n("Your list of {n} number was not looked up.", "Your list of {n} numbers was not looked up.", size)
        return joined(ended, said.what, said.next)
    if Problem.STOPPED in why:
        ended = say_n("You stopped your list of {n} number.", "You stopped your list of {n} numbers.", size)
        found = say_n("{n} ID was found.", "{n} IDs were found.", answered) if answered else say("No ID was found.")
        return joined(ended, found, _not_asked(listed))
    if Problem.PROCESS_ENDED in why:
        ended = say_n(
            "The bot stopped while it looked up your list of {n} number.",
            "The bot stopped while it looked up your list of {n} numbers.",
            size,
        )
    else:
        ended = say_n("Your list of {n} number is done.", "Your list of {n} numbers is done.", size)
    return joined(ended, _counts(answered, size), _not_asked(listed))


def _not_asked(listed: Sequence[Lookup]) -> Plain:
    """What the guess guard kept from being asked, among others that were."""
    guessed = sum(each.result.problem in WAITS.values() for each in listed)
    if not guessed:
        return ""
    return say_n(
        "{n} number was not looked up because there were too many wrong codes.",
        "{n} numbers were not looked up because there were too many wrong codes.",
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
    return joined(what, say("Error {code}", code=code)) if code and code != "OK" else what
