r"""Names that a program wrote as raw bytes instead of the escapes of ISO 10303-21.

The standard allows ASCII only; IfcOpenShell leaves everything else out, so a wall named in raw GBK would lose its
name without a word. Such text is turned into ``\X2\`` escapes before the file is opened. Which encoding it was
is told by the bytes of the whole file.
"""

from __future__ import annotations

import codecs
import re

RUN = re.compile(rb"[\x80-\xff]+")
FOREIGN = re.compile(r"[^\x00-\x7f]+")
PLANE = 0x10000  # beyond it a character needs \X4\
RARE = re.compile(rb"[\x81-\xfe][0-9][\x81-\xfe][0-9]")  # a rare character in GB18030
ODD_SHARE = 0.4
ODD_LETTERS = re.compile("[\u0180-\u036f\u0460-\u07ff]")  # beyond Latin, Greek and Russian
FULL_KANA = re.compile("[\u3041-\u30fa]")
HALF_KANA = re.compile("[\uff61-\uff9f]")


def escaped(content: bytes) -> tuple[bytes, str] | None:
    """A file with its raw text escaped, and the encoding it was in; None when it has none.

    Args:
        content: of the whole file.
    """
    if content.isascii():
        return None
    content = content.removeprefix(codecs.BOM_UTF8)
    encoding = _encoding_of(content)
    text = content.decode(encoding, errors="replace")
    return FOREIGN.sub(lambda run: _escape(run[0]), text).encode("ascii"), encoding


def _encoding_of(content: bytes) -> str:
    """UTF-8, GB18030 (with GBK and GB 2312), Shift-JIS or Western European, in this order of proof."""
    chinese = _decoded(content, "gb2312") is not None
    unicode = _decoded(content, "utf-8")
    # A few Chinese characters are valid UTF-8 too, of letters that no building model is written in.
    if unicode is not None and not (chinese and ODD_LETTERS.search(unicode)):
        return "utf-8"
    runs = RUN.findall(RARE.sub(b"\xa1" * 4, content))
    odd = sum(len(run) % 2 for run in runs)
    # Letters with an accent stand alone among ASCII; the bytes of Chinese and Japanese come in rows.
    if odd > ODD_SHARE * len(runs) and sum(map(len, runs)) < 2 * len(runs):
        return "cp1252"
    if chinese:
        return "gb18030"
    japanese = _decoded(content, "cp932")
    if japanese and len(FULL_KANA.findall(japanese)) > len(HALF_KANA.findall(japanese)):
        return "cp932"
    return "gb18030" if _decoded(content, "gb18030") is not None else "cp1252"


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None


def _escape(text: str) -> str:
    if all(ord(letter) < PLANE for letter in text):
        return f"\\X2\\{text.encode('utf-16-be').hex().upper()}\\X0\\"
    return f"\\X4\\{text.encode('utf-32-be').hex().upper()}\\X0\\"


def unescaped(raw: bytes) -> str:
    r"""A string of ISO 10303-21 as text, its quotes left out.

    >>> unescaped(rb"wall \X2\5899\X0\ \X\E4\S\D '' \\")
    "wall 墙 äÄ ' \\"
    """
    text = raw.replace(b"''", b"'").decode("latin-1")
    return ESCAPE.sub(_letter, text) if "\\" in text else text


ESCAPE = re.compile(
    r"\\X2\\([0-9A-Fa-f]*)\\X0\\|\\X4\\([0-9A-Fa-f]*)\\X0\\|\\X\\([0-9A-Fa-f]{2})|\\S\\(.)|\\P[A-I]\\|\\\\"
)


def _letter(found: re.Match[str]) -> str:
    wide, wider, byte, shifted = found.groups()
    if wide is not None:
        return bytes.fromhex(wide).decode("utf-16-be", "replace")
    if wider is not None:
        return bytes.fromhex(wider).decode("utf-32-be", "replace")
    if byte is not None:
        return chr(int(byte, 16))
    if shifted is not None:
        return chr(ord(shifted) | 0x80)
    return "\\" if found[0] == "\\\\" else ""
