"""chat-api's routes: each decodes, calls one use case or query, and answers."""
