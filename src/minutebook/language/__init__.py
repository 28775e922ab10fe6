"""Transcript → note, key points, sentiment. Every line of a note quotes and cites what was said."""
