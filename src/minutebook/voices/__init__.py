"""People who are known again by their voice, because they agreed to it."""
