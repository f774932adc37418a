"""Each reads in the language they chose in Slack, the approval channel in the workspace's."""

from bot.errors import SlackUnreachable
from bot.slack.channel import Channel
from bot.slack.readers import Readers
from bot.texts.language import Language, Languages
from tests.doubles import FakePeople


class Located(Channel):
    """A channel of a workspace that speaks a language."""

    def __init__(self, locale: str) -> None:
        self.id = "C0LEADS"
        self._locale = locale

    async def locale(self) -> str:
        return self._locale


LANGUAGES = Languages({"zh_Hans": Language("zh_Hans", Languages.read().nearest("en").catalogue)})


def readers(*, channel: str = "", workspaces: str | None = None, **locales: str) -> Readers:
    people = FakePeople()
    people.locales = locales
    return Readers(people=people, channel=Located(channel), languages=LANGUAGES, workspaces=workspaces)


async def test_people_read_what_they_chose() -> None:
    each = readers(U0ANA="zh-CN", U0LEE="en-GB")
    assert [(await each.of(user_id)).name for user_id in ("U0ANA", "U0LEE", "U0KIM", "")] == [
        "zh_Hans",
        "en",
        "en",
        "en",
    ]


async def test_the_channel_speaks_its_workspaces_language_unless_a_setting_says_which() -> None:
    assert (await readers(channel="zh-CN").of("C0LEADS")).name == "zh_Hans"
    assert (await readers().of("C0LEADS")).name == "en"
    assert (await readers(channel="en-US", workspaces="zh_Hans").of("C0LEADS")).name == "zh_Hans"


async def test_of_whom_nothing_is_known_the_workspaces_language_is_taken_for_theirs() -> None:
    each = readers(workspaces="zh_Hans", U0LEE="en-US")
    assert [(await each.of(user_id)).name for user_id in ("U0ANA", "U0LEE")] == ["zh_Hans", "en"]


async def test_a_slack_that_does_not_say_keeps_nobody_from_reading() -> None:
    class Silent(FakePeople):
        async def locale(self, user_id: str, *, patience: float) -> str:
            raise SlackUnreachable("users.info", "timed out", arrived=False)

    each = Readers(people=Silent(), channel=None, languages=LANGUAGES, workspaces="zh_Hans")
    assert (await each.of("U0ANA")).name == "zh_Hans"
