"""Each `conn` of an `ipsec.conf` becomes a tunnel: settings, sides, children, and what cannot be known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.peers.reading_text import END, ipsec, ipsec_row, modest


def test_what_is_not_said_is_missing() -> None:
    row = ipsec_row("conn a" + END)
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
    row = ipsec_row(
        f"conn a\n left={left}\n right={right}\n leftsubnet=10.1.0.0/16\n rightsubnet=10.2.0.0/16\n auto=add\n", routers
    )
    assert row["peer_address"] == far
    assert row["remote_subnets"] == ("10.1.0.0/16" if far == left else "10.2.0.0/16")


def test_children_that_are_one_for_each_pair_become_one_peer() -> None:
    text = (
        f"conn a{END} leftsubnet=10.2.0.0/24\n rightsubnet=10.1.0.0/16\nconn a-2\n also=a\n leftsubnet=10.2.1.0/24\n"
        " auto=add\n"
    )
    row = ipsec_row(text)
    assert (row["local_subnets"], row["one_sa_per_pair"], row["auto"]) == ("10.2.0.0/24,10.2.1.0/24", True, "start")
    tunnels, notes = ipsec(text.replace(" auto=add\n", " rightsubnet=10.9.0.0/16\n auto=add\n"))
    assert [row["name"] for row in tunnels] == ["a", "a-2"]
    assert any("judged by itself" in note for note in notes)


def test_what_leads_nowhere_is_said_and_nothing_is_assumed() -> None:
    tunnels, notes = ipsec(
        f"conn a{END} also=base\n also=b\nconn b\n also=a\n auto=add\ninclude more/*.conf\nconn c{END}"
    )
    assert [(row["name"], row["complete"]) for row in tunnels] == [("a", False), ("b", False), ("c", True)]
    assert any("line 5: also='base' is not there" in note for note in notes)
    assert any("leads back to itself" in note for note in notes)
    assert any("line 10: include 'more/*.conf': no such file" in note for note in notes)


def test_templates_and_bypasses_make_no_tunnel_and_an_unloaded_conn_is_told() -> None:
    tunnels, notes = ipsec(
        f"conn base\n ike=aes128-sha1-modp2048\nconn a{END} also=base\nconn lonely\n right=192.0.2.1\nconn p\n"
        " type=pass\n"
    )
    assert [(row["name"], row["auto"]) for row in tunnels] == [("a", "start"), ("lonely", "ignore")]
    assert any("'lonely': it has no auto=" in note for note in notes)
    assert any("'p': type=pass makes no tunnel" in note for note in notes)


def test_values_that_strongswan_refuses_are_unknown_and_told() -> None:
    tunnels, notes = ipsec(
        f"conn a{END} lifetime=soon\n aggressive=maybe\n keyexchange=ikev3\n ike=aes512-sha256-modp2048!\n"
    )
    assert not {"esp_lifetime_s", "aggressive", "ike_versions"} & set(tunnels[0])
    assert len(notes) == 4


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
    values_by_key = {
        "ikelifetime": f"{ike}s",
        "lifetime": f"{esp}",
        "leftsubnet": ",".join(near),
        "rightsubnet": ", ".join(far),
    }
    quoted = identity.replace("\\", "\\\\").replace('"', '\\"')
    values_by_key |= {
        "leftid": f'"{quoted}"',
        "esp": "aes256-sha256" + "!" * strict,
        "auto": "route",
        "left": "203.0.113.2",
    }
    order = data.draw(st.permutations(sorted(values_by_key)))
    shared = set(data.draw(st.lists(st.sampled_from(order)))) if base else set()
    text = f"conn {name}\n{indent}also=zz.base\n" + "".join(
        f"{indent}{key} = {values_by_key[key]} # x\n" for key in order if key not in shared
    )
    text += "conn zz.base\n" + "".join(
        f"{indent}{key}={values_by_key[key]}\n\n" for key in order if key in shared and key != "auto"
    )
    text += f"conn {name}\n{indent}auto=route\n"
    row = next(row for row in ipsec(text)[0] if row["name"] == name)
    assert (row["ike_lifetime_s"], row["esp_lifetime_s"]) == (ike, esp)
    assert (row["local_subnets"], row["remote_subnets"]) == (",".join(near), ",".join(far))
    assert (row["id"], row["esp_strict"], row["auto"]) == (identity, strict, "route")
