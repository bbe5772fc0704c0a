"""`python -m tests.support.quick_passwords up`: `taskflow up` whose bcrypt costs the least there is. A test that signs
people up by the hundred waits for nothing else.
"""

import sys

import bcrypt

from taskflow_cli.main import main

LEAST = 4
"""bcrypt's fewest rounds: 256 times less than Phase IV's, and ours."""


def cost_little() -> None:
    """From now on each hash of this process costs the least."""
    with_rounds = bcrypt.gensalt
    bcrypt.gensalt = lambda rounds=LEAST, prefix=b"2b": with_rounds(LEAST, prefix)


if __name__ == "__main__":
    cost_little()
    sys.exit(main())
