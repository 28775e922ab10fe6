"""`python -m minutebook.db.migrations "what changes"` writes the next migration from today's tables."""

import sys

from sqlalchemy import create_engine

from minutebook.db.migrations.compare import load_tables, write_revision
from minutebook.db.migrations.run import upgrade


def main() -> None:
    """Compare a fresh, migrated SQLite database with today's tables and write down the difference."""
    message = " ".join(sys.argv[1:]).strip()
    if not message:
        sys.exit('Say what changes: python -m minutebook.db.migrations "add the colour of meetings"')
    load_tables()
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        upgrade(connection)
        path = write_revision(connection, message)
    engine.dispose()
    sys.stdout.write(f"{path}\n" if path else "The migrations match the tables; nothing was written.\n")


if __name__ == "__main__":
    main()
