"""Every sentence a user reads, in one place: agents in Slack, administrators at the command line.

Plain text: whoever shows a sentence escapes it for where it is shown. Never put a verification code into one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.errors import EntryMistake
from bot.models import MASK, Lookup, PhoneNumber, Problem, Side, State

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
NUMBER_UNCERTAIN = (
    "I could not tell where the number ends and the code begins. Please check the number and enter the code."
)

# --- the usage --------------------------------------------------------------------------------------------------------

USAGE_TITLE = "How to get a phone number ID"
USAGE_LINES = (
    (f"{COMMAND}", "opens a form"),
    (f"{COMMAND} +86 138 0000 1234", "opens the form with the number filled in"),
    (f"{COMMAND} +86 138 0000 1234 208312", "answers directly: the number, then its verification code"),
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


def reference_line(lookup: Lookup) -> str:
    """What to quote when asking for help: our reference, and the API's own where it gave any."""
    result = lookup.result
    parts = [f"Reference {lookup.id}"]
    if result.request_id:
        parts.append(f"RequestId {result.request_id}")
    if result.api_code and result.api_code != "OK":
        parts.append(f"Code {result.api_code}")
    elif result.problem in (Problem.UNREADABLE, Problem.SERVICE_TROUBLE) and result.http_status:
        parts.append(f"HTTP {result.http_status}")
    return " · ".join(parts)


# --- no ID ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why there is no ID: what happened, what to do next, whose turn it is."""

    what: str
    next: str
    turn: Side


TURN = {
    Side.AGENT: "Your turn",
    Side.ADMIN: "Your administrator's turn",
    Side.ALIBABA: "Alibaba Cloud's turn",
    Side.US: "The bot's administrator's turn",
}

PROBLEMS: Mapping[Problem, Explanation] = {
    Problem.THROTTLED: Explanation(
        "Alibaba Cloud is taking no more calls for this account right now.",
        "Wait a minute and try again. If it keeps happening, something else is using up the account's calls.",
        Side.ALIBABA,
    ),
    Problem.SERVICE_TROUBLE: Explanation(
        "Alibaba Cloud had a problem of its own; asking again did not help.",
        "Try again in a few minutes.",
        Side.ALIBABA,
    ),
    Problem.NONCE_USED: Explanation(
        "Alibaba Cloud took our request for a repeated one.",
        "Try again. If it happens twice, give the reference to the bot's administrator.",
        Side.US,
    ),
    Problem.TOKEN_EXPIRED: Explanation(
        "The bot's temporary credentials for Alibaba Cloud have run out.",
        "Ask your administrator to renew ALIBABA_CLOUD_SECURITY_TOKEN and its key, then try again.",
        Side.ADMIN,
    ),
    Problem.NOT_SUBSCRIBED: Explanation(
        "The Alibaba Cloud account has not subscribed to Chat App Message Service.",
        "Ask your administrator to activate it in the Alibaba Cloud console, then try again.",
        Side.ADMIN,
    ),
    Problem.NOT_AUTHORIZED: Explanation(
        "The bot's Alibaba Cloud user may not ask for phone number IDs.",
        "Ask your administrator to grant it the action cams:GetPreValidatePhoneId, then try again.",
        Side.ADMIN,
    ),
    Problem.NOT_YOURS: Explanation(
        "This number does not belong to your Alibaba Cloud account.",
        "Check the number. If it is right, it was bought with another account.",
        Side.AGENT,
    ),
    Problem.BAD_NUMBER: Explanation(
        "Alibaba Cloud does not accept this phone number.",
        "Check the number, the country code first, and try again.",
        Side.AGENT,
    ),
    Problem.BAD_REQUEST: Explanation(
        "Alibaba Cloud does not accept the number or the code as it was sent.",
        "Check both and try again.",
        Side.AGENT,
    ),
    Problem.BAD_CREDENTIALS: Explanation(
        "Alibaba Cloud does not accept the bot's credentials.",
        "Ask your administrator to check ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
        Side.ADMIN,
    ),
    Problem.CLOCK_OFF: Explanation(
        "The clock of the bot's machine is more than 15 minutes off, so Alibaba Cloud refuses its requests.",
        "Ask your administrator to set the machine's clock.",
        Side.ADMIN,
    ),
    Problem.UNKNOWN_CODE: Explanation(
        "Alibaba Cloud said no, for a reason it does not document. A wrong or used-up verification code may be one.",
        "Check the number and the code. If it fails twice, give the reference to your administrator.",
        Side.AGENT,
    ),
    Problem.UNREADABLE: Explanation(
        "Alibaba Cloud answered with something that is not an answer.",
        "Try again in a few minutes. If it goes on, give the reference to your administrator.",
        Side.ALIBABA,
    ),
    Problem.NO_ID: Explanation(
        "Alibaba Cloud said OK but sent no ID.",
        "Try again later. If it goes on, your administrator can ask Alibaba Cloud's support with the RequestId.",
        Side.ALIBABA,
    ),
    Problem.NO_ANSWER: Explanation(
        "Alibaba Cloud did not answer; asking again did not help.",
        "Try again in a few minutes.",
        Side.ALIBABA,
    ),
    Problem.NOT_ALLOWED: Explanation(
        "You are not among those who may ask for phone number IDs here.",
        "Ask your administrator to add you to PHONEID_AGENTS.",
        Side.ADMIN,
    ),
    Problem.GUEST: Explanation(
        "Guests of this workspace cannot ask for phone number IDs.",
        "Ask a full member of your team to do it.",
        Side.AGENT,
    ),
    Problem.OUTSIDER: Explanation(
        "Only people of this workspace can ask for phone number IDs.",
        "Ask a member of this workspace to do it.",
        Side.AGENT,
    ),
    Problem.WHO_UNKNOWN: Explanation(
        "Slack did not tell me who you are, so I asked nobody for anything.",
        "Try again in a minute.",
        Side.US,
    ),
    Problem.PROCESS_ENDED: Explanation(
        "The bot was stopped before the answer came.",
        "Try again; you need to enter the code again.",
        Side.AGENT,
    ),
    Problem.INTERNAL: Explanation(
        "Something in the bot broke.",
        "Try again. If it happens twice, give the reference to the bot's administrator.",
        Side.US,
    ),
}


def no_id_heading(lookup: Lookup) -> str:
    if lookup.state is State.REJECTED:
        return "Not asked"
    return f"No ID for {lookup.phone.international}"


def no_id(lookup: Lookup) -> str:
    """The whole of it as one text, for screen readers and notifications."""
    explanation = explain(lookup)
    return (
        f"{no_id_heading(lookup)}. {explanation.what} {TURN[explanation.turn]}: {explanation.next} "
        f"{reference_line(lookup)}."
    )


def explain(lookup: Lookup) -> Explanation:
    return PROBLEMS[lookup.result.problem or Problem.INTERNAL]


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

# --- settings ---------------------------------------------------------------------------------------------------------

_WHERE_TO_GET = {
    "SLACK_BOT_TOKEN": "the bot token (xoxb-…) from your app's page at api.slack.com, OAuth & Permissions",
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "the AccessKey ID of the RAM user that may call cams:GetPreValidatePhoneId",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "the AccessKey secret that goes with ALIBABA_CLOUD_ACCESS_KEY_ID",
}

SETTINGS_HEADING = "phoneid cannot start:"
SETTINGS_FOOTER = "Set these in the environment or in .env; the README lists every setting."
DATABASE_URL_UNREADABLE = "is not a database this version can use. Write sqlite:///path/to/phoneid.db"
REGION_UNKNOWN = "is not a country. Write two letters, such as CN or GB"
AGENTS_UNREADABLE = "is neither everyone nor a comma-separated list of Slack user ids such as U012AB3CD"
URL_UNREADABLE = "is not a URL. Write it with http:// or https://"
SLACK_MODE_MISSING = (
    "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing. Set SLACK_APP_TOKEN (xapp-…, with connections:write) for "
    "Socket Mode, or SLACK_SIGNING_SECRET to receive signed requests on PORT."
)
SLACK_OAUTH_NOT_WANTED = (
    "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET are set. Unset them: with both there, Slack's library would ignore "
    "SLACK_BOT_TOKEN."
)


CREDENTIALS_UNUSABLE = (
    "The ALIBABA_CLOUD_… credentials hold characters that no AccessKey has. Copy them again, without spaces or quotes."
)


def token_prefix(prefix: str) -> str:
    return f"does not start with {prefix}. Is it another token?"


def setting_missing(name: str) -> str:
    what = _WHERE_TO_GET.get(name)
    return f"{name} is missing. It is {what}." if what else f"{name} is missing."


def setting_wrong(name: str, why: str) -> str:
    return f"{name} {why[0].lower()}{why[1:]}." if why else f"{name} is wrong."


def setting_unknown(name: str) -> str:
    return f"{name} is not a setting of this version. Is it misspelt?"


def bot_token_refused(reason: str) -> str:
    return f"Slack does not accept SLACK_BOT_TOKEN ({reason}). Copy it again from OAuth & Permissions."


def app_token_refused(reason: str) -> str:
    return (
        f"Slack does not accept SLACK_APP_TOKEN ({reason}). Make an app-level token with the scope connections:write, "
        "and switch Socket Mode on."
    )


def slack_unreachable(url: str) -> str:
    return f"Slack does not answer at {url}. Check the network and SLACK_API_URL."


def database_unusable(path: str) -> str:
    return f"The database {path} cannot be opened. Does its folder exist, and may this user write there?"


def database_foreign(path: str) -> str:
    return (
        f"The database {path} was written by a newer version, or is not this bot's. "
        "Use that version, or another DATABASE_URL."
    )


def port_taken(host: str, port: int) -> str:
    return f"Nothing can listen on {host}:{port}: it is in use or not allowed. Choose another PORT."


# --- the command line -------------------------------------------------------------------------------------------------

SINCE_UNREADABLE = "--since takes 90m, 24h, 7d, or a date such as 2026-11-01."


def command_failed(what: str) -> str:
    return f"phoneid: {what}"


def no_database(path: str) -> str:
    return f"There is no database at {path} yet. Is DATABASE_URL the one the bot uses?"
