"""Who may see a meeting besides its owner."""
