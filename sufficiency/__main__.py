"""``python -m sufficiency`` is the command ``sufficiency``."""

from sufficiency.cli import main

if __name__ == "__main__":
    main()
