"""Settings as the command line sees them: the environment, then what the command was told."""

from pathlib import Path

from pydantic import ValidationError

from minutebook.config import Settings
from minutebook.errors import invalid


def settings_for(data_dir: Path | None) -> Settings:
    """The settings; `data_dir` replaces the configured one. A wrong variable is named in the error."""
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "MINUTEBOOK_" + "__".join(part for part in first["loc"] if isinstance(part, str)).upper()
        raise invalid("setting_invalid", f"The setting {name} is wrong: {first['msg']}.", name) from None
    if data_dir is not None:
        settings = settings.model_copy(update={"data_dir": data_dir.resolve()})
    return settings
