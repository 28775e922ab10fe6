"""Minutebook: every meeting becomes a record you can trust."""

__version__ = "0.1.0"
