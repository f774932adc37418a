"""The loud bot without one of its protections: shows that the search for the canary would find what it keeps in."""

import logging
import sys

from pydantic import SecretStr

from bot.cams import protocol
from bot.slack import forms_read
from tests.scenarios.loud_bot import LoudLogger


def show(secret: SecretStr) -> str:
    return secret.get_secret_value()


REMOVE = {
    "nothing": lambda: None,
    "secret values": lambda: setattr(SecretStr, "__repr__", show),
    "the look for echoes": lambda: setattr(protocol, "holds_form", lambda name, code: False),
    "the look at the reason": lambda: setattr(forms_read, "text_holds", lambda text, code: False),
}

if __name__ == "__main__":
    logging.setLoggerClass(LoudLogger)
    REMOVE[sys.argv[1]]()
    from bot.cli.main import main

    sys.argv = ["phoneid", "run"]
    main()
