"""Each configuration is read as its own client reads it; the client `cs` itself is the judge of its own."""

from __future__ import annotations

import textwrap
import traceback

import cs
import pytest

from vpnaudit.cloudstack.profiles import Profile, is_loopback, load_profiles
from vpnaudit.errors import ConfigError

URL = "https://cloud.example.org/client/api"
SECRET = "canary-secret-value"


@pytest.fixture
def places(tmp_path, monkeypatch):
    """A home and a working folder, in which `cs` is at home too."""
    home, cwd = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    cwd.mkdir()
    monkeypatch.chdir(cwd)
    monkeypatch.setenv("HOME", str(home))
    for name in ("ENDPOINT", "KEY", "SECRET", "CONFIG", "REGION", "OVERRIDES"):
        monkeypatch.delenv(f"CLOUDSTACK_{name}", raising=False)
    return home, cwd


def ini(section="cloudstack", endpoint=URL, key="k", more=""):
    return f"[{section}]\nendpoint = {endpoint}\nkey = {key}\nsecret = {SECRET}\n{more}\n"


def as_cs(monkeypatch, environ, section=None):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    read = cs.read_config(section)
    return {name: read.get(name) for name in ("endpoint", "key", "secret")}


def ours(places, environ, *names):
    (profile,) = load_profiles(list(names), environ, *places)
    return {"endpoint": profile.endpoint, "key": profile.key, "secret": profile.secret}


ENVIRONMENT = {"CLOUDSTACK_ENDPOINT": f"{URL}/env", "CLOUDSTACK_KEY": "ek", "CLOUDSTACK_SECRET": "es"}


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
    assert ours(places, environ) == as_cs(monkeypatch, environ)


def test_a_named_section_is_read_as_cs_reads_it(places, monkeypatch):
    (places[1] / "cloudstack.ini").write_text(ini() + ini("prod", key="p"))
    assert ours(places, {}, "prod") == as_cs(monkeypatch, {}, "prod")


def test_a_name_that_stands_in_a_file_wins_over_the_environment_and_one_that_does_not_names_it(places):
    (places[1] / "cloudstack.ini").write_text(ini("prod", key="p"))
    assert ours(places, ENVIRONMENT, "prod")["key"] == "p"
    assert ours(places, ENVIRONMENT, "elsewhere")["key"] == "ek"
    with pytest.raises(ConfigError, match="No profile 'elsewhere'"):
        load_profiles(["prod", "elsewhere"], ENVIRONMENT, *places)


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
    assert ours(with_cmk, {})["endpoint"] == URL


def test_cmk_profiles_by_name_defaults_and_what_they_lack(with_cmk):
    assert ours(with_cmk, {}, "local")["endpoint"] == "http://localhost:8080/client/api"
    with pytest.raises(ConfigError, match="make a key pair"):
        load_profiles(["bare"], {}, *with_cmk)
    (with_cmk[0] / ".cmk" / "config").write_text(CMK.replace("profile    = lab", ""), encoding="utf-8")
    with pytest.raises(ConfigError, match="No profile"):
        load_profiles([], {}, *with_cmk)
    (with_cmk[0] / ".cmk" / "config").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_profiles([], {}, *with_cmk)


def test_our_own_keys_stand_in_the_same_section(places):
    ca = places[1] / "ca.pem"
    ca.write_text("")
    more = f"verify = {ca}\ntimeout = 7.5\nexpected_gaps = hosts, routers\ncert = c.pem\ncert_key = k.pem"
    (places[1] / "cloudstack.ini").write_text(ini(more=more))
    (profile,) = load_profiles([], {"HTTPS_PROXY": "http://proxy:3128"}, *places)
    assert (profile.verify, profile.timeout_s, profile.expected_gaps) == (str(ca), 7.5, ("hosts", "routers"))
    assert profile.client_cert == ("c.pem", "k.pem")
    assert profile.proxy == "http://proxy:3128"


@pytest.mark.parametrize(
    ("more", "verify"),
    [
        ("", True),
        ("verify = yes", True),
        ("verify = no", False),
        ("dangerous_no_tls_verify = true\nverify = yes", False),
    ],
)
def test_verify(places, more, verify):
    (places[1] / "cloudstack.ini").write_text(ini(more=more))
    assert load_profiles([], {}, *places)[0].verify is verify


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (ini(more="verify = /no/such/file"), "no such file"),
        (ini(more="timeout = soon"), "timeout = 60"),
        (ini(more="timeout = -1"), "timeout = 60"),
        (ini(more="expected_gaps = hots"), "names no table: hots"),
        (ini(endpoint="cloud.example.org"), "no URL"),
        (ini(endpoint="https://u:p@cloud.example.org/client/api"), "more than an address"),
        (ini(endpoint=f"{URL}?command=x"), "more than an address"),
        (ini(endpoint="http://cloud.example.org/client/api"), "--allow-http"),
        (f"[cloudstack]\nendpoint = {URL}\nsecret = {SECRET}\n", "no API key"),
        (f"[cloudstack]\nsecret = {SECRET}\n", "no endpoint"),
        (ini(key=f"{SECRET}%"), "%%"),
        (f"secret = {SECRET}\n", "line 1: there is no [section]"),
        (ini() + ini(), "twice"),
        (ini(more="key = again"), "twice"),
        (ini(more=SECRET), "neither a section"),
        ("[other]\n", "Looked at: CLOUDSTACK_ENDPOINT"),
    ],
)
def test_mistakes_read_like_advice_and_never_quote_the_secret(places, text, advice):
    (places[1] / "cloudstack.ini").write_text(textwrap.dedent(text))
    with pytest.raises(ConfigError) as caught:
        load_profiles([], {}, *places)
    assert advice in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_file_that_is_no_text_and_a_name_given_twice(places):
    (places[1] / "cloudstack.ini").write_bytes(b"[cloudstack]\nkey=\xff\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_profiles([], {}, *places)
    with pytest.raises(ConfigError, match="named twice"):
        load_profiles(["a", "a"], {}, *places)


def test_plain_http_is_for_loopback_or_on_demand():
    for host in ("127.0.0.1", "localhost", "[::1]", "127.8.8.8"):
        Profile("p", f"http://{host}:8080/client/api", "k", "s")
    assert not is_loopback("localhost.example.org")
    with pytest.raises(ConfigError, match="plain HTTP"):
        Profile("p", "http://10.0.0.1/client/api", "k", "s")
    Profile("p", "http://10.0.0.1/client/api", "k", "s", allow_http=True)


def test_a_profile_shows_no_key():
    shown = repr(Profile("p", URL, "the-key", SECRET, proxy="http://u:canary@proxy"))
    assert "the-key" not in shown
    assert SECRET not in shown
    assert "canary" not in shown


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({"https_proxy": "http://p:1"}, "http://p:1"),
        ({"ALL_PROXY": "socks5://p:2"}, "socks5://p:2"),
        ({"http_proxy": "http://p:3"}, None),
        ({"https_proxy": "http://p:1", "NO_PROXY": "other, .example.org"}, None),
        ({"https_proxy": "http://p:1", "NO_PROXY": "*"}, None),
    ],
)
def test_the_proxy_is_the_one_of_the_environment(places, environ, proxy):
    (profile,) = load_profiles([], {**ENVIRONMENT, **environ}, *places)
    assert profile.proxy == proxy
    (near,) = load_profiles(
        [], {**ENVIRONMENT, **environ, "CLOUDSTACK_ENDPOINT": "http://127.0.0.1:8096/client/api"}, *places
    )
    assert near.proxy is None
