"""The rows: written, read by page, revealed, and kept by month."""
