"""``phoneid`` as a release would be that knows one step more: ``newer_release.py KIND COMMAND…``."""

import sys

from bot.store import schema
from bot.store.schema import Step

MORE = Step("ALTER TABLE processes ADD COLUMN more TEXT NOT NULL DEFAULT '';")

# What is called a break breaks nobody: the newer release is ours but for the step, and must be able to go on after it.
STEPS = {"addition": MORE, "break": MORE._replace(is_breaking=True)}

if __name__ == "__main__":
    kind, *arguments = sys.argv[1:]
    schema.STEPS = (*schema.STEPS, STEPS[kind])
    schema.SCHEMA += 1
    from bot.cli.main import main

    sys.argv = ["phoneid", *arguments]
    main()
