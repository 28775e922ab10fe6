"""Language packs as data: headings, word lists and the cues by which commitments, requests and decisions are known."""

from functools import lru_cache

from minutebook.language.lexicon.model import Act, Cue, Lexicon

__all__ = ["Act", "Cue", "Lexicon", "lexicon_of"]


@lru_cache(maxsize=8)
def lexicon_of(language: str) -> Lexicon:
    """The pack of a language (ISO 639-1), English where there is none."""
    from minutebook.language.lexicon import de, en, es, fr

    packs = {pack.language: pack for pack in (en.LEXICON, de.LEXICON, fr.LEXICON, es.LEXICON)}
    return packs.get(language.split("-", maxsplit=1)[0].casefold(), en.LEXICON)
