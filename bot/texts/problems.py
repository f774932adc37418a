"""What an agent reads when there is no ID: one row for each ``Problem``. An administrator reads of it in ``doctor``."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.models import Lookup, Problem, State
from bot.texts.lengths import whole_minutes
from bot.texts.numbers import international
from bot.texts.said import Markup, Said, Text, joined, mark_up, row, say


class Side(StrEnum):
    """Whose turn it is when a call brought no ID."""

    AGENT = "agent"
    ADMIN = "administrator"
    ALIBABA = "Alibaba Cloud"
    SLACK = "Slack"
    US = "the bot"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why there is no ID: what happened, what to do next, whose turn it is."""

    what: Said
    next: Said
    turn: Side


PROBLEMS: Mapping[Problem, Explanation] = {
    Problem.THROTTLED: Explanation(
        say("Alibaba Cloud takes no more calls for this account right now."),
        say("Wait a minute, then try again."),
        Side.ALIBABA,
    ),
    Problem.SERVICE_TROUBLE: Explanation(
        say("Alibaba Cloud has a problem of its own. Asking again did not help."),
        say("Wait a few minutes, then try again."),
        Side.ALIBABA,
    ),
    Problem.NONCE_USED: Explanation(
        say("Alibaba Cloud took the bot's call for a copy of an earlier one."),
        say("Try again. If it fails again, give the reference to your administrator."),
        Side.US,
    ),
    Problem.TOKEN_EXPIRED: Explanation(
        say("The bot's temporary credentials for Alibaba Cloud have run out."),
        say("Ask your administrator to renew ALIBABA_CLOUD_SECURITY_TOKEN and the key that goes with it."),
        Side.ADMIN,
    ),
    Problem.NOT_SUBSCRIBED: Explanation(
        say("The Alibaba Cloud account has not subscribed to Chat App Message Service."),
        say("Ask your administrator to activate it in the Alibaba Cloud console."),
        Side.ADMIN,
    ),
    Problem.NOT_AUTHORIZED: Explanation(
        say("The bot's Alibaba Cloud user is not allowed to ask for phone number IDs."),
        say("Ask your administrator to grant that user the action cams:GetPreValidatePhoneId."),
        Side.ADMIN,
    ),
    Problem.ACCOUNT_BLOCKED: Explanation(
        say("Alibaba Cloud does not serve the bot's account now: a bill, a risk check or a verification is open."),
        say("Ask your administrator to look at the account's bills and notices in the Alibaba Cloud console."),
        Side.ADMIN,
    ),
    Problem.NO_SUCH_OPERATION: Explanation(
        say("Alibaba Cloud does not offer this lookup at the address that the bot calls."),
        say("Ask your administrator to check the address in the bot's settings, and that this version is the newest."),
        Side.ADMIN,
    ),
    Problem.NOT_YOURS: Explanation(
        say("This number does not belong to the bot's Alibaba Cloud account."),
        say("Check the number. If it is right, ask whoever bought it: it is in another account."),
        Side.AGENT,
    ),
    Problem.BAD_NUMBER: Explanation(
        say("Alibaba Cloud does not accept this phone number."),
        say("Check the number, the country code first. Then try again."),
        Side.AGENT,
    ),
    Problem.BAD_REQUEST: Explanation(
        say("Alibaba Cloud does not accept the number or the code."), say("Check both, then try again."), Side.AGENT
    ),
    Problem.BAD_CREDENTIALS: Explanation(
        say("Alibaba Cloud does not accept the bot's credentials."),
        say("Ask your administrator to check the ALIBABA_CLOUD_… settings: the key, its secret and the token."),
        Side.ADMIN,
    ),
    Problem.CLOCK_OFF: Explanation(
        say("Alibaba Cloud refuses the bot's calls because of their time. The clock of the bot's machine is wrong."),
        say("Ask your administrator to set the machine's clock."),
        Side.ADMIN,
    ),
    Problem.UNKNOWN_CODE: Explanation(
        say("Alibaba Cloud said no and gave a reason it does not document. The code may be wrong or used up."),
        say(
            "Check the number and the code, then try again. "
            "If it fails again, give the reference to your administrator."
        ),
        Side.AGENT,
    ),
    Problem.UNREADABLE: Explanation(
        say("Alibaba Cloud sent an answer that the bot cannot read."),
        say("Wait a few minutes, then try again. If it fails again, give the reference to your administrator."),
        Side.ALIBABA,
    ),
    Problem.NO_ID: Explanation(
        say("Alibaba Cloud said OK but sent no ID that can be used."),
        say("Wait a few minutes, then try again. If it fails again, give the reference to your administrator."),
        Side.ALIBABA,
    ),
    Problem.NO_ANSWER: Explanation(
        say("Alibaba Cloud did not answer. Asking again did not help."),
        say("Wait a few minutes, then try again."),
        Side.ALIBABA,
    ),
    Problem.NOT_TRUSTED: Explanation(
        say("The bot has no secure connection to Alibaba Cloud: what answers there has no certificate that it trusts."),
        say(
            "Ask your administrator to check the certificates on the bot's machine, and whether a proxy is in between."
        ),
        Side.ADMIN,
    ),
    Problem.HOST_UNKNOWN: Explanation(
        say("The DNS of the bot's machine knows no such name as Alibaba Cloud's address, or the proxy's."),
        say("Ask your administrator to check the address in the bot's settings, its proxy, and the machine's DNS."),
        Side.ADMIN,
    ),
    Problem.PROXY_REFUSED: Explanation(
        say("The proxy in the bot's network does not let the bot through to Alibaba Cloud."),
        say("Ask your administrator to check the proxy, and the bot's login there."),
        Side.ADMIN,
    ),
    Problem.NO_RESOLVER: Explanation(
        say("The DNS of the bot's machine did not respond, even after retries."),
        say("Ask your administrator to check the machine's DNS, or try again in a few minutes."),
        Side.ADMIN,
    ),
    Problem.NO_CONNECTION: Explanation(
        say("The bot could not connect to Alibaba Cloud, even after retries: the connection was refused or cut."),
        say("Ask your administrator to check the bot's network, or try again in a few minutes."),
        Side.ADMIN,
    ),
    Problem.NO_CREDENTIALS: Explanation(
        say("The bot has no credentials for Alibaba Cloud: the service that gives it a role's has given none yet."),
        say("Ask your administrator to look at that service and at the bot's log, or try again in a few minutes."),
        Side.ADMIN,
    ),
    Problem.NOT_SENDABLE: Explanation(
        say("The bot could not send the call to Alibaba Cloud."),
        say("Give the reference to your administrator. Trying again does not help."),
        Side.US,
    ),
    Problem.NOT_ALLOWED: Explanation(
        say("You are not one of the agents who may ask for phone number IDs."),
        say("Ask your administrator to add you to PHONEID_AGENTS."),
        Side.ADMIN,
    ),
    Problem.GUEST: Explanation(
        say("Guests of this workspace cannot ask for phone number IDs."),
        say("Ask a full member of your team to do it."),
        Side.AGENT,
    ),
    Problem.OUTSIDER: Explanation(
        say("Only people of this workspace can ask for phone number IDs."),
        say("Ask a member of this workspace to do it."),
        Side.AGENT,
    ),
    Problem.WHO_UNKNOWN: Explanation(
        say("Slack was not available, so the bot could not check who you are. Nothing was looked up."),
        say("Wait a minute, then try again."),
        Side.SLACK,
    ),
    Problem.SCOPE_MISSING: Explanation(
        say("The bot's Slack app lacks a permission, so the bot could not check who you are. Nothing was looked up."),
        say("Ask your administrator to add the scope that the bot's log names, and to install the app again."),
        Side.ADMIN,
    ),
    Problem.SLACK_FORBIDS: Explanation(
        say("Slack does not let the bot check who you are. Nothing was looked up."),
        say("Ask your administrator to look for Slack's reason in the bot's log."),
        Side.ADMIN,
    ),
    Problem.NOT_A_MEMBER: Explanation(
        say("Slack does not list you as an active full member of this workspace. Nothing was looked up."),
        say("Ask your administrator to check your account in Slack, or ask a full member of your team to do it."),
        Side.ADMIN,
    ),
    Problem.NOT_AN_APPROVER: Explanation(
        say("You are not among those who decide on requests."),
        say("Ask your administrator to add you to PHONEID_APPROVERS, if you should decide."),
        Side.ADMIN,
    ),
    Problem.OWN_REQUEST: Explanation(
        say("Nobody decides on their own request."), say("Somebody else who decides has to do it."), Side.AGENT
    ),
    Problem.NOT_YOUR_REQUEST: Explanation(
        say("This request is not yours, or there is none."), say("Only whoever asked can do that."), Side.AGENT
    ),
    Problem.CARD_OUTDATED: Explanation(
        say("Wrong codes were entered since this card was drawn, so your click approved nothing."),
        say("The card shows how many now. Decide again."),
        Side.AGENT,
    ),
    Problem.TOO_MANY_OPEN: Explanation(
        say("Too many of your requests wait for an approval or for their codes."),
        say("Withdraw some, enter the codes of those that are approved, or wait until somebody decides."),
        Side.AGENT,
    ),
    Problem.AGENT_MAY_NOT_ASK: Explanation(
        say("Whoever asked may not ask for IDs any more, or Slack did not say."),
        say("Deny the request, or try again in a minute."),
        Side.AGENT,
    ),
    Problem.CLOCK_UNSURE: Explanation(
        say("The bot's clock may be wrong, so it cannot tell whether this request has expired. Nothing was done."),
        say("Ask your administrator to check the clock, or try again in a few minutes."),
        Side.ADMIN,
    ),
    Problem.TOO_MANY_GUESSES: Explanation(
        say("Too many verification codes were refused, for this number or of yours."),
        say("Find out the right code, wait a while, then try again."),
        Side.AGENT,
    ),
    Problem.PROCESS_ENDED: Explanation(
        say("The bot stopped before the answer came."), say("Try again, and enter the code again."), Side.AGENT
    ),
    Problem.STOPPED: Explanation(
        say("You stopped the list before this number was asked."),
        say("Ask again for it if you need its ID."),
        Side.AGENT,
    ),
    Problem.INTERNAL: Explanation(
        say("Something in the bot broke."),
        say("Try again. If it breaks again, give the reference to your administrator."),
        Side.US,
    ),
}

TURN: Mapping[Side, Said] = {
    Side.AGENT: say("Your turn"),
    Side.ADMIN: say("Your administrator's turn"),
    Side.ALIBABA: say("Alibaba Cloud's turn"),
    Side.SLACK: say("Slack's turn"),
    Side.US: say("The bot's turn"),
}


def no_id_heading(lookup: Lookup) -> Said:
    if lookup.state is State.REJECTED:
        return say("Not asked")
    return say("No ID for {phone}", phone=international(lookup.phone))


def no_id(lookup: Lookup) -> Text:
    """The whole of it as one text, for screen readers and notifications."""
    explanation = explain(lookup)
    return say(
        "{heading}. {what} {turn}: {next} {reference}.",
        heading=no_id_heading(lookup),
        what=explanation.what,
        turn=TURN[explanation.turn],
        next=explanation.next,
        reference=reference_line(lookup),
    )


def what_next(explanation: Explanation) -> Markup:
    return mark_up("*{turn}:* {next}", turn=TURN[explanation.turn], next=explanation.next)


def in_full(explanation: Explanation) -> Text:
    """What happened and what to do, as one paragraph."""
    return joined(explanation.what, explanation.next)


def explain(lookup: Lookup) -> Explanation:
    if lookup.result.wait_until is not None:
        return too_many_guesses(lookup.result.wait_until - lookup.updated_at)
    return PROBLEMS[lookup.result.problem or Problem.INTERNAL]


def too_many_guesses(seconds: float) -> Explanation:
    """For whoever has to wait so long before the next code."""
    what_next = say("Find out the right code, wait {wait}, then try again.", wait=whole_minutes(seconds))
    return replace(PROBLEMS[Problem.TOO_MANY_GUESSES], next=what_next)


def reference_line(lookup: Lookup) -> Text:
    """What to quote when asking for help: our reference, and the API's own where it gave any."""
    result = lookup.result
    parts = [say("Reference {reference}", reference=lookup.id)]
    if result.request_id:
        parts.append(say("RequestId {id}", id=result.request_id))
    if result.api_code and result.api_code != "OK":
        parts.append(say("Code {code}", code=result.api_code))
    elif result.problem in (Problem.UNREADABLE, Problem.SERVICE_TROUBLE) and result.http_status:
        parts.append(say("HTTP {status}", status=str(result.http_status)))
    return row(*parts, separator=" · ")
