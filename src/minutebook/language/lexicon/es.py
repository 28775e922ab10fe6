"""Spanish: headings and word lists; actions and decisions are not recognised in this language yet."""

from minutebook.language.lexicon.model import Lexicon

_STOPWORDS = """
    el la los las un una unos unas de del al y o pero pues entonces que quien como cuando donde si yo tú él
    ella nosotros vosotros ellos ellas me te se nos os lo le les mi tu su nuestro vuestro mis tus sus este
    esta esto ese esa eso es son era ser estar está están hay ha han he hemos haber hacer va voy vamos van
    puede puedo podemos a en con por para sobre desde hasta entre sí también muy más menos ya aquí allí por
    qué porque
"""
_NEGATORS = "no ni nunca nada nadie ningún ninguna ninguno sin jamás tampoco"

LEXICON = Lexicon(
    language="es",
    headings={
        "note": "Acta de la reunión",
        "decision": "Decisiones",
        "action": "Tareas",
        "question": "Preguntas",
        "topic": "Temas",
        "unsupported": "Sin respaldo",
        "due": "para",
        "answered": "respondida",
        "open": "abierta",
        "owner_unknown": "nadie nombrado",
        "notices": "Sobre esta acta",
        "answer": "Respuesta",
        "summary": "Resumen",
        "nothing": "No se reconoció nada que pertenezca a un acta.",
        "key_points": "Puntos clave",
        "unsupported_intro": "No forman parte del acta: la grabación no respalda estas líneas.",
    },
    stopwords=frozenset(_STOPWORDS.split()),
    negators=frozenset(_NEGATORS.split()),
)
