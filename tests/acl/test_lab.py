"""Rewrites through real iptables: applied with the router's own counting, they do what the old list says, packet by
packet.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vpnaudit.acl.blind import lists_of, packet_of, read_lines
from vpnaudit.acl.rewrite import rewrite
from vpnaudit.acl.semantics import Semantics

from .small_space import written_verdict

CASES = Path(__file__).parents[1] / "data/acl_truth/cases.jsonl.gz"
PROBE = Path(__file__).with_name("namespace_probe.py")
ADVICE = (
    "Run the lab tests as root where namespaces are allowed (a container: --privileged), with: apt-get install iptables"
    " iproute2"
)
LISTS = 36
PACKETS = 40


@pytest.fixture
def inside():
    """The words before a command that give it a network namespace of its own, which ends with it and leaves nothing on
    the host.
    """
    words = ["unshare", "--net"]
    try:
        tried = subprocess.run([*words, "iptables", "-S"], check=False, capture_output=True)
    except OSError as error:
        pytest.fail(f"No network namespace could be made: {error}. {ADVICE}")
    if tried.returncode:
        pytest.fail(f"iptables does not run in a network namespace: {tried.stderr}. {ADVICE}")
    return words


def matches(rule):
    """The match of one rule as the router writes it for iptables; None: it writes none."""
    cidrs = [cidr for cidr in rule.cidrs or ("0.0.0.0/0",) if ":" not in cidr]
    if not cidrs:
        return None
    side = ["-s" if rule.direction == "ingress" else "-d", ",".join(cidrs)]
    protocol = rule.protocol.lower()
    if protocol in ("tcp", "udp"):
        return ["-p", protocol, *side, "-m", protocol, "--dport", f"{rule.start_port or 0}:{rule.end_port or 0}"]
    if protocol == "icmp":
        given = [rule.icmp_type, rule.icmp_code] if rule.protocol == "icmp" else [0, 0]
        kind, code = (-1 if value is None else value for value in given)
        return [
            "-p",
            "icmp",
            *side,
            "-m",
            "icmp",
            "--icmp-type",
            ("any" if kind in (-1, 255) else str(kind)) + (f"/{code}" if code != -1 else ""),
        ]
    return ["-p", protocol, *side]


def commands(acl, direction):
    """What the router runs: base rules, then one insertion a rule at a place that counts each rule once."""
    place = 3 if direction == "ingress" else 2
    made = [["-F"], ["-X"], ["-N", "ACL"], ["-A", "OUTPUT", "-j", "ACL"]]
    made += [["-A", "ACL", "-d", f"{address}/32", "-j", "ACCEPT"] for address in ("224.0.0.18", "225.0.0.50")]
    made += [["-A", "ACL", "-j", "DROP"]] if direction == "ingress" else []
    for _, rule in acl.of(direction):
        match = matches(rule)
        if match:
            made.append(["-I", "ACL", str(place), *match, "-j", "ACCEPT" if rule.allow else "DROP"])
            place += 1
    return made


def packet_fields(probe):
    ports = (probe.get("dport", 0), 0) if probe["proto"] != 1 else (probe["itype"], probe["icode"])
    return [probe["src"], probe["dst"], probe["proto"], *ports]


def samples():
    """Lists that do not run as written, each with its measured probes: (list, direction, probes)."""
    packets = []
    for case in read_lines(CASES):
        for tier, acl in lists_of(case).items():
            for direction, word in (("ingress", "in"), ("egress", "out")):
                probes = [
                    p
                    for p in case["probes"]
                    if p["tier"] == tier and p["dir"] == word and p.get("new") and "reply_to" not in p
                ]
                if any("plain_first_match" in p for p in probes):
                    quirks = [p for p in probes if "plain_first_match" in p]
                    packets.append(
                        (acl, direction, [*quirks, *(p for p in probes if "plain_first_match" not in p)][:PACKETS])
                    )
    return packets[:: max(1, len(packets) // LISTS)][:LISTS]


@pytest.mark.lab
@pytest.mark.slow
def test_rewrites_through_real_iptables_do_what_the_old_lists_say(inside):
    chosen = samples()
    assert len(chosen) >= 20
    rewrites = [rewrite(acl, Semantics.V4_23) for acl, _, _ in chosen]
    jobs = []
    for (acl, direction, probes), new in zip(chosen, rewrites, strict=True):
        packets = [packet_fields(probe) for probe in probes]
        jobs += [{"commands": commands(made, direction), "packets": packets} for made in (acl, new.acl)]
    run = subprocess.run(
        [*inside, sys.executable, str(PROBE)],
        input=json.dumps({"jobs": jobs}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert run.returncode == 0, run.stderr
    answers = json.loads(run.stdout)
    mended = 0
    for (acl, direction, probes), new, old_run, new_run in zip(
        chosen, rewrites, answers[::2], answers[1::2], strict=True
    ):
        remaining = new.remaining[direction].opened | new.remaining[direction].closed
        for probe, before, after in zip(probes, old_run, new_run, strict=True):
            # The old list first: it shows that this lab runs lists as the recorded routers did.
            assert before == (probe["outcome"] == "pass"), (str(acl), probe)
            packet, _ = packet_of(probe)
            kind = {"port": probe.get("dport"), "icmp_type": probe.get("itype"), "icmp_code": probe.get("icode")}
            written = written_verdict(
                acl, probe["dst" if direction == "egress" else "src"], probe["proto"], kind, direction
            )
            if packet not in remaining:
                assert after == written, (str(acl), probe)
            mended += before != after
    assert mended > 100
