"""``python -m bot`` is ``phoneid``."""

from bot.cli import main

if __name__ == "__main__":
    main()
