"""Backups of a whole installation: its rows, its objects, its key; written while it serves."""
