"""Limits are typed, and all that is wrong with a policy file is said at once, by key."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from vpnaudit.errors import ConfigError
from vpnaudit.policy import BUILT_IN, load

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_is_built_in_loads(name: str) -> None:
    assert load(name).name == name


def test_the_default_is_the_manuals_hardening() -> None:
    policy = load()
    assert (policy.name, policy.ike_lifetime_max_s, policy.esp_lifetime_max_s, policy.connecting_max_s) == (
        "cloudstack-baseline",
        28800,
        3600,
        600,
    )
    assert policy.fail_on == "medium"
    assert policy.waivers == ()


def test_a_file_changes_what_it_names_and_keeps_the_rest(file: Path) -> None:
    file.write_text(
        'connecting_max_s = 60\nike_versions = ["ikev1", "ikev2"]\n[[waivers]]\nrule = "dpd-off"\nsubject = "*"\n'
        'until = 2027-01-31\nreason = "device cannot"\napproved_by = "ops"\n',
        "utf-8",
    )
    policy = load(file)
    assert (policy.name, policy.title) == ("mine", "mine.toml, based on cloudstack-baseline")
    assert (policy.connecting_max_s, policy.ike_versions) == (60, ("ikev1", "ikev2"))
    assert policy.waivers[0].until == date(2027, 1, 31)
    assert policy.dh_min_strength_bits == load().dh_min_strength_bits


def test_every_wrong_key_is_named_at_once(file: Path) -> None:
    file.write_text(
        'connecting_max_s = 0\npfs_required = "yes"\nunheard_of = 1\n[[waivers]]\nrule = "dpd-off"\n', "utf-8"
    )
    with pytest.raises(ConfigError) as failure:
        load(file)
    said = str(failure.value)
    assert all(
        key in said
        for key in ("connecting_max_s", "pfs_required", "unheard_of", "waivers.0.until", "waivers.0.approved_by")
    )


def test_a_name_that_is_neither_built_in_nor_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"neither built in .*cloudstack-baseline.* nor a file"):
        load("cloudstack-basline")
    with pytest.raises(ConfigError, match="nor a file that can be read"):
        load(tmp_path)


@pytest.mark.parametrize("data", [b"= 1", b"\xff"])
def test_a_file_that_is_no_toml(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with pytest.raises(ConfigError, match="is not TOML"):
        load(file)


@pytest.mark.parametrize("base", ['"rfc-nothing"', "1"])
def test_a_base_that_is_not_built_in(file: Path, base: str) -> None:
    file.write_text(f"base = {base}\n", "utf-8")
    with pytest.raises(ConfigError, match="base: no built-in policy is named"):
        load(file)
