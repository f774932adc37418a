"""Typed text as plain characters, whatever keyboard, script or clipboard it came from."""

import re
import unicodedata

LONGEST = 3000
"""Characters: the most that Slack takes in one field. Longer text was typed by nobody, and is not looked at."""

# Without "<" inside: a text of nothing but openings must not be searched to its end from each of them.
_TEL_LINK = re.compile(r"<tel:([^|<>]*)(?:\|([^<>]*))?>", re.IGNORECASE)

AROUND = "\"'`*_~<>[]{}\u00ab\u00bb\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2032\u2033"
"""What stands around pasted text: quotes, Slack's formatting, the brackets of a usage hint."""

# Links and ids of WhatsApp, and the number lines of contact cards: each is for one number, with its country code.
_WHATSAPP = re.compile(
    r"<?(?:https?://)?(?:www\.)?(?:wa\.me/|(?:api|web)\.whatsapp\.com/send/?\?(?:[\w=%+-]*&)*?phone="
    r"|whatsapp://send/?\?phone=|whatsapp:)(?:\+|%2B)?([0-9]{7,15})(?![\w@-])(?:[?&/#][^\s|<>]*)?(?:\|[^<>]*)?>?"
    r"|(?:<mailto:)?\+?\b([0-9]{7,15})(?::[0-9]{1,3})?@(?:s\.whatsapp\.net|c\.us)\b(?:\|[^<>]*>)?",
    re.IGNORECASE,
)
_CARD = re.compile(r"BEGIN:VCARD(?:(?!BEGIN:VCARD).)*?END:VCARD", re.IGNORECASE | re.DOTALL)
_CARD_NUMBER = re.compile(r"\bTEL(?:;[\w=,;\"-]{0,80})?:(?:tel:)?([+0-9][0-9 ()./-]*)", re.IGNORECASE)


def peel(text: str) -> str:
    """What stands in a field or a cell: normalised, a link or contact card as its number, without what is around it.

    A spreadsheet's ``="208312"`` is what stands in the quotes.
    """
    plain = unlink(normalise(text)).strip(AROUND + " \n")
    return plain.removeprefix("=").strip(AROUND + " \n,;:").removesuffix(".")


def unlink(plain: str) -> str:
    """Normalised text with links, ids and contact cards replaced by the numbers they are for."""
    plain = _CARD.sub(lambda card: "\n".join(number[1] for number in _CARD_NUMBER.finditer(card[0])), plain)
    plain = _CARD_NUMBER.sub(lambda number: f" {number[1]}", plain)
    return _WHATSAPP.sub(lambda link: f" +{link[1] or link[2]} ", plain).strip()


def normalise(text: str) -> str:
    """The text in plain characters: no Slack escapes or links, no invisible marks, ASCII digits, dashes and spaces."""
    for escape, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):  # Slack escapes these three, & first
        text = text.replace(escape, character)
    # The label is what the person saw and typed; Slack's target has lost its spaces.
    text = _TEL_LINK.sub(lambda link: f" {link[2] or link[1]} ", text)
    plain = "".join(_plain(character) for character in unicodedata.normalize("NFKC", text))
    return plain.strip()


def without_invisible(text: str) -> str:
    """The text without what nobody sees, or what changes the order in which the rest is seen."""
    lines = _LINES.sub("\n", text)
    return "".join(each for at, each in enumerate(lines) if _is_seen(each) or _joins(lines, at)).strip()


_LINES = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")

_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800\U00013441\U00013442")
"""Letters, marks, and a braille pattern, that look like a space or like nothing."""

_SELECTORS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Each chooses a form of the character before it, and without one, or behind another, says something unseen."""


def _is_seen(character: str) -> bool:
    if character in "\n\t":
        return True
    is_blank = character in _BLANK_LETTERS or _SELECTORS.match(character)
    return not is_blank and unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Cn")


def _joins(text: str, at: int) -> bool:
    """Whether this joins or parts two letters of a script that needs it for that, or two emoji, or chooses a form."""
    if _SELECTORS.match(text[at]):
        return _needs_more(text[at - 1 : at])
    before = _SELECTORS.sub("", text[max(0, at - 2) : at])[-1:]
    return text[at] in "\u200c\u200d" and _needs_more(before) and _needs_more(text[at + 1 : at + 2])


def _needs_more(around: str) -> bool:
    """Whether this is a character of which what is not seen may be a part."""
    return around != "" and not around.isascii() and _is_seen(around)


def _plain(character: str) -> str:
    if character in "\n\r\v\f\x85\u2028\u2029":
        return "\n"
    if character.isspace():
        return " "
    match unicodedata.category(character):
        case "Nd":  # NFKC leaves the digits of other scripts alone
            return str(unicodedata.decimal(character))
        case "Pd":
            return "-"
        case "Cf" | "Mn" | "Me":  # zero-width and bidi marks, variation selectors, keycaps
            return ""
    return "-" if character in "\u2212\u30fc" else character  # minus and the long-vowel mark are typed as dashes
