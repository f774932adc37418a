"""What the environment and ``.env`` give together, and where one of them may not mean what it does."""

from collections.abc import Collection, Iterator, Mapping

from bot.checks import Check, stop
from bot.environment import names
from bot.texts import settings as texts

ENVIRONMENT_ONLY = frozenset({"HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"})
"""The way out of the machine. Other programs read these too, and none of them from ``.env``."""


def gather(
    from_file: Mapping[str, str], environment: Mapping[str, str], known: Collection[str], wanted: Collection[str]
) -> tuple[dict[str, str], list[Check]]:
    """The values by name in capitals, without blanks around them and without blank ones; the environment wins.

    ``known``: every setting there is; ``wanted``: those of which a blank is named if it is looser than a value.
    """
    people = {name: value for name, value in environment.items() if not names.is_link(name, value, environment)}
    clashes = names.clashes(people) & set(known)
    here, there = _stripped(people), _stripped(from_file)
    both = {**there, **here}
    over = {name for name in known if here.get(name) == "" and there.get(name)}
    blank = {name for name in texts.WHEN_BLANK if both.get(name) == "" and name in wanted} - over
    checks = [
        *(stop(name, texts.given_in_two_cases(name)) for name in sorted(clashes)),
        *(stop(name, texts.blank_over_value(name)) for name in sorted(over)),
        *(stop(name, texts.blank(name), texts.WHEN_BLANK[name]) for name in sorted(blank)),
        *_mistaken(here, known, from_file=False),
        *_mistaken(there, known, from_file=True),
        *(stop(name, texts.not_from_file(name)) for name in sorted(there.keys() & ENVIRONMENT_ONLY - here.keys())),
    ]
    return {name: value for name, value in both.items() if value}, checks


def _stripped(given: Mapping[str, str]) -> dict[str, str]:
    return {name.upper(): value.strip() for name, value in given.items()}


def _mistaken(given: Mapping[str, str], known: Collection[str], *, from_file: bool) -> Iterator[Check]:
    # A mistyped PHONEID_AGENTS would quietly mean "everyone". One without a value too: somebody wants to write one.
    for name in sorted(given.keys() - known):
        spellings = [name]
        if from_file and "=" in given[name]:  # a = that was hit too often or too soon: PHONEID=AGENTS=…
            spellings.append(name + given[name].partition("=")[0].upper())
        if any(each in known or names.is_mistaken(each, known, from_file=from_file) for each in spellings):
            meant = names.meant(spellings[-1], known, from_file=from_file)
            yield stop(names.shown(name), texts.unknown(names.shown(name)), texts.meant(meant))
