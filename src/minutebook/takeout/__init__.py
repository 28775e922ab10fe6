"""Everything of a user, to take along."""
