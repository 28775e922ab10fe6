"""Zoom accounts that bots join on behalf of: connections by OAuth."""
