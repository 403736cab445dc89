"""The connections that CloudStack wrote into `/etc/ipsec.d`: what is configured, apart from what is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from vpnaudit.ipsec.selectors import networks


@dataclass(frozen=True, slots=True)
class ConfiguredConnection:
    """One `conn` of a file, with what `also=` adds; None: not said."""

    name: str
    file: str
    line: int
    modified: float | None
    ours: str | None
    our_id: str | None
    theirs: str | None
    their_id: str | None
    local: tuple[str, ...]
    remote: tuple[str, ...]
    version: str | None
    ike: str | None
    esp: str | None
    ike_lifetime_s: int | None
    esp_lifetime_s: int | None
    dpd_s: int | None
    dpd_timeout_s: int | None
    auto: str | None


def read_connections(text: str, file: str, modified: float | None) -> tuple[ConfiguredConnection, ...]:
    """The connections of one file in order. A key that stands in it by mistake is no setting and is not taken."""
    sections: dict[str, tuple[int, dict[str, str]]] = {}
    settings: dict[str, str] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        if not line[0].isspace():
            settings = {} if words[0] == "conn" and len(words) == 2 else None  # noqa: PLR2004 - `conn NAME`
            if settings is not None:
                sections[words[1]] = (number, settings)
        elif settings is not None and "=" in line:
            key, _, value = line.split("#", 1)[0].partition("=")
            settings[key.strip()] = value.strip()
    return tuple(
        _connection(name, number, _with_also(name, sections, ()), file, modified)
        for name, (number, _) in sections.items()
        if not name.startswith("%")
    )


def _with_also(name: str, sections: dict[str, tuple[int, dict[str, str]]], above: tuple[str, ...]) -> dict[str, str]:
    if name not in sections or name in above or len(above) > len(sections):
        return {}
    own = sections[name][1]
    return {**_with_also(own.get("also", ""), sections, (*above, name)), **own}


def _connection(
    name: str, number: int, settings: dict[str, str], file: str, modified: float | None
) -> ConfiguredConnection:
    has_dpd = settings.get("dpdaction", "none") != "none"
    return ConfiguredConnection(
        name,
        file,
        number,
        modified,
        ours=settings.get("left"),
        our_id=settings.get("leftid"),
        theirs=settings.get("right"),
        their_id=settings.get("rightid", settings.get("right")),
        local=_subnets(settings.get("leftsubnet", "")),
        remote=_subnets(settings.get("rightsubnet", "")),
        version=settings.get("keyexchange"),
        ike=settings.get("ike"),
        esp=settings.get("esp"),
        ike_lifetime_s=_seconds(settings.get("ikelifetime")),
        esp_lifetime_s=_seconds(settings.get("lifetime", settings.get("keylife"))),
        dpd_s=_seconds(settings.get("dpddelay")) if has_dpd else None,
        dpd_timeout_s=_seconds(settings.get("dpdtimeout")) if has_dpd else None,
        auto=settings.get("auto"),
    )


def _subnets(text: str) -> tuple[str, ...]:
    return tuple(str(net) for net in networks(text.split(",")))


def _seconds(text: str | None) -> int | None:
    """A time of ipsec.conf: seconds, or with s, m, h or d behind the number."""
    number = (text or "").rstrip("smhd")
    if text is None or not number.isascii() or not number.isdigit() or len(text) > len(number) + 1:
        return None
    return int(number[:9]) * {"m": 60, "h": 3600, "d": 86_400}.get(text[-1], 1)
