"""What of a request's values does not validate: where it stands, what is wrong, and the kind of problem.

msgspec's errors say in words what is wrong, and behind them where (``- at `$.title` ``). The kind is not read out of
the words: it follows from the value and the type that it should have had.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import inspect

from taskflow_core.domain.errors import FieldError
from taskflow_core.domain.field_codes import FieldCode


class FieldProblem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One value that does not validate: where it stands, what is wrong, and the kind of problem.

    `code` is a name for what is wrong that stays, `params` are what belongs to it. Phase IV has neither.
    """

    loc: list[str]
    msg: str
    type: str
    code: FieldCode | None = None
    params: dict[str, str | int] = {}


class InvalidError(Exception):
    """Refuses values, each with its place: 422."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{'.'.join(p.loc)}: {p.msg}" for p in problems))
        self.problems = list(problems)


def invalid(
    field: str,
    message: str,
    kind: str = "value_error",
    where: str = "body",
    code: FieldCode = "INVALID_VALUE",
    params: Mapping[str, str | int] | None = None,
) -> InvalidError:
    """One value that does not validate."""
    loc = [where, field] if field else [where]
    return InvalidError([FieldProblem(loc=loc, msg=message, type=kind, code=code, params=dict(params or {}))])


def invalid_field(error: FieldError, field: str | None = None, where: str = "body") -> InvalidError:
    """A value that breaks a rule of the domain's, under another name for its field where one is given."""
    return invalid(field or error.field, error.message, where=where, code=error.code, params=error.params)


def missing(*loc: str) -> FieldProblem:
    """A value that is needed and not there."""
    return FieldProblem(loc=list(loc), msg="Field required", type="missing", code="MISSING")


_COLLECTIONS: Final = (inspect.ListType, inspect.SetType, inspect.FrozenSetType, inspect.VarTupleType)
_WORDS: Final = (
    inspect.EnumType,
    inspect.LiteralType,
    inspect.DateTimeType,
    inspect.DateType,
    inspect.TimeType,
    inspect.TimeDeltaType,
    inspect.UUIDType,
    inspect.DecimalType,
)
"""Types that are texts of a certain form in JSON: of another form a text is a wrong value, not of a wrong type."""

_MOMENTS: Final = (inspect.DateTimeType, inspect.TimeDeltaType)
"""Those of them that may be numbers of seconds as well."""


@cache
def shape_of(annotation: Any) -> inspect.Type:
    """A type as msgspec sees it; looking takes 0.1 ms."""
    return inspect.type_info(annotation)


def body_problem(error: msgspec.ValidationError, value: Any, annotation: Any) -> FieldProblem:
    """What is wrong with a body, `value`, that is not of the type `annotation`."""
    words, found, where = str(error).partition(" - at `$.")
    path = where.rstrip("`").replace("[", ".").replace("]", "").split(".") if found else []
    words = words.split(" - ", maxsplit=1)[0]
    kind: inspect.Type | None = shape_of(annotation)
    for step in path:
        value, kind = _within(value, kind, step)
    struct = _struct(kind)
    if struct is not None and isinstance(value, dict):
        for field in struct.fields:
            if field.required and field.encode_name not in value:
                return missing("body", *path, field.encode_name)
    return problem_of(["body", *path], words, value, kind)


def problem_of(loc: list[str], message: str, value: Any, kind: inspect.Type | None) -> FieldProblem:
    """What is wrong with `value`, which does not validate as `kind`. Where nothing is known: value_error."""
    for one in _members(kind):
        if isinstance(one, inspect.StrType) and isinstance(value, str):
            return _length(loc, message, value, one)
        if isinstance(one, _COLLECTIONS) and isinstance(value, list):
            return _length(loc, message, value, one)  # pyright: ignore[reportUnknownArgumentType]
    of_form = kind is None or any(_has_form(value, one) for one in _members(kind))
    type_ = "value_error" if of_form else "type_error"
    return FieldProblem(loc=loc, msg=message, type=type_, code="INVALID_VALUE")


def _has_form(value: Any, kind: inspect.Type) -> bool:
    form = str if isinstance(kind, _WORDS) else dict if isinstance(kind, inspect.StructType) else ()
    return isinstance(value, form) or (isinstance(kind, _MOMENTS) and type(value) in (int, float))


def _length(loc: list[str], message: str, value: Sequence[Any], kind: Any) -> FieldProblem:
    least, most = kind.min_length, kind.max_length
    if least is not None and len(value) < least:
        return FieldProblem(loc=loc, msg=message, type="string_too_short", code="TOO_SHORT", params={"least": least})
    if most is not None and len(value) > most:
        code = "TOO_LONG" if isinstance(value, str) else "TOO_MANY"
        return FieldProblem(loc=loc, msg=message, type="string_too_long", code=code, params={"most": most})
    return FieldProblem(loc=loc, msg=message, type="type_error", code="INVALID_VALUE")


def _members(kind: inspect.Type | None) -> list[inspect.Type]:
    if kind is None:
        return []
    while isinstance(kind, inspect.Metadata):
        kind = kind.type
    return [each for one in kind.types for each in _members(one)] if isinstance(kind, inspect.UnionType) else [kind]


def _struct(kind: inspect.Type | None) -> inspect.StructType | None:
    return next((one for one in _members(kind) if isinstance(one, inspect.StructType)), None)


def _within(value: Any, kind: inspect.Type | None, step: str) -> tuple[Any, inspect.Type | None]:
    """The value and the type at a step into a value and its type."""
    struct = _struct(kind)
    if struct is not None:
        field = next((field for field in struct.fields if field.encode_name == step), None)
        return (value.get(step) if isinstance(value, dict) else None), None if field is None else field.type  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    for one in _members(kind):
        if isinstance(one, _COLLECTIONS) and isinstance(value, list) and step.isdigit():
            return value[int(step)], one.item_type  # pyright: ignore[reportUnknownVariableType]
    return None, None
