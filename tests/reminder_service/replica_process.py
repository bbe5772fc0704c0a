"""Reminder services as processes that a test may kill: `python replica_process.py`, told what to do on standard input.

It loads everything once. Each line `start` then forks a process that is a whole reminder service, with its relay and
its consumer, and answers with its process id. When standard input ends, so do all of them.
"""

import asyncio
import os
import signal
import sys

from reminder_service.app import create_service
from taskflow_core.service.host import Host
from taskflow_core.settings import load
from taskflow_core.telemetry import logs


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that were killed
    Host(load(os.environ), [create_service])  # what is slow the first time is done before the forks
    children: list[int] = []
    for line in sys.stdin:
        if line.strip() == "start":
            child = os.fork()
            if child == 0:
                os.close(0)
                asyncio.run(serve())
            children.append(child)
            sys.stdout.write(f"{child}\n")
            sys.stdout.flush()
    for child in children:
        try:
            os.kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue


async def serve() -> None:
    logs.configure("ERROR")
    async with Host(load(os.environ), [create_service]).running():
        await asyncio.Event().wait()


if __name__ == "__main__":
    main()
