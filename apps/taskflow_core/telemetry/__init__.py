"""What the platform says of itself: log lines, metrics and traces."""
