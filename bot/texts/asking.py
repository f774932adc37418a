"""What an agent reads while asking: the form, the usage, the progress, the answer.

As in all of ``bot.texts``: plain text, which whoever shows it escapes for where it is shown; a parameter that holds
Slack's markup says so. Never put a verification code into a sentence.
"""

import math
from collections.abc import Mapping, Sequence

from bot.durations import write_duration
from bot.errors import EntryMistake
from bot.guesses import FREE_FOR_AGENT
from bot.models import MASK, Lookup, PhoneNumber
from bot.texts.numbers import Words, subject_of

COMMAND = "/phoneid"
FORM_TITLE = Words("Phone number ID", "Several numbers")
FORM_INTRO = Words(
    "Enter a pre-validated WhatsApp number and its verification code to get the phone number ID. "
    "Only you will see it. The code is sent to Alibaba Cloud and kept nowhere.",
    "Enter up to 100 pre-validated WhatsApp numbers, each with its verification code, to get their phone number IDs. "
    "Only you will see them. The codes are sent to Alibaba Cloud and kept nowhere.",
)
FORM_SUBMIT = Words("Get ID", "Get IDs")
FORM_SUBMIT_FOR_APPROVAL = "Ask for approval"
FORM_CANCEL = "Cancel"
CLOSE = "Close"
PHONE_LABEL = "Phone number"
PHONE_HINT = "Start with the country code. Spaces, dashes, + and 00 are fine."
PHONE_PLACEHOLDER = "+86 138 0000 1234"
NUMBERS_LABEL = "Numbers and codes"
NUMBERS_HINT = (
    "One number and its code per line. Start with the country code. "
    f"After {FREE_FOR_AGENT} wrong codes in a day the rest has to wait."
)
NUMBERS_HINT_FOR_APPROVAL = (
    "One number and its code per line. Codes may wait: you will be asked for them after the approval. "
    "If you enter them now, enter all: they stay in memory until then."
)
NUMBERS_PLACEHOLDER = "+86 138 0000 1234 208312"
CODE_LABEL = "Verification code"
CODE_HINT = "You got it when the number was bought. It shows only here, while you type."
CODE_HINT_FOR_APPROVAL = (
    "May wait: you will be asked for it after the approval. If you enter it now, it stays in memory until then."
)
REASON_LABEL = "Reason"
REASON_HINT = Words(
    "Recorded with the lookup. Do not write the code here.", "Recorded with each number. Do not write a code here."
)
REASON_HINT_FOR_APPROVAL = "Shown to whoever decides, and kept with the request. Please no code here."
CODE_NEEDED = Words(
    "You need no approval for this. Enter the verification code to get the ID.",
    "You need no approval for this. Enter the code behind each number to get the IDs.",
)
CODE_NOT_YET = Words(
    "An approval is needed first. Add a reason; you may enter the code again now, or after the approval.",
    "An approval is needed first. Add a reason; you may enter the codes again now, or after the approval.",
)
NUMBER_UNCERTAIN = "I cannot tell where the number ends and the code begins. Check the number, then enter the code."
SEVERAL = "Several numbers"
SEVERAL_LABEL = "Several numbers: open the form for a list of numbers and their codes"


def form_intro(approvers: str, *, is_several: bool) -> str:
    """``approvers`` is Slack's markup, and so is this."""
    said = Words(
        f"This needs approval by {approvers}. Only you will see the answer; the code is shown to nobody.",
        f"This needs approval by {approvers}, for the list as a whole. "
        "Only you will see the IDs; the codes are shown to nobody.",
    )
    return said.choose(is_several=is_several)


USAGE_TITLE = "How to get a phone number ID"
USAGE_LINES = (
    (f"{COMMAND}", "opens a form"),
    (f"{COMMAND} +86 138 0000 1234", "opens the form with this number in it"),
    (f"{COMMAND} +86 138 0000 1234 208312", "gets the ID at once: type the number, then its verification code"),
    (f"{COMMAND} list", "opens a form for several numbers"),
    (f"{COMMAND} history", "shows your latest lookups, each ID behind a button"),
    (f"{COMMAND} why", "says what you may do here, and why"),
    (f"{COMMAND} help", "shows this"),
)
USAGE_PRIVATE = "Only you see the answer. The code is kept nowhere."
USAGE_UNREADABLE = "I found no phone number in what you typed."
OPEN_FORM = "Open the form"
OPEN_FORM_LABEL = "Open the form for a number and its verification code"
ANOTHER_NUMBER = "Another number"
ANOTHER_NUMBER_LABEL = "Open an empty form for another number"


def usage() -> str:
    """The whole usage as one text, for screen readers and notifications."""
    return f"{USAGE_TITLE}: " + "; ".join(f"{command} {what}" for command, what in USAGE_LINES) + f". {USAGE_PRIVATE}"


ENTRY_MISTAKES: Mapping[EntryMistake, str] = {
    EntryMistake.NUMBER_MISSING: "Enter the phone number.",
    EntryMistake.NUMBER_UNREADABLE: "This is not a phone number. Write it like +86 138 0000 1234.",
    EntryMistake.NUMBER_TOO_SHORT: "This number is too short. Enter all of it, the country code too.",
    EntryMistake.NUMBER_TOO_LONG: "This number is too long. Enter only the number here, without the code.",
    EntryMistake.NUMBER_WITHOUT_COUNTRY: "Start with + and the country code, e.g. +86 138 0000 1234.",
    EntryMistake.NUMBER_AMBIGUOUS: "Two countries could have this number. Start with + and the country code.",
    EntryMistake.NUMBER_WITH_TRUNK_ZERO: "There is a 0 in brackets. Write the number as it is dialled from abroad.",
    EntryMistake.NUMBER_FROM_SPREADSHEET: (
        "A spreadsheet changed this number. Format its column as text and enter it again."
    ),
    EntryMistake.NUMBERS_FUSED: "There may be two numbers here, or one and its extension. Enter one number alone.",
    EntryMistake.NUMBER_UNCERTAIN: "A code may stand behind this number. Enter the number alone, without spaces.",
    EntryMistake.CODE_MISSING: "Enter the verification code.",
    EntryMistake.CODES_FOR_SOME: "Enter this code too, or none at all until the list is approved.",
    EntryMistake.CODE_UNREADABLE: "This is not a code. A code has digits, perhaps letters A-Z, and nothing else.",
    EntryMistake.CODE_TOO_LONG: "This is too long for a code. Enter only the code here.",
    EntryMistake.CODE_FROM_SPREADSHEET: (
        "A spreadsheet changed this code. Format its column as text and enter it again."
    ),
    EntryMistake.CODE_SHORTENED: ("This code may have lost leading zeros. If it is right as it is, put ! behind it."),
    EntryMistake.CODE_IS_NUMBER: "There is a second phone number where the code should be. Enter the code.",
    EntryMistake.NUMBER_HOLDS_CODE: "The number ends with the code. Enter only the number here.",
    EntryMistake.REASON_MISSING: "Enter a reason: somebody has to decide on it.",
    EntryMistake.REASON_HOLDS_CODE: "The reason holds the code, and the reason is kept. Take the code out.",
    EntryMistake.LINE_UNCERTAIN: "I cannot tell the number from the code. Put a comma between them.",
    EntryMistake.LINE_UNREADABLE: "There is no phone number here. Write the number, then its code.",
    EntryMistake.NUMBER_TWICE: "This number already stands in an earlier line.",
    EntryMistake.NUMBER_NOT_APPROVED: "This number is not one of the approved ones.",
    EntryMistake.NUMBERS_LEFT_OUT: "Approved numbers are missing. Keep a line for each of them.",
    EntryMistake.LIST_EMPTY: "Enter at least one number with its code.",
    EntryMistake.LIST_TOO_LONG: "This is too much for one list. Enter up to 100 numbers.",
    EntryMistake.REASON_TOO_LONG: "This reason is too long. Use 500 characters or fewer.",
}


def mistakes(by_line: Mapping[int, EntryMistake]) -> str:
    """Every mistake with the lines it is in, by number: what was typed may be a code. Line 0 is the list as a whole."""
    lines: dict[EntryMistake, list[int]] = {}
    for line, mistake in sorted(by_line.items()):
        lines.setdefault(mistake, []).append(line)
    return " ".join(_mistake(mistake, at) for mistake, at in lines.items())


def _mistake(mistake: EntryMistake, at: Sequence[int]) -> str:
    sentence = ENTRY_MISTAKES[mistake]
    if at[0] == 0:
        return sentence
    return f"{'Line' if len(at) == 1 else 'Lines'} {_enumerate([str(line) for line in at])}: {sentence}"


def _enumerate(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


CODE_WAS_RECORDED = Words(
    "The verification code was part of the number or the reason of this request, so it was removed from the record. "
    "Nothing was looked up. Enter the number and the code again, each in its own field.",
    "A verification code was part of a number or of the reason of this list, so it was removed from the record. "
    "Nothing was looked up. Enter the numbers and their codes again.",
)
EMBED_TITLE = "Copy this into Meta's Embedded Signup, for a pre-verified number:"
STILL_ASKING = "This can take a minute. You may close this window: the answer also comes as a message."


def asking(phone: PhoneNumber) -> str:
    return f"Asking Alibaba Cloud for the ID of {phone.international} (code {MASK}) …"


def asking_for_approval(phones: Sequence[PhoneNumber]) -> str:
    return f"Asking for approval of your request for {subject_of(phones)} …"


def waiting(phone: PhoneNumber, place: int, seconds: float) -> str:
    """While somebody waits for a turn at the API: how many turns until theirs, and an estimate."""
    turn = "next in line" if place == 1 else f"number {place} in line"
    return f"{phone.international} is {turn} to be asked for, in about {wait(seconds)}."


def wait(seconds: float) -> str:
    """``8 seconds``, ``3 minutes``: rounded up, so that nobody is promised too much."""
    if seconds <= 1:
        return "1 second"
    return f"{math.ceil(seconds)} seconds" if seconds <= 90 else f"{math.ceil(seconds / 60)} minutes"


def still_asking(phone: PhoneNumber) -> str:
    return f"Still asking for the ID of {phone.international}. Wait for the answer: only you will see it."


def slow(phone: PhoneNumber) -> str:
    """When a call has taken ``bot.lookups.SLOW_AFTER`` seconds: ``bot.cams.retry`` bounds what is left."""
    return (
        f"Alibaba Cloud is slow to answer for {phone.international}. The bot keeps trying for about half a minute. "
        "Then the ID, or the reason why there is none, will appear here."
    )


def already_looked_up(*phones: PhoneNumber, is_same_code: bool) -> str:
    """To somebody who asks again for numbers that are under way for them: their codes are not tried."""
    said = f"Already looking up {', '.join(phone.international for phone in phones)}"
    if is_same_code:
        return said + Words(". The answer will appear here too.", ". The answers will appear here too.").choose(
            is_several=len(phones) > 1
        )
    return said + Words(
        ", with the code you entered before. If that code is not accepted, enter the new one then.",
        ", with the codes you entered before. If one of those is not accepted, enter the new one then.",
    ).choose(is_several=len(phones) > 1)


def answer(lookup: Lookup) -> str:
    return f"The phone number ID of {lookup.phone.international} is {lookup.result.phone_number_id}."


def answer_heading(phone: PhoneNumber) -> str:
    return f"Phone number ID of {phone.international}"


def broken(reference: str) -> str:
    return f"Something in the bot broke. Try again. If it breaks again, give {reference} to your administrator."


def not_recorded(reference: str) -> str:
    return (
        "The bot cannot use its database right now, and what it cannot record it does not show. "
        f"Try again in a minute. If it fails again, give {reference} to your administrator."
    )


def not_recorded_in_time(reference: str) -> str:
    return (
        "The bot could not record this in time. Nothing was recorded, and nothing is being looked up. "
        f"Try again in a minute. If it fails again, give {reference} to your administrator."
    )


def decision_not_recorded_in_time(reference: str) -> str:
    return (
        "The bot could not record this in time, and nothing was recorded: all is as it was. "
        f"Try again in a minute. If it fails again, give {reference} to your administrator."
    )


def perhaps_recorded(reference: str) -> str:
    return (
        "The bot lost its database while it recorded this, and does not know whether it did. If it did, you will read "
        f"here what becomes of it; if you read nothing within a minute, try again. The reference is {reference}."
    )


def slack_busy(seconds: float) -> str:
    return f"Slack takes no more calls from the bot right now. Try again in {write_duration(math.ceil(seconds))}."


SLACK_AWAY = "Slack did not open the window: it had a problem, or could not be reached. Try again in a minute."
SLACK_FORBIDS = "Slack does not let the bot open windows. Ask your administrator: the bot's log has Slack's reason."
TOO_MANY_WINDOWS = "Slack opens no more windows on top of these. Close one, then press the button again."
FORM_TOO_LATE = "The form did not open in time. Press the button to open it."
NOT_IN_THIS_RECORD = (
    "This request is not in the bot's records, so nothing was done. If it is a new one, a second bot with another "
    "database may be connected to the same Slack app: tell your administrator."
)
GONE = "This button is for a lookup that is not yours or is not recorded any more. Open the form instead."
NOT_KNOWN = "This shortcut is from another version of the bot. Nothing was looked up. Open the form instead."
FORM_OUTDATED = (
    f"This form is from another version of the bot. Nothing was looked up. Type {COMMAND} to open a new one."
)
NOTHING_THERE = "This button does not work any more. Open the form instead."
