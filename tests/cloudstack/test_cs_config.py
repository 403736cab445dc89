"""`cloudstack.ini` and the environment are read as the client `cs` reads them; `cs` itself is the judge."""

from __future__ import annotations

import cs
import pytest

from tests.cloudstack.configurations import ENVIRONMENT, URL, ini, profile_values
from vpnaudit.cloudstack import cs_config
from vpnaudit.cloudstack.profiles import load_profiles
from vpnaudit.errors import ConfigError


def as_cs(monkeypatch, environ, section=None):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    values = cs.read_config(section)
    return {name: values.get(name) for name in ("endpoint", "key", "secret")}


@pytest.mark.parametrize(
    ("files", "environ"),
    [
        ({}, ENVIRONMENT),
        ({"cwd": ini()}, ENVIRONMENT),
        ({"cwd": ini()}, {}),
        ({"home": ini(key="h"), "cwd": ini(key="c")}, {}),
        ({"home": ini(key="h"), "cwd": "[cloudstack]\nkey = c\n"}, {}),
        ({"home": ini(key="h"), "cwd": ini(key="c"), "given": ini(key="g")}, {"CLOUDSTACK_CONFIG": "given.ini"}),
        ({"cwd": ini("north") + ini(key="other")}, {"CLOUDSTACK_REGION": "north"}),
        ({"cwd": f"[cloudstack]\nendpoint = {URL}\n"}, {"CLOUDSTACK_KEY": "ek", "CLOUDSTACK_SECRET": "es"}),
        ({"cwd": ini()}, {"CLOUDSTACK_KEY": "ek"}),
        ({"cwd": ini()}, {**ENVIRONMENT, "CLOUDSTACK_OVERRIDES": "endpoint, key"}),
        ({"cwd": ini(key="100%%")}, {}),
        ({"cwd": "[DEFAULT]\nkey = d\n" + f"[cloudstack]\nendpoint = {URL}\nsecret = s\n"}, {}),
    ],
)
def test_it_reads_what_cs_reads(places, monkeypatch, files, environ):
    home, cwd = places
    for place, text in files.items():
        {"home": home / ".cloudstack.ini", "cwd": cwd / "cloudstack.ini", "given": cwd / "given.ini"}[place].write_text(
            text
        )
    assert profile_values(places, environ) == as_cs(monkeypatch, environ)


def test_a_named_section_is_read_as_cs_reads_it(places, monkeypatch):
    (places[1] / "cloudstack.ini").write_text(ini() + ini("prod", key="p"))
    assert profile_values(places, {}, "prod") == as_cs(monkeypatch, {}, "prod")


def test_a_name_that_stands_in_a_file_wins_over_the_environment_and_one_that_does_not_names_it(places):
    (places[1] / "cloudstack.ini").write_text(ini("prod", key="p"))
    assert profile_values(places, ENVIRONMENT, "prod")["key"] == "p"
    assert profile_values(places, ENVIRONMENT, "elsewhere")["key"] == "ek"
    with pytest.raises(ConfigError, match="No profile 'elsewhere'"):
        load_profiles(["prod", "elsewhere"], ENVIRONMENT, *places)


def test_a_region_names_the_section_and_keys_beside_an_endpoint_need_no_file(places, monkeypatch):
    environ = {**ENVIRONMENT, "CLOUDSTACK_REGION": "north"}
    (profile,) = load_profiles([], environ, *places)
    assert (profile.name, profile.key) == ("north", "ek")


def test_a_configuration_named_by_its_home_is_found_there(places):
    home, cwd = places
    paths = cs_config.files({"CLOUDSTACK_CONFIG": "~/own.ini"}, home, cwd)
    assert paths == [home / ".cloudstack.ini", cwd / "cloudstack.ini", home / "own.ini"]


def test_a_file_that_cannot_be_opened_is_passed_over_as_cs_does(places, monkeypatch):
    (places[1] / "given.ini").mkdir()
    (places[1] / "cloudstack.ini").write_text(ini())
    environ = {"CLOUDSTACK_CONFIG": "given.ini"}
    assert profile_values(places, environ) == as_cs(monkeypatch, environ)


def test_a_file_that_is_no_text_is_told_without_its_bytes(places):
    (places[1] / "cloudstack.ini").write_bytes(b"[cloudstack]\nkey=\xff\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_profiles([], {}, *places)
