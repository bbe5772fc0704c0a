"""Deleting an account: it closes at once, and a job erases what there is of it."""
