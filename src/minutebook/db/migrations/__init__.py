"""The schema's history, and how a database is brought to its present.

Migrations are self-contained: they know no table of today's code. `python -m minutebook.db.migrations "what changes"`
writes the next one by comparing today's tables with the end of the history.
"""

from minutebook.db.migrations.run import is_new, migrate

__all__ = ["is_new", "migrate"]
