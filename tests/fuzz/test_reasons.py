"""Whatever somebody writes as a reason, what is kept of it can be read, turns nothing around, and holds no code."""

import unicodedata
from contextlib import suppress
from random import Random

from pydantic import SecretStr

from bot.entry.fields import read_reason
from bot.entry.secrecy import text_holds
from bot.errors import EntryError
from tests.fuzz.amount import BY_CHANCE, chances
from tests.fuzz.odd import odd_text

pytestmark = BY_CHANCE

ENDS_OF_LINES = "\u2028\u2029\x85"

UNSEEN = (
    *"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e",
    *"\u2028\u2029\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\u206a\u206f\u2800\u3164\ufe00\ufe0f\ufeff\uffa0",
    *"\ufff9\ufffa\ufffb\U0001d173\U0001d17a\U000e0001\U000e0020\U000e0041\U000e007f\U000e0100\U00013441",
    *"\x00\x07\x08\x1b\x7f\x85\x9b\ud83d\udc68\u0378\uffff",
)
"""What has no shape of its own: joiners, fillers, marks of direction, tags, selectors, halves, what is unassigned."""

SEEN = (
    *"aZ7-.,!?()=@<>&*_`~|\u00e9\u0645\u06cc\u0662\u5ba2\u3042\uff12\u00b2\u2461\u0301\U0001f469\U0001f4bb\ufffc\ue000\U000f0000",
    " ",
    "\n",
    "\t",
)

SEPARATORS = ("", "", "", " ", "-", ".", " - ", "\n", "\t", "\u00a0", "\u2009", "_", "/", "\u00b7", ", ")
DIGITS = (
    "0123456789",
    "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
    "\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669",
    "\u06f0\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8\u06f9",
    "\u0966\u0967\u0968\u0969\u096a\u096b\u096c\u096d\u096e\u096f",
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079",
    "\u24ea\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467\u2468",
    "\U0001d7ce\U0001d7cf\U0001d7d0\U0001d7d1\U0001d7d2\U0001d7d3\U0001d7d4\U0001d7d5\U0001d7d6\U0001d7d7",
)
"""Ten each, in writings that people read as digits."""


def odd_reason(chance: Random) -> str:
    if chance.random() < 0.3:
        return odd_text(chance)[:3000]
    letters = chance.choice((UNSEEN, UNSEEN, SEEN, UNSEEN + SEEN))
    return "".join(chance.choice(letters) for _ in range(chance.choice((1, 3, 20, 600))))


def check(typed: str) -> None:
    kept = read_reason(typed)
    assert len(kept) <= 500
    assert kept == read_reason(kept), "what is kept is read as it is"
    kept.encode()
    assert not kept or any(each.isalnum() for each in kept)
    for at, each in enumerate(kept):
        category = unicodedata.category(each)
        assert each in "\n\t" or category not in ("Cc", "Cs", "Cn", "Zl", "Zp"), ascii(each)
        assert category != "Cf" or (
            each in "\u200c\u200d" and not {kept[at - 1], kept[at + 1]} & set(map(chr, range(128)))
        )
        assert unicodedata.bidirectional(each) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    letters = [each for each in typed if each.isalnum() and each not in UNSEEN]
    assert [each for each in kept if each.isalnum()] == letters, "a letter was lost"


def test_any_reason_is_kept_as_it_is_seen() -> None:
    for number, chance in chances("reasons", usual=1000):
        typed = odd_reason(chance)
        try:
            with suppress(EntryError):  # too long
                check(typed)
        except Exception as error:
            raise AssertionError(f"reason number {number}: {typed!a:.2000}") from error


def hidden(chance: Random, code: str) -> str:
    """The code as somebody may write it into a reason, with what is not seen between its digits."""
    digits, separator = chance.choice(DIGITS), chance.choice(SEPARATORS)
    written = [digits[int(each)] if chance.random() < 0.7 else each for each in code]
    unseen = [each for each in UNSEEN if each not in ENDS_OF_LINES]
    between = [separator + "".join(chance.sample(unseen, chance.choice((0, 0, 1, 3)))) for _ in code]
    return "".join(text for pair in zip(written, between, strict=True) for text in pair)


def test_a_code_that_can_be_read_in_a_reason_is_found_in_it() -> None:
    for number, chance in chances("codes in reasons", usual=1000):
        code = f"{chance.randrange(10**6):06}"
        around = [chance.choice(("", "code ", "the PIN is:", "(", "\u5ba2\u6237", "#", "\n")) for _ in range(2)]
        typed = around[0] + hidden(chance, code) + around[1]
        assert text_holds(read_reason(typed), SecretStr(code)), f"reason number {number}: {typed!a}"
