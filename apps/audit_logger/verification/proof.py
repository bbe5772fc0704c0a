"""What `taskflow audit verify` says, and its exit status: proven, wrong, not sealed yet, not proven."""

from collections.abc import Sequence
from typing import Final

import msgspec

from audit_logger.verification.verify import Verdict

PROVEN: Final = 0
WRONG: Final = 1
NOT_SEALED: Final = 3
"""Every row fits, and some came after the last checkpoint (2 is for a command that is written wrongly)."""
NOT_PROVEN: Final = 4
"""Nothing is wrong as far as can be told, which is not far enough: no key, or nothing to compare with."""


class Report(msgspec.Struct, frozen=True):
    """What to print, and the exit status: 0 for well, 1 for a trail or a month with something wrong."""

    lines: list[str]
    status: int = 0


def report_of(
    verdict: Verdict,
    *,
    differences: Sequence[str],
    unknown: Sequence[str],
    readers: Sequence[str] = (),
    no_month: str | None = None,
) -> Report:
    """The report on a verdict.

    `differences` is where the database is not as the migrations say, `unknown` what could not be compared, `readers`
    who may read the trail beside the services, `no_month` why no month can be made for rows to come.
    """
    lines = [f"warning: {warning}." for warning in [*verdict.warnings, *readers]]
    if no_month is not None:
        lines.append(f"warning: no month can be made for rows to come: {no_month}.")
    for found in verdict.findings:
        event = f" (event {found.event_id})" if found.event_id else ""
        lines += [f"{found.kind}: row {found.seq}{event}", f"{found.message}."]
    lines += [f"database: {difference}." for difference in differences]
    lines += [f"not compared: {reason}." for reason in unknown]
    if verdict.findings or differences:
        return Report(lines, WRONG)
    pruned = f", {verdict.pruned} pruned ones are vouched for" if verdict.pruned else ""
    lines.append(f"All {verdict.rows} rows verify{pruned}; {verdict.checkpoints} checkpoints agree.")
    status = PROVEN if no_month is None else WRONG
    if verdict.proven and verdict.unsealed:
        since = "there is none" if verdict.sealed_at is None else f"of {verdict.sealed_at:%Y-%m-%dT%H:%M:%SZ}"
        lines.append(
            f"Not yet sealed: the last {verdict.unsealed} rows came after the last checkpoint ({since}); until the "
            "next, within five minutes, they could be cut off or rewritten without a trace."
        )
        status = status or NOT_SEALED
    if not verdict.proven:
        lines.append("Not proven: without the key nothing says that this is the trail that was written.")
    if status != WRONG and (unknown or not verdict.proven):
        status = NOT_PROVEN
    return Report(lines, status)


def unreadable(differences: Sequence[str], error: str) -> Report:
    """The report on a trail that cannot even be read, because of what the differences say."""
    return Report([*(f"database: {one}." for one in differences), f"The trail cannot be read: {error}."], WRONG)
