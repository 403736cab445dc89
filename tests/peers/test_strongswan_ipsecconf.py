"""`ipsec.conf` is read as strongSwan's starter reads it: syntax, inheritance, sides, keys, and what cannot be known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.peers.reading_text import PRINTS, ipsec, modest, refusal
from vpnaudit.errors import ConfigError

END = "\n left=203.0.113.2\n right=198.51.100.1\n auto=start\n"


def one(text: str, routers=(), **beside):
    found, notes = ipsec(text, routers, **beside)
    assert len(found) == 1, (found, notes)
    return found[0]


def test_the_order_of_inheritance_is_strongswans() -> None:
    text = (
        "conn %default\n ikelifetime=1h\n lifetime=1h\n mobike=no\n esp=aes128-sha1\n"
        "conn tunnel\n also=first\n also=second\n lifetime=3h" + END + " ike=\n"
        "conn first\n ikelifetime=4h\n lifetime=4h\n keyexchange=ikev1\n ike=aes128-sha1-modp1024\n"
        "conn second\n ikelifetime=5h\n also=third\n"
        "conn third\n keyexchange=ikev2\n aggressive=no\n"
    )
    row = one(text)
    assert (row["ike_lifetime_s"], row["esp_lifetime_s"]) == (
        18000,
        10800,
    ), "own before the last named before the first before %default"
    assert row["ike_versions"] == "ikev2", "what the last named inherits counts before the first named"
    assert (row["mobike"], row["aggressive"], row["esp_proposals"]) == (False, False, "aes128-sha1")
    assert "ike_proposals" not in row, "a setting without a value takes away what would be inherited"


def test_a_section_that_occurs_twice_is_continued_and_the_last_value_counts() -> None:
    row = one("conn a\n lifetime=1h" + END + "conn b\n auto=ignore\n type=drop\nconn a\n lifetime=2h\n")
    assert row["esp_lifetime_s"] == 7200


@pytest.mark.parametrize(
    ("written", "column", "value"),
    [
        ('leftid="C=CH, O=strong # swan, CN=a b"', "id", "C=CH, O=strong # swan, CN=a b"),
        ("leftid=@#68656c6c6f", "id", "@#68656c6c6f"),
        ('leftsubnet="10.2.0.0/16,\\\n10.3.0.0/16"', "local_subnets", "10.2.0.0/16,10.3.0.0/16"),
        ("leftsubnet = 10.2.0.9/16 , 10.3.0.0/16   # ours", "local_subnets", "10.2.0.0/16,10.3.0.0/16"),
        ("leftsubnet=10.2.0.0/16\n leftprotoport=tcp/443", "local_subnets", "10.2.0.0/16[tcp/443]"),
        ("keylife=90m", "esp_lifetime_s", 5400),
        ("ikelifetime=1d", "ike_lifetime_s", 86400),
        ("ikelifetime=900", "ike_lifetime_s", 900),
        ("lifetime=1h\n margintime=9m", "esp_rekey_s", 3060),
        ("lifetime=1h\n rekey=no", "esp_rekey_s", 0),
        ("dpdaction=none", "dpd", False),
        ("dpdaction=clear", "dpd", True),
        ("forceencaps=yes", "force_encap", True),
        ("aggressive=yes", "aggressive", True),
        ("authby=rsasig\n leftauth=psk", "auth", "psk"),
        ("authby=secret", "auth", "psk"),
        ("keyexchange=ike", "ike_versions", "ikev1,ikev2"),
        ("keyexchange=ikev1", "initiates_with", "ikev1"),
        ("esp=aes256-sha256-modp2048,aes128gcm16-ecp256!", "pfs_groups", "modp2048,ecp256"),
        ("esp=aes256-sha256", "pfs_groups", ""),
        ("esp=aes256-sha256!", "esp_strict", True),
        ("ike=aes256-sha256-modp2048", "ike_strict", False),
        ("rightid=%198.51.100.1", "peer_id", "198.51.100.1"),
        ("rightid=%any", "peer_id", "%any"),
        ("rightallowany=yes", "peer_address", "%any"),
        ("right=198.51.100.0/24", "peer_address", "%any"),
    ],
)
def test_a_setting_becomes_its_column(written: str, column: str, value) -> None:
    assert one(f"conn a{END} {written}\n")[column] == value


def test_what_is_not_said_is_missing() -> None:
    row = one("conn a" + END)
    assert set(row) == {
        "book",
        "name",
        "file",
        "line",
        "dialect",
        "implementation",
        "complete",
        "address",
        "peer_address",
        "auto",
    }


@pytest.mark.parametrize(
    ("left", "right", "routers", "far"),
    [
        ("203.0.113.2", "198.51.100.1", (), "198.51.100.1"),
        ("198.51.100.1", "203.0.113.2", ("198.51.100.1",), "198.51.100.1"),
        ("203.0.113.2", "198.51.100.1", ("198.51.100.1",), "198.51.100.1"),
        ("198.51.100.1", "%defaultroute", (), "198.51.100.1"),
        ("%defaultroute", "198.51.100.1", ("203.0.113.2",), "198.51.100.1"),
        ("198.51.100.1", "198.51.100.9", ("198.51.100.1", "198.51.100.9"), "198.51.100.9"),
        ("203.0.113.2", "192.0.2.1,198.51.100.1", ("198.51.100.1",), "198.51.100.1"),
        ("203.0.113.2", "192.0.2.1,192.0.2.2", (), "192.0.2.1"),
    ],
)
def test_the_far_side_of_the_estate_is_found_whichever_way_it_is_written(left, right, routers, far) -> None:
    row = one(
        f"conn a\n left={left}\n right={right}\n leftsubnet=10.1.0.0/16\n rightsubnet=10.2.0.0/16\n auto=add\n", routers
    )
    assert row["peer_address"] == far
    assert row["remote_subnets"] == ("10.1.0.0/16" if far == left else "10.2.0.0/16")


def test_children_that_are_one_for_each_pair_become_one_peer() -> None:
    text = (
        f"conn a{END} leftsubnet=10.2.0.0/24\n rightsubnet=10.1.0.0/16\nconn a-2\n also=a\n leftsubnet=10.2.1.0/24\n"
        " auto=add\n"
    )
    row = one(text)
    assert (row["local_subnets"], row["one_sa_per_pair"], row["auto"]) == ("10.2.0.0/24,10.2.1.0/24", True, "start")
    found, notes = ipsec(text.replace(" auto=add\n", " rightsubnet=10.9.0.0/16\n auto=add\n"))
    assert [row["name"] for row in found] == ["a", "a-2"]
    assert any("judged by itself" in note for note in notes)


def test_what_leads_nowhere_is_said_and_nothing_is_assumed() -> None:
    found, notes = ipsec(
        f"conn a{END} also=base\n also=b\nconn b\n also=a\n auto=add\ninclude more/*.conf\nconn c{END}"
    )
    assert [(row["name"], row["complete"]) for row in found] == [("a", False), ("b", False), ("c", True)]
    assert any("line 5: also='base' is not there" in note for note in notes)
    assert any("leads back to itself" in note for note in notes)
    assert any("line 10: include 'more/*.conf': no such file" in note for note in notes)


def test_templates_and_bypasses_make_no_tunnel_and_an_unloaded_conn_is_told() -> None:
    found, notes = ipsec(
        f"conn base\n ike=aes128-sha1-modp2048\nconn a{END} also=base\nconn lonely\n right=192.0.2.1\nconn p\n"
        " type=pass\n"
    )
    assert [(row["name"], row["auto"]) for row in found] == [("a", "start"), ("lonely", "ignore")]
    assert any("'lonely' has no auto=" in note for note in notes)
    assert any("'p': type='pass' makes no tunnel" in note for note in notes)


def test_values_that_strongswan_refuses_are_unknown_and_told() -> None:
    found, notes = ipsec(
        f"conn a{END} lifetime=soon\n aggressive=maybe\n keyexchange=ikev3\n ike=aes512-sha256-modp2048!\n"
    )
    assert not {"esp_lifetime_s", "aggressive", "ike_versions"} & set(found[0])
    assert len(notes) == 4


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (" left=1.2.3.4\n", "line 1: a setting before any section"),
        ("conn a\n left\n", "line 2: neither a section nor key=value"),
        ("conn\n", "line 1: a section has one word"),
        ("conn a b\n", "line 1: a section has one word"),
        ("conn a\n\n leftid=C=CH\n", "line 3: a second = in a value"),
        ('conn a\n leftid="open\n\n', "line 2: a quote is opened"),
        ("conn a\n =b\n", "line 2: neither"),
        ("conn a\ninclude ipsec.conf\n", "includes go deeper"),
        (
            "conn a0\n auto=add\n" + "".join(f"conn a{n}\n also=a{n - 1}\n" for n in range(1, 80)),
            "leads through more than 64",
        ),
    ],
)
def test_what_strongswan_refuses_is_an_error_with_its_line(text: str, where: str) -> None:
    with pytest.raises(ConfigError, match=where):
        ipsec(text)


def test_many_paths_to_one_section_are_walked_once() -> None:
    doubled = "".join(f"conn a{n}\n also=a{n - 1}\n also=a{n - 1}\n" for n in range(1, 60))
    assert len(ipsec("conn a0\n lifetime=1h\n" + doubled + " auto=add\n")[0]) == 1


def test_windows_line_ends_byte_order_marks_and_settings_without_indent_are_read() -> None:
    found, notes = ipsec("\ufeffconn a\r\n\tauto=add\r\nlifetime=1h\r\n")
    assert found[0]["esp_lifetime_s"] == 3600
    assert any("not indented" in note for note in notes)


def test_includes_are_read_in_place_and_stay_in_the_folder() -> None:
    row = one(
        "conn a\n auto=add\ninclude /etc/ipsec.d/*.conf\n",
        ipsec__d___1__conf=" lifetime=1h\n",
        ipsec__d___2__conf=" lifetime=2h\ninclude /etc/passwd\ninclude ../../../../../../../../etc/passwd\n",
    )
    assert row["esp_lifetime_s"] == 7200


@pytest.mark.parametrize(
    ("secrets", "key"),
    [
        (': PSK "one"', "one"),
        ('203.0.113.2 198.51.100.1 : PSK "two"\n: PSK "one"', "two"),
        (': PSK "one"\n%any 203.0.113.2 : PSK "two"\n198.51.100.1 : PSK "three"', "three"),
        ("198.51.100.1 203.0.113.2 : PSK 'a\"b'", 'a"b'),
        ("198.51.100.1 : PSK 0x6f6e65", "one"),
        ("198.51.100.1 : PSK 0sb25l", "one"),
        ('198.51.100.1 : PSK "0x6f6e65"', "0x6f6e65"),
        ('192.0.2.1 : PSK "one"', None),
        ('198.51.100.1 : PSK "open', None),
        ("198.51.100.1 : PSK 0xzz", None),
        ("198.51.100.1 : PSK", None),
        ('198.51.100.1: PSK "one"', None),
        (': RSA key.pem "one"\n: EAP "one"', None),
    ],
)
def test_the_key_is_the_one_that_strongswan_takes(secrets: str, key: str | None) -> None:
    row = one("conn a" + END, ipsec__secrets=secrets)
    assert row.get("psk_fingerprint") == (None if key is None else PRINTS.facts(key).fingerprint)


def test_a_key_that_cannot_be_told_from_others_is_not_guessed() -> None:
    found, notes = ipsec(
        "conn a\n right=%any\n auto=add\n", ipsec__secrets='192.0.2.1 : PSK "one"\n192.0.2.2 : PSK "two"\n'
    )
    assert "psk_fingerprint" not in found[0]
    assert any("several keys fit" in note for note in notes)


names = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
times = st.integers(1, 10**6)
nets = st.lists(st.integers(0, 255).map(lambda n: f"10.{n}.0.0/16"), min_size=1, max_size=3, unique=True)
values = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda text: not text.startswith("%")
)


@modest
@given(
    name=names,
    ike=times,
    esp=times,
    near=nets,
    far=nets,
    identity=values,
    strict=st.booleans(),
    base=st.booleans(),
    indent=st.sampled_from(["\t", "  "]),
    data=st.data(),
)
def test_what_is_written_is_read(*, name, ike, esp, near, far, identity, strict, base, indent, data) -> None:
    wanted = {
        "ikelifetime": f"{ike}s",
        "lifetime": f"{esp}",
        "leftsubnet": ",".join(near),
        "rightsubnet": ", ".join(far),
    }
    quoted = identity.replace("\\", "\\\\").replace('"', '\\"')
    wanted |= {"leftid": f'"{quoted}"', "esp": "aes256-sha256" + "!" * strict, "auto": "route", "left": "203.0.113.2"}
    order = data.draw(st.permutations(sorted(wanted)))
    shared = set(data.draw(st.lists(st.sampled_from(order)))) if base else set()
    text = f"conn {name}\n{indent}also=zz.base\n" + "".join(
        f"{indent}{key} = {wanted[key]} # x\n" for key in order if key not in shared
    )
    text += "conn zz.base\n" + "".join(
        f"{indent}{key}={wanted[key]}\n\n" for key in order if key in shared and key != "auto"
    )
    text += f"conn {name}\n{indent}auto=route\n"
    row = next(row for row in ipsec(text)[0] if row["name"] == name)
    assert (row["ike_lifetime_s"], row["esp_lifetime_s"]) == (ike, esp)
    assert (row["local_subnets"], row["remote_subnets"]) == (",".join(near), ",".join(far))
    assert (row["id"], row["esp_strict"], row["auto"]) == (identity, strict, "route")


pieces = st.sampled_from(
    [
        '"',
        "\\",
        "#",
        "=",
        "\n",
        " ",
        "\t",
        "conn a",
        "conn %default",
        "also=a",
        "include ",
        "*",
        "left=%any",
        "ike=aes!",
        "\0",
        "auto=add",
    ]
)


@modest
@given(
    st.lists(pieces | st.text(max_size=4), max_size=30).map("".join),
    st.lists(pieces | st.text(max_size=4), max_size=10).map("".join),
)
def test_any_text_is_read_or_refused_with_a_place(text: str, secrets: str) -> None:
    said = refusal(ipsec, text, ipsec__secrets=secrets)
    assert said is None or ("ipsec." in said and len(said.splitlines()) == 1)
