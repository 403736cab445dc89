"""One rule in two readings: what its text says, and what iptables gets from the router."""

import pytest

from vpnaudit.acl import services
from vpnaudit.acl.rules import AclRule
from vpnaudit.acl.semantics import Semantics, read

NEW, OLD, UNKNOWN = Semantics.V4_23, Semantics.V4_11, Semantics.UNKNOWN


def rule(protocol, *, cidrs=("10.0.0.0/8",), **options):
    return AclRule(1, protocol, "ingress", allow=True, cidrs=cidrs, **options)


@pytest.mark.parametrize(
    ("version", "semantics"),
    [
        ("4.22.0.0-SNAPSHOT", NEW),
        ("4.14.0.0", NEW),
        ("v4.20", NEW),
        ("5.0", NEW),
        ("4.13.1.0", OLD),
        ("4.11-rc1", OLD),
        ("4", UNKNOWN),
        ("", UNKNOWN),
        (None, UNKNOWN),
        ("UNKNOWN.x", UNKNOWN),
    ],
)
def test_numeric_protocols_work_since_4_14(version, semantics):
    assert Semantics.of(version) is semantics


@pytest.mark.parametrize(
    ("given", "written", "run", "flag"),
    [
        (rule("all"), "everything", "everything", None),
        (rule("TCP", start_port=22, end_port=23), "tcp 22-23", "tcp 22-23", None),
        (rule("tcp", start_port=22), "tcp 22", "tcp 22", None),
        (rule("udp", start_port=0, end_port=65535), "udp", "udp", None),
        (rule("tcp"), "tcp", "tcp 0", "dead"),
        (rule("UDP"), "udp", "udp 0", "dead"),
        (rule("icmp"), "icmp", "icmp", None),
        (rule("icmp", icmp_type=-1, icmp_code=-1), "icmp", "icmp", None),
        (rule("icmp", icmp_type=8, icmp_code=-1), "icmp type 8", "icmp type 8", None),
        (rule("icmp", icmp_type=3, icmp_code=4), "icmp type 3/4", "icmp type 3/4", None),
        (rule("icmp", icmp_type=255), "icmp type 255", "icmp", "misread"),
        (rule("icmp", icmp_type=255, icmp_code=3), "icmp type 255/3", "icmp", "misread"),
        (rule("ICMP", icmp_type=8, icmp_code=0), "icmp type 8/0", "icmp type 0/0", "misread"),
        (rule("ICMP", icmp_type=0, icmp_code=0), "icmp type 0/0", "icmp type 0/0", None),
        (rule("6", start_port=22, end_port=22), "tcp 22", "tcp", "misread"),
        (rule("6"), "tcp", "tcp", None),
        (rule("1", icmp_type=8), "icmp type 8", "icmp", "misread"),
        (rule("0"), "protocol 0", "everything", "misread"),
        (rule("47"), "gre", "gre", None),
        (rule("255"), "protocol 255", "protocol 255", None),
    ],
)
def test_rules_that_run(given, written, run, flag):
    reading = read(given, NEW)
    assert reading.state == "runs"
    assert services.words([reading.written]) == written
    assert services.words([reading.run]) == run
    assert {name for name in ("dead", "misread") if getattr(reading, name)} == ({flag} if flag else set())


@pytest.mark.parametrize(
    ("given", "semantics", "state", "words"),
    [
        (rule("icmp", icmp_type=-1, icmp_code=0), NEW, "refused", "type any with code 0"),
        (rule("icmp", icmp_code=0), NEW, "refused", "type any with code 0"),
        (rule("47"), OLD, "refused", "before 4.14"),
        (rule("47"), UNKNOWN, "unknown", "which is not known"),
        (rule("tcp", cidrs=("2001:db8::/32",), start_port=1), NEW, "left-out", "IPv6"),
        (rule("cp"), NEW, "left-out", "no protocol"),
        (rule("tcp", cidrs=("10.0.0.0/33",), start_port=1), NEW, "unknown", "no IPv4 CIDR"),
        (rule("tcp", cidrs=("<script>",), start_port=1), NEW, "unknown", "no IPv4 CIDR"),
        (rule("quic"), NEW, "unknown", "no protocol that CloudStack takes"),
        (rule(""), NEW, "unknown", "no protocol that CloudStack takes"),
        (rule("256"), NEW, "unknown", "over 255"),
        (rule("tcp", start_port=9, end_port=8), NEW, "unknown", "no range"),
        (rule("tcp", end_port=8), NEW, "unknown", "no range"),
        (rule("icmp", icmp_type=256), NEW, "unknown", "not between"),
        (rule("icmp", icmp_type=8, icmp_code=-2), NEW, "unknown", "not between"),
    ],
)
def test_rules_that_do_not_run(given, semantics, state, words):
    reading = read(given, semantics)
    assert reading.state == state
    assert words in reading.why


def test_host_bits_are_masked_and_a_bare_address_is_one_host():
    reading = read(rule("all", cidrs=("10.0.0.77/24", "10.0.0.9", "10.9.9.9/0", "10.0.0.0/08", "::/0")), NEW)
    base = 10 << 24
    assert reading.addresses == ((base, base + 255), (base + 9, base + 9), (0, 2**32 - 1), (base, base + 2**24 - 1))


def test_no_cidr_is_every_address():
    assert read(rule("all", cidrs=None), NEW).addresses == ((0, 2**32 - 1),)
