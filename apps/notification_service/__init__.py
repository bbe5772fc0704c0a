"""Pushes every change of their tasks, and every reminder, to the browsers of connected users."""
