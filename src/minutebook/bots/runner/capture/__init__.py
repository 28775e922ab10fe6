"""What a bot hears, sees, says and shows: see `capture.Capture` and `spool.Spool`."""
