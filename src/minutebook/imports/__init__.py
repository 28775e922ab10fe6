"""Recordings that a meeting's organiser has at the meeting's platform, brought here."""
