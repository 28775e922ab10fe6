"""French: headings and word lists; actions and decisions are not recognised in this language yet."""

from minutebook.language.lexicon.model import Lexicon

_STOPWORDS = """
    le la les un une des de du au aux et ou mais donc alors que qui quoi dont où si je tu il elle on nous
    vous ils elles me te se mon ton son notre votre leur ma ta sa mes tes ses nos vos leurs ce cet cette ces
    est sont était être avoir a ont avait fait faire va vais vont peut peux pouvons à en dans par pour sur
    avec sous chez vers oui non aussi très plus moins bien y ici là comme quand comment pourquoi c'est
"""
_NEGATORS = "pas ne ni jamais rien aucun aucune personne sans"

LEXICON = Lexicon(
    language="fr",
    headings={
        "note": "Compte rendu",
        "decision": "Décisions",
        "action": "Actions",
        "question": "Questions",
        "topic": "Sujets",
        "unsupported": "Non étayé",
        "due": "pour",
        "answered": "répondu",
        "open": "en suspens",
        "owner_unknown": "personne désignée",
        "notices": "À propos de ce compte rendu",
        "answer": "Réponse",
        "summary": "Résumé",
        "nothing": "Rien qui relève d’un compte rendu n’a été reconnu.",
        "key_points": "Points clés",
        "unsupported_intro": "Hors du compte rendu : l’enregistrement n’étaye pas ces lignes.",
    },
    stopwords=frozenset(_STOPWORDS.split()),
    negators=frozenset(_NEGATORS.split()),
)
