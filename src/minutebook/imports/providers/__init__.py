"""The platforms whose recordings can be imported: one module each."""
