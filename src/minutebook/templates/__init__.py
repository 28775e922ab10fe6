"""Note templates: how a user wants notes to look, under a name."""
