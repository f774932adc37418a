"""What an agent reads when there is no ID: one row for each ``Problem``. An administrator reads of it in ``doctor``."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from bot.guesses import REMEMBERED, Chance
from bot.models import Lookup, Problem, State
from bot.texts.lengths import length, whole_minutes
from bot.texts.numbers import international
from bot.texts.said import Markup, Said, Text, joined, mark_up, row, say, say_n


class Side(StrEnum):
    """Who can do something about a call that brought no ID."""

    AGENT = "agent"
    ADMIN = "administrator"
    ALIBABA = "Alibaba Cloud"
    SLACK = "Slack"
    US = "the bot"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why there is no ID: what happened, what to do next, and who can do it."""

    what: Text
    next: Text
    turn: Side


PROBLEMS: Mapping[Problem, Explanation] = {
    Problem.THROTTLED: Explanation(
        say("Alibaba Cloud does not accept more calls from this account right now."),
        say("Wait a minute, then try again."),
        Side.ALIBABA,
    ),
    Problem.SERVICE_TROUBLE: Explanation(
        say("Alibaba Cloud had an internal error. The bot tried again, without success."),
        say("Wait a few minutes, then try again."),
        Side.ALIBABA,
    ),
    Problem.NONCE_USED: Explanation(
        say("Alibaba Cloud rejected the bot's call as a repetition of an earlier one."),
        say("Try again. If it fails again, give the reference to your administrator."),
        Side.US,
    ),
    Problem.TOKEN_EXPIRED: Explanation(
        say("The bot's temporary credentials for Alibaba Cloud have expired."),
        say("Ask your administrator to renew the bot's temporary credentials for Alibaba Cloud."),
        Side.ADMIN,
    ),
    Problem.NOT_SUBSCRIBED: Explanation(
        say("Chat App Message Service is not activated for the bot's Alibaba Cloud account."),
        say("Ask your administrator to activate Chat App Message Service in the Alibaba Cloud console."),
        Side.ADMIN,
    ),
    Problem.NOT_AUTHORIZED: Explanation(
        say("The bot's Alibaba Cloud user is not allowed to look up phone number IDs."),
        say("Ask your administrator to grant this user the action cams:GetPreValidatePhoneId."),
        Side.ADMIN,
    ),
    Problem.ACCOUNT_BLOCKED: Explanation(
        say("Alibaba Cloud has blocked the bot's account because of a bill, a risk check or a verification."),
        say("Ask your administrator to check the account's bills and notices in the Alibaba Cloud console."),
        Side.ADMIN,
    ),
    Problem.NO_SUCH_OPERATION: Explanation(
        say("Alibaba Cloud does not offer this lookup at the address that the bot calls."),
        say("Ask your administrator to check the address in the bot's settings and to update the bot."),
        Side.ADMIN,
    ),
    Problem.NOT_YOURS: Explanation(
        say("This number does not belong to the bot's Alibaba Cloud account."),
        say("Check the number. If it is right, ask the person who bought it: it is in another account."),
        Side.AGENT,
    ),
    Problem.BAD_NUMBER: Explanation(
        say("Alibaba Cloud did not accept this phone number."),
        say("Check the country code and the number, then try again."),
        Side.AGENT,
    ),
    Problem.BAD_REQUEST: Explanation(
        say("Alibaba Cloud did not accept the number or the code."), say("Check both, then try again."), Side.AGENT
    ),
    Problem.BAD_CREDENTIALS: Explanation(
        say("Alibaba Cloud did not accept the bot's credentials."),
        say("Ask your administrator to check the bot's credentials for Alibaba Cloud."),
        Side.ADMIN,
    ),
    Problem.CLOCK_OFF: Explanation(
        say("Alibaba Cloud rejects the bot's calls because the clock of the bot's machine is wrong."),
        say("Ask your administrator to set the machine's clock."),
        Side.ADMIN,
    ),
    Problem.UNKNOWN_CODE: Explanation(
        say("Alibaba Cloud did not accept this code. It is probably mistyped or already used."),
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
        say("Alibaba Cloud reported success but sent no usable ID."),
        say("Wait a few minutes, then try again. If it fails again, give the reference to your administrator."),
        Side.ALIBABA,
    ),
    Problem.NO_ANSWER: Explanation(
        say("Alibaba Cloud did not respond, even after retries."),
        say("Wait a few minutes, then try again."),
        Side.ALIBABA,
    ),
    Problem.NOT_TRUSTED: Explanation(
        say("The bot has no secure connection to Alibaba Cloud: it does not trust the certificate it was shown."),
        say(
            "Ask your administrator to check the certificates on the bot's machine, and whether a proxy is in between."
        ),
        Side.ADMIN,
    ),
    Problem.HOST_UNKNOWN: Explanation(
        say("The DNS of the bot's machine does not know the address of Alibaba Cloud or of the proxy."),
        say("Ask your administrator to check the address in the bot's settings, its proxy, and the machine's DNS."),
        Side.ADMIN,
    ),
    Problem.PROXY_REFUSED: Explanation(
        say("The proxy in the bot's network does not let the bot connect to Alibaba Cloud."),
        say("Ask your administrator to check the proxy and the bot's login there."),
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
        say("The bot has no credentials for Alibaba Cloud yet: the service that issues them has not provided any."),
        say("Ask your administrator to check that service and the bot's log, or try again in a few minutes."),
        Side.ADMIN,
    ),
    Problem.NOT_SENDABLE: Explanation(
        say("The bot could not send the call to Alibaba Cloud."),
        say("Ask your administrator to look up the reference in the bot's log. Trying again does not help."),
        Side.ADMIN,
    ),
    Problem.NOT_ALLOWED: Explanation(
        say("You are not on the list of agents who can get phone number IDs."),
        say("Ask your administrator to add you to the bot's agents."),
        Side.ADMIN,
    ),
    Problem.GUEST: Explanation(
        say("Guests of this workspace cannot get phone number IDs."),
        say("Ask a full member of your team."),
        Side.AGENT,
    ),
    Problem.OUTSIDER: Explanation(
        say("Only members of this workspace can get phone number IDs."),
        say("Ask a member of this workspace."),
        Side.AGENT,
    ),
    Problem.WHO_UNKNOWN: Explanation(
        say("Slack was not available, so the bot could not check your permissions. Nothing was done."),
        say("Wait a minute, then try again."),
        Side.SLACK,
    ),
    Problem.SCOPE_MISSING: Explanation(
        say("The bot's Slack app lacks a scope, so the bot could not check your permissions. Nothing was done."),
        say("Ask your administrator to add the scope that the bot's log names, and to install the app again."),
        Side.ADMIN,
    ),
    Problem.SLACK_FORBIDS: Explanation(
        say("Slack does not let the bot check your permissions. Nothing was done."),
        say("Ask your administrator to look for Slack's reason in the bot's log."),
        Side.ADMIN,
    ),
    Problem.NOT_A_MEMBER: Explanation(
        say("Slack does not list you as an active full member of this workspace. Nothing was done."),
        say("Ask your administrator to check your Slack account, or ask a full member of your team."),
        Side.ADMIN,
    ),
    Problem.NOT_AN_APPROVER: Explanation(
        say("You are not an approver."),
        say("Ask your administrator to make you an approver, if you need to decide on requests."),
        Side.ADMIN,
    ),
    Problem.OWN_REQUEST: Explanation(
        say("You cannot approve or deny your own request."), say("Ask another approver."), Side.AGENT
    ),
    Problem.NOT_YOUR_REQUEST: Explanation(
        say("This request is not yours, or it does not exist."),
        say("Ask the person who made it. If you made it yourself, make a new one."),
        Side.AGENT,
    ),
    Problem.CARD_OUTDATED: Explanation(
        say("Wrong codes were entered after this card was posted, so your click approved nothing."),
        say("The card now shows how many. Decide again."),
        Side.AGENT,
    ),
    Problem.TOO_MANY_OPEN: Explanation(
        say("Too many of your requests are waiting for approval or for their codes."),
        say("Withdraw some, enter the codes of those that are approved, or wait until an approver decides."),
        Side.AGENT,
    ),
    Problem.AGENT_MAY_NOT_ASK: Explanation(
        say("The person who made this request is no longer allowed to get IDs. Nothing was approved."),
        say("Deny the request. If this person should still get IDs, tell your administrator."),
        Side.AGENT,
    ),
    Problem.CLOCK_UNSURE: Explanation(
        say("The bot's clock may be wrong, so it cannot tell whether this request has expired. Nothing was done."),
        say("Ask your administrator to check the clock, or try again in a few minutes."),
        Side.ADMIN,
    ),
    Problem.TOO_MANY_GUESSES: Explanation(
        say("Too many wrong codes for this number."),
        say("Double-check the code. You can try again later."),
        Side.AGENT,
    ),
    Problem.TOO_MANY_GUESSES_OF_AGENT: Explanation(
        say("You have entered too many wrong codes in the last {span}.", span=length(REMEMBERED)),
        say("Double-check the code. You can try again later."),
        Side.AGENT,
    ),
    Problem.PROCESS_ENDED: Explanation(
        say("The bot stopped before the answer came."), say("Try again and enter the code again."), Side.AGENT
    ),
    Problem.STOPPED: Explanation(
        say("Not looked up: you stopped the list."),
        say("Look this number up if you still need its ID."),
        Side.AGENT,
    ),
    Problem.INTERNAL: Explanation(
        say("An error occurred in the bot."),
        say("Try again. If it fails again, give the reference to your administrator."),
        Side.US,
    ),
}


def no_id_heading(lookup: Lookup) -> Said:
    if lookup.state is State.REJECTED:
        return say("Nothing was looked up")
    return say("No ID for {phone}", phone=international(lookup.phone))


def no_id(lookup: Lookup, explanation: Explanation | None = None) -> Text:
    """The whole of it as one text, for screen readers and notifications, and for the terminal."""
    told = explanation or explain(lookup)
    what_next = say("What to do: {next}", next=told.next)
    return row(no_id_heading(lookup), told.what, what_next, reference_line(lookup), separator="\n")


def what_next(explanation: Explanation) -> Markup:
    return mark_up("*What to do:* {next}", next=explanation.next)


def in_full(explanation: Explanation) -> Text:
    """What happened and what to do, as one paragraph."""
    return joined(explanation.what, explanation.next)


def explain(lookup: Lookup, chance: Chance | None = None) -> Explanation:
    """``chance``: what is left to the agent after a wrong code, where that is known."""
    problem = lookup.result.problem or Problem.INTERNAL
    if lookup.result.wait_until is not None:
        return too_many_guesses(lookup.result.wait_until - lookup.updated_at, problem)
    return with_chance(PROBLEMS[problem], chance) if chance else PROBLEMS[problem]


def too_many_guesses(seconds: float, problem: Problem = Problem.TOO_MANY_GUESSES) -> Explanation:
    """For an agent who has to wait so long before the next code. ``problem``: for this number, or for any."""
    return replace(PROBLEMS[problem], next=try_again_in(seconds))


def list_waits(seconds: float, problem: Problem) -> Explanation:
    """The same where numbers of a list have to wait, or the list for one of them."""
    if problem is Problem.TOO_MANY_GUESSES:
        what = say("Too many wrong codes for at least one number of this list.")
        return replace(PROBLEMS[problem], what=what, next=try_again_in(seconds))
    return too_many_guesses(seconds, problem)


def try_again_in(seconds: float) -> Said:
    return say("Double-check the code. You can try again in {wait}.", wait=whole_minutes(seconds))


def with_chance(explanation: Explanation, chance: Chance) -> Explanation:
    """The same for an agent of whom it is known how many more codes they can try, or how long they have to wait."""
    if chance.problem:
        what = joined(explanation.what, PROBLEMS[chance.problem].what)
        return replace(explanation, what=what, next=try_again_in(chance.wait))
    left = say_n("You have {n} more try before a wait.", "You have {n} more tries before a wait.", chance.left)
    return replace(explanation, what=joined(explanation.what, left))


def reference_line(lookup: Lookup) -> Text:
    """What to quote when asking for help: our reference, and the API's own where it gave any."""
    result = lookup.result
    parts = [say("Reference {reference}", reference=lookup.id)]
    if result.request_id:
        parts.append(say("Alibaba request {id}", id=result.request_id))
    if result.api_code and result.api_code != "OK":
        parts.append(say("Error {code}", code=result.api_code))
    elif result.problem in (Problem.UNREADABLE, Problem.SERVICE_TROUBLE) and result.http_status:
        parts.append(say("HTTP {status}", status=str(result.http_status)))
    return row(*parts, separator=" · ")
