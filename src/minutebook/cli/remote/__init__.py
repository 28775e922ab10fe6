"""Commands that talk to a PAXS server, ours or another."""
