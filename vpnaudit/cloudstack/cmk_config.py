"""The configuration of CloudMonkey (cmk 6.4.0), read as it reads it: `~/.cmk/config`.

Keys of the core block stand before any section (profile, verifycert, timeout), one section is one profile (url, apikey,
secretkey). Quotes and backticks round a value are removed; `#` and `;` after a value belong to it.
"""

from __future__ import annotations

import configparser
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vpnaudit.cloudstack.configuration_file import configuration_text
from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

_CORE = "core block of the file"
_DEFAULT_URL = "http://localhost:8080/client/api"
_SHORTEST_QUOTED = 2


@dataclass(frozen=True, slots=True)
class CmkProfile:
    """One profile with the core block's defaults."""

    name: str
    url: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    verify: bool = True
    timeout: str | None = None


def read(path: Path, name: str | None) -> CmkProfile | None:
    """The profile of that name, or the one that the core block chooses; None where there is none.

    Raises `ConfigError` for a file that cannot be read, and for a profile without a key pair: cmk would log in by
    password, vpnaudit does not.
    """
    text = configuration_text(path)
    if text is None:
        return None
    parser = configparser.RawConfigParser(
        comment_prefixes=("#", ";"),
        inline_comment_prefixes=None,
        default_section="\ndefault\n",
        strict=False,
        empty_lines_in_values=False,
        allow_no_value=True,
    )
    trouble = ""
    try:
        parser.read_string(f"[{_CORE}]\n{text}")
    except configparser.Error as error:
        trouble = type(error).__name__
    except AttributeError:  # of configparser, where an indented line follows a key without a value
        trouble = "a key without a value has an indented line below it"
    if trouble:
        raise ConfigError(f"{path} cannot be read ({trouble}). Let cmk write it anew, or use cloudstack.ini.")
    core = _values(parser, _CORE)
    section = name or core.get("profile")
    if not section or not parser.has_section(section):
        return None
    values = _values(parser, section)
    if not values.get("apikey") or not values.get("secretkey"):
        raise ConfigError(
            f"Profile {section} in {path} has no apikey and secretkey. vpnaudit does not log in by password: make a key"
            f" pair for the user, then cmk -p {section} set apikey … and set secretkey …."
        )
    return CmkProfile(
        name=section,
        url=values.get("url") or _DEFAULT_URL,
        key=values["apikey"],
        secret=values["secretkey"],
        verify=core.get("verifycert", "true").lower() not in ("false", "0", "f", "no", "n", "off"),
        timeout=core.get("timeout") or None,
    )


def _values(parser: configparser.RawConfigParser, section: str) -> dict[str, str]:
    return {key: _unquoted(value or "") for key, value in parser.items(section)}


def _unquoted(value: str) -> str:
    bare = value.strip()
    if len(bare) >= _SHORTEST_QUOTED and bare[0] == bare[-1] and bare[0] in "\"'`":
        return bare[1:-1]
    return bare
