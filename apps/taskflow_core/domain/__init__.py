"""The rules of tasks, due dates, reminders and recurrence, free of input and output."""
