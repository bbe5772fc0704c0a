"""The place and the kind of a problem follow from the value and its type, in whatever words msgspec says it."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from taskflow_core.service.problems import FieldProblem, body_problem


class Colour(Enum):
    RED = "red"


class Inner(msgspec.Struct):
    name: Annotated[str, Meta(min_length=2, max_length=3)]
    count: Annotated[int, Meta(ge=1)] = 1


class Body(msgspec.Struct, rename="camel"):
    given_name: str
    inner: Inner | None = None
    many: Annotated[list[Inner], Meta(max_length=2)] = []
    at: Annotated[datetime, Meta(tz=True)] | None = None
    colour: Colour | None = None
    size: Literal["s", "m"] | None = None
    code: Annotated[str, Meta(pattern="[a-z]{9}")] | None = None
    flag: bool | None = None


def problem(value: Any) -> FieldProblem:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert(value, Body, strict=False, str_keys=True)
    return body_problem(raised.value, value, Body)


@pytest.mark.parametrize(
    ("more", "loc", "kind"),
    [
        ({"inner": {}}, ["inner", "name"], "missing"),
        ({"many": [{"name": "ab"}, {}]}, ["many", "1", "name"], "missing"),
        ({"inner": {"name": "a"}}, ["inner", "name"], "string_too_short"),
        ({"inner": {"name": "abcd"}}, ["inner", "name"], "string_too_long"),
        ({"many": [{"name": "ab"}] * 3}, ["many"], "string_too_long"),
        ({"many": [{"name": "ab"}, {"name": 5}]}, ["many", "1", "name"], "type_error"),
        ({"inner": {"name": "ab", "count": 0}}, ["inner", "count"], "type_error"),
        ({"inner": "x"}, ["inner"], "type_error"),
        ({"at": "tomorrow"}, ["at"], "value_error"),
        ({"at": 1e308}, ["at"], "value_error"),
        ({"at": []}, ["at"], "type_error"),
        ({"colour": "green"}, ["colour"], "value_error"),
        ({"size": "l"}, ["size"], "value_error"),
        ({"size": 5}, ["size"], "type_error"),
        ({"code": "AB"}, ["code"], "type_error"),
        ({"flag": "perhaps"}, ["flag"], "type_error"),
        ({"givenName": []}, ["givenName"], "type_error"),
    ],
)
def test_a_problem_has_its_place_and_its_kind(more: dict[str, Any], loc: list[str], kind: str) -> None:
    found = problem({"givenName": "Anna", **more})
    assert (found.loc, found.type) == (["body", *loc], kind)
    assert found.msg
    assert "$" not in found.msg


def test_a_missing_field_is_named_as_clients_name_it() -> None:
    assert problem({}) == FieldProblem(loc=["body", "givenName"], msg="Field required", type="missing", code="MISSING")


@pytest.mark.parametrize("value", [None, 5, "x", []])
def test_what_is_no_object_is_of_a_wrong_type(value: Any) -> None:
    found = problem(value)
    assert (found.loc, found.type) == (["body"], "type_error")
