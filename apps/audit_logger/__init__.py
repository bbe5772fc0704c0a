"""Writes every event to an append-only, tamper-evident trail by month, and lets users read their own."""
