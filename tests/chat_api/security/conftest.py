"""Bob, who signs in on two replicas as in the tests of sessions; what the outbox holds of his account."""

from tests.chat_api.sessions.conftest import bob, here, replicas, sign_in, there

__all__ = ["bob", "here", "replicas", "sign_in", "there"]
