"""Addresses in lower case, as Phase IV keeps them; those that two accounts share are left as they are.

Safe before the rollout: Phase IV has its own in lower case already. An older release of Phase V, which compared letter
for letter, signs such an account in by the address in lower case only. Going back leaves the addresses in lower case,
since Phase IV finds no others.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0008_addresses"
VERSION = "1.38.0"
DESCRIPTION = "Addresses in lower case, where that is free"

FORWARDS = """
UPDATE users AS account SET email = lower(account.email)
FROM (SELECT lower(email) AS address FROM users GROUP BY 1 HAVING count(*) = 1) AS alone
WHERE lower(account.email) = alone.address AND account.email <> alone.address AND length(alone.address) <= 255;

-- Finds the few that remain; no constraint, so that nothing Phase IV writes can fail on it.
CREATE INDEX users_email_in_other_case ON users (lower(email)) WHERE email <> lower(email);
"""

BACKWARDS = """
DROP INDEX IF EXISTS users_email_in_other_case;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
