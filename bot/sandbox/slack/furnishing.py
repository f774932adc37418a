"""What a sandbox starts with."""

from bot.sandbox.slack.people import BEA, KIM, LEADS, LEE, SISTER_LEADS, SISTER_TEAM_ID, TEAM_ID, Kind
from bot.sandbox.slack.workspace import Conversation, ConversationKind, Workspace


def furnish(workspace: Workspace) -> None:
    """Channels with the app, without it, shared with a partner, and private; direct messages; a user group."""
    active = [person for person in workspace.people.values() if not person.is_deactivated]
    everyone = frozenset(person.id for person in active if TEAM_ID in person.workspaces)
    members = frozenset(person.id for person in active if person.kind is Kind.MEMBER and person.id in everyone)
    outsiders = frozenset(person.id for person in active if person.kind is Kind.OUTSIDER)
    for channel in (
        Conversation(
            id="C0SUPPORT", name="support", kind=ConversationKind.CHANNEL, members=everyone, topic="Customer support"
        ),
        Conversation(
            id="C0TEAROOM",
            name="tea-room",
            kind=ConversationKind.CHANNEL,
            members=members,
            topic="The app is not in this channel",
        ),
        Conversation(
            id="C0PARTNER",
            name="partner",
            kind=ConversationKind.CHANNEL,
            members=members | outsiders | {workspace.bot.id},
            is_ext_shared=True,
            topic="Shared with another company",
        ),
        Conversation(
            id="C0APPROVALS",
            name="approvals",
            kind=ConversationKind.CHANNEL,
            members=frozenset((LEE.id, KIM.id, workspace.bot.id)),
            is_private=True,
            topic="Team leads approve requests here",
        ),
    ):
        workspace.add_conversation(channel)
    for user_id in sorted(everyone - {workspace.bot.id}):
        workspace.dm(user_id, workspace.bot.id)
    workspace.user_groups[LEADS.id] = LEADS
    if BEA.id in workspace.people:
        _furnish_the_other(workspace)


def _furnish_the_other(workspace: Workspace) -> None:
    """The organisation's other workspace, and a channel that both have."""
    theirs = frozenset(each.id for each in workspace.people.values() if SISTER_TEAM_ID in each.workspaces)
    ours = frozenset(
        each.id for each in workspace.people.values() if each.team_id == TEAM_ID and not each.is_deactivated
    )
    for channel in (
        Conversation(
            id="C0SISTER",
            name="sister",
            kind=ConversationKind.CHANNEL,
            members=theirs | {workspace.bot.id},
            topic="Support in the other workspace",
            teams=(SISTER_TEAM_ID,),
        ),
        Conversation(
            id="C0COMMONS",
            name="commons",
            kind=ConversationKind.CHANNEL,
            members=ours | theirs | {workspace.bot.id},
            topic="Shared by both workspaces",
            teams=(TEAM_ID, SISTER_TEAM_ID),
        ),
    ):
        workspace.add_conversation(channel)
    for user_id in sorted(theirs):
        workspace.dm(user_id, workspace.bot.id)
    workspace.user_groups[SISTER_LEADS.id] = SISTER_LEADS
