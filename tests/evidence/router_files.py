"""Evidence as tests write it: small files of a router, and the twelve archives whose truth is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vpnaudit.evidence.routers import RouterEvidence, read_routers

if TYPE_CHECKING:
    from vpnaudit.evidence.events import Event

ARCHIVES = Path(__file__).parents[1] / "data" / "router_evidence"
TRUTH = [json.loads(line) for line in (ARCHIVES / "truth.jsonl").read_text("utf-8").splitlines()]

META = "# date\n2026-11-03T06:00:00Z\n1793685600 UTC +0000\n# hostname\nr-12-VM\n"
STATUS = """Status of IKE charon daemon (strongSwan 5.9.8, Linux 6.1.0, x86_64):
  uptime: 20 minutes, since Nov 03 05:40:00 2026
Connections:
vpn-192.0.2.26:  198.51.100.7...192.0.2.26  IKEv2, dpddelay=30s
vpn-192.0.2.26:   local:  [198.51.100.7] uses pre-shared key authentication
vpn-192.0.2.26:   remote: [192.0.2.26] uses pre-shared key authentication
vpn-192.0.2.26:   child:  10.1.0.0/16 === 10.22.0.0/24 TUNNEL, dpdaction=start
"""
NOTHING_UP = f"{STATUS}Security Associations (0 up, 0 connecting):\n  none\n"
IKE_UP = f"""{STATUS}Security Associations (1 up, 0 connecting):
vpn-192.0.2.26[1]: ESTABLISHED 19 minutes ago, 198.51.100.7[198.51.100.7]...192.0.2.26[192.0.2.26]
vpn-192.0.2.26[1]: IKEv2 SPIs: 1096da9edc93f900_i* 0e8187fb072814e0_r, pre-shared key reauthentication in 18 hours
vpn-192.0.2.26[1]: IKE proposal: AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048
"""
START = "00[DMN] Starting IKE charon daemon (strongSwan 5.9.8, Linux 6.1.0, x86_64)"
PEER = "from 192.0.2.26[{0}] to 198.51.100.7[{0}] (80 bytes)"


def up(number: int = 2, use: str = "840 bytes_i (10 pkts, 3s ago), 840 bytes_o (10 pkts, 3s ago)") -> str:
    """A status in which a CHILD_SA stands."""
    name = f"vpn-192.0.2.26{{{number}}}"
    return (
        f"{IKE_UP}{name}:  INSTALLED, TUNNEL, reqid 1, ESP SPIs: c2c57442_i cb176015_o\n"
        f"{name}:  AES_CBC_256/HMAC_SHA2_256_128, {use}, rekeying in 6 minutes\n"
        f"{name}:   10.1.0.0/16 === 10.22.0.0/24\n"
    )


def log(*lines: str, day: str = "Nov  3") -> str:
    """Lines of charon in syslog: `HH:MM:SS thread[GROUP] text`."""
    return "".join(f"{day} {line[:8]} r-12-VM charon: {line[9:]}\n" for line in lines)


def folder(path: Path, **files: str) -> Path:
    """A folder with these files; `_` before the suffix is a dot."""
    path.mkdir(exist_ok=True)
    for name, text in files.items():
        (path / name.replace("__", "/").replace("_txt", ".txt").replace("_conf", ".conf")).write_text(text, "utf-8")
    return path


def router(path: Path, **files: str) -> RouterEvidence:
    """The one router that these files are of."""
    (only,) = read_routers([folder(path, **files)])
    return only


def events(path: Path, *lines: str, **files: str) -> list[Event]:
    """The events of a log in order."""
    evidence = router(path, log_txt=log(*lines), meta_txt=META, **files)
    assert evidence.log is not None
    return list(evidence.log.store.events())


def diagnosis_of(path: Path, *lines: str, name: str = "vpn-192.0.2.26", **files: str) -> dict[str, Any]:
    """The diagnosis of one connection, from a log and other files."""
    from vpnaudit.estate import Estate
    from vpnaudit.estate.tables import records
    from vpnaudit.evidence.joining import with_evidence

    texts = {"log_txt": log(*lines)} if lines else {}
    estate, _ = with_evidence(Estate(), [folder(path, meta_txt=META, **texts, **files)])
    return next(row for row in records(estate["diagnoses"]) if row["name"] == name)
