"""Outbox, shadow, embedded deliveries, dead letters and idempotency keys.

Safe before the rollout: the running release neither reads nor is hindered by what is added.
No table of ours has a foreign key to one of Phase IV's: nothing Phase IV does can fail on us or cascade.
"""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from taskflow_db.sql_migration import sql_migration

ID = "0003_events"
VERSION = "1.38.0"
DESCRIPTION = "Outbox, shadow, embedded deliveries, dead letters and idempotency keys"

FORWARDS = """
-- Owner: the producer named in the row (chat-api, reminder-service). Events not yet known to be in the audit trail.
CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    producer varchar(64) NOT NULL,
    topic varchar(128) NOT NULL,
    task_id varchar NOT NULL,
    occurred_at timestamptz NOT NULL,
    payload text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    publish_count integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    last_error varchar(500)
);
CREATE INDEX ix_outbox_unpublished ON outbox (producer, seq) WHERE published_at IS NULL;
CREATE INDEX ix_outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

-- Owner: chat-api. Per task its version and Phase IV's fields as last published: what Phase IV changes behind our back
-- is found by comparing with it.
CREATE TABLE task_shadow (
    task_id varchar PRIMARY KEY,
    user_id varchar NOT NULL,
    version bigint NOT NULL,
    title varchar(255) NOT NULL,
    description varchar(5000),
    completed boolean NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Owner: the embedded bus. One row per event and consumer group until the group has dealt with it.
CREATE TABLE embedded_deliveries (
    consumer_group varchar(64) NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    task_id varchar NOT NULL,
    topic varchar(128) NOT NULL,
    payload text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    last_error varchar(500),
    PRIMARY KEY (consumer_group, event_id)
);
CREATE INDEX ix_embedded_deliveries_order ON embedded_deliveries (consumer_group, seq);
-- Each batch asks for those that wait for another try: without this, at the cost of reading the whole backlog.
CREATE INDEX ix_embedded_deliveries_waiting ON embedded_deliveries (consumer_group, retry_at)
    WHERE retry_at IS NOT NULL;

-- Owner: the consumer group named in the row. Events it gave up on, kept until an operator replays or drops them.
CREATE TABLE dead_letters (
    event_id uuid NOT NULL,
    consumer_group varchar(64) NOT NULL,
    topic varchar(128) NOT NULL,
    task_id varchar,
    payload text NOT NULL,
    reason varchar(2000) NOT NULL,
    attempts integer NOT NULL,
    dead_at timestamptz NOT NULL DEFAULT now(),
    replay_requested_at timestamptz,
    PRIMARY KEY (event_id, consumer_group)
);
CREATE INDEX ix_dead_letters_replay ON dead_letters (consumer_group, replay_requested_at)
    WHERE replay_requested_at IS NOT NULL;

-- Owner: chat-api. Answers to requests that carried an Idempotency-Key, kept for 24 hours.
CREATE TABLE idempotency_keys (
    user_id varchar NOT NULL,
    route varchar(200) NOT NULL,
    key varchar(255) NOT NULL,
    request_hash bytea NOT NULL,
    status smallint NOT NULL,
    headers text NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, route, key)
);
CREATE INDEX ix_idempotency_keys_created_at ON idempotency_keys (created_at);
"""

BACKWARDS = """
DROP TABLE IF EXISTS idempotency_keys, dead_letters, embedded_deliveries, task_shadow, outbox;
"""


async def forwards() -> MigrationManager:
    return sql_migration(ID, DESCRIPTION, forwards=FORWARDS, backwards=BACKWARDS)
