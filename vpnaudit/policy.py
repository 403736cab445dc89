"""Limits that the operator chooses, and waivers: read from TOML, typed, all errors at once with their key."""

from __future__ import annotations

import tomllib
from datetime import date  # noqa: TC003 - pydantic reads the annotation at run time
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vpnaudit import knowledge
from vpnaudit.acl.services import TCP, UDP, protocol_number
from vpnaudit.errors import ConfigError
from vpnaudit.regular_files import read_regular

_LARGEST_BYTES = 2**20
BUILT_IN = ("cloudstack-baseline",)
MOST = 2**31 - 1
"""The greatest limit: CloudStack's own numbers are no larger, and columns hold no more than twice as many bits."""

Level = Literal["critical", "high", "medium", "low", "info"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Waiver(_Strict):
    """An exception that somebody answers for: this rule, this subject, until this day.

    `subject` is the CloudStack UUID (a source's name for rules about sources), or `*` for all subjects of the rule.
    """

    rule: str
    subject: str
    until: date
    reason: str = Field(min_length=1)
    approved_by: str = Field(min_length=1)


class NeededFlow(_Strict):
    """Traffic that the business needs, declared so that an access list which blocks it is found.

    One end is a network behind a tunnel (a CIDR), the other a tier: its name, or a CIDR or address inside it. Which end
    is `from` says who opens the connection. `vpc` names the VPC where tiers of several VPCs would fit; empty: all that
    fit. `port` to `port_last` are destination ports of tcp and udp, `port` missing: all ports; `icmp` is a ping (echo
    request); `all` is everything.
    """

    name: str = Field(min_length=1)
    from_: str = Field(alias="from", min_length=1)
    to: str = Field(min_length=1)
    vpc: str = ""
    protocol: str = "tcp"
    port: int | None = Field(default=None, ge=0, le=65535)
    port_last: int | None = Field(default=None, ge=0, le=65535)

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        """What cannot be meant is refused here, at the file, and not where the flow is looked for."""
        if self.protocol != "all" and protocol_number(self.protocol) is None:
            raise ValueError(
                f"{self.protocol!r} is no protocol: write tcp, udp, icmp, all, another name such as gre, or a number"
            )
        if self.port is not None and protocol_number(self.protocol) not in (TCP, UDP):
            raise ValueError(f"{self.protocol} has no ports: leave port out")
        if self.port_last is not None and (self.port is None or self.port_last < self.port):
            raise ValueError("port_last is the end of a range that begins at port: give both, the lower one as port")
        return self


class Policy(_Strict):
    """The limits. Each has its unit in its name; the values of `cloudstack-baseline` are in `knowledge/policies/`."""

    name: str
    title: str
    encryption_min_bits: int = Field(ge=0, le=MOST)
    integrity_min_bits: int = Field(ge=0, le=MOST)
    dh_min_strength_bits: int = Field(ge=0, le=MOST)
    pfs_required: bool
    ike_versions: tuple[Literal["ikev1", "ikev2", "ike"], ...]
    dpd_required: bool
    ike_lifetime_max_s: int = Field(gt=0, le=MOST)
    esp_lifetime_max_s: int = Field(gt=0, le=MOST)
    lifetime_stable_min_s: int = Field(ge=0, le=MOST)
    psk_min_bits: int = Field(ge=0, le=MOST)
    remote_prefix_min: int = Field(ge=0, le=33)
    public_remote_prefix_min: int = Field(ge=0, le=33)
    connecting_max_s: int = Field(gt=0, le=MOST)
    fail_on: Level = "medium"
    coverage_min_percent: int = Field(default=0, ge=0, le=100)
    waivers: tuple[Waiver, ...] = ()
    needed_flows: tuple[NeededFlow, ...] = ()


def load(name: str | Path = "cloudstack-baseline") -> Policy:
    """A built-in policy by name, or a TOML file by path.

    A file changes values of the policy it names as `base` (default: cloudstack-baseline) and keeps the others. Raises
    `ConfigError` with every wrong key at once.
    """
    if str(name) in BUILT_IN:
        return _policy(_built_in(str(name)), str(name))
    path = Path(name)
    try:
        values = tomllib.loads(read_regular(path, _LARGEST_BYTES).decode())
    except OSError:
        raise ConfigError(
            f"Policy {str(name)!r} is neither built in ({', '.join(BUILT_IN)}) nor a file that can be read."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"Policy file {path} is not TOML: {error}.") from None
    except (ValueError, RecursionError):  # tomllib's own limits: digits of a number, brackets in brackets
        raise ConfigError(f"Policy file {path} has a number with too many digits, or too many brackets.") from None
    base = values.pop("base", BUILT_IN[0])
    if base not in BUILT_IN:
        raise ConfigError(
            f"Policy file {path}: base: no built-in policy is named {base!r}. There are: {', '.join(BUILT_IN)}."
        )
    identity = {"name": path.stem, "title": f"{path.name}, based on {base}"}
    return _policy(_built_in(base) | identity | values, str(path))


def _built_in(name: str) -> dict[str, Any]:
    return tomllib.loads((Path(knowledge.__file__).parent / "policies" / f"{name}.toml").read_text("utf-8"))


def _policy(values: dict[str, Any], where: str) -> Policy:
    try:
        return Policy.model_validate(values | {k: tuple(v) for k, v in values.items() if isinstance(v, list)})
    except ValidationError as error:
        lines = [f"  {'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()]
        raise ConfigError(
            f"Policy {where} has {'a value' if len(lines) == 1 else f'{len(lines)} values'} that cannot be used:\n"
            + "\n".join(lines)
        ) from None
