"""What to know about a phone number ID once it is there."""

from bot.texts.numbers import OneOrSeveral
from bot.texts.said import Markup, mark_up, say

WHAT_IT_IS = OneOrSeveral(
    say(
        "This ID is temporary: when the customer claims the number, Meta replaces it with a new ID. "
        "The number must be claimed within 90 days of its verification. "
        "The text above is for Embedded Signup version 4."
    ),
    say(
        "These IDs are temporary: when the customer claims a number, Meta replaces its ID with a new one. "
        "Each number must be claimed within 90 days of its verification. "
        "The text above is for Embedded Signup version 4."
    ),
)


def what_follows() -> Markup:
    """The steps after Embedded Signup, and where they are described: a translation links to pages in its language."""
    return mark_up(
        "Next steps: Embedded Signup "
        "(<https://developers.facebook.com/docs/whatsapp/embedded-signup/pre-verified-numbers|Meta's guide>), "
        "then ChatappBindWaba, ChatappSyncPhoneNumber and ChatappPhoneNumberRegister "
        "(<https://www.alibabacloud.com/help/en/chatapp/use-cases/implement-embedded-signup|Alibaba Cloud's guide>)."
    )
