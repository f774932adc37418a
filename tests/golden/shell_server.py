"""Runs ``phoneid`` in processes forked from this one, which has imported everything: a fresh start takes a second each.

Orders come as JSON, one a line: where to run, with which environment and arguments, and the files for what is typed and
printed. The exit status goes back, one a line.
"""

import json
import logging
import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any, NoReturn

import bot.app  # noqa: F401 - what commands import when they run
from bot.cli.main import main, phoneid


def serve() -> None:
    """Until nobody orders any more."""
    list(phoneid.commands.values())  # imports them
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _run(order: Mapping[str, Any]) -> NoReturn:
    """Become what a shell would have started."""
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    for number, (path, flags) in enumerate(
        ((order["typed"], os.O_RDONLY), (order["out"], os.O_WRONLY), (order["err"], os.O_WRONLY))
    ):
        os.dup2(os.open(path, flags), number)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode, encoding="utf-8") for number, mode in enumerate("rww"))
    sys.argv = ["phoneid", *order["arguments"]]
    status = 0
    try:
        main()
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter would say it
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()  # its lines are written by a thread, which ends with the process
    os._exit(status)


if __name__ == "__main__":
    serve()
