"""Ways to tamper with what is encrypted, with users' keys, and with how far rows of before are encrypted.

The trail is that of `ways`, all of it anna's, written with her key.
"""

from typing import Final

from tests.audit_logger.way import Way, rows

_SWAP: Final = """
UPDATE task_events t SET data = o.data FROM task_events o WHERE (t.chain_seq, o.chain_seq) IN ((4, 5), (5, 4));
"""
_DESTROY: Final = "UPDATE audit_keys SET wrapped = NULL, key_id = NULL, destroyed_at = now()"
_ACCOUNT: Final = """
INSERT INTO users (id, email, hashed_password, created_at, updated_at)
VALUES ('anna', 'anna@example.com', '-', now(), now());
"""

KEYS: Final = [
    rows("contents exchanged", _SWAP, "changed: row 4"),
    rows(
        "a content of another user's",
        "UPDATE task_events SET user_id = 'bob' WHERE chain_seq = 4;",
        "changed: row 4",
    ),
    Way("a key destroyed by hand", _DESTROY, "keys of users are destroyed, and no erasure"),
    Way("a key destroyed by its function", "SELECT audit_destroy_key('anna')", "1 keys of users are destroyed"),
    Way(
        "a key destroyed, and an erasure made up that was done",
        _ACCOUNT + "INSERT INTO erasures (user_hash, done_at) VALUES (sha256('anna'), now());" + _DESTROY,
        "1 accounts are there, and their keys are destroyed",
    ),
    Way(
        "a key destroyed, and an erasure made up that nobody does",
        _ACCOUNT + "INSERT INTO erasures (user_hash, user_id) VALUES (sha256('anna'), 'nobody');" + _DESTROY,
        "1 accounts are there, and their keys are destroyed",
    ),
    Way("a key deleted", "DELETE FROM audit_keys", "the keys of 1 users are gone"),
    Way(
        "a key of somebody who was erased",
        "INSERT INTO erasures (user_hash, done_at) VALUES (sha256('anna'), now())",
        "1 accounts were erased, and their keys are not destroyed",
    ),
    Way("how far rows are encrypted, gone", "DELETE FROM audit_sealing", "audit_sealing has no row"),
    Way(
        "how far rows are encrypted, ahead",
        "UPDATE audit_sealing SET seq = 8, done_at = NULL",
        "Row 8 is not the one up to which rows are encrypted",
    ),
    Way("a function that encrypts, changed", "ALTER FUNCTION audit_seal STABLE", "the function audit_seal("),
    Way("keys for everybody", "GRANT SELECT ON audit_keys TO PUBLIC", "PUBLIC has SELECT on audit_keys"),
    Way("keys in the services' hands", "GRANT UPDATE ON audit_keys TO taskflow_app", "taskflow_app has UPDATE"),
]

UNSEEN_KEYS: Final[dict[str, str | None]] = {
    "A user's key replaced by other bytes": "UPDATE audit_keys SET wrapped = sha256('x') || sha256('y')",
    "An account that is erased like any other": None,
    "A trail that is told to encrypt itself again": "UPDATE audit_sealing SET done_at = NULL",
}
