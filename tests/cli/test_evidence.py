"""`vpnaudit evidence`: the script runs in small shells, brings what the reader reads, and leaves keys behind."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.estates import estate
from tests.evidence.router_files import START, log, up
from vpnaudit.cli.main import run
from vpnaudit.estate import Estate
from vpnaudit.estate.tables import records
from vpnaudit.evidence.joining import with_evidence

SCRIPT = Path("vpnaudit/cli/router_script.sh").resolve()
KEY = "canary-KEY-router"
HEX = "0xca4a12ca4a12ca4a12ca4a12ca4a12ca4a12ca4a12ca4a12"
SHELLS = [name for name in ("sh", "dash", "bash", "busybox") if shutil.which(name)]
CONNECTION = f"""# {KEY}
conn vpn-192.0.2.26
 left=198.51.100.7
 leftsubnet=10.1.0.0/16
 right=192.0.2.26
 rightsubnet=10.22.0.0/24 # {KEY}
 keyexchange=ikev2
 leftsecret={KEY}
 xauth_identity={KEY}
"""
XFRM = f"""src 192.0.2.26 dst 198.51.100.7
\tproto esp spi 0xc2c57442(3267720258) reqid 1(0x00000001) mode tunnel
\treplay-window 32 seq 0x00000000 flag af-unspec (0x00100000)
\tauth-trunc hmac(sha256) {HEX} (256 bits) 128
\tenc cbc(aes) {HEX} (256 bits)
\tstats:
\t  replay-window 0 replay 3 failed 0
"""
COUNTERS = "*filter\n:FORWARD DROP [0:0]\n[5:420] -A FORWARD -s 10.22.0.0/24 -d 10.1.0.0/16 -j DROP\nCOMMIT\n"
DUMP = "05:40:01 05[CFG]    0: 63 61 6E 61 72 79  canary"


def shell(name: str) -> list[str]:
    return ["busybox", "sh"] if name == "busybox" else [name]


@pytest.fixture
def router(tmp_path: Path) -> dict[str, str]:
    """A router as a folder and a few programs, with a key wherever one may stand; the environment to see it."""
    root, programs = tmp_path / "root", tmp_path / "bin"
    lines = log(
        f"05:40:00 {START}", f'05:40:01 05[CFG] loaded IKE secret PSK "{KEY}"', f"05:40:01 05[CFG] secret: {KEY}", DUMP
    )
    files = {
        "etc/ipsec.conf": "config setup\n",
        "etc/ipsec.d/ipsec.vpn-192.0.2.26.conf": CONNECTION,
        "etc/ipsec.d/ipsec.vpn-192.0.2.26.secrets": f'198.51.100.7 192.0.2.26 : PSK "{KEY}"\n',
        "etc/cloudstack-release": "Cloudstack Release 4.22.0.0\n",
        "proc/cpuinfo": "model name : x\nflags : fpu aes avx\n",
        "proc/sys/net/ipv4/ip_forward": "1\n",
        "var/log/daemon.log": f"{lines}Nov  3 05:40:01 r-12-VM sshd: {KEY}\n",
    }
    says = {
        "ipsec": up(),
        "iptables-save": COUNTERS,
        "ip": XFRM,
        "hostname": "r-12-VM\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    programs.mkdir()
    for name, text in says.items():
        (tmp_path / f"{name}.out").write_text(text)
        (programs / name).write_text(f"#!/bin/sh\ntest \"$1\" = --version || cat '{tmp_path / name}.out'\n")
        (programs / name).chmod(0o755)
    return os.environ | {"VPNAUDIT_ROOT": str(root), "PATH": f"{programs}:{os.environ['PATH']}", "TZ": "UTC"}


def archive(name: str, router: dict[str, str]) -> bytes:
    done = subprocess.run([*shell(name), str(SCRIPT)], env=router, capture_output=True, check=True)
    return done.stdout


def test_it_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "script"]) == 0
    assert capsys.readouterr().out == SCRIPT.read_text("utf-8")


@pytest.mark.parametrize("name", SHELLS)
def test_its_archive_is_read_diagnosed_and_without_a_key(name: str, router: dict[str, str], tmp_path: Path) -> None:
    assert not subprocess.run([*shell(name), "-n", str(SCRIPT)], capture_output=True, check=True).stderr
    packed = archive(name, router)
    plain = gzip.decompress(packed)
    assert b"canary" not in plain
    assert HEX[2:].encode() not in plain
    assert b"63 61 6E" not in plain
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        assert not [member for member in tar if "secrets" in member.name]
    (tmp_path / "r.tar.gz").write_bytes(packed)
    joined, _ = with_evidence(Estate(), [tmp_path / "r.tar.gz"])
    (row,) = records(joined["diagnoses"])
    assert (row["router"], row["name"]) == ("r-12-VM", "vpn-192.0.2.26")
    (facts,) = records(joined["router_facts"])
    assert (facts["has_status"], facts["has_files"], facts["has_counters"]) == (True, True, True)
    assert facts["cloudstack_release"] == "Cloudstack Release 4.22.0.0"
    assert {"file", "loaded", "child"} <= set(joined["tunnel_status"]["kind"])


def test_it_leaves_no_trace_and_does_without_what_is_not_there(router: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    shutil.rmtree(tmp_path / "root")
    (tmp_path / "bin" / "ipsec").unlink()
    plain = gzip.decompress(archive("sh", router | {"TMPDIR": str(tmp_path / "own")}))
    assert b"# date\n" in plain
    assert not list((tmp_path / "own").iterdir())


PLACES = {
    "vpcs": [{"id": "p1"}, {"id": "p2", "name": "no\x1brouter"}, {"id": "p3"}],
    "vpn_gateways": [{"id": "v1"}, {"id": "v2", "vpc_id": "p2"}],
    "customer_gateways": [{"id": "g1"}],
    "connections": [{"id": "c1"}, {"id": "c2", "vpn_gateway_id": "v2"}],
    "routers": [
        {"id": "r1", "name": "r-1-VM", "vpc_id": "p1", "host": "kvm1", "link_local_ip": "169.254.1.2"},
        {"id": "r2", "name": "r-2-VM", "vpc_id": "p3", "host": "kvm1", "link_local_ip": "169.254.1.3"},
    ],
}


def test_the_plan_has_a_line_for_each_router_that_serves_a_tunnel(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    estate(PLACES).save(work / "s")
    assert run(["evidence", "fetch-plan", "--snapshot", "s"]) == 2, "one router is not known"
    out = capsys.readouterr().out
    assert "r-1-VM.tar.gz" in out
    assert "r-2-VM" not in out, "it serves no tunnel"
    assert "\x1b" not in out
    assert "getDiagnosticsData" in out
    assert "secondary storage" in out


def test_the_plan_for_machines(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    estate(PLACES | {"vpcs": [{"id": "p1"}], "connections": [{"id": "c1"}]}).save(work / "s")
    assert run(["evidence", "fetch-plan", "--snapshot", "s", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["router"], row["file"]) == ("r-1-VM", "r-1-VM.tar.gz")
