"""A meeting among the records of a machine on which nobody runs a server."""

from collections.abc import Sequence
from pathlib import Path

from minutebook.config import Settings
from minutebook.db.database import Database
from minutebook.wiring import open_services
from support.backends import migrated_sqlite
from support.searching import Said, meeting, recorded, services_over


async def own_record(data_dir: Path, said: Sequence[Said], *, title: str = "Roadmap", note: str = "") -> None:
    """A meeting with a transcript and, if asked for, a note of one decision that rests on its last sentence."""
    settings = Settings(_env_file=None, data_dir=data_dir)
    if not (file := data_dir / "minutebook.db").exists():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        migrated_sqlite(file)
    async with open_services(settings) as opened, opened.db.transaction() as tx:
        owner = (await opened.accounts.local_user(tx)).id
    database = Database(settings.sqlalchemy_url)
    services = services_over(database, data_dir)
    made = await meeting(services, owner, title=title)
    noted = [(note, len(said) - 1)] if note else []
    await recorded(services, made, said, owner_id=owner, note=noted)
    await database.close()
