"""What an agent reads while asking: the form, the usage, the progress, the answer.

As in all of ``bot.texts``: plain text, which whoever shows it escapes for where it is shown; a parameter that holds
Slack's markup says so. Never put a verification code into a sentence.
"""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.errors import EntryMistake
from bot.guesses import FREE_FOR_AGENT
from bot.models import MASK, Lookup, PhoneNumber
from bot.texts.lengths import length, wait
from bot.texts.numbers import OneOrSeveral, international
from bot.texts.said import (
    Markup,
    Said,
    Text,
    enumerated,
    joined,
    listed,
    mark_up,
    say,
    say_n,
)

COMMAND = "/phoneid"
FORM_TITLE = OneOrSeveral(say("Phone number ID"), say("Several numbers"))
FORM_INTRO = OneOrSeveral(
    say(
        "Enter a pre-validated WhatsApp number and its verification code to get the phone number ID. "
        "Only you will see it. The code is sent to Alibaba Cloud and never stored."
    ),
    say(
        "Enter up to 100 pre-validated WhatsApp numbers, each with its verification code, "
        "to get their phone number IDs. Only you will see them. The codes are sent to Alibaba Cloud and never stored."
    ),
)
FORM_SUBMIT = OneOrSeveral(say("Get ID"), say("Get IDs"))
FORM_SUBMIT_FOR_APPROVAL = say("Request approval")
FORM_CANCEL = say("Cancel")
CLOSE = say("Close")
PHONE_LABEL = say("Phone number")
PHONE_HINT = say("Start with the country code. Spaces, dashes, + and 00 are fine.")
PHONE_PLACEHOLDER = "+86 138 0000 1234"
NUMBERS_LABEL = say("Numbers and codes")
NUMBERS_HINT = say(
    "Write one number and its code per line. Start with the country code. "
    "After {free} wrong codes in 24 hours, the rest of the list is not looked up.",
    free=str(FREE_FOR_AGENT),
)
NUMBERS_HINT_FOR_APPROVAL = say(
    "Write one number per line. Start with the country code. The codes are optional: you can enter them after the "
    "approval. If you enter them now, write one after each number. The bot keeps them in memory only."
)
NUMBERS_PLACEHOLDER = "+86 138 0000 1234 208312"
CODE_LABEL = say("Verification code")
CODE_HINT = say("The code you received when you bought the number.")
CODE_HINT_FOR_APPROVAL = say(
    "Optional. You can enter it after the approval. If you enter it now, the bot keeps it in memory only."
)
REASON_LABEL = say("Reason")
REASON_HINT = OneOrSeveral(
    say("The reason is stored with the lookup. Do not put the code here."),
    say("The reason is stored with each number. Do not put a code here."),
)
REASON_HINT_FOR_APPROVAL = say("Approvers will see this, and it is stored. Do not put the code here.")
CODE_NEEDED = OneOrSeveral(
    say("You do not need an approval for this. Enter the verification code to get the ID."),
    say("You do not need an approval for this. Enter each code after its number to get the IDs."),
)
CODE_NOT_YET = OneOrSeveral(
    say("This needs approval: please add a reason. Enter the code again here or after the approval."),
    say("This needs approval: please add a reason. Enter the codes again here or after the approval."),
)
NUMBER_UNCERTAIN = say(
    "It is not clear where the number ends and the code begins. Check the number, then enter the code in its own field."
)
SEVERAL = say("Several numbers")
SEVERAL_LABEL = say("Several numbers: open the form for a list of numbers and their codes")


def form_intro(approvers: Markup, *, is_several: bool) -> Markup:
    if is_several:
        return mark_up(
            "This needs approval by {approvers}, for the list as a whole. "
            "Only you will see the IDs; nobody will see the codes.",
            approvers=approvers,
        )
    return mark_up(
        "This needs approval by {approvers}. Only you will see the ID; nobody will see the code.",
        approvers=approvers,
    )


OPEN_FORM = say("Open the form")
OPEN_FORM_LABEL = say("Open the form for a number and its verification code")
ANOTHER_NUMBER = say("Another number")
ANOTHER_NUMBER_LABEL = say("Open an empty form for another number")


ENTRY_MISTAKES: Mapping[EntryMistake, Said] = {
    EntryMistake.NUMBER_MISSING: say("Enter the phone number."),
    EntryMistake.NUMBER_UNREADABLE: say("This is not a phone number. Write it like +86 138 0000 1234."),
    EntryMistake.NUMBER_HOLDS_LETTERS: (
        say("There are letters in this number. Write it in digits, like +86 138 0000 1234.")
    ),
    EntryMistake.NUMBER_TOO_SHORT: say("This number is too short. Enter all of it, with the country code."),
    EntryMistake.NUMBER_TOO_LONG: say("This number is too long. Check that the code is not part of it."),
    EntryMistake.NUMBER_WITHOUT_COUNTRY: say(
        "The country code is missing or wrong. Write the number like +86 138 0000 1234."
    ),
    EntryMistake.NUMBER_AMBIGUOUS: say("Two countries could have this number. Start with + and the country code."),
    EntryMistake.NUMBER_WITH_TRUNK_ZERO: (
        say("There is a 0 in brackets. Write the number as it is dialled from abroad.")
    ),
    EntryMistake.NUMBER_FROM_SPREADSHEET: (
        say("A spreadsheet changed this number. Format its column as text and enter it again.")
    ),
    EntryMistake.NUMBERS_FUSED: say("This may be two numbers, or one with an extension. Enter one number alone."),
    EntryMistake.NUMBER_UNCERTAIN: (
        say("There may be a code after this number. Enter only the number, without spaces.")
    ),
    EntryMistake.CODE_MISSING: say("Enter the verification code."),
    EntryMistake.CODES_FOR_SOME: say("The code is missing. Enter all codes, or none until the list is approved."),
    EntryMistake.CODE_UNREADABLE: say("This is not a code. A code has digits, perhaps letters A-Z, and nothing else."),
    EntryMistake.CODE_TOO_LONG: say("This code is too long. Enter only the code."),
    EntryMistake.CODE_FROM_SPREADSHEET: (
        say("A spreadsheet changed this code. Format its column as text and enter it again.")
    ),
    EntryMistake.CODE_SHORTENED: say("This code may have lost its leading zeros. If it is correct, put ! after it."),
    EntryMistake.CODE_IS_NUMBER: say("There is a second phone number where the code should be. Enter the code."),
    EntryMistake.NUMBER_HOLDS_CODE: say("This number ends with the code. Remove the code from the number."),
    EntryMistake.REASON_MISSING: say("Enter a reason: the approvers need it for their decision."),
    EntryMistake.REASON_HOLDS_CODE: say("The reason contains the code, and reasons are stored. Remove the code."),
    EntryMistake.LINE_UNCERTAIN: (
        say("It is not clear where the number ends. Put a comma between the number and the code.")
    ),
    EntryMistake.LINE_UNREADABLE: say("There is no phone number here. Write the number, then its code."),
    EntryMistake.NUMBER_TWICE: say("This number is already in an earlier line."),
    EntryMistake.NUMBER_NOT_APPROVED: say("This number is not one of the approved numbers. Correct or remove it."),
    EntryMistake.NUMBERS_LEFT_OUT: say("Approved numbers are missing. Keep one line for each of them."),
    EntryMistake.LIST_EMPTY: say("Enter at least one number."),
    EntryMistake.LIST_TOO_LONG: say("This list is too long. Enter up to 100 numbers."),
    EntryMistake.REASON_TOO_LONG: say("This reason is too long. Use 500 characters or fewer."),
}


NUMBER_LEFT_OUT = say("The phone number is missing. Enter the number and the code, each in its own field.")
TWO_NUMBERS = say('This may be two numbers. Enter one here, or choose "{button}" below.', button=SEVERAL)


def unread(mistake: EntryMistake | None) -> Text:
    """What is wrong with a command, above the form that it opens; ``None``: where its number ends."""
    match mistake:
        case None:
            return NUMBER_UNCERTAIN
        case EntryMistake.NUMBER_MISSING:
            return NUMBER_LEFT_OUT
        case EntryMistake.NUMBERS_FUSED:
            return TWO_NUMBERS
    return joined(ENTRY_MISTAKES[mistake], say("Enter the verification code in its own field."))


def mistakes(by_line: Mapping[int, EntryMistake], repeated: Mapping[int, int] = MappingProxyType({})) -> Text | None:
    """Every mistake with the lines it is in, by number: what was typed may be a code. Line 0 is the list as a whole.

    ``repeated``: the earlier line that each duplicate repeats. ``None`` where there is no mistake.
    """
    lines: dict[EntryMistake | int, list[int]] = {}
    for line, mistake in sorted(by_line.items()):
        lines.setdefault(line if line in repeated else mistake, []).append(line)
    said = [
        _mistake(what, at) if isinstance(what, EntryMistake) else _duplicate(what, repeated[what])
        for what, at in lines.items()
    ]
    return joined(*said) if said else None


def _duplicate(line: int, earlier: int) -> Said:
    return say("Line {line} has the same number as line {earlier}.", line=str(line), earlier=str(earlier))


def _mistake(mistake: EntryMistake, at: Sequence[int]) -> Said:
    sentence = ENTRY_MISTAKES[mistake]
    if at[0] == 0:
        return sentence
    numbers = listed([str(line) for line in at])
    return say_n("Line {lines}: {mistake}", "Lines {lines}: {mistake}", len(at), lines=numbers, mistake=sentence)


CODE_WAS_RECORDED = OneOrSeveral(
    say(
        "The number or the reason of this request contained the verification code. The bot removed it from its record "
        "and looked up nothing. Enter the number and the code again, each in its own field."
    ),
    say(
        "A number or the reason of this list contained a verification code. The bot removed it from its record "
        "and looked up nothing. Enter the numbers and their codes again."
    ),
)
EMBED_TITLE = say("Paste this into Meta's Embedded Signup, for the pre-validated number:")
STILL_ASKING = say("This can take a minute. You can close this window: the answer also comes as a message.")


def asking(phone: PhoneNumber) -> Said:
    return say("Looking up {phone} with the code {code} …", phone=international(phone), code=MASK)


def asking_for_approval(phones: Sequence[PhoneNumber]) -> Said:
    if len(phones) == 1:
        return say("Requesting approval for {phone} …", phone=international(phones[0]))
    return say_n("Requesting approval for {n} number …", "Requesting approval for {n} numbers …", len(phones))


def waiting(phone: PhoneNumber, place: int, seconds: float) -> Said:
    """While somebody waits for a turn at the API: how many turns until theirs, and an estimate."""
    about = {"phone": international(phone), "wait": wait(seconds)}
    if place == 1:
        return say("Looking up {phone} in about {wait} …", **about)
    return say("{phone} is number {place} in line. Looking it up in about {wait} …", place=str(place), **about)


def still_asking(phone: PhoneNumber) -> Said:
    return say(
        "Still looking up {phone}. The answer will appear here; only you can see it.", phone=international(phone)
    )


def slow(phone: PhoneNumber) -> Said:
    """When a call has taken ``bot.lookups.SLOW_AFTER`` seconds: ``bot.cams.retry`` bounds what is left."""
    return say(
        "Alibaba Cloud is slow to respond for {phone}. The bot keeps trying for about half a minute. "
        "Then the ID, or the reason why there is none, will appear here.",
        phone=international(phone),
    )


def already_looked_up(*phones: PhoneNumber, is_same_code: bool) -> Said:
    """To somebody who asks again for numbers that are under way for them: their codes are not tried."""
    numbers, count = enumerated([international(phone) for phone in phones]), len(phones)
    if is_same_code:
        return say_n(
            "Already looking up {numbers}. The answer will appear here too.",
            "Already looking up {numbers}. The answers will appear here too.",
            count,
            numbers=numbers,
        )
    return say_n(
        "Already looking up {numbers}, with the code you entered before. "
        "If that code is not accepted, you can enter the new one then.",
        "Already looking up {numbers}, with the codes you entered before. "
        "If one of those is not accepted, you can enter the new one then.",
        count,
        numbers=numbers,
    )


def answer(lookup: Lookup) -> Said:
    return say(
        "The phone number ID of {phone} is {id}.",
        phone=international(lookup.phone),
        id=lookup.result.phone_number_id or "",
    )


def answer_heading(phone: PhoneNumber) -> Said:
    return say("Phone number ID of {phone}", phone=international(phone))


def broken(reference: str) -> Said:
    return say(
        "Something in the bot broke. Try again. "
        "If it happens again, give the reference {reference} to your administrator.",
        reference=reference,
    )


def not_recorded(reference: str) -> Said:
    return say(
        "The bot cannot use its database right now, so it could not finish this. Try again in a minute. "
        "If it happens again, give the reference {reference} to your administrator.",
        reference=reference,
    )


def not_recorded_in_time(reference: str) -> Said:
    return say(
        "The bot could not record this in time. Nothing was recorded, and nothing is being looked up. "
        "Try again in a minute. If it happens again, give the reference {reference} to your administrator.",
        reference=reference,
    )


def decision_not_recorded_in_time(reference: str) -> Said:
    return say(
        "The bot could not record this in time. Nothing has changed. "
        "Try again in a minute. If it happens again, give the reference {reference} to your administrator.",
        reference=reference,
    )


def perhaps_recorded(reference: str) -> Said:
    return say(
        "The bot lost the connection to its database and does not know whether this was recorded. If it was, the "
        "result will appear here. If nothing appears within a minute, try again. "
        "If it happens again, give the reference {reference} to your administrator.",
        reference=reference,
    )


def slack_busy(seconds: float) -> Said:
    return say("The bot made too many calls to Slack. Try again in {wait}.", wait=length(math.ceil(seconds)))


SLACK_AWAY = say("Slack did not open the window: it had an error or did not respond. Try again in a minute.")
SLACK_FORBIDS = say(
    "Slack does not let the bot open windows. Ask your administrator to look for Slack's reason in the bot's log."
)
TOO_MANY_WINDOWS = say("Too many windows are open at once. Close one, then press the button again.")
FORM_TOO_LATE = say("The form did not open in time. Press the button to open it.")
NOT_IN_THIS_RECORD = say(
    "This request is not in the bot's records, so nothing was done. If the request is new, tell your administrator: "
    "another bot with its own database may be connected to the same Slack app."
)
GONE = say("This lookup is not yours. Open the form instead.")
NOT_KNOWN = say("This shortcut belongs to another version of the bot. Nothing was looked up. Open the form instead.")
FORM_OUTDATED = say(
    "This form belongs to another version of the bot. Nothing was looked up. Type {command} to open a new one.",
    command=COMMAND,
)
NOTHING_THERE = say("This button no longer works. Open the form instead.")
