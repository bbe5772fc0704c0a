"""The table of deleted tasks."""

from piccolo.columns import JSONB, UUID, BigInt, Timestamptz, Varchar
from piccolo.table import Table


class DeletedTasks(
    Table, tablename="deleted_tasks", tags=["chat-api"], help_text="Deleted tasks, whole, while they can be restored"
):
    task_id = Varchar(length=None, primary_key=True)
    user_id = Varchar(length=None)
    version = BigInt(help_text="The deletion's")
    deleted_at = Timestamptz()
    deletion = UUID(help_text="Shared by what was deleted together")
    task = JSONB(help_text="The row of tasks as it was")
    series = JSONB(null=True, default=None, help_text="The row of task_series before a deletion that ended it")
