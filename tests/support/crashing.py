"""A process that ends at a line of its code: what it was doing is undone or done."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any


class CrashError(BaseException):
    """The process ends here."""


async def crash_at(line: int, work: Callable[[], Awaitable[object]], *, of: ModuleType) -> bool:
    """Do `work` and crash when it comes to its `line`th line in the code of a module, or of a package and all that is
    in it; False when it has no more lines."""
    assert of.__file__ is not None
    path = Path(of.__file__)
    code = str(path.parent if path.name == "__init__.py" else path)
    seen = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal seen
        if not frame.f_code.co_filename.startswith(code):
            return None
        if event == "line":
            seen += 1
            if seen == line:
                raise CrashError
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        await work()
    except CrashError:
        return True
    finally:
        sys.settrace(before)
    return False
