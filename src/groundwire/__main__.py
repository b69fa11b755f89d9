"""``python -m groundwire``: the command line."""

import sys

from groundwire.cli import main

if __name__ == "__main__":
    sys.exit(main())
