"""Who may open a stream, and for how long: until the sign-in ends, or another reader has the ticket."""

import uuid
from collections.abc import Sequence
from typing import Any, Final

from litestar import Request

from notification_service import frames
from notification_service.hub import Hub
from notification_service.stream import Stream
from notification_service.tickets import Admission, Tickets
from taskflow_core.service.auth import SignIn, over
from taskflow_core.service.requests import header
from taskflow_core.service.revocations.revocations import Revocations
from taskflow_core.service.tokens import Identity

TOKEN: Final = "token"  # noqa: S105  # a parameter's name
TICKET: Final = "ticket"


class Door:
    """Lets readers in and sees to it that they leave."""

    def __init__(self, hub: Hub, sign_in: SignIn, revocations: Revocations | None, tickets: Tickets) -> None:
        self._hub = hub
        self._sign_in = sign_in
        self._revocations = revocations
        self._tickets = tickets
        self._readers: dict[bytes, tuple[Admission, Stream]] = {}
        if revocations is not None:
            revocations.listen(self._heard)

    async def admit(
        self, request: Request[Any, Any, Any], secrets: dict[str, str], begins_with: str | None
    ) -> tuple[Identity, Admission | None]:
        """Who sends the request, and what their ticket let in, if they came by one.

        `secrets` are the token and the ticket of the URL; a header counts before them, and a ticket before a token.
        `begins_with` is the position that the URL names. Raises AuthError (401), ApiError (403), and outages.
        """
        ticket = secrets.get(TICKET)
        if ticket is None or header(request.scope, b"authorization") is not None:
            return await self._sign_in.admit(request, secrets.get(TOKEN)), None
        given = header(request.scope, b"last-event-id")
        admission = await self._tickets.admit(ticket, begins_with, given.decode("latin-1") if given else None)
        return await self._sign_in.let_in(admission.identity), admission

    def enter(self, identity: Identity, preference: str, admission: Admission | None) -> Stream:
        """A new stream. Whoever enters leaves. Raises as the hub does, and AuthError where the sign-in just ended."""
        if admission is not None and admission.ticket_hash in self._readers:
            self._readers[admission.ticket_hash][1].end("replaced")
        stream = self._hub.open(identity, preference)
        if self._revocations is not None:
            self._revocations.hold(identity.user_id)
            # What was heard before the stream was there, nobody has ended it for.
            if self._revocations.refuses(identity):
                self.leave(stream, admission)
                raise over(identity, self._revocations)
        if admission is not None:
            self._readers[admission.ticket_hash] = admission, stream
        return stream

    def leave(self, stream: Stream, admission: Admission | None) -> None:
        """The reader is gone. Never fails, and waits for nothing."""
        self._hub.close(stream)
        if self._revocations is not None:
            self._revocations.release(stream.user_id)
        if admission is not None:
            held = self._readers.get(admission.ticket_hash)
            if held is not None and held[1] is stream:
                del self._readers[admission.ticket_hash]

    async def give_back(self, admission: Admission | None) -> None:
        """Nothing came of it: a ticket used for the first time is as good as before. Raises outages."""
        if admission is not None:
            await self._tickets.give_back(admission)

    async def run(self) -> None:
        """Look after the tickets, for ever, until cancelled."""
        await self._tickets.run(self._held, self._lost)

    def _held(self) -> Sequence[Admission]:
        return [admission for admission, _ in self._readers.values()]

    def _lost(self, ticket_hash: bytes, holder: uuid.UUID) -> None:
        held = self._readers.get(ticket_hash)
        if held is not None and held[0].holder == holder:
            held[1].end("replaced")

    def _heard(self, user_id: str) -> None:
        """Something of a user is refused that was not: the streams that it concerns end, and say why."""
        revocations = self._revocations
        assert revocations is not None, "who else tells"
        last = frames.signed_out_frame(self._hub.clock.now())
        for stream in self._hub.streams_of(user_id):
            if revocations.refuses(stream.identity):
                stream.end("revoked", last)
