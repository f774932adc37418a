"""What is said of what somebody may do here, and why: ``/phoneid why``."""

from collections.abc import Mapping

from bot.guesses import REMEMBERED
from bot.models import Problem
from bot.policy import Decision, Rule, Verdict
from bot.texts.lengths import length
from bot.texts.problems import PROBLEMS
from bot.texts.said import Markup, Said, mark_up, say

RULES: Mapping[Rule, Said] = {
    Rule.COMMAND_LINE: say("Whoever runs the command line holds the account's credentials."),
    Rule.NOT_A_MEMBER: say("Only full members of this workspace may ask."),
    Rule.NOT_AN_AGENT: say("PHONEID_AGENTS does not name this person or a usergroup they are in."),
    Rule.UNCERTAIN: say("Slack did not say who is in the usergroups that PHONEID_AGENTS names."),
    Rule.NO_APPROVALS: say("PHONEID_APPROVAL is never: no request needs approval."),
    Rule.TRUSTED: say("PHONEID_TRUSTED names this person or a usergroup they are in."),
    Rule.APPROVALS: say("PHONEID_APPROVAL is always."),
    Rule.GUESSES: say("Too many verification codes were refused in the last {span}.", span=length(REMEMBERED)),
}
VERDICTS: Mapping[Verdict, Said] = {
    Verdict.MAY: say("May ask, without approval."),
    Verdict.MAY_WITH_APPROVAL: say("May ask; somebody must approve each request."),
    Verdict.MAY_NOT: say("May not ask."),
}
MAY_DECIDE = say("May decide on other people's requests: PHONEID_APPROVERS names them or a usergroup they are in.")
MAY_NOT_DECIDE = say("May not decide on requests.")


_DOUBTS = frozenset({Problem.WHO_UNKNOWN, Problem.SCOPE_MISSING, Problem.SLACK_FORBIDS})
"""Where no rule decided: Slack did not say who somebody is."""


def what_the_policy_means(decision: Decision, *, is_approver: bool) -> list[Said]:
    """For one person: may they ask, which rule says so, may they decide. ``is_approver``: the settings name them."""
    may_decide = is_approver and decision.rule is not Rule.NOT_A_MEMBER  # guests never, whoever names them
    rule = PROBLEMS[decision.problem].what if decision.problem in _DOUBTS else RULES[decision.rule]
    return [VERDICTS[decision.verdict], rule, MAY_DECIDE if may_decide else MAY_NOT_DECIDE]


def decided_by(approvers: Markup) -> Markup:
    return mark_up("Requests are decided by {approvers}; nobody decides on their own.", approvers=approvers)
