"""Parts of migrations that are long, or that a later one takes back to: SQL that never changes any more."""
