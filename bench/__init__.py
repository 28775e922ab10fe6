"""Measurements of quality and speed. Run by hand (`make bench`), never as tests."""
