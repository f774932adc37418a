"""``phoneid`` with leases of seconds, as the bots beside it have: by theirs, a patient one would soon count as dead."""

from functools import partial

from bot import app
from bot.cli.main import main
from tools.faults.hasty_bot import HASTY

if __name__ == "__main__":
    app.open_lookups = partial(app.open_lookups, waits=HASTY)
    main()
