"""Where to ask and as whom: the environment, the `cloudstack.ini` files of the client `cs`, and cmk's `~/.cmk/config`,
in that order.

Each is read as its own client reads it (cs 5.2.0, cmk 6.4.0), so that what works there works here. A name that was
asked for and stands in a file means that section, even where CLOUDSTACK_ENDPOINT is set: a name must never silently
mean another cloud.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

import httpx

from vpnaudit.cloudstack import cmk_config, cs_config
from vpnaudit.errors import ConfigError
from vpnaudit.estate import TABLES
from vpnaudit.estate.tables import whole_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIMEOUT_S = 60.0
DEFAULT_NAME = "cloudstack"


@dataclass(frozen=True, slots=True)
class Profile:
    """One source: where its API is and whose key to use. Raises `ConfigError` where the parts cannot be used.

    `verify` is True, False or the path of a CA file or folder. `expected_gaps` names tables that this key is known not
    to see, so that their absence does not count. `client_cert` is a certificate file, or that and its key file.
    `allow_http` permits plain HTTP beyond loopback.
    """

    name: str
    endpoint: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    verify: bool | str = True
    timeout_s: float = TIMEOUT_S
    expected_gaps: tuple[str, ...] = ()
    allow_http: bool = False
    client_cert: tuple[str, ...] = field(default=(), repr=False)
    proxy: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        parts = _url_parts(self.endpoint)
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(
                f"Profile {self.name}: the endpoint is no URL. It looks like https://cloud.example.org/client/api."
            )
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ConfigError(
                f"Profile {self.name}: the endpoint holds more than an address. Leave out user, query and fragment."
            )
        if parts.scheme == "http" and not self.allow_http and not is_loopback(parts.hostname):
            raise ConfigError(
                f"Profile {self.name}: {self.endpoint} is plain HTTP: pre-shared keys would cross the network in clear."
                " Use https, or say --allow-http if the way there is protected otherwise."
            )
        if whole_text(self.key + self.secret) != self.key + self.secret:
            raise ConfigError(
                f"Profile {self.name}: the key or the secret is no UTF-8 text. Copy both from CloudStack."
            )
        if not self.key or not self.secret:
            raise ConfigError(
                f"Profile {self.name}: no API key and secret. Make a pair in CloudStack (user, Generate keys) and add"
                " both."
            )
        if unknown := sorted(set(self.expected_gaps) - set(TABLES)):
            raise ConfigError(
                f"Profile {self.name}: expected_gaps names no table: {', '.join(unknown)}. Tables are:"
                f" {', '.join(TABLES)}."
            )


def _url_parts(endpoint: str) -> SplitResult | None:
    """The parts of a URL that can be asked; None: it is none."""
    try:
        parts = urlsplit(endpoint)
        usable = parts.port != 0 and httpx.URL(endpoint).host and not re.search(r"[\s\x00-\x1f]", endpoint)
    except (ValueError, httpx.InvalidURL):
        return None
    return parts if usable else None


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def load_profiles(
    names: Sequence[str], environ: Mapping[str, str], home: Path, cwd: Path, *, allow_http: bool = False
) -> list[Profile]:
    """The profiles of these names; without a name the one that `cs` would use, else the one that cmk would use.

    Raises `ConfigError`, which says where was looked.
    """
    if len(set(names)) != len(names):
        raise ConfigError(f"A profile is named twice: {', '.join(names)}. Name each source once.")
    requested_names: Sequence[str | None] = names or [None]
    profiles = [
        _load(name, environ, home, cwd, allow_http=allow_http, only=len(names) == 1) for name in requested_names
    ]
    return [replace(profile, proxy=_proxy(profile.endpoint, environ)) for profile in profiles]


def _load(
    name: str | None, environ: Mapping[str, str], home: Path, cwd: Path, *, allow_http: bool, only: bool
) -> Profile:
    from_environment = cs_config.is_complete(environ)
    if name is None and from_environment:
        return _from_cs(
            environ.get("CLOUDSTACK_REGION") or DEFAULT_NAME, cs_config.from_environment(environ), allow_http=allow_http
        )
    files = cs_config.files(environ, home, cwd)
    section = name or environ.get("CLOUDSTACK_REGION") or DEFAULT_NAME
    config = cs_config.from_files(files, section, environ)
    if config is not None:
        return _from_cs(section, config, allow_http=allow_http)
    cmk = home / ".cmk" / "config"
    cmk_profile = cmk_config.read(cmk, name)
    if cmk_profile is not None:
        return _from_cmk(cmk_profile, allow_http=allow_http)
    if from_environment and only:
        # One name that no file knows, beside a whole set of variables: the name is what the operator wants to call that
        # cloud.
        return _from_cs(section, cs_config.from_environment(environ), allow_http=allow_http)
    places = ", ".join(["CLOUDSTACK_ENDPOINT", *(str(path) for path in files), str(cmk)])
    raise ConfigError(
        f"No profile {section!r} was found. Looked at: {places}. Set CLOUDSTACK_ENDPOINT, CLOUDSTACK_KEY and"
        f" CLOUDSTACK_SECRET, or write a section [{section}] with endpoint, key and secret into cloudstack.ini."
    )


def _from_cs(name: str, config: Mapping[str, str], *, allow_http: bool) -> Profile:
    if not config.get("endpoint"):
        raise ConfigError(
            f"Profile {name}: no endpoint. Add endpoint = https://…/client/api to its section, or set"
            " CLOUDSTACK_ENDPOINT."
        )
    return Profile(
        name=name,
        endpoint=config["endpoint"],
        key=config.get("key", ""),
        secret=config.get("secret", ""),
        verify=_verify(name, config),
        timeout_s=_timeout(name, config.get("timeout")),
        expected_gaps=tuple(part.strip() for part in config.get("expected_gaps", "").split(",") if part.strip()),
        allow_http=allow_http,
        client_cert=tuple(config[part] for part in ("cert", "cert_key") if config.get(part)),
    )


def _from_cmk(cmk_profile: cmk_config.CmkProfile, *, allow_http: bool) -> Profile:
    return Profile(
        name=cmk_profile.name,
        endpoint=cmk_profile.url,
        key=cmk_profile.key,
        secret=cmk_profile.secret,
        verify=cmk_profile.verify,
        timeout_s=_timeout(cmk_profile.name, cmk_profile.timeout),
        allow_http=allow_http,
    )


def _verify(name: str, config: Mapping[str, str]) -> bool | str:
    """`dangerous_no_tls_verify` wins; `verify` is a yes or no, or the path of a CA file or folder, which must be
    there.
    """
    if config.get("dangerous_no_tls_verify", "").lower() in cs_config.YES:
        return False
    value = config.get("verify", "")
    if value.lower() in ("", *cs_config.YES):
        return True
    if value.lower() in cs_config.NO:
        return False
    try:
        path = Path(value).expanduser()
        exists = path.exists()
    except (OSError, RuntimeError):  # a name that is too long, a user without a home
        path, exists = Path(value), False
    if not exists:
        raise ConfigError(
            f"Profile {name}: verify = {value}: no such file or folder. Give the CA certificate in PEM form."
        )
    return str(path)


def _timeout(name: str, value: str | None) -> float:
    if value is None:
        return TIMEOUT_S
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise ConfigError(
            f"Profile {name}: timeout is no number of seconds above zero. Write, for example, timeout = 60."
        )
    return seconds


def _proxy(endpoint: str, environ: Mapping[str, str]) -> str | None:
    """The proxy that other clients would take from the environment; none on loopback or where NO_PROXY names the
    host.
    """
    parts = urlsplit(endpoint)
    host = parts.hostname or ""
    variables = {name.lower(): value for name, value in environ.items() if name.lower().endswith("_proxy")}
    exempt = [part.strip().lstrip(".").lower() for part in variables.get("no_proxy", "").split(",") if part.strip()]
    if is_loopback(host) or any(part in ("*", host) or host.endswith(f".{part}") for part in exempt):
        return None
    return variables.get(f"{parts.scheme}_proxy") or variables.get("all_proxy") or None
