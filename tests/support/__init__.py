"""What tests of several areas share: a PostgreSQL, a clock to move, waiting with a deadline."""
