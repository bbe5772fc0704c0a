"""Opens the port to serve on, or says who has it and what to do."""

import errno
import shlex
import socket
from pathlib import Path
from typing import Final

_LISTEN: Final = "0A"  # the state of a listening socket in /proc/net/tcp
_COMMAND_SHOWN: Final = 80

UNREAD_SECONDS: Final = 60.0
"""How long a client may take nothing of an answer that waits for it. Streams set their own time."""


class PortError(RuntimeError):
    """The port cannot be had; the message says who has it and what to do."""


def listen(host: str, port: int, *, unread_seconds: float = UNREAD_SECONDS) -> socket.socket:
    """A socket bound to host and port (0: any free one). Raises PortError.

    Where the system can (Linux), it ends connections whose client reads nothing of what waits for it, or is gone
    without a word: those are neither idle nor late, and would be kept for ever.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just left may be had again
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Each connection inherits it (tcp(7)).
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(unread_seconds * 1000))
    try:
        made.bind((host, port))
        # Listening at once makes a second start fail on bind; requests wait in the backlog until they are served.
        made.listen(2048)
    except OSError as error:
        made.close()
        raise PortError(_explain(host, port, error)) from error
    made.set_inheritable(False)
    return made


def _explain(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        holder = _holder(port)
        by = f" by {holder}" if holder else ""
        free = _free_near(host, port)
        return f"Port {port} is taken{by}.\nStop that, or choose another port:  TASKFLOW_PORT={free} make up"
    if error.errno == errno.EACCES:
        return f"Port {port} needs privileges that this user lacks. Choose one above 1023:  TASKFLOW_PORT=8000 make up"
    return f"{host}:{port} cannot be opened: {error.strerror}. Check TASKFLOW_HOST and TASKFLOW_PORT."


def _free_near(host: str, port: int) -> int:
    """A port that would work now, the next ones first."""
    for candidate in (*range(port + 1, min(port + 20, 65536)), 0):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
            try:
                probe.bind((host, candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return port


def _holder(port: int) -> str | None:
    """The process that listens on the port, as "process 12 (command)", where this user may see it."""
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(descriptor.readlink()) in inodes for descriptor in (process / "fd").iterdir()):
                return f"process {process.name} ({_command(process)})"
        except OSError:  # ended meanwhile, or another user's
            continue
    return "a process of another user"


def _listening_inodes(port: int) -> set[str]:
    """The sockets that listen on the port, as /proc/*/fd links name them; none where there is no /proc."""
    inodes: set[str] = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == _LISTEN and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    return inodes


def _command(process: Path) -> str:
    words = (process / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    command = shlex.join(word.decode(errors="replace") for word in words)
    return command if len(command) <= _COMMAND_SHOWN else command[: _COMMAND_SHOWN - 1] + "…"
