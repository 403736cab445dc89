"""The configuration of the Python client `cs` (5.2.0), read as it reads it.

Files, later wins: `~/.cloudstack.ini`, `./cloudstack.ini`, `$CLOUDSTACK_CONFIG`. Section: the name asked for,
`$CLOUDSTACK_REGION`, `cloudstack`. With CLOUDSTACK_ENDPOINT and without CLOUDSTACK_OVERRIDES no file is read; otherwise
a file beats the environment but for keys that CLOUDSTACK_OVERRIDES names. A `%` in a value is interpolation, as in any
such file.
"""

from __future__ import annotations

import configparser
import re
from typing import TYPE_CHECKING

from vpnaudit.cloudstack.configuration_file import configuration_text
from vpnaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

YES = ("y", "yes", "t", "true", "on", "1")
NO = ("n", "no", "f", "false", "off", "0")

KEYS = ("endpoint", "key", "secret", "timeout", "verify", "cert", "cert_key", "dangerous_no_tls_verify")
"""Keys of cs that bear on reading. Others (method, retry, theme, …) say how its own command line behaves."""

OURS = ("expected_gaps",)
"""Keys of vpnaudit in the same section; cs ignores what it does not know."""


def is_complete(environ: Mapping[str, str]) -> bool:
    """Whether the environment alone is the configuration, so that cs reads no file."""
    return bool(environ.get("CLOUDSTACK_ENDPOINT")) and not environ.get("CLOUDSTACK_OVERRIDES", "").strip()


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The keys that the environment sets."""
    return {key: value for key in (*KEYS, *OURS) if (value := environ.get(f"CLOUDSTACK_{key.upper()}"))}


def files(environ: Mapping[str, str], home: Path, cwd: Path) -> list[Path]:
    """The files, in the order in which they are read."""
    paths = [home / ".cloudstack.ini", cwd / "cloudstack.ini"]
    if "CLOUDSTACK_CONFIG" in environ:
        config_path = environ["CLOUDSTACK_CONFIG"]
        paths.append(home / config_path[2:] if config_path.startswith("~/") else cwd / config_path)
    return paths


def from_files(paths: Sequence[Path], section: str, environ: Mapping[str, str]) -> dict[str, str] | None:
    """The keys of a section; None: no such section.

    Those of the environment lie beneath it, or above it where CLOUDSTACK_OVERRIDES names them. A file that cannot be
    opened is no file, as for cs.
    """
    parser, trouble = configparser.ConfigParser(), ""
    for path in paths:
        text = configuration_text(path)
        try:
            parser.read_string(text or "", source=str(path))
        except configparser.Error as error:
            trouble = f"{path} cannot be read: {_reason(error)}."
            break
    if not trouble and not parser.has_section(section):
        return None
    values: dict[str, str] = {}
    for key in (*KEYS, *OURS):
        try:
            value = "" if trouble else parser.get(section, key, fallback="")
        except configparser.InterpolationError:
            trouble = (
                f"Section [{section}] of cloudstack.ini: {key} holds a lone %. Write %% for each, as cs wants it too."
            )
            break
        values |= {key: value} if value else {}
    if trouble:
        # Raised here and not above: the parser's own errors quote the line, which may be the secret.
        raise ConfigError(trouble)
    above = {name.lower() for name in re.split(r"\W+", environ.get("CLOUDSTACK_OVERRIDES", "")) if name}
    environment = from_environment(environ)
    return {**environment, **values, **{key: value for key, value in environment.items() if key in above}}


def _reason(error: Exception) -> str:
    """What is wrong and where, without the text of the line."""
    if isinstance(
        error,
        configparser.MissingSectionHeaderError | configparser.DuplicateSectionError | configparser.DuplicateOptionError,
    ):
        return f"line {error.lineno}: {_WORDS[type(error)]}"
    line = f"line {error.errors[0][0]}: " if isinstance(error, configparser.ParsingError) else ""
    return f"{line}it is neither a section, a key = value, nor a comment"


_WORDS: dict[type[Exception], str] = {
    configparser.MissingSectionHeaderError: "there is no [section] above it",
    configparser.DuplicateSectionError: "the section stands in the file twice",
    configparser.DuplicateOptionError: "the key stands in the section twice",
}
