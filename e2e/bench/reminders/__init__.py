"""Measures reminders: the heap beside plain heapq, taking events in beside a raw handler, and lateness."""
