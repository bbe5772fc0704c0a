"""Holds users' keys against the erasures of accounts: who destroys one by hand, or brings one back, is found out."""

from typing import Final

from taskflow_core.database.pool import Connection

# Keys that were destroyed though nobody deleted the account.
_WITHOUT_ERASURE: Final = """
SELECT count(*) FROM audit_keys k
WHERE k.wrapped IS NULL AND NOT EXISTS (SELECT FROM erasures e WHERE e.user_hash = k.user_hash)
"""
# Accounts that were erased, and their keys were not.
_NOT_DESTROYED: Final = """
SELECT count(*) FROM erasures e WHERE e.done_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM audit_keys k WHERE k.user_hash = e.user_hash AND k.wrapped IS NULL)
"""
# Accounts that are there, their keys destroyed, and nothing is at work at erasing them. Where an account is being
# erased once more, after a backup of accounts was restored, its key has gone before.
_STILL_THERE: Final = """
SELECT count(*) FROM users u JOIN audit_keys k ON k.user_hash = sha256(convert_to(u.id, 'UTF8')) AND k.wrapped IS NULL
WHERE EXISTS (SELECT FROM erasures e WHERE e.user_hash = k.user_hash)
    AND NOT EXISTS (SELECT FROM erasures e WHERE e.user_hash = k.user_hash AND e.user_id = u.id AND e.done_at IS NULL)
"""
# Users of whom something is encrypted and there is no key, nor a mark of one.
_GONE: Final = """
SELECT count(DISTINCT t.user_id) FROM task_events t
WHERE t.data LIKE '%"sealed":"%'
    AND NOT EXISTS (SELECT FROM audit_keys k WHERE k.user_hash = sha256(convert_to(t.user_id, 'UTF8')))
"""
_SAID: Final = {
    _WITHOUT_ERASURE: "{} keys of users are destroyed, and no erasure of their accounts asked for it",
    _NOT_DESTROYED: "{} accounts were erased, and their keys are not destroyed",
    _STILL_THERE: "{} accounts are there, and their keys are destroyed as if the accounts had been erased",
    _GONE: "the keys of {} users are gone: nobody reads any more what they wrote",
}


async def compare_keys(connection: Connection) -> list[str]:
    """Where the keys are not as erasures left them, a sentence each. Raises asyncpg's errors."""
    counted = [(said, await connection.fetchval(query)) for query, said in _SAID.items()]
    return [said.format(count) for said, count in counted if count]
