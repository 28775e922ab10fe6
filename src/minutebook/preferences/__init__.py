"""What a user wishes for all of their meetings."""
