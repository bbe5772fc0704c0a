"""One-time links: invitations, and what is mailed to people for them to show who they are.

Safe before the rollout: the running release does not know of them. Going back ends those that were not used.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0015_account_links"
VERSION = "1.38.0"
DESCRIPTION = "One-time links"

FORWARDS = """
-- Owner: chat-api. A link by the SHA-256 of its secret; what is to be mailed gets one when the mail is on its way.
CREATE TABLE account_links (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    kind varchar(10) NOT NULL CHECK (kind IN ('invitation', 'reset', 'email')),
    link_hash bytea,
    user_id varchar,
    email varchar(255),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    mail_at timestamptz,
    attempts integer NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX account_links_by_hash ON account_links (link_hash);
CREATE INDEX account_links_of_user ON account_links (user_id);
CREATE INDEX account_links_to_mail ON account_links (mail_at) WHERE mail_at IS NOT NULL;
CREATE INDEX account_links_by_end ON account_links (expires_at);
"""

BACKWARDS = "DROP TABLE IF EXISTS account_links;"


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
