"""Words of a POSIX shell made of text that strangers wrote, for CloudMonkey (`cmk`).

A tenant chooses the names in an estate, and an operator pastes what is printed here into a shell with an
administrator's key.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from functools import lru_cache

from vpnaudit.hostile import one_line

WIDTH = 72
"""Columns of a command line: what a report shows on a phone and on paper without cutting."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MEANING = str.maketrans(dict.fromkeys(";&|<>()$`\\\"'!", "�"))
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def word(text: str) -> str:
    r"""The text as one word of bash, zsh and POSIX.1-2024 sh: in single quotes, or in `$'…'` where it has characters
    that cannot be seen.

    >>> word("it's; $(reboot)")
    "'it'\\''s; $(reboot)'"
    >>> word("a\nrm -rf b")
    "$'a\\012rm -rf b'"
    """
    if (text.isascii() and text.isprintable()) or not any(unicodedata.category(char) in _HIDDEN for char in text):
        return "'" + text.replace("'", "'\\''") + "'"
    return "$'" + "".join(_escaped(char) for char in text if char != "\0") + "'"


def _escaped(char: str) -> str:
    if char not in "\\'!" and unicodedata.category(char) not in _HIDDEN:
        return char
    # Octal escapes end after three digits in every shell; hexadecimal ones swallow a following letter in some.
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogatepass"))


def identifier(text: str) -> str:
    """A CloudStack UUID as it is; anything else quoted, since it came over a network and may be anything.

    >>> identifier("7a0c3f0e-4d5a-4f4b-9a53-0c8d1a1f9b11")
    '7a0c3f0e-4d5a-4f4b-9a53-0c8d1a1f9b11'
    >>> identifier("x; reboot")
    "'x; reboot'"
    """
    return text if _UUID.fullmatch(text) else word(text)


def number_or_word(text: str) -> str:
    """`true`, `false` and numbers as they are, anything else quoted: a policy holds a `;`, which an unquoted shell
    takes as an end.
    """
    return text if text in ("true", "false") or (text.isascii() and text.isdigit()) else word(text)


def cmk_text(text: str) -> tuple[str, str | None]:
    """The text as cmk can carry it, and what had to give way (None: nothing).

    cmk signs `~` otherwise than the server (answer 401), strips one pair of double quotes and panics at a lone one, and
    replaces a value `@path` by the content of that file: a tenant's name must not publish the operator's files.
    """
    carried = text.replace("~", "-").strip('"').lstrip("@").replace("\0", "")
    return (
        carried,
        None
        if carried == text
        else "cmk cannot carry ~, or @ and double quotes at an end: the value below is without them",
    )


@lru_cache(maxsize=4096)
def comment(text: str, indent: str = "") -> str:
    """The text as comment lines that no character of it can leave.

    An interactive zsh takes `#` for a command unless told otherwise, so characters with a meaning become the
    replacement character.
    """
    return "\n".join(
        textwrap.wrap(
            one_line(text).translate(_MEANING),
            WIDTH,
            initial_indent=f"# {indent}",
            subsequent_indent=f"# {indent}",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def command(call: str, parameters: dict[str, str], tail: str = "") -> str:
    """A call: on one line where it fits, else broken between parameters. Values must be words already.

    >>> command("cmk reset vpnconnection", {"id": "1"})
    'cmk reset vpnconnection id=1'
    """
    parts = [call, *(f"{name}={value}" for name, value in parameters.items())]
    return wrapped([*parts, tail] if tail else parts)


def wrapped(parts: list[str]) -> str:
    """Words of one command, on as many lines as it takes."""
    lines, line = [], parts[0]
    for part in parts[1:]:
        if len(line) + len(part) + 3 > WIDTH:  # a blank before, and ` \` behind
            lines.append(f"{line} \\")
            line = f"  {part}"
        else:
            line += f" {part}"
    return "\n".join([*lines, line])
