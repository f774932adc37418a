"""Slack's payloads, parsed once into frozen values. Behind this nobody indexes a dict.

Shapes: https://docs.slack.dev/interactivity. Unknown keys are ignored, missing ones are a ``PayloadError``.
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from bot.errors import PhoneIdError
from bot.models import Actor, MessageRef, PhoneNumber, RequestId, Through


class PayloadError(PhoneIdError):
    """A payload is not shaped as Slack shapes it. Says where, never what it held."""


def _whole(value: Any) -> Any:
    # JSON can hold half a surrogate pair, which is a character in no encoding, and NUL: neither could be recorded.
    if not isinstance(value, str):
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


Word = Annotated[str, BeforeValidator(_whole)]
Id = Annotated[str, StringConstraints(min_length=1, max_length=255), BeforeValidator(_whole)]
IdIfAny = Annotated[str, StringConstraints(max_length=255), BeforeValidator(_whole)]
"""Absent in some payloads. Never long: it travels in a form, which has room for little."""
Text = Annotated[SecretStr, BeforeValidator(_whole)]
"""Anything typed may hold a verification code: a secret until it is read."""


class _Payload(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        return {name: each for name, each in value.items() if each is not None} if isinstance(value, Mapping) else value


class Origin(_Payload):
    """Where a form was opened from. It travels in the form's ``private_metadata``: not a secret, not an authority."""

    channel_id: IdIfAny = ""
    response_url: Word = ""
    team_id: IdIfAny = ""
    """The workspace: what is asked there belongs to it. On a whole organisation a form's payload does not say."""

    def in_workspace(self, team_id: str) -> "Origin":
        """The same, in this workspace."""
        return self.model_copy(update={"team_id": team_id})


class _Metadata(Origin):
    """What a form carries: also what it is about, as opaque as a button's value, and as little an authority."""

    request_id: Word = ""
    numbers: Word = ""


class _Team(_Payload):
    id: IdIfAny = ""
    enterprise_id: IdIfAny = ""


class _Enterprise(_Payload):
    id: IdIfAny = ""


class _User(_Payload):
    id: Id
    team_id: IdIfAny = ""


class SlashCommand(_Payload):
    """``/phoneid …`` as typed somewhere."""

    text: Text = SecretStr("")
    user_id: Id
    team_id: Id
    enterprise_id: IdIfAny = ""
    channel_id: Id
    trigger_id: Id
    response_url: Word = ""

    @property
    def actor(self) -> Actor:
        return _actor(self.team_id, self.user_id, enterprise_id=self.enterprise_id)

    @property
    def origin(self) -> Origin:
        return Origin(channel_id=self.channel_id, response_url=self.response_url, team_id=self.team_id)


class _Interaction(_Payload):
    """What every interaction carries. ``team`` is null where the app is installed on a whole organisation."""

    user: _User
    team: _Team = _Team()
    enterprise: _Enterprise = _Enterprise()

    @property
    def actor(self) -> Actor:
        # The person's own team, so that somebody clicking from another workspace is told apart. In an organisation it
        # is their first workspace, wherever they click.
        team_id, enterprise_id = self.user.team_id or self.team.id, self.enterprise.id or self.team.enterprise_id
        return _actor(team_id, self.user.id, enterprise_id=enterprise_id)

    @property
    def workspace(self) -> str:
        """Where they do it, as far as the payload says."""
        return self.team.id or self.user.team_id


class Shortcut(_Interaction):
    """The global shortcut; it carries no channel and no response URL."""

    trigger_id: Id

    @property
    def origin(self) -> Origin:
        return Origin(team_id=self.workspace)


class _Element(_Payload):
    value: Text = SecretStr("")


class _State(_Payload):
    values: dict[str, dict[str, _Element]]


class _View(_Payload):
    id: Id
    hash: Id
    callback_id: Word = ""
    private_metadata: Word = ""

    @property
    def origin(self) -> Origin:
        carried = self._metadata
        return Origin(channel_id=carried.channel_id, response_url=carried.response_url, team_id=carried.team_id)

    @property
    def request_id(self) -> RequestId:
        """Which request a form is about."""
        return RequestId(self._metadata.request_id)

    @property
    def numbers(self) -> list[PhoneNumber]:
        """Which numbers a form is about."""
        try:
            return [PhoneNumber(digits) for digits in self._metadata.numbers.split()]
        except ValueError:
            return []

    @property
    def _metadata(self) -> _Metadata:
        try:
            return _Metadata.model_validate_json(self.private_metadata or "{}")
        except ValidationError:
            return _Metadata()


class _SubmittedView(_View):
    state: _State


class FormField(_Payload):
    """One field of a submitted form. ``block_id`` is where a mistake is shown."""

    block_id: str
    text: SecretStr


class Submission(_Interaction):
    """The form, submitted."""

    view: _SubmittedView

    @property
    def origin(self) -> Origin:
        """Where the form was opened from; one of an earlier release does not say in which workspace."""
        carried = self.view.origin
        return carried if carried.team_id else carried.in_workspace(self.workspace)

    def field(self, action_id: str) -> FormField:
        """The field of this name; block ids change with each form, action ids do not."""
        for block_id, elements in self.view.state.values.items():
            if action_id in elements:
                return FormField(block_id=block_id, text=elements[action_id].value)
        raise PayloadError(f"the form has no field {action_id}")

    @property
    def key(self) -> str:
        """The same for a submission delivered twice; another one for the form reopened in the same window."""
        return f"view:{self.view.id}:{self.view.hash}"


class _Action(_Payload):
    action_id: Id
    value: Word = ""


class _Channel(_Payload):
    id: IdIfAny = ""


class _Message(_Payload):
    ts: Word = ""


class Click(_Interaction):
    """A button pressed, in a message or in a modal."""

    trigger_id: Word = ""
    """There is none in a message that a step of a workflow sent."""
    actions: tuple[_Action, ...] = ()
    response_url: Word = ""
    channel: _Channel = _Channel()
    message: _Message = _Message()
    view: _View | None = None

    @property
    def message_ref(self) -> MessageRef | None:
        """Where the message with the button is; ``None`` for a window, and for what only one person sees."""
        return MessageRef(self.channel.id, self.message.ts) if self.channel.id and self.message.ts else None

    @property
    def action(self) -> _Action:
        return self.actions[0] if self.actions else _Action(action_id="none")

    @property
    def origin(self) -> Origin:
        carried = self.view.origin if self.view else Origin(channel_id=self.channel.id, response_url=self.response_url)
        return carried if carried.team_id else carried.in_workspace(self.workspace)


class _Tokens(_Payload):
    bot: tuple[str, ...] = ()
    """The bot users whose tokens were revoked; there may be none, beside people's."""


class _Event(_Payload):
    type: Word
    tokens: _Tokens = _Tokens()


class Happened(_Payload):
    """An event that Slack tells."""

    event_id: Id
    event: _Event


class Sender(_Payload):
    """Whoever sent a payload, as far as one that cannot be handled still says so; empty where it does not."""

    user_id: Word = ""
    response_url: Word = ""


PayloadType = TypeVar("PayloadType", bound=_Payload)


def parse(kind: type[PayloadType], body: Mapping[str, Any]) -> PayloadType:
    """One payload as a value. Raises ``PayloadError``."""
    try:
        return kind.model_validate(body)
    except (ValidationError, RecursionError) as error:
        raise PayloadError(f"not a {kind.__name__}: {_places(error)}") from None


def sender_of(body: Mapping[str, Any]) -> Sender:
    """Whom to tell that a payload could not be handled. Takes any shape, and never raises."""
    user = body.get("user")
    user_id = body.get("user_id") or (user.get("id") if isinstance(user, Mapping) else None)
    response_url = body.get("response_url")
    return Sender(
        user_id=user_id if isinstance(user_id, str) else "",
        response_url=response_url if isinstance(response_url, str) else "",
    )


def _actor(team_id: str, user_id: str, *, enterprise_id: str) -> Actor:
    return Actor(team_id=team_id, user_id=user_id, through=Through.SLACK, enterprise_id=enterprise_id)


def _places(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return ", ".join(".".join(map(str, detail["loc"][:3])) or "the whole" for detail in error.errors()[:5])
