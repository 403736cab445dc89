"""Text that strangers wrote, made harmless: names and descriptions in an estate come from tenants.

HTML is escaped by the templates (autoescape). Here is what templates do not do: one line for a terminal, a cell for a
spreadsheet, a name for a file.
"""

from __future__ import annotations

import re
import unicodedata

# Characters that turn the direction of what follows, or hide (Unicode UAX #9 and UTR #36): a name could show as
# another.
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C], "�")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def one_line(text: str) -> str:
    r"""The text on one line, without control characters or marks that turn the direction; each becomes the replacement
    character.

    >>> one_line("a\nb\x1b[31m")
    'a�b�[31m'
    """
    if text.isascii() and text.isprintable():
        return text
    turned = text.translate(_BIDI)
    return "".join("�" if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") else char for char in turned)


def spreadsheet_cell(text: str) -> str:
    """The text on one line, as a cell that no spreadsheet takes for a formula: those get an apostrophe in front (OWASP,
    CSV injection).

    >>> spreadsheet_cell("=cmd|' /C calc'!A0")
    "'=cmd|' /C calc'!A0"
    """
    return f"'{one_line(text)}" if text.startswith(_FORMULA) else one_line(text)


def file_name(text: str) -> str:
    """A name for a file or folder: letters, digits, dot, dash and underline, no leading dot, at most 60 characters,
    never empty.

    >>> file_name("../../etc/passwd")
    'etc-passwd'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip(".-_")[:60].rstrip(".-_") or "unnamed"
