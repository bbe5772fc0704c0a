"""chat-api: the REST interface, the chat and the page; alone writes tasks and produces their events."""
