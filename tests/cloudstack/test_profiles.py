"""A profile is whole or a mistake that reads like advice; plain HTTP and proxies are what the operator asked for."""

from __future__ import annotations

import textwrap
import traceback

import pytest

from tests.cloudstack.configurations import ENVIRONMENT, SECRET, URL, ini
from vpnaudit.cloudstack.profiles import Profile, is_loopback, load_profiles
from vpnaudit.errors import ConfigError


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


def test_a_name_given_twice_is_a_mistake(places):
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
    text = repr(Profile("p", URL, "the-key", SECRET, proxy="http://u:canary@proxy"))
    assert "the-key" not in text
    assert SECRET not in text
    assert "canary" not in text


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


@pytest.mark.parametrize(
    "endpoint",
    [
        *(
            "https://[fd00::1/",
            "http://[::1/",
            "https://[v1.x]/",
            "https://256.1.1.1/client/api",
            "https://xn--/client/api",
        ),
        *("https://h:abc/client/api", "https://h:99999/client/api", "https://h:-1/", "https://h:0/client/api"),
        *(
            "https://exa mple/client/api",
            "https://h/\n",
            "https://\x00/client/api",
            "https://h/\ud800",
            "https://e℀x/",
            "",
        ),
    ],
)
def test_what_is_no_address_is_a_mistake_and_never_a_traceback(endpoint):
    with pytest.raises(ConfigError, match="the endpoint is no URL"):
        Profile("p", endpoint, "k", "s")


def test_an_address_of_six_words_is_one():
    assert Profile("p", "https://[fd00::1]:8443/client/api", "k", "s").endpoint


@pytest.mark.parametrize(("key", "secret"), [("k\ud800", "s"), ("k", "s\udcff")])
def test_keys_that_are_no_text_are_a_mistake(key, secret):
    with pytest.raises(ConfigError, match="no UTF-8 text"):
        Profile("p", URL, key, secret)


@pytest.mark.parametrize("path", ["~nobody-has-this-name/ca.pem", "x" * 5_000])
def test_a_certificate_path_that_cannot_be_is_a_mistake(places, path):
    (places[1] / "cloudstack.ini").write_text(ini(more=f"verify = {path}"))
    with pytest.raises(ConfigError, match="no such file"):
        load_profiles([], {}, *places)
