"""`python -m tests.bus.host_process`: chat-api's relay and the audit logger in one process that a test may kill.

Told by the environment, as every service is. Writes a line once it runs.
"""

import asyncio
import os
import sys

from audit_logger.app import create_service
from taskflow_core.events.topics import CHAT_API
from taskflow_core.service.host import Host
from taskflow_core.settings import load
from taskflow_core.telemetry import logs
from tests.bus.serving import publishing_service


async def main() -> None:
    logs.configure("ERROR")
    host = Host(load(os.environ), [publishing_service(CHAT_API), create_service])
    async with host.running():
        await host.database.opened()
        sys.stdout.write("running\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
