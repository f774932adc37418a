"""What whoever runs a list of numbers on the command line reads.

Never put anything that stands in the list into a sentence: there are codes among it.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.errors import EntryMistake, LineMistake, ListMistake
from bot.models import Lookup, RequestId, State
from bot.texts.asking import ENTRY_MISTAKES
from bot.texts.language import in_english
from bot.texts.lengths import whole_minutes
from bot.texts.numbers import counted
from bot.texts.problems import PROBLEMS

UNEXPECTED_ARGUMENT = (
    "This command does not accept one of the arguments. The argument is not repeated here because it could be a "
    "verification code: phoneid lookup asks for the code, or reads it from standard input."
)
PHONE_OR_FILE = "Give either PHONE or --file with a list of numbers."
OUTPUT_NEEDED = "Choose where to write the IDs: --output ids.csv, or --output - for standard output."
FILE_NEEDED = "--output, --again and --short-codes are for lists. Use --file instead of PHONE."
JSON_NOT_HERE = "--json is for a single number. The IDs of a list are written as CSV."
AGAIN_NEEDS_FILE = "--again needs the output file of an earlier run, so it cannot be used with --output -."
ONE_STREAM = "Standard input can be used for the list or for the reason, not for both."
LIST_TYPED = (
    "--file - reads the list from a pipe or a file, because codes typed here would be visible on the screen. Use "
    "phoneid lookup --file - < numbers.csv."
)
STANDARD_INPUT = "Standard input"


def input_unreadable(path: str, why: str) -> str:
    return f"Cannot read the list {path}: {why}."


LIST_MISTAKES: Mapping[ListMistake, str] = {
    ListMistake.NOT_TEXT: "The list is not UTF-8 text. In a spreadsheet, save it as CSV UTF-8.",
    ListMistake.TOO_LARGE: "The list is larger than 2 MB. Split it, or remove unneeded columns.",
    ListMistake.TOO_MANY: "The list has more than 10,000 numbers. Split it.",
    ListMistake.EMPTY: "The list has no numbers. Write a number and its code on each line.",
    ListMistake.COLUMNS_UNKNOWN: "The headings for the number and the code are missing. Use phone_number and code.",
    ListMistake.COLUMNS_DOUBLE: "Several headings mean the same. Keep one for the number and one for the code.",
    ListMistake.CELL_OVER_LINES: "A cell contains a line break. Perhaps a closing quotation mark is missing.",
    ListMistake.UNCERTAIN: "I cannot tell the number from the code. Write number, comma, code.",
    ListMistake.OTHER_CODE: "The list has this number twice, with different codes. Keep the right one.",
    ListMistake.CELLS_TOO_MANY: "There are more cells than headings. Put cells with a comma in quotation marks.",
    ListMistake.COUNTRY_DIFFERS: (
        "The number seems to belong to a different country than this row says. Start it with + and the country code."
    ),
    ListMistake.CODE_SHORTENED: (
        "This code is shorter than most, perhaps because leading zeros were lost. Format the column as text and enter "
        "the code again. If the short codes are correct, add --short-codes."
    ),
}

_SHOWN = 20


def mistakes_heading(path: str) -> str:
    return f"Nothing was looked up. Please correct {path}:"


def mistake_lines(mistakes: Sequence[LineMistake]) -> list[str]:
    """The first mistakes by line, and how many more there are."""
    lines = [_mistake(each) for each in mistakes[:_SHOWN]]
    more = len(mistakes) - len(lines)
    return [*lines, f"and {more} more"] if more else lines


def _mistake(each: LineMistake) -> str:
    mistake = each.mistake
    what = in_english(ENTRY_MISTAKES[mistake]) if isinstance(mistake, EntryMistake) else LIST_MISTAKES[mistake]
    if each.headings:
        what = f"{what} The headings found are: {', '.join(each.headings[:_SHOWN])}."
    where = "" if each.line is None else f"line {each.line}: "
    return where + (f"{what} (The other one is in line {each.other_line}.)" if each.other_line else what)


def output_unusable(path: str, why: str) -> str:
    return f"Cannot write the output {path}: {why}."


def output_foreign(path: str) -> str:
    return (
        f"{path} already exists and was not written by this command. Choose another name for --output. IDs that were "
        "looked up before are in phoneid log."
    )


def output_corrected(path: str, rows: int) -> str:
    which = counted(rows, "row was", "rows were")
    return f"{path} was changed after it was written, perhaps by a spreadsheet. {which} restored from the database."


def output_unreadable(path: str, lines: Sequence[int]) -> str:
    """Rows that nobody but the file vouches for."""
    shown = ", ".join(map(str, lines[:_SHOWN])) + (", …" if len(lines) > _SHOWN else "")
    which = f"line {shown} of {path} is" if len(lines) == 1 else f"lines {shown} of {path} are"
    return (
        f"Nothing was looked up, because {which} not in the database. The file was changed, or written with "
        "another database. To continue without looking these numbers up again, set DATABASE_URL to the database used "
        "then, or remove these lines from the file and their numbers from the list."
    )


def output_busy(path: str) -> str:
    return f"Another phoneid lookup is writing to {path} now. Wait until it ends, or choose another name."


NOT_WRITTEN = "phoneid does not write to another user's file. Run it as that user, or choose another name for --output."
NOT_A_FILE = "it is not a file. For standard output, use --output -"


def beginning(count: int, *, before: Mapping[State, int], request_id: RequestId) -> str:
    """``before``: the numbers of earlier runs that are not looked up again, by state."""
    besides = f" Skipped from earlier runs: {_counted(before)}." if before else ""
    return f"Looking up {counted(count, 'ID')} at Alibaba Cloud, reference {request_id}.{besides}"


def _counted(counts: Mapping[State, int]) -> str:
    return ", ".join(f"{counts[state]} {state.value}" for state in State if counts.get(state))


def tally(counts: Mapping[State, int], *, of: int) -> str:
    """``38 of 40 answered, 1 refused, 1 failed``."""
    missing = of - sum(counts.values())
    others = [trouble(counts), f"{missing} not looked up" if missing else ""]
    return ", ".join([f"{counts.get(State.ANSWERED, 0)} of {of} answered", *filter(None, others)])


def progress(done: int, of: int, counts: Mapping[State, int]) -> str:
    """A line of a log file. ``counts`` may hold numbers of earlier runs, too."""
    return f"{done} of {of} looked up: {_counted(counts)}"


def trouble(counts: Mapping[State, int]) -> str:
    """``1 refused, 2 failed``."""
    return _counted({state: count for state, count in counts.items() if state is not State.ANSWERED})


def why(lookup: Lookup) -> str:
    """Why a number has no ID, and when to ask again where that has to wait; nothing for one that has."""
    result = lookup.result
    if result.problem is None:
        return ""
    what = in_english(PROBLEMS[result.problem].what)
    return what if result.wait_until is None else f"{what} Run the same command again after {_time(result.wait_until)}."


def _time(at: float) -> str:
    # A point in time: a row is read later than it was written. Rounded up, as waits are.
    return f"{datetime.fromtimestamp(math.ceil(at / 60) * 60, UTC):%Y-%m-%d %H:%M} UTC"


WHY_IN_COLUMN = 'See the column "why" for the rest.'
TO_GO_ON = "Run the same command again to continue: finished numbers are skipped."
TO_ASK_REFUSED = (
    "The next run skips lines whose number or code was not accepted. After correcting them, run it with --again."
)
STOPPED = "Stopped."


def guarded(seconds: float) -> str:
    """Of a run whose agent has to wait so long before the next code."""
    return (
        "Stopped: you have entered too many wrong codes in the last 24 hours. Check the codes, wait "
        f"{in_english(whole_minutes(seconds))}, then run the same command again to continue."
    )


def output_stopped(why: str, request_id: RequestId) -> str:
    return (
        f"Stopped: writing the output failed ({why}). "
        f"The results until then are on record: phoneid log --request {request_id}"
    )


DATABASE_AWAY = "the database is not available"


def newer_release(why: str) -> str:
    return f"Stopped: {why}."


def not_recorded(why: str) -> str:
    return f"Stopped: {why}. Results that cannot be recorded are not shown."
