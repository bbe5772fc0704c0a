"""`python -m taskflow.cli`."""

import sys

from taskflow.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
