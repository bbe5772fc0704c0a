"""How events get from the transaction that made them to those who act on them, at least once and in order per task."""
