"""Recordings that come piece by piece and can be gone on with: after a lost network, a closed tab, a restart."""
