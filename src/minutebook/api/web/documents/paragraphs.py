"""A Word document of paragraphs: the few parts of Office Open XML (ECMA-376) that headings, lists and quotes need."""

import io
import unicodedata
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

Run = tuple[str, str]
"""A piece of a paragraph: its text, and `b` (bold), `i` (italic) or nothing."""

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SCHEMAS = "http://schemas.openxmlformats.org"
_W = f'xmlns:w="{_SCHEMAS}/wordprocessingml/2006/main"'
_OFFICE = f"{_SCHEMAS}/officeDocument/2006/relationships"
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"

_STYLES = {
    "Title": ('<w:spacing w:after="200"/>', '<w:sz w:val="52"/>'),
    "heading 1": ('<w:keepNext/><w:spacing w:before="360" w:after="80"/><w:outlineLvl w:val="0"/>',
                  '<w:b/><w:sz w:val="32"/>'),
    "heading 2": ('<w:keepNext/><w:spacing w:before="240" w:after="80"/><w:outlineLvl w:val="1"/>',
                  '<w:b/><w:sz w:val="26"/>'),
    "List Bullet": ('<w:numPr><w:numId w:val="1"/></w:numPr><w:spacing w:after="60"/>', ""),
    "Quote": ('<w:ind w:left="720" w:right="360"/>', '<w:i/><w:color w:val="404040"/>'),
}  # fmt: skip
"""Paragraph styles by the names that Word knows: what they do to paragraphs (spacing in twentieths of a point), and to
letters (size in half points)."""

_TYPES = f"""{_HEAD}<Types xmlns="{_SCHEMAS}/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/word/document.xml" ContentType="{_WORD}.document.main+xml"/>
<Override PartName="/word/styles.xml" ContentType="{_WORD}.styles+xml"/>
<Override PartName="/word/numbering.xml" ContentType="{_WORD}.numbering+xml"/>
<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>
</Types>"""
_NUMBERING = f"""{_HEAD}<w:numbering {_W}><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/>
<w:numFmt w:val="bullet"/><w:lvlText w:val="•"/><w:lvlJc w:val="left"/>
<w:pPr><w:ind w:left="360" w:hanging="360"/></w:pPr></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""


_NO_CHARACTERS = dict.fromkeys((0xFFFE, 0xFFFF))
"""What XML cannot hold although Unicode counts it (https://www.w3.org/TR/xml/#charsets)."""


class WordDocument:
    """Paragraphs in the order in which they are added."""

    def __init__(self, title: str, language: str) -> None:
        self._title, self._language = title, language
        self._paragraphs: list[str] = []

    def add(self, runs: Sequence[Run], style: str | None = None) -> None:
        """Add a paragraph; a style is one of `_STYLES`. Text is without control characters and lone surrogates."""
        properties = f'<w:pStyle w:val="{_id(style)}"/>' if style else ""
        properties += "<w:bidi/>" if _from_right("".join(text for text, _ in runs)) else ""
        told = f"<w:pPr>{properties}</w:pPr>" if properties else ""
        self._paragraphs.append(f"<w:p>{told}{''.join(_run(*run) for run in runs)}</w:p>")

    def written(self) -> bytes:
        """The file."""
        document = f"{_HEAD}<w:document {_W}><w:body>{''.join(self._paragraphs)}<w:sectPr/></w:body></w:document>"
        parts = {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _relations(
                (f"{_OFFICE}/officeDocument", "word/document.xml"),
                (f"{_SCHEMAS}/package/2006/relationships/metadata/core-properties", "docProps/core.xml"),
            ),
            "docProps/core.xml": self._core(),
            "word/document.xml": document,
            "word/_rels/document.xml.rels": _relations(
                (f"{_OFFICE}/styles", "styles.xml"), (f"{_OFFICE}/numbering", "numbering.xml")
            ),
            "word/styles.xml": self._styles(),
            "word/numbering.xml": _NUMBERING,
        }
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
            for name, text in parts.items():
                package.writestr(name, text)
        return file.getvalue()

    def _core(self) -> str:
        namespace = f'xmlns:cp="{_SCHEMAS}/package/2006/metadata/core-properties"'
        title = f'<dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">{escape(self._title.translate(_NO_CHARACTERS))}</dc:title>'
        return f"{_HEAD}<cp:coreProperties {namespace}>{title}</cp:coreProperties>"

    def _styles(self) -> str:
        letters = f'<w:sz w:val="22"/><w:lang w:val={quoteattr(self._language)}/>'
        usual = (
            f"<w:docDefaults><w:rPrDefault><w:rPr>{letters}</w:rPr></w:rPrDefault>"
            '<w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="264" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
            '</w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
            '<w:name w:val="Normal"/></w:style>'
        )
        named = (
            f'<w:style w:type="paragraph" w:styleId="{_id(name)}"><w:name w:val="{name}"/><w:basedOn w:val="Normal"/>'
            f"<w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{letter}</w:rPr></w:style>"
            for name, (paragraph, letter) in _STYLES.items()
        )
        return f"{_HEAD}<w:styles {_W}>{usual}{''.join(named)}</w:styles>"


def _run(text: str, look: str) -> str:
    looks = f"<w:rPr><w:{look}/></w:rPr>" if look else ""
    # A line's end within a text is a break of the line.
    texts = escape(text.translate(_NO_CHARACTERS)).split("\n")
    lines = "<w:br/>".join(f'<w:t xml:space="preserve">{each}</w:t>' for each in texts)
    return f"<w:r>{looks}{lines}</w:r>"


def _relations(*targets: tuple[str, str]) -> str:
    each = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{_HEAD}<Relationships xmlns="{_SCHEMAS}/package/2006/relationships">{each}</Relationships>'


def _id(style: str | None) -> str:
    return (style or "").title().replace(" ", "")


def _from_right(text: str) -> bool:
    """Whether a text's first letter is written from right to left (UAX #9, P2 and P3)."""
    directions = (unicodedata.bidirectional(character) for character in text)
    return next((each for each in directions if each in {"L", "R", "AL"}), "L") != "L"
