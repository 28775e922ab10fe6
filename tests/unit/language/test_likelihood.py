"""What the linear model takes sentences for, and that its weights come from the data in the repository."""

import pytest
from bench.acts import WEIGHTS, Example, examples, trained

from minutebook.language.lexicon import Act, lexicon_of
from minutebook.language.talk.likelihood import Label, LinearModel, features_of, shipped
from minutebook.language.talk.moves import moves_of
from minutebook.language.talk.people import people_of
from minutebook.language.talk.sentences import sentences_of
from minutebook.language.talk.weighing import weighed
from support.talks import talk

_BYTES = 300_000


def likeliest(text: str, language: str = "en") -> Label:
    transcript = talk(f"Ada: {text}", language=language)
    lexicon, sentences = lexicon_of(language), sentences_of(transcript)
    people = people_of(transcript, sentences, ["Ada", "Tom"], lexicon)
    moves = moves_of(sentences, people, lexicon)
    likely = shipped().likelihoods(features_of(sentences[-1], people, lexicon, moves))
    return max(likely, key=lambda label: likely[label])


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Leave the harbour permit with me.", Label.COMMIT),
        ("Tom, could you count the lanterns by Tuesday?", Label.REQUEST),
        ("How much were the lanterns?", Label.QUESTION),
        ("The lanterns were late again.", Label.NONE),
        ("I said I'd count the lanterns, but I can't.", Label.WITHDRAW),
    ],
)
def test_sentences_that_nobody_wrote_for_training(text: str, label: Label) -> None:
    assert likeliest(text) is label


@pytest.mark.parametrize(
    ("text", "language"),
    [("Das übernehme ich.", "de"), ("Je m'en occupe.", "fr"), ("De las farolas me encargo yo.", "es")],
)
def test_promises_in_other_languages(text: str, language: str) -> None:
    assert likeliest(text, language) is Label.COMMIT


def test_a_language_without_data_keeps_its_moves() -> None:
    transcript = talk("Ada: I will send the figures.", language="it")
    lexicon, sentences = lexicon_of("it"), sentences_of(transcript)
    people = people_of(transcript, sentences, [], lexicon)
    moves = moves_of(sentences, people, lexicon)
    found = weighed(moves, sentences, people, lexicon)
    assert found.moves == moves
    assert found.carriers is None


def test_a_promise_without_a_cue_becomes_a_move_of_the_whole_sentence() -> None:
    transcript = talk("Ada: Leave the lanterns with me.")
    lexicon, sentences = lexicon_of("en"), sentences_of(transcript)
    people = people_of(transcript, sentences, [], lexicon)
    moves = moves_of(sentences, people, lexicon)
    assert [m for m in moves if m.act is Act.COMMIT] == []
    assert Act.COMMIT in {m.act for m in weighed(moves, sentences, people, lexicon).moves}


def test_the_weights_are_small() -> None:
    assert WEIGHTS.stat().st_size < _BYTES


@pytest.mark.soak
def test_training_again_gives_the_shipped_model() -> None:
    data = examples()
    again, kept = trained(data), shipped()
    alike = sum(_first(again, e) is _first(kept, e) for e in data)
    assert alike >= 0.99 * len(data)
    assert sum(_first(kept, e) is e.label for e in data) > 0.8 * len(data)


def _first(model: LinearModel, example: Example) -> Label:
    likely = model.likelihoods(example.features)
    return max(likely, key=lambda label: likely[label])
