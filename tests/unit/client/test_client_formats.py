"""The formats that may be uploaded: the protocol's thirteen, declared as the server expects them."""

import pytest

from minutebook.client import UnsupportedFormat
from minutebook.client.protocol.formats import MEDIA_TYPES, check_names, extension_for, media_type_of
from minutebook.recordings import formats as accepted_by_the_server


@pytest.mark.parametrize(("extension", "media_type"), MEDIA_TYPES.items())
def test_client_and_server_agree(extension: str, media_type: str) -> None:
    assert accepted_by_the_server.media_type_of(f"a.{extension}") == media_type


@pytest.mark.parametrize("name", ["a.txt", "a", "", ".wav.zip", "mp3", "a.mp3.exe"])
def test_other_names_are_refused_with_the_list(name: str) -> None:
    with pytest.raises(UnsupportedFormat, match="Accepted are MP3, WAV, FLAC, MPA, AAC, OPUS, M4A, MPEG, MP4, FLV"):
        media_type_of(name)


def test_all_offenders_are_named() -> None:
    with pytest.raises(UnsupportedFormat, match=r"a\.txt, b\.pdf"):
        check_names(["a.txt", "ok.MP3", "b.pdf"])


def test_a_media_type_gives_an_extension() -> None:
    assert extension_for("audio/mpeg; charset=binary") == "mp3"
    assert extension_for("text/html") is None
