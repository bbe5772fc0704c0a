"""Old months leave: written to files, noted in signed records, detached, dropped."""
