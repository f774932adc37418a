"""``phoneid run`` with every logger at DEBUG, whatever anybody sets: the worst an administrator could do."""

import logging
import sys


class LoudLogger(logging.Logger):
    """Cannot be quietened."""

    def setLevel(self, level: int | str) -> None:  # noqa: N802 - the standard library's name
        del level
        super().setLevel(logging.DEBUG)

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the standard library's name
        del level
        return True


if __name__ == "__main__":
    logging.setLoggerClass(LoudLogger)
    from bot.cli.main import main

    sys.argv = ["phoneid", "run"]
    main()
