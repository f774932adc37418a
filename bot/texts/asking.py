"""What an agent reads while asking: the form, the usage, the progress, the answer.

Plain text: whoever shows a sentence escapes it for where it is shown. Never put a verification code into one.
"""

from collections.abc import Mapping

from bot.errors import EntryMistake
from bot.models import MASK, Lookup, PhoneNumber

# --- the form ---------------------------------------------------------------------------------------------------------

COMMAND = "/phoneid"
FORM_TITLE = "Phone number ID"
FORM_INTRO = (
    "Turns a pre-validated WhatsApp business number into its phone number ID. "
    "Only you will see the answer. The code goes to Alibaba Cloud and is kept nowhere."
)
FORM_SUBMIT = "Get ID"
FORM_CANCEL = "Cancel"
CLOSE = "Close"
PHONE_LABEL = "Phone number"
PHONE_HINT = "With country code, as you have it: spaces, dashes, + or 00 are fine."
PHONE_PLACEHOLDER = "+86 138 0000 1234"
CODE_LABEL = "Verification code"
CODE_HINT = "The code given when the number was bought. Shown here only while you type."
REASON_LABEL = "Reason"
REASON_HINT = "Kept with the request, for whoever reviews it. Please no code here."
CODE_NEEDED = "You need no approval for this. Enter the verification code to get the ID."
NUMBER_UNCERTAIN = (
    "I could not tell where the number ends and the code begins. Please check the number and enter the code."
)

# --- the usage --------------------------------------------------------------------------------------------------------

USAGE_TITLE = "How to get a phone number ID"
USAGE_LINES = (
    (f"{COMMAND}", "opens a form"),
    (f"{COMMAND} +86 138 0000 1234", "opens the form with the number filled in"),
    (f"{COMMAND} +86 138 0000 1234 208312", "answers directly: the number, then its verification code"),
    (f"{COMMAND} why", "says what you may do here, and why"),
    (f"{COMMAND} help", "shows this"),
)
USAGE_PRIVATE = "Only you see the answer. The verification code is kept nowhere."
USAGE_UNREADABLE = "I could not read a phone number in that."
OPEN_FORM = "Open the form"
OPEN_FORM_LABEL = "Open the form for a number and its verification code"
TRY_AGAIN = "Try again"
TRY_AGAIN_LABEL = "Open the form again for this number, without the code"
ANOTHER_NUMBER = "Another number"
ANOTHER_NUMBER_LABEL = "Open an empty form for another number"


def usage() -> str:
    """The whole usage as one text, for screen readers and notifications."""
    return f"{USAGE_TITLE}: " + "; ".join(f"{command} {what}" for command, what in USAGE_LINES) + f". {USAGE_PRIVATE}"


# --- what was typed cannot be read ------------------------------------------------------------------------------------

ENTRY_MISTAKES: Mapping[EntryMistake, str] = {
    EntryMistake.NUMBER_MISSING: "Enter the phone number.",
    EntryMistake.NUMBER_UNREADABLE: "This does not read as a phone number. Write it like +86 138 0000 1234.",
    EntryMistake.NUMBER_TOO_SHORT: "This number is too short. Is the country code there, and is the number complete?",
    EntryMistake.NUMBER_TOO_LONG: "This number is too long. Does it hold something else, such as the code?",
    EntryMistake.NUMBER_WITHOUT_COUNTRY: "Start with + and the country code, e.g. +86 138 0000 1234.",
    EntryMistake.NUMBER_AMBIGUOUS: "This could be a number of two countries. Start with + and the country code.",
    EntryMistake.CODE_MISSING: "Enter the verification code.",
    EntryMistake.CODE_UNREADABLE: "A verification code holds only letters A-Z and digits.",
    EntryMistake.CODE_TOO_LONG: "This is too long for a verification code.",
    EntryMistake.REASON_TOO_LONG: "Please keep the reason under 500 characters.",
}

# --- the answer -------------------------------------------------------------------------------------------------------

ANSWER_TITLE = "Phone number ID"
EMBED_TITLE = "For Meta's Embedded Signup, as a pre-verified number:"
ONLY_YOU = "Only you can see this."


def asking(phone: PhoneNumber) -> str:
    return f"Asking Alibaba Cloud for the ID of {phone.international} (code {MASK}) …"


STILL_ASKING = "This can take a minute. You may close this; the answer will reach you all the same."


def still_asking(phone: PhoneNumber) -> str:
    return f"Still asking for the ID of {phone.international}. The answer will appear here, for you only."


def answer(lookup: Lookup) -> str:
    return f"The phone number ID of {lookup.phone.international} is {lookup.result.phone_number_id}."


def answer_heading(phone: PhoneNumber) -> str:
    return f"Phone number ID of {phone.international}"


# --- trouble of our own -----------------------------------------------------------------------------------------------


def broken(reference: str) -> str:
    return f"Something in the bot broke, and nothing was asked. Try again; if it happens twice, quote {reference}."


def not_recorded(reference: str) -> str:
    return (
        "The bot could not write to its database, so it cannot go on: what is not recorded is not shown. "
        f"Try again in a minute; if it happens twice, quote {reference} to the bot's administrator."
    )


FORM_TOO_LATE = "Slack closed the door before the form could open. Press the button to try once more."
GONE = "This button belongs to a request that is not yours or is no longer kept."
NOTHING_THERE = "This button does nothing any more."
ALREADY_RUNNING = "This request was received already. Its answer will reach you."
