"""What whoever runs a list of numbers on the command line reads.

Never put anything that stands in the list into a sentence: there are codes among it.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.errors import EntryMistake, LineMistake, ListMistake
from bot.models import Lookup, RequestId, State
from bot.texts import problems
from bot.texts.asking import ENTRY_MISTAKES
from bot.texts.numbers import counted
from bot.texts.problems import PROBLEMS

UNEXPECTED_ARGUMENT = (
    "There is an argument that this command does not take. It is not repeated here, in case it is a verification code: "
    "phoneid lookup asks for the code, or reads it from standard input."
)
PHONE_OR_FILE = "Give either PHONE, or --file with a list of numbers."
OUTPUT_NEEDED = "Say where the IDs go: --output ids.csv, or --output - for standard output."
FILE_NEEDED = "--output, --again and --short-codes are for a list: give --file instead of PHONE."
JSON_NOT_HERE = "--json is for a single number: the IDs of a list are CSV."
AGAIN_NEEDS_FILE = "--again asks again for what an output file says was refused: it has no meaning with --output -."
ONE_STREAM = "Standard input can hold the list or the reason, not both."
LIST_TYPED = (
    "--file - reads the list from a pipe or a file: what is typed here would stand on the screen, the codes too. "
    "Write phoneid lookup --file - < numbers.csv."
)
STANDARD_INPUT = "Standard input"


def input_unreadable(path: str, why: str) -> str:
    return f"The list {path} cannot be read: {why}."


LIST_MISTAKES: Mapping[ListMistake, str] = {
    ListMistake.NOT_TEXT: "The list is not text in UTF-8. In a spreadsheet, save it as CSV UTF-8.",
    ListMistake.TOO_LARGE: "The list is larger than 2 MB. Split it, or leave out what is not needed.",
    ListMistake.TOO_MANY: "The list has more than 10,000 numbers. Split it.",
    ListMistake.EMPTY: "There is no number in the list. Write a number and its code on each line.",
    ListMistake.COLUMNS_UNKNOWN: "The headings do not say where number and code are. Use phone_number and code.",
    ListMistake.COLUMNS_DOUBLE: "Several headings mean the same. Leave one for the number and one for the code.",
    ListMistake.CELL_OVER_LINES: "A cell goes on over several lines. Is a quotation mark not closed?",
    ListMistake.UNCERTAIN: "I cannot tell the number from the code. Write number, comma, code.",
    ListMistake.OTHER_CODE: "This number stands in the list twice, with different codes. Leave the right one.",
    ListMistake.CELLS_TOO_MANY: "There are more cells than headings. Put a cell that holds a comma in quotation marks.",
    ListMistake.COUNTRY_DIFFERS: (
        "The number was read as one of another country than its row says. Start it with + and the country code."
    ),
    ListMistake.CODE_SHORTENED: (
        "This code is shorter than most and may have lost leading zeros: format its column as text and enter it again. "
        "If the short codes are right as they are, add --short-codes."
    ),
}

_SHOWN = 20


def mistakes_heading(path: str) -> str:
    return f"{path} cannot be used yet, and nothing was asked:"


def mistake_lines(mistakes: Sequence[LineMistake]) -> list[str]:
    """The first mistakes by line, and how many more there are."""
    lines = [_mistake(each) for each in mistakes[:_SHOWN]]
    more = len(mistakes) - len(lines)
    return [*lines, f"and {more} more"] if more else lines


def _mistake(each: LineMistake) -> str:
    mistake = each.mistake
    what = ENTRY_MISTAKES[mistake] if isinstance(mistake, EntryMistake) else LIST_MISTAKES[mistake]
    if each.headings:
        what = f"{what} These were found: {', '.join(each.headings[:_SHOWN])}."
    where = "" if each.line is None else f"line {each.line}: "
    return where + (f"{what} (The other is in line {each.other_line}.)" if each.other_line else what)


def output_unusable(path: str, why: str) -> str:
    return f"The output {path} cannot be written: {why}."


def output_foreign(path: str) -> str:
    return (
        f"{path} is there already, and not as this command writes it. Choose another name for --output. If there were "
        "IDs in it: phoneid log shows them without asking again."
    )


def output_corrected(path: str, rows: int) -> str:
    which = counted(rows, "row")
    return f"{path} was changed since it was written, say by a spreadsheet: {which} put right from the record."


def output_unreadable(path: str, lines: Sequence[int]) -> str:
    """Rows that nobody but the file vouches for."""
    shown = ", ".join(map(str, lines[:_SHOWN])) + (", …" if len(lines) > _SHOWN else "")
    return (
        f"{path} was changed since it was written, or with another record: the one in DATABASE_URL does not know what "
        f"stood in line {shown}. To go on without asking again, set DATABASE_URL to the record that was used then, or "
        "take these lines out of the file and their numbers out of the list. Nothing was asked."
    )


def output_busy(path: str) -> str:
    return f"Another phoneid lookup is writing {path} right now. Wait for its end, or choose another name."


NOT_WRITTEN = (
    "Nothing is written into another user's file. Run phoneid as that user, or choose another name for --output."
)
NOT_A_FILE = "it is not a file; for standard output write --output -"


def beginning(count: int, *, before: Mapping[State, int], request_id: RequestId) -> str:
    """``before``: what came of the numbers that are not asked again."""
    besides = f" Not asked again: {_counted(before)}." if before else ""
    return f"Asking Alibaba Cloud for {counted(count, 'ID')}, request {request_id}.{besides}"


def _counted(counts: Mapping[State, int]) -> str:
    return ", ".join(f"{counts[state]} {state.value}" for state in State if counts.get(state))


def tally(counts: Mapping[State, int], *, of: int) -> str:
    """``38 of 40 answered, 1 refused, 1 failed``."""
    missing = of - sum(counts.values())
    others = [trouble(counts), f"{missing} not asked" if missing else ""]
    return ", ".join([f"{counts.get(State.ANSWERED, 0)} of {of} answered", *filter(None, others)])


def progress(done: int, of: int, counts: Mapping[State, int]) -> str:
    """A line of a log file. ``counts`` may hold numbers of earlier runs, too."""
    return f"{done} of {of} asked: {_counted(counts)}"


def trouble(counts: Mapping[State, int]) -> str:
    """``1 refused, 2 failed``."""
    return _counted({state: count for state, count in counts.items() if state is not State.ANSWERED})


def why(lookup: Lookup) -> str:
    """Why a number has no ID, and when to ask again where that has to wait; nothing for one that has."""
    result = lookup.result
    if result.problem is None:
        return ""
    what = PROBLEMS[result.problem].what
    return what if result.wait_until is None else f"{what} Run the same command again after {_time(result.wait_until)}."


def _time(at: float) -> str:
    # A point in time: a row is read later than it was written. Rounded up, as waits are.
    return f"{datetime.fromtimestamp(math.ceil(at / 60) * 60, UTC):%Y-%m-%d %H:%M} UTC"


WHY_IN_COLUMN = "The column why says what happened to the others."
TO_GO_ON = "Run the same command again to ask for the rest: what is finished is not asked again."
TO_ASK_REFUSED = "What was refused for its number or code is not asked again. Once those are right, add --again."
STOPPED = "Stopped."


def guarded(seconds: float) -> str:
    """Of a run whose agent has to wait so long before the next code."""
    return (
        "Stopped: too many of the codes you asked with lately were refused. Check the codes, wait "
        f"{problems.whole_minutes(seconds)}, then run the same command again: it goes on with what was not asked."
    )


def output_stopped(why: str, request_id: RequestId) -> str:
    return (
        f"Stopped: the output cannot be written any more ({why}). "
        f"What was answered until then is in phoneid log --request {request_id}."
    )


DATABASE_AWAY = "the database cannot be used right now"


def newer_release(why: str) -> str:
    return f"Stopped: {why}."


def not_recorded(why: str) -> str:
    return f"Stopped: {why}. What cannot be recorded is not shown."
