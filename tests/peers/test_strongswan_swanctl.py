"""Each child of a `swanctl.conf` becomes a tunnel: settings, children, keys, and what cannot be known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.peers.reading_text import PRINTS, conn, modest, swanctl, swanctl_row


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
    assert swanctl_row(conn(settings, child), ("198.51.100.1",))[column] == value


def test_what_is_not_said_is_missing() -> None:
    assert set(swanctl_row(conn())) == {
        "book",
        "name",
        "file",
        "line",
        "dialect",
        "implementation",
        "complete",
        "address",
        "auth",
        "peer_auth",
    }


def test_children_become_one_peer_or_stay_apart() -> None:
    both = (
        "children { x { local_ts = 10.2.0.0/24\n remote_ts = 10.1.0.0/16 }\n y { local_ts = 10.2.1.0/24\n remote_ts ="
        " REMOTE } } }"
    )
    text = "connections { a { " + both + " }"
    row = swanctl_row(text.replace("REMOTE", "10.1.0.0/16"))
    assert (row["name"], row["one_sa_per_pair"], row["local_subnets"]) == ("a", True, "10.2.0.0/24,10.2.1.0/24")
    tunnels, notes = swanctl(text.replace("REMOTE", "10.9.0.0/16"))
    assert [row["name"] for row in tunnels] == ["a/x", "a/y"]
    assert any("judged by itself" in note for note in notes)


def test_what_makes_no_tunnel_is_told() -> None:
    tunnels, notes = swanctl("connections { a { version = 2 }\n b { children { p { mode = pass } } } }")
    assert tunnels == []
    assert any("'a': it has no children" in note for note in notes)
    assert any("mode=pass" in note for note in notes)
    assert any("no tunnel stands in it" in note for note in notes)


def test_values_that_strongswan_refuses_are_unknown_and_told() -> None:
    tunnels, notes = swanctl(
        conn(
            "version = 3\n dpd_delay = soon\n encap = maybe\n proposals = aes512-x\n local-1 { }\n local-2 { }",
            "start_action = go",
        )
    )
    assert not {"ike_versions", "dpd", "force_encap", "auto"} & set(tunnels[0])
    assert tunnels[0]["refused"] == "dpd_delay has a value that it does not take"
    assert sum("does not load the connection" in note for note in notes) == 5


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
    text = conn("remote_addrs = 198.51.100.1", after=f"secrets {{ {secrets} }}")
    assert swanctl_row(text).get("psk_fingerprint") == (None if key is None else PRINTS.facts(key).fingerprint)


names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True).filter(lambda name: name not in ("include", "children"))
nets = st.lists(st.integers(0, 255).map(lambda n: f"10.{n}.0.0/16"), min_size=1, max_size=3, unique=True)
values = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
spaces = st.sampled_from(["\n", " # note\n", "\n\n\t"])


@modest
@given(
    connection_names=st.lists(names, min_size=1, max_size=3, unique=True),
    rekey=st.integers(1, 10**6),
    near=nets,
    far=nets,
    identity=values,
    encap=st.booleans(),
    end=spaces,
    inherited=st.booleans(),
)
def test_what_is_written_is_read(*, connection_names, rekey, near, far, identity, encap, end, inherited) -> None:
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
        for name in connection_names
    ]
    tunnels, _ = swanctl(f"Base {{{end}{body} }}{end}connections {{{end}{''.join(parts)}}}")
    assert [row["name"] for row in tunnels] == connection_names
    for row in tunnels:
        assert (row["ike_versions"], row["force_encap"], row["id"]) == ("ikev2", encap, identity)
        assert (row["local_subnets"], row["remote_subnets"], row["esp_lifetime_s"]) == (
            ",".join(near),
            ",".join(far),
            rekey,
        )
