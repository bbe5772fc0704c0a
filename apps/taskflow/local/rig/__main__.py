"""`make rig`: builds the sidecar and fetches Kafka, once."""

import sys

from taskflow.local.rig import programs
from taskflow.local.rig.errors import RigError


def main() -> int:
    sys.stdout.write("Building the sidecar and fetching Kafka (about five minutes the first time) …\n")
    sys.stdout.flush()
    try:
        got = programs.get()
    except RigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"The rig is there:\n  {got.daprd}\n  {got.kafka_jars}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
