"""``python -m bot`` is ``phoneid``."""

from bot.cli.main import main

if __name__ == "__main__":
    main()
