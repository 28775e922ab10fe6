"""German: headings and word lists; actions and decisions are not recognised in this language yet."""

from minutebook.language.lexicon.model import Lexicon

_STOPWORDS = """
    der die das den dem des ein eine einen einem einer und oder aber so dann als wenn weil ist sind war
    waren sein bin hat haben hatte wird werden würde kann können könnte soll sollen muss müssen ich du er
    sie es wir ihr mich mir dich dir uns euch ihm ihn ihnen mein dein sein unser euer zu zum zur in im an am
    auf bei mit von vom für über unter nach vor aus um bis durch ja nein doch auch nur noch schon mal sehr
    mehr was wer wie wo wann warum dass ob hier da jetzt also man sich
"""
_NEGATORS = "nicht kein keine keinen keinem keiner nie niemals niemand nichts ohne weder"

LEXICON = Lexicon(
    language="de",
    headings={
        "note": "Besprechungsnotiz",
        "decision": "Entscheidungen",
        "action": "Aufgaben",
        "question": "Fragen",
        "topic": "Themen",
        "unsupported": "Nicht belegt",
        "due": "bis",
        "answered": "beantwortet",
        "open": "offen",
        "owner_unknown": "niemand genannt",
        "notices": "Zu dieser Notiz",
        "answer": "Antwort",
        "summary": "Zusammenfassung",
        "nothing": "Es wurde nichts erkannt, was in eine Notiz gehört.",
        "key_points": "Kernpunkte",
        "unsupported_intro": "Nicht Teil der Notiz: Die Aufnahme belegt diese Zeilen nicht.",
    },
    stopwords=frozenset(_STOPWORDS.split()),
    negators=frozenset(_NEGATORS.split()),
)
