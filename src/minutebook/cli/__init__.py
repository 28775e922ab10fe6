"""The command line: one file per group of commands."""


def main() -> None:
    """Entry point of `minutebook`."""
    from minutebook.cli.app import app

    app()
