"""The schema: tables with their owners, reversible migrations and the runner that applies them."""
