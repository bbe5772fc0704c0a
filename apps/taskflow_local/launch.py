"""Becomes another program that stops when its parent dies: run as a script, `launch.py PARENT UID GID PROGRAM ARGS…`.

PROGRAM may be preceded by the name of the signal that it gets then, such as SIGKILL; SIGINT if it is not.

A script of its own rather than subprocess's `preexec_fn`, which may deadlock where threads are running. The order
matters: the kernel forgets the parent-death signal when the user changes.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, uid, gid, *command = sys.argv[1:]
    at_death = signal.Signals[command.pop(0)] if command[0] in signal.Signals.__members__ else signal.SIGINT
    if os.geteuid() == 0 and int(uid) != 0:
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(at_death), 0, 0, 0)
    if os.getppid() != int(parent):  # it died before the signal was asked for
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606  a fixed program, no shell


if __name__ == "__main__":
    main()
