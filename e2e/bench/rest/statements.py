"""The SQL of both servers and of pgbench: a task, its shadow and its outbox row in one transaction; a list of 20."""

from typing import Final

from taskflow_core.database.task_rows import COLUMNS

LISTED: Final = 20

INSERT_TASK: Final = """
WITH made AS (
    INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at)
    VALUES ($1, $2, $3, $4, false, $5::timestamptz, $5::timestamptz)
)
INSERT INTO task_shadow (task_id, user_id, version, title, description, completed) VALUES ($1, $2, 1, $3, $4, false)
"""
INSERT_EVENT: Final = """
INSERT INTO outbox (event_id, producer, topic, task_id, occurred_at, payload)
VALUES ($1, 'chat-api', 'taskflow.tasks.created', $2, $3, $4)
"""
LIST: Final = f"""
SELECT {COLUMNS} FROM tasks t LEFT JOIN task_shadow s ON s.task_id = t.id
WHERE t.user_id = $1 ORDER BY t.created_at DESC, t.id DESC LIMIT {LISTED}
"""

PGBENCH_CREATE: Final = """
\\set user random(1, :users)
BEGIN;
WITH made AS (
    INSERT INTO tasks (id, user_id, title, description, completed, created_at, updated_at)
    VALUES (gen_random_uuid()::text, 'user-' || :user, 'Water the plants', NULL, false, now(), now())
    RETURNING id, user_id, title
)
INSERT INTO task_shadow (task_id, user_id, version, title, description, completed)
SELECT id, user_id, 1, title, NULL, false FROM made;
INSERT INTO outbox (event_id, producer, topic, task_id, occurred_at, payload)
VALUES (gen_random_uuid(), 'chat-api', 'taskflow.tasks.created', 'task', now(), repeat('x', 900));
COMMIT;
"""
PGBENCH_LIST: Final = (
    "\\set user random(1, :users)\n" + LIST.replace("$1", "'user-' || :user").replace("\n", " ") + ";\n"
)
