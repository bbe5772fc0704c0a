"""Verifies the trail: the chain row by row, its head, the signed records, and the months that lie beside it."""

from datetime import datetime

import msgspec

from audit_logger.evidence.archive import Archive
from audit_logger.evidence.chain import GENESIS
from audit_logger.evidence.findings import Finding, FoundError
from audit_logger.evidence.sealed_form import NEVER, Sealing, sealing_of
from audit_logger.evidence.signing import Signer
from audit_logger.retention.leaving import check_detached, replayed
from audit_logger.retention.pruning import pruned_segments
from audit_logger.verification.checkpoints import HEAD
from audit_logger.verification.known import Known, known_checkpoints
from audit_logger.verification.walk import Walk, keep_still
from taskflow_core.database.pool import Connection, in_transaction


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What verifying found.

    `rows` were there and fit, `pruned` are vouched for by records of pruning, `checkpoints` were met and fit;
    `unsealed` rows came after the last checkpoint, which was made at `sealed_at`. `warnings` say what could not be
    proven; `proven` is whether there was a key at all; `unarchived` is the last checkpoint's number where the archive
    lacks it.
    """

    findings: list[Finding]
    rows: int
    pruned: int
    checkpoints: int
    head: int
    unsealed: int
    sealed_at: datetime | None
    proven: bool
    warnings: list[str]
    unarchived: int | None = None

    @property
    def finding(self) -> Finding | None:
        """The first thing wrong."""
        return self.findings[0] if self.findings else None


async def verify(connection: Connection, signer: Signer, archive: Archive) -> Verdict:
    """Verify everything there is, in one snapshot, while the trail goes on growing. Raises OSError for the archive."""
    async with in_transaction(connection, isolation="repeatable_read", readonly=True):
        await keep_still(connection)
        head = await connection.fetchrow(HEAD)
        sealing = await sealing_of(connection)
        known = await known_checkpoints(connection, signer, archive, sealing)
        segments = await pruned_segments(connection, signer, known.void)
        walk = Walk(
            (head["seq"], head["hash"]) if head else (0, GENESIS),
            known.hashes,
            segments,
            bridge=sealing if sealing.goes_on else None,
        )
        findings: list[Finding] = []
        try:
            await walk.go(connection)
        except FoundError as found:
            findings.append(found.finding)
        findings += known.findings
        if sealing is NEVER:
            findings.append(Finding(kind="removed", seq=0, event_id=None, message="audit_sealing has no row any more"))
        findings += await replayed(connection, known.void)
        findings += await check_detached(connection, signer)
    sealed = max((seq for seq in known.hashes if seq <= walk.head), default=0)
    return Verdict(
        findings=findings,
        rows=walk.rows,
        pruned=walk.pruned,
        checkpoints=walk.met,
        head=walk.head,
        unsealed=walk.head - sealed,
        sealed_at=known.last,
        proven=signer.has_key,
        unarchived=known.unarchived,
        warnings=[*_warnings(signer, archive, known), *_still_plain(sealing, walk.head)],
    )


def _still_plain(sealing: Sealing, head: int) -> list[str]:
    if not sealing.goes_on:
        return []
    return [f"Rows {sealing.seq + 1} to {head} are of before and not encrypted yet; audit-logger goes on with them"]


def _warnings(signer: Signer, archive: Archive, known: Known) -> list[str]:
    warnings: list[str] = []
    if not signer.has_key:
        warnings.append(
            "TASKFLOW_AUDIT_SIGNING_KEY is not set: a trail that was rewritten as a whole, or cut together with its "
            "head, would pass"
        )
    elif not archive.is_kept:
        warnings.append(
            "TASKFLOW_AUDIT_CHECKPOINT_DIR is not set: a trail cut together with its head and its checkpoints would "
            "pass"
        )
    if signer.has_key and not known.hashes:
        warnings.append("There is no checkpoint yet: a trail cut together with its head would pass")
    if known.forged:
        warnings.append(f"{known.forged} checkpoint records are not signed with this key and were passed over")
    if known.torn:
        warnings.append(
            f"{known.torn} lines of the checkpoint archive were cut short (a crash, a full disk) and were passed over"
        )
    if known.unsigned and signer.has_key:
        warnings.append(f"{known.unsigned} checkpoint records carry no signature and were passed over")
    return warnings
