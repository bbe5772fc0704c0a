"""`python -m e2e.bench.reminders`; with `serve`, the server that takes events in.

- The heap of 100,000 beside plain heapq, and its memory.
- Ingest: events a second and CPU an event. A raw ASGI handler that decodes one event and pushes it on a heap; the same
  in bulk; and the service, which takes bulks from the sidecar's route, compares them with the tasks in PostgreSQL and
  commits the schedule. Client and server on a core each, alternating. Goal: 40% of the raw handler's events a second,
  and at most 100 us of CPU an event (1,000 a second for a tenth of a core).
- Lateness: from a reminder's time to its event being committed in the outbox, spread over ten seconds and 1,000 in the
  same instant. Goal: within a second.

It starts an embedded PostgreSQL for itself, and wants an idle machine.
"""

import asyncio
import sys

from e2e.bench.reminders.heap import measure_heap
from e2e.bench.reminders.ingest import measure_ingest
from e2e.bench.reminders.lateness import measure_lateness
from e2e.bench.reminders.server import serve
from e2e.bench.reminders.tasks import make_tasks
from e2e.bench.storage import migrated_postgres
from taskflow_core.telemetry import logs

TASKS = 20_000


def main() -> None:
    """Print the tables."""
    if sys.argv[1:2] == ["serve"]:
        serve()
        return
    logs.configure("ERROR")
    measure_heap()
    with migrated_postgres() as postgres:
        events = asyncio.run(make_tasks(postgres.app_url, TASKS))
        measure_ingest(postgres.app_url, events)
        asyncio.run(measure_lateness(postgres.app_url))


main()
