"""A user's tasks."""

from typing import Annotated

from fastapi import APIRouter, Body
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from e2e.release.bodies import Changes, GivenTask, NewTask, OwnTask
from e2e.release.dependencies import Caller, Opened, refused
from e2e.release.tables import Task, now

router = APIRouter(prefix="/api/v1/tasks")


def _own(opened: Session, user_id: str, task_id: str) -> Task | None:
    return opened.exec(select(Task).where(Task.id == task_id, Task.user_id == user_id)).first()


def _save(opened: Session, task: Task, code: str, error: str) -> OwnTask:
    opened.add(task)
    try:
        opened.commit()
    except SQLAlchemyError:
        raise refused(400, code, error) from None
    return OwnTask.model_validate(task)


@router.get("")
def list_tasks(caller: Caller, opened: Opened) -> list[GivenTask]:
    """All of them, newest first."""
    found = opened.exec(select(Task).where(Task.user_id == caller).order_by(col(Task.created_at).desc())).all()
    return [GivenTask.model_validate(task) for task in found]


@router.post("", status_code=201)
def create(body: NewTask, caller: Caller, opened: Opened) -> OwnTask:
    """A new one."""
    if not body.title.strip():
        raise refused(400, "TASK_CREATION_ERROR", "Task title cannot be empty")
    description = body.description.strip() if body.description else None
    task = Task(user_id=caller, title=body.title.strip(), description=description)
    return _save(opened, task, "TASK_CREATION_ERROR", "Failed to create task")


@router.put("/{task_id}")
def change(
    task_id: str,
    caller: Caller,
    opened: Opened,
    # No body at all is refused by a rule, a null by the framework: the default is not of the type, on purpose.
    body: Annotated[Changes, Body()] = None,  # pyright: ignore[reportArgumentType]
) -> OwnTask:
    """Changes one."""
    if not body:
        raise refused(400, "TASK_UPDATE_ERROR", "Failed to update task")
    task = _own(opened, caller, task_id)
    if task is None:
        raise refused(404, "TASK_UPDATE_ERROR", "Task not found or you don't have permission to edit it")
    if body.title is not None:
        if not body.title.strip():
            raise refused(400, "TASK_UPDATE_ERROR", "Task title cannot be empty")
        task.title = body.title.strip()
    if body.description is not None:
        task.description = body.description.strip() if body.description else None
    if body.completed is not None:
        task.completed = body.completed
    task.updated_at = now()
    return _save(opened, task, "TASK_UPDATE_ERROR", "Failed to update task")


@router.delete("/{task_id}", status_code=204)
def remove(task_id: str, caller: Caller, opened: Opened) -> None:
    """Deletes one."""
    task = _own(opened, caller, task_id)
    if task is None:
        raise refused(404, "TASK_DELETION_ERROR", "Task not found or you don't have permission to delete it")
    opened.delete(task)
    opened.commit()
