"""Limits are typed, and all that is wrong with a policy file is said at once, by key."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from vpnaudit.errors import ConfigError
from vpnaudit.policy import BUILT_IN, NeededFlow, load


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
    message = str(failure.value)
    assert all(
        key in message
        for key in ("connecting_max_s", "pfs_required", "unheard_of", "waivers.0.until", "waivers.0.approved_by")
    )


def test_a_name_that_is_neither_built_in_nor_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"neither built in .*cloudstack-baseline.* nor a file"):
        load("cloudstack-basline")
    with pytest.raises(ConfigError, match="nor a file that can be read"):
        load(tmp_path)


def test_a_pipe_and_a_device_are_no_policy_and_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(ConfigError, match="nor a file that can be read"):
            load(path)


@pytest.mark.parametrize("data", [b"= 1", b"\xff"])
def test_a_file_that_is_no_toml(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with pytest.raises(ConfigError, match="is not TOML"):
        load(file)


@pytest.mark.parametrize(
    "text", ["psk_min_bits = " + "9" * 5000, "name = " + "[" * 2000, "[waivers]\nx = " + "{a=" * 2000]
)
def test_a_number_or_nesting_beyond_any_use_is_refused_without_repeating_it(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(file)
    assert len(str(caught.value)) < 400


def test_a_limit_that_no_column_holds_is_named(file: Path) -> None:
    file.write_text("ike_lifetime_max_s = " + "9" * 4000)
    with pytest.raises(ConfigError, match="ike_lifetime_max_s: Input should be less than or equal to 2147483647"):
        load(file)


@pytest.mark.parametrize("base", ['"rfc-nothing"', "1"])
def test_a_base_that_is_not_built_in(file: Path, base: str) -> None:
    file.write_text(f"base = {base}\n", "utf-8")
    with pytest.raises(ConfigError, match="base: no built-in policy is named"):
        load(file)


FLOW = {"name": "backup", "from": "10.2.0.0/16", "to": "app"}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"protocol": "all"},
        {"protocol": "gre"},
        {"protocol": "47"},
        {"protocol": "udp", "port": 53},
        {"port": 8000, "port_last": 8000},
        {"port": 8000, "port_last": 8100},
    ],
)
def test_a_needed_flow_that_can_be_meant_is_taken(values: dict) -> None:
    assert NeededFlow.model_validate(FLOW | values).name == "backup"


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({"protocol": "tpc"}, "'tpc' is no protocol: write tcp, udp, icmp, all"),
        ({"protocol": "256"}, "'256' is no protocol"),
        ({"protocol": "icmp", "port": 8}, "icmp has no ports"),
        ({"protocol": "all", "port": 8}, "all has no ports"),
        ({"port_last": 9}, "port_last is the end of a range"),
        ({"port": 9, "port_last": 8}, "port_last is the end of a range"),
        ({"port": 65536}, "less than or equal to 65535"),
        ({"name": ""}, "at least 1 character"),
    ],
)
def test_a_needed_flow_that_cannot_be_meant_is_refused_with_what_to_write(values: dict, advice: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        NeededFlow.model_validate(FLOW | values)
    assert advice in str(refusal.value)


def test_a_wrong_needed_flow_is_named_by_its_place_in_the_file(file: Path) -> None:
    file.write_text('[[needed_flows]]\nname = "x"\nfrom = "10.2.0.0/16"\nto = "app"\nprotocol = "tpc"\n', "utf-8")
    with pytest.raises(ConfigError, match=r"needed_flows\.0: .*no protocol"):
        load(file)


def test_a_policy_cannot_be_changed_after_it_was_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load().fail_on = "info"


@pytest.mark.parametrize("text", ["fail_on = " + "9" * 5000, "a = " + "[" * 2000])
def test_a_file_beyond_what_toml_readers_take_is_told_in_a_sentence(text: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"too many|not TOML"):
        load(file)
