"""Questions answered out of what was said, each sentence with its place."""
