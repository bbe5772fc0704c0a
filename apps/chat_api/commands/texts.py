"""Texts that people write, as they are stored: trimmed, and what PostgreSQL can hold."""

from taskflow_core.domain.errors import DomainError, FieldError, TaskNotChangedError, TaskNotCreatedError


def storable(field: str, text: str) -> str:
    """`text` if PostgreSQL can hold it. Raises FieldError for the NUL character, which has no place in a text."""
    if "\x00" in text:
        raise FieldError(field, "must not contain the character U+0000", "CONTROL_CHARACTERS")
    return text


def new_title(text: str) -> str:
    """The title of a new task, trimmed. Raises FieldError, and TaskNotCreatedError where nothing is left."""
    return _title(text, TaskNotCreatedError)


def changed_title(text: str) -> str:
    """Another title of a task, trimmed. Raises FieldError, and TaskNotChangedError where nothing is left."""
    return _title(text, TaskNotChangedError)


def description_of(text: str | None) -> str | None:
    """A description, trimmed; an empty one is none, and one of blanks is empty, as in Phase IV. Raises FieldError."""
    return storable("description", text).strip() if text else None


def _title(text: str, refused: type[DomainError]) -> str:
    trimmed = storable("title", text).strip()
    if not trimmed:
        raise refused("Task title cannot be empty", reason="title")
    return trimmed
