"""Where the bytes of a bot are kept in the storage, besides its recording, which is kept as every recording is."""


def bot_prefix(bot_id: str) -> str:
    """Everything of a bot has a key under this prefix."""
    return f"bots/{bot_id}/"


def media_prefix(bot_id: str) -> str:
    """The pieces that its runners bring home, until the recording is put together."""
    return f"{bot_prefix(bot_id)}media/"


def piece_key(bot_id: str, attempt: int, stream: str, index: int) -> str:
    """One piece."""
    return f"{media_prefix(bot_id)}{attempt}/{stream}/{index}"


def screenshot_key(bot_id: str, attempt: int, index: int) -> str:
    """One screenshot."""
    return f"{bot_prefix(bot_id)}screenshots/{attempt}-{index}.png"


def said_key(bot_id: str, name: str) -> str:
    """One sound that the bot was told to say."""
    return f"{said_prefix(bot_id)}{name}"


def said_prefix(bot_id: str) -> str:
    """The sounds that the bot was told to say, until its call is over."""
    return f"{bot_prefix(bot_id)}said/"
