"""What a sandbox starts with."""

from bot.sandbox.slack.people import KIM, LEADS, LEE, TEAM_ID, Kind
from bot.sandbox.slack.workspace import Conversation, ConversationKind, Workspace


def furnish(workspace: Workspace) -> None:
    """Channels with the app, without it, shared with a partner, and private; direct messages; a user group."""
    active = [person for person in workspace.people.values() if not person.is_deactivated]
    everyone = frozenset(person.id for person in active if person.team_id == TEAM_ID)
    members = frozenset(person.id for person in active if person.kind is Kind.MEMBER)
    outsiders = frozenset(person.id for person in active if person.kind is Kind.OUTSIDER)
    for channel in (
        Conversation(
            id="C0SUPPORT", name="support", kind=ConversationKind.CHANNEL, members=everyone, topic="Customer support"
        ),
        Conversation(
            id="C0TEAROOM", name="tea-room", kind=ConversationKind.CHANNEL, members=members, topic="The app is not here"
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
            topic="Where the leads decide",
        ),
    ):
        workspace.add_conversation(channel)
    for user_id in sorted(everyone - {workspace.bot.id}):
        workspace.dm(user_id, workspace.bot.id)
    workspace.user_groups[LEADS.id] = LEADS
