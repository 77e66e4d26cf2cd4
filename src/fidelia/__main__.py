"""``python -m fidelia``."""

from fidelia.cli import main

if __name__ == "__main__":
    main()
