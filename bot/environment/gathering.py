"""What the environment and ``.env`` give together, and where one of them may not mean what it does.

Each name is a setting's, nearly one's, or one that a host puts into the environment by itself.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from bot.checks import Check, stop
from bot.environment.env_file import EnvFile
from bot.environment.secret_files import ENDING
from bot.texts import settings as texts

ENVIRONMENT_ONLY = frozenset({"HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"})
"""The way out of the machine. Other programs read these too, and none of them from ``.env``."""

_PREFIX = "PHONEID"
_OURS = f"{_PREFIX}_"
_LONGEST = 60
"""Characters shown; twice the longest name there is."""
_ALIKE = 0.84
"""How alike two names are at the least, from 0 to 1, if one is meant by the other: two letters of fourteen differ."""
_SHORT = 6
"""Letters. Names so short are like too many others."""

_ADDRESS = r"(?:tcp|udp|sctp)://\S+"
_LINKS = (
    # What Kubernetes tells each container of each service: https://kubernetes.io/docs/concepts/services-networking/service/
    (r"(?:\w+_)?SERVICE_HOST", r"\S+"),
    (r"(?:\w+_)?SERVICE_PORT(?:_\w+)?", r"\d+"),
    # The same in the older form, which links between Docker's containers have as well.
    (r"(?:\w+_)?PORT", _ADDRESS),
    (r"(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)(?:_START|_END)?", _ADDRESS),
    (r"(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)_PROTO", r"tcp|udp|sctp"),
    (r"(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)_PORT(?:_START|_END)?", r"\d+"),
    (r"(?:\w+_)?PORT_\d+_(?:TCP|UDP|SCTP)_ADDR", r"\S+"),
    (r"(?:\w+_)?NAME", r"/\S+/\S+"),
)
"""Names behind ``PHONEID_`` and values that a host gives where a service or a container is called ``phoneid``."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The values by name in capitals, without blanks around them and without blank ones."""

    values: Mapping[str, str] = field(repr=False)
    from_file: Set[str]
    """The names of those that the environment does not have."""
    checks: Sequence[Check]


def gather(file: EnvFile, environment: Mapping[str, str], known: Collection[str], wanted: Collection[str]) -> Gathered:
    """All that is given; the environment wins.

    ``known``: every setting there is; ``wanted``: those of which a blank is named if it is looser than a value.
    """
    people = {name: value for name, value in environment.items() if not is_link(name, value, environment)}
    clashes = _clashes(people) & set(known)
    here, there = _stripped(people), _stripped(file.values)
    both = {**there, **here}
    over = {name for name in known if here.get(name) == "" and there.get(name)}
    blank = {name for name in texts.WHEN_BLANK if both.get(name) == "" and name in wanted} - over
    checks = [
        *(stop(name, texts.given_in_two_cases(name)) for name in sorted(clashes)),
        *(stop(name, texts.blank_over_value(name, file=file.name)) for name in sorted(over)),
        *(stop(name, texts.blank(name), texts.WHEN_BLANK[name]) for name in sorted(blank)),
        *_mistaken(here, known, from_file=False),
        *_mistaken(there, known, from_file=True),
        *(
            stop(name, texts.not_from_file(name, file=file.name))
            for name in sorted(there.keys() & ENVIRONMENT_ONLY - here.keys())
        ),
    ]
    values = {name: value for name, value in both.items() if value}
    return Gathered(values, values.keys() - here.keys(), checks)


def _stripped(given: Mapping[str, str]) -> dict[str, str]:
    return {name.upper(): value.strip() for name, value in given.items()}


def _mistaken(given: Mapping[str, str], known: Collection[str], *, from_file: bool) -> Iterator[Check]:
    # A mistyped PHONEID_AGENTS would quietly mean "everyone". One without a value too: somebody wants to write one.
    for name in sorted(given.keys() - known):
        spellings = [name]
        if from_file and "=" in given[name]:  # a = that was hit too often or too soon: PHONEID=AGENTS=…
            spellings.append(name + given[name].partition("=")[0].upper())
        if any(each in known or _is_mistaken(each, known, from_file=from_file) for each in spellings):
            meant = _meant(spellings[-1], known, from_file=from_file)
            yield stop(_shown(name), texts.unknown(_shown(name)), texts.meant(meant))


def is_link(name: str, value: str, environment: Collection[str]) -> bool:
    """Whether a host put this name there, and no person: it says where a service called ``phoneid…`` is."""
    if not name.startswith(_OURS):
        return False
    rest = name.removeprefix(_OURS)
    if any(re.fullmatch(form, rest) and re.fullmatch(what, value) for form, what in _LINKS):
        return True
    # A linked container's own variables come along, under any name.
    alias, is_variable, _ = name.partition("_ENV_")
    return bool(is_variable) and f"{alias}_NAME" in environment


def _is_mistaken(name: str, known: Collection[str], *, from_file: bool) -> bool:
    """Whether a name that is no setting seems to be meant as one.

    A file beside the bot is for the bot, so more is taken for a mistake in it than in an environment, which many share.
    """
    if name in known or name.startswith(_PREFIX) or (from_file and _PREFIX in name):
        return name not in known
    near = _meant(name, known, from_file=from_file)
    return near is not None and (from_file or near.startswith(_OURS) or near.endswith(ENDING))


def _meant(name: str, known: Collection[str], *, from_file: bool) -> str | None:
    """The setting that is nearly called like this, if one is. In a file one without its ``PHONEID_`` is, too."""
    letters, names = _letters(name), {_letters(each): each for each in known}
    whole = [letters]
    if from_file:
        whole.append(_letters(_OURS) + letters)
    if _PREFIX in name:
        whole += [_letters(name[name.index(_PREFIX) :]), _letters(name.removeprefix(_OURS))]
    if exact := next((names[each] for each in whole if each in names), None):
        return exact
    long = [each for each in names if len(each) > _SHORT and abs(len(each) - len(letters)) <= 2]
    near = difflib.get_close_matches(letters, long, n=1, cutoff=_ALIKE)
    return names[near[0]] if near else None


def _shown(name: str) -> str:
    """A name as a sentence may hold it."""
    return re.sub(r"[^A-Z0-9_]", "?", name)[:_LONGEST]


def _letters(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())


def _clashes(environment: Mapping[str, str]) -> set[str]:
    """Names in capitals that are given two values, in capital and in small letters."""
    seen: dict[str, str] = {}
    return {name.upper() for name, value in environment.items() if seen.setdefault(name.upper(), value) != value}
