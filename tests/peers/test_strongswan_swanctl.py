"""`swanctl.conf` is read as strongSwan reads it: syntax, inheritance, children, keys, and what cannot be known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.peers.reading_text import PRINTS, modest, refusal, swanctl
from vpnaudit.errors import ConfigError


def conn(settings: str = "", child: str = "", more: str = "") -> str:
    return (
        f"connections {{\n a {{\n local_addrs=203.0.113.2\n {settings}\n children {{ net {{ {child}\n }} }} }}"
        f" }}\n{more}"
    )


def one(text: str, routers=(), **beside):
    found, notes = swanctl(text, routers, **beside)
    assert len(found) == 1, (found, notes)
    return found[0]


@pytest.mark.parametrize(
    ("settings", "child", "column", "value"),
    [
        ("version = 0", "", "ike_versions", "ikev1,ikev2"),
        ("version = 1", "", "initiates_with", "ikev1"),
        ("version = 2 # x", "", "ike_versions", "ikev2"),
        ("proposals = aes256-sha256-modp2048, default", "", "ike_proposals", "aes256-sha256-modp2048"),
        ("proposals = aes256-sha256-modp2048, default", "", "ike_strict", False),
        ("proposals = default, aes256-sha256-modp2048", "", "ike_proposals", "default,aes256-sha256-modp2048"),
        ("proposals = aes256-sha256-modp2048", "", "ike_strict", True),
        ("proposals = default", "", "ike_proposals", ""),
        ("", "esp_proposals = aes256-sha256-modp2048", "pfs_groups", "modp2048"),
        ("", "esp_proposals = aes256gcm16", "pfs_groups", ""),
        ("rekey_time = 10h", "", "ike_lifetime_s", 39600),
        ("rekey_time = 10h\n over_time = 5m", "", "ike_lifetime_s", 36300),
        ("reauth_time = 8h\n rekey_time = 4h", "", "ike_rekey_s", 14400),
        ("reauth_time = 8h\n rekey_time = 4h", "", "ike_lifetime_s", 31680),
        ("rekey_time = 0", "", "ike_rekey_s", 0),
        ("", "rekey_time = 3240\n life_time = 1h", "esp_lifetime_s", 3600),
        ("", "rekey_time = 3240\n life_time = 1h", "esp_rekey_s", 3240),
        ("", "rekey_time = 50m", "esp_lifetime_s", 3300),
        ("dpd_delay = 30s", "", "dpd", True),
        ("dpd_delay = 0s", "", "dpd", False),
        ("encap = yes", "", "force_encap", True),
        ("aggressive = yes", "", "aggressive", True),
        ("mobike = no", "", "mobike", False),
        ("", "start_action = trap", "auto", "route"),
        ("", "start_action = none", "auto", "add"),
        ("", "local_ts = 10.2.0.7/16, dynamic", "local_subnets", "10.2.0.0/16,dynamic"),
        ("", "remote_ts = 10.1.0.0/16[tcp/443]", "remote_subnets", "10.1.0.0/16[tcp/443]"),
        ("local { auth = psk\n id = @a.example }", "", "id", "@a.example"),
        ("local-1 { auth = psk }", "", "auth", "psk"),
        ('remote { id = "C=CH, O=x # y } {" }', "", "peer_id", "C=CH, O=x # y } {"),
        ("remote_addrs = 198.51.100.0/24", "", "peer_address", "%any"),
        ("remote_addrs = 192.0.2.1,198.51.100.1", "", "peer_address", "198.51.100.1"),
    ],
)
def test_a_setting_becomes_its_column(settings: str, child: str, column: str, value) -> None:
    assert one(conn(settings, child), ("198.51.100.1",))[column] == value


def test_what_is_not_said_is_missing() -> None:
    assert set(one(conn())) == {"book", "name", "file", "line", "dialect", "implementation", "complete", "address"}


def test_inheritance_merges_from_the_top_and_the_first_named_wins() -> None:
    text = """
    one { version = 1
      encap = yes
      local { auth = psk }
      children { net { rekey_time = 1h
        start_action = trap } } }
    two : three { version = 2
      mobike = no }
    three { dpd_delay = 30s }
    connections { a : one, two {
        encap =
        local { id = me }
        children { net { local_ts = 10.2.0.0/16 } } } }
    """
    row = one(text)
    assert (row["ike_versions"], row["mobike"], row["dpd"]) == ("ikev1", False, True)
    assert (row["auth"], row["id"], row["auto"], row["local_subnets"]) == ("psk", "me", "route", "10.2.0.0/16")
    assert "force_encap" not in row, "a setting without a value takes away what would be inherited"
    assert row["name"] == "a"


def test_a_section_that_occurs_twice_is_continued() -> None:
    row = one(conn("version = 1") + "connections { a { version = 2 } }")
    assert (row["ike_versions"], row["address"]) == ("ikev2", "203.0.113.2")


def test_what_leads_nowhere_is_said_and_nothing_is_assumed() -> None:
    text = (
        "connections { a : gone { children { n { local_ts = 10.2.0.0/16 } } }\n ab { children { n : connections.ab { }"
        " } }\n"
    )
    found, notes = swanctl(text + "abc { children { n { } } } }")
    assert [(row["name"], row["complete"]) for row in found] == [("a", False), ("ab", False), ("abc", True)]
    assert sum("not there or leads back" in note for note in notes) == 2


def test_children_become_one_peer_or_stay_apart() -> None:
    both = (
        "children { x { local_ts = 10.2.0.0/24\n remote_ts = 10.1.0.0/16 }\n y { local_ts = 10.2.1.0/24\n remote_ts ="
        " REMOTE } } }"
    )
    text = "connections { a { " + both + " }"
    row = one(text.replace("REMOTE", "10.1.0.0/16"))
    assert (row["name"], row["one_sa_per_pair"], row["local_subnets"]) == ("a", True, "10.2.0.0/24,10.2.1.0/24")
    found, notes = swanctl(text.replace("REMOTE", "10.9.0.0/16"))
    assert [row["name"] for row in found] == ["a/x", "a/y"]
    assert any("judged by itself" in note for note in notes)


def test_what_makes_no_tunnel_is_told() -> None:
    found, notes = swanctl("connections { a { version = 2 }\n b { children { p { mode = pass } } } }")
    assert found == []
    assert any("'a': it has no children" in note for note in notes)
    assert any("mode='pass'" in note for note in notes)
    assert any("no tunnel stands in it" in note for note in notes)


def test_values_that_strongswan_refuses_are_unknown_and_told() -> None:
    found, notes = swanctl(
        conn(
            "version = 3\n dpd_delay = soon\n encap = maybe\n proposals = aes512-x\n local-1 { }\n local-2 { }",
            "start_action = go",
        )
    )
    assert not {"ike_versions", "dpd", "force_encap", "auto"} & set(found[0])
    assert len(notes) == 6


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("connections {\n a {\n", "line 2: section 'a' is opened here and never closed"),
        ("}\n", "line 1: a } closes nothing"),
        ("\n\n a b = c\n", "line 3: a name is followed by neither"),
        ('a = "open\n', "line 1: a quote is opened"),
        ('a = "open\\', "line 1: a quote is opened"),
        ("a : { }", "line 1: after : stand the names"),
        (". = x", "line 1: neither a section nor key"),
        ("connections { }\ninclude swanctl.conf\n", "includes go deeper"),
        ("a {" * 40, "nested deeper than 32"),
        ("".join(f"s{n} : s{n + 1} {{ }}\n" for n in range(80)) + "s80 { }", "inherits from more than 64"),
        (
            "s0 { }\n" + "".join(f"s{n} {{ x : s{n - 1} {{ }}\n y : s{n - 1} {{ }} }}\n" for n in range(1, 25)),
            "makes more than 20000",
        ),
    ],
)
def test_what_strongswan_refuses_is_an_error_with_its_line(text: str, where: str) -> None:
    with pytest.raises(ConfigError, match=where):
        swanctl(text)


def test_includes_are_read_in_place_and_stay_in_the_folder() -> None:
    text = "connections { include /etc/swanctl/conf.d/*.conf\n }\ninclude conf.d/x\\ y.inc # gone\n"
    row = one(text, conf__d___a__conf="a { children { n { } } }\ninclude /etc/passwd")
    assert row["name"] == "a"
    assert row["file"].endswith("conf.d/a.conf")


@pytest.mark.parametrize(
    ("secrets", "key"),
    [
        ("ike { secret = one }", "one"),
        ('ike-1 { id = 203.0.113.2\n secret = "o # } ne" }', "o # } ne"),
        (
            "ike-1 { id-1 = 203.0.113.2\n secret = one }\n ike-2 { secret = two }",
            "two",
        ),  # the far identity decides first
        ("ike-1 { id = 192.0.2.1\n secret = one }", None),
        ("ike { secret = 0x6f6e65 }", "one"),
        ("ike { secret = 0sb25l }", "one"),
        ("ike { secret = 0xfg }", None),
        ("ike { secret = }", None),
        ("eap { id = x\n secret = one }", None),
    ],
)
def test_the_key_is_the_one_that_strongswan_takes(secrets: str, key: str | None) -> None:
    text = conn("remote_addrs = 198.51.100.1", more=f"secrets {{ {secrets} }}")
    assert one(text).get("psk_fingerprint") == (None if key is None else PRINTS.facts(key).fingerprint)


names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True).filter(lambda name: name not in ("include", "children"))
nets = st.lists(st.integers(0, 255).map(lambda n: f"10.{n}.0.0/16"), min_size=1, max_size=3, unique=True)
values = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
spaces = st.sampled_from(["\n", " # note\n", "\n\n\t"])


@modest
@given(
    written=st.lists(names, min_size=1, max_size=3, unique=True),
    rekey=st.integers(1, 10**6),
    near=nets,
    far=nets,
    identity=values,
    encap=st.booleans(),
    end=spaces,
    inherited=st.booleans(),
)
def test_what_is_written_is_read(*, written, rekey, near, far, identity, encap, end, inherited) -> None:
    quoted = identity.replace("\\", "\\\\").replace('"', '\\"')
    body = f'version = 2{end}encap = {"yes" if encap else "no"}{end}local {{{end}id = "{quoted}"{end}}}{end}'
    child = (
        f"net {{{end}local_ts = {','.join(near)}{end}remote_ts={' , '.join(far)}{end}life_time = {rekey}s{end}}}{end}"
    )
    parts = [
        (
            f"{name} : Base {{ children {{ {child} }} }}{end}"
            if inherited
            else f"{name} {{ {body} children {{ {child} }} }}{end}"
        )
        for name in written
    ]
    found, _ = swanctl(f"Base {{{end}{body} }}{end}connections {{{end}{''.join(parts)}}}")
    assert [row["name"] for row in found] == written
    for row in found:
        assert (row["ike_versions"], row["force_encap"], row["id"]) == ("ikev2", encap, identity)
        assert (row["local_subnets"], row["remote_subnets"], row["esp_lifetime_s"]) == (
            ",".join(near),
            ",".join(far),
            rekey,
        )


pieces = st.sampled_from(
    [
        '"',
        "\\",
        "#",
        "=",
        "\n",
        " ",
        "{",
        "}",
        ":",
        ",",
        ".",
        "connections {",
        "a {",
        "children { n {",
        "include ",
        "*",
        "secret = x",
        "\0",
    ]
)


@modest
@given(st.lists(pieces | st.text(max_size=4), max_size=30).map("".join))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    said = refusal(swanctl, text)
    assert said is None or ("swanctl.conf" in said and len(said.splitlines()) == 1)
