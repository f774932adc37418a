"""Odd values, and what makes ordinary ones odd: by chance, but by a chance that knows their structure."""

import copy
from random import Random
from typing import Any

CODE = "Q7X9Z2K4"
"""A verification code. It has letters, so that no number holds it by accident: wherever it is found, it has leaked."""

MENTION = "<!channel>"
"""In Slack's markup everybody in the channel; in what people typed it must stay five words of text."""

PASTED = (
    "sep=;\nphone;code",
    '="8613800001234"',
    "2.0831245E7",
    "208312.0",
    "2031-08-12",
    "12-Aug",
    "#N/A",
    "TBD",
    "phone,name,code\n+8613800001234,Almeida, Ana,208300",
    "+43 1 4000/4001",
    "+44 (0)20 7946 0018",
    "+52 1 222 123 4567",
    "\t+86 138 0000 1234\t\t8312!",
    "\u624b\u673a\u53f7,\u9a8c\u8bc1\u7801",
    "<https://wa.me/8613800001234?text=1|wa.me/8613800001234>",
    "https://api.whatsapp.com/send?phone=",
    "8613800001234@s.whatsapp.net",
    "BEGIN:VCARD\nFN:Ana\nTEL;TYPE=CELL:+86 138 0000 1234\nEND:VCARD",
    "BEGIN:VCARD TEL;",
    "Phone: +86 138 0000 1234. Code:",
)
"""Cells as spreadsheets leave them, and what is copied out of address books and chats."""

TEXTS = (
    *PASTED,
    "",
    " ",
    "\x00",
    "\ud83d",  # half of a surrogate pair: no text in any encoding
    "a\ud83db",
    "\ufeff",
    "\u202e\u2066gnp.exe\u2069",  # written from right to left
    "\u200b\u200d\u2060",  # of no width
    "\x1b]0;gone\x07\x1b[2J\x9b31m",
    "\r\n2026-01-01T00:00:00Z INFO bot.lookups lookup ended",
    "\u2028\u2029\x85",
    MENTION,
    f"<@U0LEE> {MENTION} <https://example.invalid|click> `*_~`",
    "&lt;&amp;amp;<",
    '=HYPERLINK("http://example.invalid")',
    "@SUM(1+1)",
    "%s %n {0} {} ${x}",
    "'; DROP TABLE lookups; --",
    "null",
    "NaN",
    "-1",
    "\u0661\u0662\u0663",
    "\uff0b\uff18\uff16",
    "+86 138 0000 1234",
    "everyone",
    "L-00000000",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "e" + "\u0301" * 300,
    "a" * 151,
    "&" * 3000,
    "9" * 5000,
    "x" * 100_000,
)

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    10**30,
    1.5,
    1e308,
    float("inf"),
    float("nan"),
    [],
    [[]],
    [None],
    {},
    {"id": None},
    {"": ""},
    ["U0ANA"],
    {"id": {"id": "U0ANA"}},
)


def deep(levels: int) -> Any:
    value: Any = None
    for level in range(levels):
        value = [value] if level % 2 else {"id": value}
    return value


def odd_text(chance: Random) -> str:
    """A text nobody would type, or one that somebody might."""
    if chance.random() < 0.7:
        return "".join(chance.choice(TEXTS) for _ in range(chance.choice((1, 1, 1, 2, 3))))
    ranges = (
        (0x20, 0x7E),
        (0x00, 0x20),
        (0x7F, 0x2FF),
        (0x600, 0x6FF),
        (0x2000, 0x206F),
        (0xD7F0, 0xFFFF),
        (0, 0x10FFFF),
    )
    return "".join(chr(chance.randint(*chance.choice(ranges))) for _ in range(chance.randint(0, 30)))


def odd_value(chance: Random) -> Any:
    kind = chance.random()
    if kind < 0.5:
        return odd_text(chance)
    return deep(chance.choice((3, 60, 400))) if kind > 0.97 else copy.deepcopy(chance.choice(VALUES))


def mutated(value: Any, chance: Random, *, most: int = 3) -> Any:
    """A copy of what JSON can hold, changed in up to ``most`` places."""
    mutant = [copy.deepcopy(value)]
    for _ in range(chance.randint(1, most)):
        _mutate_once(mutant, chance)
    return mutant[0]


def _mutate_once(root: list[Any], chance: Random) -> None:
    holder, key = chance.choice(_places(root))
    value = holder[key]
    match chance.randrange(8):
        case 0 if isinstance(holder, dict):
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[odd_text(chance)] = holder.pop(key)
        case 2 if isinstance(holder, dict):
            holder[odd_text(chance)] = odd_value(chance)
        case 3:
            holder[key] = [value]
        case 4 if isinstance(value, str):
            at = chance.randint(0, len(value))
            holder[key] = value[:at] + odd_text(chance) + value[at + chance.randint(0, 2) :]
        case 5 if isinstance(value, list):
            holder[key] = value * chance.choice((2, 50))
        case 6:
            holder[key] = {"id": value, "value": value}
        case _:
            holder[key] = odd_value(chance)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Everywhere in a value: what holds it, and under which key or index."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found
