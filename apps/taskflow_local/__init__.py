"""Runs the whole platform on one machine: its home, its PostgreSQL, its five services in one process."""
