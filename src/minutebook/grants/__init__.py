"""Access to accounts elsewhere by OAuth: what was granted, sealed and renewed."""
