"""Security events: as the first release writes them they stay readable, and none of them has room for a secret."""

import json
from typing import Any, get_args

import msgspec
import pytest

from taskflow_core.events.account import AccountEvent, AccountEventType
from taskflow_core.events.envelope import decode, encode, wrap
from taskflow_core.events.model import Event, Happening
from taskflow_core.events.topics import ACCOUNT_SECURITY, CHAT_API, STREAM_TOPICS, topic_of

ABOUT: dict[str, Any] = {
    "event_id": "8a9f3c5e-0000-4000-8000-000000000002",
    "timestamp": "2026-11-29T09:00:00Z",
    "user_id": "anna",
    "actor_id": "anna",
    "correlation_id": "c-2",
}
REFUSALS = {"count": 12, "since": "2026-11-29T08:59:10Z"}
SPECIFIC: dict[str, dict[str, Any]] = {
    "account.signed_up": {},
    "account.signed_in": {"session_id": "s-1"},
    "account.sign_in_refused": REFUSALS,
    "account.locked": REFUSALS,
    "account.password_changed": {},
    "account.password_reset": {},
    "account.reset_link_made": {},
    "account.email_link_made": {},
    "account.email_changed": {},
    "account.sessions_revoked": {"reason": "everywhere", "count": 3},
    "account.token_made": {
        "token_id": "t-1",
        "name": "backup",
        "scopes": ["tasks:read"],
        "expires_at": "2027-01-01T00:00:00Z",
    },
    "account.tokens_revoked": {"reason": "signed_out", "count": 1},
    "account.disabled": {},
    "account.enabled": {},
    "account.exported": {},
    "account.deleted": {},
}
EVERY_TYPE = pytest.mark.parametrize("kind", SPECIFIC)
ALLOWED = frozenset(
    ["session_id", "device", "by", "count", "since", "reason", "kept", "token_id", "name", "scopes", "expires_at"],
)
"""What an event of an account may say besides what every event does."""


def yesterday(kind: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": ABOUT["event_id"],
        "source": "chat-api",
        "type": kind,
        "subject": "anna",
        "time": ABOUT["timestamp"],
        "data": {"type": kind, **ABOUT, **SPECIFIC[kind]},
    }


def test_every_type_is_here() -> None:
    assert set(SPECIFIC) == set(get_args(AccountEventType))
    assert {one.event_type for one in get_args(AccountEvent)} == set(SPECIFIC)


@EVERY_TYPE
def test_yesterdays_events_decode_and_are_written_as_they_are_read(kind: str) -> None:
    event = decode(json.dumps(yesterday(kind))).data
    assert not isinstance(event, Event)
    assert (event.event_type, event.user_id) == (kind, "anna")
    assert topic_of(event) == ACCOUNT_SECURITY
    assert ACCOUNT_SECURITY not in STREAM_TOPICS
    written = wrap(event, CHAT_API)
    assert (written.type, written.subject) == (kind, "anna")
    assert decode(encode(written)).data == event
    assert json.loads(encode(written))["data"].items() >= (ABOUT | {"type": kind} | SPECIFIC[kind]).items()


@EVERY_TYPE
def test_tomorrows_events_decode_as_what_is_known_of_them(kind: str) -> None:
    envelope = yesterday(kind)
    known = decode(json.dumps(envelope)).data
    envelope["data"]["since_next_year"] = {"a": [1, None]}
    assert decode(json.dumps(envelope)).data == known


def test_none_has_a_field_for_an_address_or_a_secret() -> None:
    fields = {
        field.name
        for one in get_args(AccountEvent)
        for field in msgspec.structs.fields(one)
        if field.name not in Happening.__struct_fields__
    }
    assert fields == ALLOWED
