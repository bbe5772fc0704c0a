"""The use cases that write: each one transaction that locks the task, writes its rows, then appends to the outbox."""
