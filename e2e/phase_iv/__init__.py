"""What the Phase IV release answered, and a check that a running service still answers so."""
