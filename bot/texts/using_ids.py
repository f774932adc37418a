"""What to know about a phone number ID once it is there."""

from bot.texts.numbers import OneOrSeveral
from bot.texts.said import Markup, Said, joined_markup, mark_up, say, slacks

METAS_GUIDE = "https://developers.facebook.com/docs/whatsapp/embedded-signup/pre-verified-numbers"
ALIBABAS_GUIDE = "https://www.alibabacloud.com/help/en/chatapp/use-cases/implement-embedded-signup"

WHAT_IT_IS = OneOrSeveral(
    say(
        "This ID is temporary: when the customer claims the number, Meta replaces it by a new ID. "
        "The number must be claimed within 90 days of its verification. Embedded Signup version 4 takes this text."
    ),
    say(
        "These IDs are temporary: when the customer claims a number, Meta replaces its ID by a new one. "
        "Each number must be claimed within 90 days of its verification. Embedded Signup version 4 takes this text."
    ),
)


def what_follows() -> Markup:
    """The steps after Embedded Signup, and where they are described."""
    return mark_up(
        "Next steps: Embedded Signup ({metas_guide}), then ChatappBindWaba, ChatappSyncPhoneNumber and "
        "ChatappPhoneNumberRegister ({alibabas_guide}).",
        metas_guide=_link(METAS_GUIDE, say("Meta's guide")),
        alibabas_guide=_link(ALIBABAS_GUIDE, say("Alibaba Cloud's guide")),
    )


def _link(url: str, text: Said) -> Markup:
    return joined_markup(slacks(f"<{url}|"), text, slacks(">"), separator="")
