"""cmk's configuration is read as cmk reads it, and only where no other names the profile."""

from __future__ import annotations

import traceback

import pytest

from tests.cloudstack.configurations import SECRET, URL, ini, profile_values
from vpnaudit.cloudstack import cmk_config
from vpnaudit.cloudstack.profiles import load_profiles
from vpnaudit.errors import ConfigError

CMK = """\
prompt     = 🐱
timeout    = 90
verifycert = false
profile    = lab

[lab]
url       = "https://lab.example.org/client/api"
username  = admin
password  = password
domain    = /
apikey    = `ab;c#d`
secretkey = 'x%y'

[bare]
url       = https://bare.example.org/client/api
apikey    =
secretkey =

[local]
apikey    = k
secretkey = s
"""


@pytest.fixture
def with_cmk(places):
    (places[0] / ".cmk").mkdir()
    (places[0] / ".cmk" / "config").write_text(CMK, encoding="utf-8")
    return places


def test_cmk_is_asked_last_and_its_core_block_chooses(with_cmk):
    (profile,) = load_profiles([], {}, *with_cmk)
    assert (profile.name, profile.endpoint, profile.key, profile.secret) == (
        "lab",
        "https://lab.example.org/client/api",
        "ab;c#d",
        "x%y",
    )
    assert profile.verify is False
    assert profile.timeout_s == 90
    (with_cmk[1] / "cloudstack.ini").write_text(ini())
    assert profile_values(with_cmk, {})["endpoint"] == URL


def test_cmk_profiles_by_name_defaults_and_what_they_lack(with_cmk):
    assert profile_values(with_cmk, {}, "local")["endpoint"] == "http://localhost:8080/client/api"
    with pytest.raises(ConfigError, match="make a key pair"):
        load_profiles(["bare"], {}, *with_cmk)
    (with_cmk[0] / ".cmk" / "config").write_text(CMK.replace("profile    = lab", ""), encoding="utf-8")
    with pytest.raises(ConfigError, match="No profile"):
        load_profiles([], {}, *with_cmk)
    (with_cmk[0] / ".cmk" / "config").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_profiles([], {}, *with_cmk)


def test_a_file_that_cannot_be_read_is_told_without_its_lines(with_cmk):
    (with_cmk[0] / ".cmk" / "config").write_text(f"[lab]\n= {SECRET}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="Let cmk write it anew") as caught:
        load_profiles([], {}, *with_cmk)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_profile_shows_no_key(with_cmk):
    profile = cmk_config.read(with_cmk[0] / ".cmk" / "config", "lab")
    assert "ab;c" not in repr(profile)
    assert "x%y" not in repr(profile)


@pytest.mark.parametrize(
    ("value", "bare"), [("'a'", "a"), ('""', ""), ("`a", "`a"), ("'", "'"), ("'a\"", "'a\""), (" 'a b' ", "a b")]
)
def test_only_a_pair_of_equal_quotes_is_taken_off(with_cmk, value, bare):
    file = with_cmk[0] / ".cmk" / "config"
    file.write_text(f"[lab]\nurl = {value}\napikey = k\nsecretkey = s\n", encoding="utf-8")
    assert cmk_config.read(file, "lab").url == (bare or "http://localhost:8080/client/api")


@pytest.mark.parametrize(
    "text",
    [
        "[lab]\nurl\n  more\n",
        "profile\n  lab\n",
        "[lab]\napikey\n  canary-secret-value\n",
        "[lab]\n = v\n",
        "[lab]\n:\n",
    ],
)
@pytest.mark.parametrize("name", ["lab", None])
def test_a_file_that_trips_the_parser_is_a_mistake_with_its_name(with_cmk, text, name):
    file = with_cmk[0] / ".cmk" / "config"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="Let cmk write it anew") as caught:
        cmk_config.read(file, name)
    assert str(file) in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))
