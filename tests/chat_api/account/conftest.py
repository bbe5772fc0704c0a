"""Bob, who signs in on two replicas as in the tests of sessions, and what he does with his account."""

from tests.chat_api.sessions.conftest import bob, here, replicas, sign_in, there

__all__ = ["bob", "here", "replicas", "sign_in", "there"]
