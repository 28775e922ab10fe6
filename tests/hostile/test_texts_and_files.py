"""Texts that are no language, logs without secrets, and a data directory that is nobody else's business."""

import json
import os
import stat
from cProfile import Profile
from pathlib import Path
from time import thread_time

import pytest
from typer.testing import CliRunner

from minutebook.cli.app import app as cli
from minutebook.config import Settings
from minutebook.kit.text import clean_line
from minutebook.language.lexicon import lexicon_of
from minutebook.language.model import ItemKind, NoteRequest
from minutebook.language.producers.extractive import ExtractiveProducer
from minutebook.language.talk.people import people_of
from minutebook.language.talk.sentences import LONGEST_WORD, sentences_of
from minutebook.storage.private import make_private
from minutebook.telemetry.redaction import redacted
from minutebook.wiring import open_services
from support.talks import talk


@pytest.mark.parametrize(
    "text",
    ["." * 20_000 + "x", "w" * 100_000, "1" * 100_000, "😀" * 20_000, "a'" * 20_000, "?" * 20_000, "-" * 20_000],
)
def test_what_is_no_word_takes_no_time(text: str) -> None:
    producer = ExtractiveProducer()
    heard = talk(f"Ada: We decided to move the launch to March. {text} I will send the figures by Thursday.")
    producer.note(talk("Ada: Hello there."), NoteRequest())  # loads the language
    begun = thread_time()
    note = producer.note(heard, NoteRequest())
    producer.summary(heard)
    assert thread_time() - begun < 10.0
    assert {item.text[:10] for item in note.items} >= {"We decided"}


@pytest.mark.parametrize(
    "said",
    ["W{i}.", "I will send report {i}.", "You don't need to send report {i} any more."],
)
def test_many_sentences_take_no_more_time_than_they_are_many(said: str) -> None:
    """Of one voice, short ones: five times as many take five times the work, not twenty-five times. Calls are counted,
    since seconds are not the same on every machine."""

    def calls(sentences: int) -> int:
        heard = talk("Ada: " + " ".join(said.format(i=letters(i)) for i in range(sentences)))
        with Profile() as counted:
            ExtractiveProducer().note(heard, NoteRequest())
        return sum(each.callcount for each in counted.getstats())

    calls(2)  # loads the language
    assert calls(750) < 7 * calls(150)


def test_a_crowd_of_names_is_compared_with_a_few() -> None:
    heard = talk("Ada: " + " ".join(f"{letters(i).capitalize()}ra, how is it?" for i in range(1000)))
    sentences = sentences_of(heard)
    assert len(people_of(heard, sentences, (), lexicon_of("en")).names) <= 200


def letters(number: int) -> str:
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def test_what_is_said_again_and_again_is_one_item_with_a_few_quotes() -> None:
    note = ExtractiveProducer().note(
        talk("Ada: " + "I will send the report to Tom by Friday. " * 200 + "We decided to buy the house. " * 200),
        NoteRequest(),
    )
    said = [item for item in note.items if item.kind is not ItemKind.TOPIC]
    assert len(said) < 5
    assert max(len(item.evidence) for item in said) <= 12


def test_long_words_of_languages_are_heard() -> None:
    longest = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    assert len(longest) <= LONGEST_WORD


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("GET /media/bots/1/audio.wav?expires=1&signature=Zm9vYmFyYmF6cXV4", "Zm9vYmFyYmF6cXV4"),
        ("secret is whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD done", "C2FVsBQIhrscChlQIMV"),
        ("/api/oauth/provider/poll?state=4f5e6d7c8b9a4f5e6d7c8b9a", "4f5e6d7c8b9a"),
        ('{"form_token": "abcdefghijkl"}', "abcdefghijkl"),
    ],
)
def test_secrets_stay_out_of_the_log(text: str, secret: str) -> None:
    assert secret not in redacted(text)


def test_redacting_a_long_text_takes_no_time() -> None:
    begun = thread_time()
    for text in ("://" + "a" * 500_000, "://a:" * 100_000, "state=" * 100_000, "bearer " * 100_000):
        redacted(text)
    assert thread_time() - begun < 5.0


def test_marks_of_direction_do_not_stay() -> None:
    marks = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    assert clean_line(f"invoice{marks}exe.pdf", "title", at_most=100) == "invoiceexe.pdf"
    assert clean_line("שלום world", "title", at_most=100) == "שלום world"


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (folder, *folder.rglob("*"))}


@pytest.fixture
def usual_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
async def test_the_data_directory_is_private_from_the_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with open_services(Settings(_env_file=None, data_dir=data)) as services:
        await services.storage.put_bytes("recordings/1/original.wav", b"x")
    assert modes(data) == {0}
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE((data / "minutebook.db").stat().st_mode) == 0o600


@pytest.mark.usefixtures("usual_umask")
def test_what_exists_is_mended_and_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "objects" / "a").mkdir(parents=True)
    (data / "objects" / "a" / "b.wav").write_bytes(b"x")
    (data / "outside").symlink_to(tmp_path)
    assert modes(data / "objects") == {0o055, 0o044}
    assert make_private(data) == 4
    assert make_private(data) == 0
    assert modes(data / "objects") == {0}
    assert stat.S_IMODE(tmp_path.stat().st_mode) & 0o700 == 0o700
    (data / "objects" / "a" / "b.wav").chmod(0o644)
    assert make_private(data) == 0  # nobody gets as far
    assert make_private(data, thoroughly=True) == 1


@pytest.mark.usefixtures("usual_umask")
def test_doctor_mends_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from minutebook.cli import doctor

    monkeypatch.setattr(doctor, "CHECKS", {"system": {"privacy": doctor.CHECKS["system"]["privacy"]}})
    data = tmp_path / "data"
    data.mkdir()
    (data / "minutebook.db").write_bytes(b"")
    told = json.loads(CliRunner().invoke(cli, ["doctor", "--json", "--data-dir", str(data)]).stdout)
    assert "was open to others in 2 places" in told["system"]["privacy"]["detail"]
    assert modes(data) == {0}
