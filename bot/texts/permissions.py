"""What somebody can do here, and why: ``/phoneid why`` tells themselves, ``phoneid why`` an administrator.

Settings have names only for administrators.
"""

from collections.abc import Mapping

from bot.guesses import FREE_FOR_NUMBER, REMEMBERED
from bot.models import Problem
from bot.policy import Decision, Rule, Verdict
from bot.texts.language import in_english
from bot.texts.lengths import length, whole_minutes
from bot.texts.problems import PROBLEMS, in_full
from bot.texts.said import Markup, Said, Text, mark_up, say

YOU: Mapping[Verdict, Said] = {
    Verdict.MAY: say("You can get IDs."),
    Verdict.MAY_WITH_APPROVAL: say("You can request IDs. Each request needs an approval."),
    Verdict.MAY_NOT: say("You cannot get IDs."),
}
YOUR_RULES: Mapping[Rule, Text | None] = {
    Rule.COMMAND_LINE: None,
    Rule.NOT_A_MEMBER: say("Only full members of this workspace can get IDs."),
    Rule.NOT_AN_AGENT: in_full(PROBLEMS[Problem.NOT_ALLOWED]),
    Rule.UNCERTAIN: say("Slack did not say whether you are in one of the usergroups that can get IDs."),
    Rule.NO_APPROVALS: say("Approval is switched off."),
    Rule.TRUSTED: say("Your requests need no approval."),
    Rule.APPROVALS: None,
    Rule.GUESSES: say("You have entered too many wrong codes in the last {span}.", span=length(REMEMBERED)),
}
"""Why, in words for the agent; ``None`` where that is said already."""

NOT_NOW = say("You cannot get IDs at the moment.")
YOU_APPROVE = say("You can approve other people's requests.")
YOU_DO_NOT_APPROVE = say("You are not an approver.")

NUMBERS_WAIT = say(
    "After {free} wrong codes for one number in {span}, you have to wait before you try that number again.",
    free=str(FREE_FOR_NUMBER),
    span=length(REMEMBERED),
)

VERDICTS: Mapping[Verdict, str] = {
    Verdict.MAY: "Can get IDs without approval.",
    Verdict.MAY_WITH_APPROVAL: "Can request IDs. Each request needs an approval.",
    Verdict.MAY_NOT: "Cannot get IDs.",
}
RULES: Mapping[Rule, str] = {
    Rule.COMMAND_LINE: "Anybody who can run the command line has the account's credentials.",
    Rule.NOT_A_MEMBER: "Only full members of this workspace can get IDs.",
    Rule.NOT_AN_AGENT: "PHONEID_AGENTS names neither this person nor a usergroup they are in.",
    Rule.UNCERTAIN: "Slack did not say who is in the usergroups that PHONEID_AGENTS names.",
    Rule.NO_APPROVALS: "PHONEID_APPROVAL is never, so no request needs approval.",
    Rule.TRUSTED: "PHONEID_TRUSTED names this person or a usergroup they are in.",
    Rule.APPROVALS: "PHONEID_APPROVAL is always.",
    Rule.GUESSES: "This person entered too many wrong codes in the last 24 hours.",
}
CAN_APPROVE = "Can approve other people's requests: PHONEID_APPROVERS names them or a usergroup they are in."
CANNOT_APPROVE = "Is not an approver: PHONEID_APPROVERS names neither them nor a usergroup they are in."
GUESTS_NEVER_APPROVE = "Is not an approver: only full members of this workspace can be one."
"""For administrators, on the command line: in English."""

_DOUBTS = frozenset({Problem.WHO_UNKNOWN, Problem.SCOPE_MISSING, Problem.SLACK_FORBIDS})
"""Where no rule decided: Slack did not say who somebody is."""


def what_you_can_do(decision: Decision, *, is_approver: bool, wait: float | None = None) -> list[Text]:
    """For the person themselves. ``is_approver``: the settings name them; ``wait``: seconds they have to."""
    rule = YOUR_RULES[decision.rule]
    if decision.problem in _DOUBTS:
        rule = in_full(PROBLEMS[decision.problem])
    said: list[Text] = [YOU[decision.verdict] if wait is None else NOT_NOW]
    if rule:
        said.append(rule)
    if wait is not None:
        said.append(say("You can try again in {wait}.", wait=whole_minutes(wait)))
    elif decision.rule is Rule.NO_APPROVALS:
        said.append(NUMBERS_WAIT)
    return [*said, YOU_APPROVE if _approves(decision, is_approver=is_approver) else YOU_DO_NOT_APPROVE]


def your_approvers(approvers: Markup) -> Markup:
    return mark_up("{approvers} can approve your requests. You cannot approve your own.", approvers=approvers)


def what_the_policy_means(decision: Decision, *, is_approver: bool) -> list[str]:
    """The same for an administrator."""
    rule = in_english(PROBLEMS[decision.problem].what) if decision.problem in _DOUBTS else RULES[decision.rule]
    cannot = GUESTS_NEVER_APPROVE if is_approver else CANNOT_APPROVE
    return [VERDICTS[decision.verdict], rule, CAN_APPROVE if _approves(decision, is_approver=is_approver) else cannot]


def decided_by(approvers: str) -> str:
    return f"Requests are approved by {approvers}. Nobody can approve their own."


def waits(seconds: float) -> str:
    return f"Can try again in {in_english(whole_minutes(seconds))}."


def waits_unknown(why: str) -> str:
    return f"Warning: the record could not be read, so a wait after wrong codes is not shown: {why.rstrip('.')}."


def _approves(decision: Decision, *, is_approver: bool) -> bool:
    return is_approver and decision.rule is not Rule.NOT_A_MEMBER  # guests never, whoever names them
