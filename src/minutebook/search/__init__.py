"""What was said, found again: one port over the full-text indexes of two databases."""
