"""Everything of one account as a ZIP file, written while it is read."""
