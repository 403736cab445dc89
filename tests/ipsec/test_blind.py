"""The blind predictor reads inputs only and writes one prediction a line."""

import gzip
import json
from pathlib import Path as File

import pytest

from vpnaudit.errors import ConfigError
from vpnaudit.ipsec import blind
from vpnaudit.ipsec.sides import Path

CASES = File(__file__).parents[1] / "data" / "truth" / "cases.jsonl.gz"


@pytest.fixture
def plain():
    """One measured input that works: one connection, one peer, the router starts."""
    with gzip.open(CASES, "rt") as lines:
        for line in lines:
            case = json.loads(line)
            if case["group"] == "dpd" and case["truth"]["verdict"] == "ok":
                return {name: case[name] for name in ("q", "a", "b", "initiator", "env")}
    raise AssertionError("no plain case")


def test_files_go_in_and_out(plain, tmp_path):
    (tmp_path / "in").write_text(json.dumps(plain) + "\n\n")
    assert blind.main([str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    answers = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert [list(one) for one in answers] == [["q", "verdict", "ike", "esp", "ts", "api"]]
    assert answers[0]["q"] == plain["q"]
    assert answers[0]["verdict"] == "ok"
    assert plain["a"]["psk"] not in (tmp_path / "out").read_text()


def test_other_arguments_are_explained():
    with pytest.raises(ConfigError, match="INPUTS OUT"):
        blind.main(["one"])


def test_nobody_starts(plain):
    prediction = blind.predict({**plain, "initiator": "n"})
    assert (prediction["verdict"], prediction["api"], prediction["ike"]) == ("no_ike", "Disconnected", [])


def test_a_peer_that_starts_by_itself_needs_nobody(plain):
    started = {**plain, "initiator": "n", "b": {**plain["b"], "auto": "start"}}
    assert blind.predict(started)["verdict"] == "ok"


def test_several_connections_of_one_peer_are_one_peer(plain):
    first = {**plain["b"], "subnets": ["10.2.0.0/24"]}
    second = {**plain["b"], "subnets": ["10.2.1.0/24"]}
    router = {**plain["a"], "cidrlist": "10.2.0.0/24,10.2.1.0/24", "splitconnections": True}
    prediction = blind.predict({**plain, "a": router, "b": [first, second]})
    assert prediction["verdict"] == "ok"
    assert len(prediction["ts"]) == 2


def test_one_of_two_tunnels_down_is_partial(plain):
    second_tunnel = {**plain["a"], "gateway": "203.0.113.3", "cidrlist": "10.3.0.0/16"}
    prediction = blind.predict({**plain, "a": [plain["a"], second_tunnel]})
    assert prediction["verdict"] == "partial"
    assert prediction["api"] == {plain["a"]["gateway"]: "Connected", "203.0.113.3": "Disconnected"}


def test_one_connection_with_several_subnets_has_one_child_for_all(plain):
    peer = {**plain["b"], "subnets": ["10.2.0.0/24", "10.2.1.0/24"], "one_sa_per_pair": False}
    router = {**plain["a"], "cidrlist": "10.2.0.0/24,10.2.1.0/24", "splitconnections": False}
    prediction = blind.predict({**plain, "a": router, "b": peer})
    assert [remote for _, remote in prediction["ts"]] == [["10.2.0.0/24", "10.2.1.0/24"]]
    assert prediction["api"] == "Connected"


@pytest.mark.parametrize(
    ("env", "path"),
    [
        ({}, Path(userland_esp=True)),
        ({"kern": "netlink"}, Path()),
        ({"kern": "netlink", "net": "block500"}, Path(udp_500=False)),
        ({"kern": "netlink", "net": "block500_b2a"}, Path(udp_500=False)),
        ({"kern": "netlink", "net": "block4500"}, Path(udp_4500=False)),
        ({"kern": "netlink", "net": "blockboth"}, Path(udp_500=False, udp_4500=False)),
        ({"kern": "netlink", "net": "blockfrag"}, Path(fragments=False)),
        ({"kern": "netlink", "net": "b_masq"}, Path(peer_nat="masquerade")),
        ({"kern": "netlink", "net": "b_masq_dnat"}, Path(peer_nat="forwarded")),
    ],
)
def test_the_network_of_a_measurement_is_its_path(env, path):
    assert blind._path(env) == path


@pytest.mark.parametrize(
    ("initiator", "env", "auto", "starter"),
    [
        ("a", {}, "add", "router"),
        ("b", {}, "add", "peer"),
        ("n", {"traffic": True, "kern": "netlink"}, "start", "router"),
        ("n", {"traffic": True, "kern": "libipsec"}, "start", "peer"),
        ("n", {"kern": "netlink"}, "add", None),
    ],
)
def test_who_really_starts(plain, initiator, env, auto, starter):
    row = {**plain, "initiator": initiator, "env": env, "b": {**plain["b"], "auto": auto}}
    assert blind._initiator(row) == starter


def test_a_key_is_text_or_bytes_in_hexadecimal():
    assert blind._peer_key("raw:00ff") == b"\x00\xff"
    assert blind._peer_key("rawé") == "rawé".encode()


def test_a_line_without_a_name_gets_that_of_its_inputs_and_its_outcome_is_not_looked_at(plain, tmp_path):
    """The names of the measured cases are such hashes."""
    whole = {name: value for name, value in plain.items() if name != "q"} | {"outcome": "no_ike", "id": "dpd-1"}
    whole["a"] = {**plain["a"], "psk_class": "unequal"}
    (tmp_path / "in").write_text("\n".join(json.dumps(row) for row in (plain, whole)))
    blind.main([str(tmp_path / "in"), str(tmp_path / "out")])
    named, unnamed = (json.loads(line) for line in (tmp_path / "out").read_text().splitlines())
    assert named == unnamed
    several = {**whole, "a": [whole["a"]]}
    assert blind.predict(several)["q"] not in (named["q"], blind.predict({**several, "initiator": "b"})["q"])


@pytest.mark.parametrize(("missing", "words"), [(("a",), "has no a;"), (("b", "env"), "has no b, env;")])
def test_a_line_that_lacks_an_input_is_named(plain, tmp_path, missing, words):
    rows = [plain, {name: value for name, value in plain.items() if name not in missing}]
    (tmp_path / "in").write_text("\n\n".join(json.dumps(row) for row in rows))
    with pytest.raises(ConfigError, match=f"in, line 3 {words} a line holds a, b, initiator, env"):
        blind.main([str(tmp_path / "in"), str(tmp_path / "out")])


@pytest.mark.parametrize("line", ["[]", "no JSON", "{"])
def test_a_line_that_is_no_object_is_named(tmp_path, line):
    (tmp_path / "in").write_text(line)
    with pytest.raises(ConfigError, match="line 1 is no JSON object"):
        blind.main([str(tmp_path / "in"), str(tmp_path / "out")])


def test_a_version_is_read_by_its_name(plain):
    row = {**plain["b"], "ike_versions": ["ikev1", "ikev2"], "initiates_with": "ikev1"}
    peer = blind._peer([row])
    assert (peer.ike_versions, peer.initiates_with) == ((1, 2), 1)
    assert blind._peer([{**row, "initiates_with": "ikev2"}]).initiates_with == 2
