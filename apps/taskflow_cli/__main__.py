"""`python -m taskflow_cli`."""

import sys

from taskflow_cli.main import main

if __name__ == "__main__":
    sys.exit(main())
