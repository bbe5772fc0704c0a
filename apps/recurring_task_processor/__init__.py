"""recurring-task-processor: sees to it that each series always has its next occurrence, by asking chat-api for it."""
