"""One run: two fresh daemons, one of which starts; what came of it."""

from __future__ import annotations

import re
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vpnaudit.lab.configuration import peer_files, router_files
from vpnaudit.lab.daemon import End
from vpnaudit.lab.namespaces import ENVIRONMENT, Namespace
from vpnaudit.lab.network import connect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vpnaudit.evidence.statusall import Status
    from vpnaudit.ipsec.sides import Initiator
    from vpnaudit.lab.case import LabCase

_RENEWAL_S: Final = 12.0
_SETTLE_S: Final = 2.0
_GRACE_S: Final = 0.3
_POLL_S: Final = 0.1
_PING_S: Final = 2
_FAILED: Final = re.compile(
    r"rekeying"
    r" failed|NO_PROPOSAL_CHOSEN|TS_UNACCEPTABLE|INVALID_ID_INFORMATION|AUTHENTICATION_FAILED|PAYLOAD_MALFORMED|giving"
    r" up after"
    r"|unable to reauthenticate"
)


@dataclass(frozen=True, slots=True)
class Ping:
    """A packet from a host of the VPC to one of the far side, and whether its answer came."""

    source: str
    destination: str
    answered: bool


@dataclass(frozen=True, slots=True)
class Renewal:
    """A rekey that was asked for: whether it worked (None: there was nothing to renew), and the new suite in
    keywords.
    """

    ok: bool | None
    suite: str | None = None


@dataclass(slots=True)
class Measured:
    """What one run showed, from the router's end. `api_state` is what CloudStack's own check would make of it.

    `selectors` are pairs of lists, near and far, one pair a CHILD_SA. `files` are the texts for an evidence folder, by
    relative name.
    """

    initiator: Initiator
    started_utc: datetime
    ended_utc: datetime | None = None
    not_loaded: tuple[str, ...] = ()
    ike_version: int | None = None
    ike_suites: tuple[str, ...] = ()
    esp_suites: tuple[str, ...] = ()
    selectors: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    pings: tuple[Ping, ...] = ()
    child_by_router: Renewal = Renewal(None)
    child_by_peer: Renewal = Renewal(None)
    ike_by_router: Renewal = Renewal(None)
    api_state: str = "Disconnected"
    files: dict[str, str] = field(default_factory=dict, repr=False)


def measure(lab: LabCase, initiator: Initiator, place: Path, say: Callable[[str], None]) -> Measured:
    """Run the case once, in namespaces of its own.

    Raises:
        LabError: the lab itself failed; a tunnel that does not come up is no failure.
    """
    measured = Measured(initiator, datetime.now(UTC))
    with ExitStack() as stack:
        middle = stack.enter_context(Namespace())
        ends = {}
        for name, files in (
            ("router", router_files(lab.case.router)),
            ("peer", peer_files(lab.case.peer, lab.case.psk)),
        ):
            ends[name] = End(place / name, files, lab.names)
            stack.callback(ends[name].close)
        router, peer = ends["router"], ends["peer"]
        connect(middle, (router.namespace, lab.router), (peer.namespace, lab.peer), lab.case.path)
        _observe(measured, lab, router, peer, say)
    measured.ended_utc = datetime.now(UTC)
    return measured


def _observe(measured: Measured, lab: LabCase, router: End, peer: End, say: Callable[[str], None]) -> None:
    who = measured.initiator
    say(f"the {who} starts: starting the daemons")
    for end in (router, peer):
        end.launch()
    for end in (router, peer):
        end.ready()
    status = router.status()
    measured.not_loaded = tuple(
        sorted({*router.files.connections} - status.loaded | {*peer.files.connections} - peer.status().loaded)
    )
    start = router if who == "router" else peer
    say(f"the {who} starts: negotiating")
    up_output = "".join(f"# ipsec up {name}\n{start.stroke('up', name)}\n" for name in start.files.connections)
    status = _settled(router, peer)
    _sas(measured, status, router.stroke("status", f"vpn-{lab.case.router.gateway}"))
    measured.files = {
        "up.txt": up_output,
        "router/statusall.txt": router.statusall(),
        "peer/statusall.txt": peer.statusall(),
    }
    say(f"the {who} starts: sending packets")
    measured.pings = _ping(router, lab.probes)
    measured.files["router/statusall-after-ping.txt"] = router.statusall()
    if status.children:
        say(f"the {who} starts: renewing")
        measured.child_by_router = _renew_child(router)
        measured.child_by_peer = _renew_child(peer)
        measured.ike_by_router = _renew_ike(router)
        measured.files["router/statusall-after-renewals.txt"] = router.statusall()
    for name, end in (("router", router), ("peer", peer)):
        measured.files[f"{name}/charon.log"] = end.log()
        measured.files |= {f"{name}/etc/{file}": text for file, text in end.files.files.items()}


def _settled(router: End, peer: End) -> Status:
    """The router's status once both ends agree on how many SAs there are: the last message may still be on its way."""
    deadline = time.monotonic() + _SETTLE_S
    while True:
        ours, theirs = router.status(), peer.status()
        same = (len(ours.ike), len(ours.children)) == (len(theirs.ike), len(theirs.children))
        if same or time.monotonic() > deadline:
            return ours
        time.sleep(_POLL_S)


def _sas(measured: Measured, status: Status, of_connection: str) -> None:
    measured.ike_version = next((sa.version for sa in status.ike), None)
    measured.ike_suites = tuple(sorted({sa.suite for sa in status.ike if sa.suite}))
    measured.esp_suites = tuple(sorted({sa.suite for sa in status.children if sa.suite}))
    measured.selectors = tuple(sorted((tuple(sorted(sa.local)), tuple(sorted(sa.remote))) for sa in status.children))
    # checks2svpn.sh: `ipsec status vpn-GATEWAY | grep ESTABLISHED`
    measured.api_state = "Connected" if "ESTABLISHED" in of_connection else "Disconnected"


def _ping(router: End, probes: tuple[tuple[str, str], ...]) -> tuple[Ping, ...]:
    """All probes at the same time; an answer within two seconds counts, also to the second packet."""
    running = [
        subprocess.Popen(  # noqa: S603 - addresses that were parsed as such
            router.namespace.command("ping", "-n", "-q", "-c", "1", "-w", str(_PING_S), "-I", source, destination),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
        )
        for source, destination in probes
    ]
    return tuple(Ping(*probe, answered=process.wait() == 0) for probe, process in zip(probes, running, strict=True))


def _renew_child(end: End) -> Renewal:
    return _renew(end, "{%d}", lambda status: {sa.number: sa.suite for sa in status.children})


def _renew_ike(end: End) -> Renewal:
    """`stroke rekey` of an IKE_SA: in IKEv2 a rekey, which keeps its CHILD_SAs; in IKEv1, which knows no other, a
    reauthentication.
    """
    return _renew(end, "[%d]", lambda status: {sa.number: sa.suite for sa in status.ike})


def _renew(end: End, which: str, numbered: Callable[[Status], dict[int, str | None]]) -> Renewal:
    """Renew the newest SA of a kind, and wait for one with a higher number, or for a failure that the log names."""
    before = numbered(end.status())
    if not before:
        return Renewal(None)
    newest, log_length = max(before), len(end.log())
    end.stroke("rekey", which % newest)
    deadline = time.monotonic() + _RENEWAL_S
    while True:
        new = {number: suite for number, suite in numbered(end.status()).items() if number > newest}
        if new:
            time.sleep(_GRACE_S)  # the old SA is deleted after the new one is up
            return Renewal(ok=True, suite=new[min(new)])
        now = time.monotonic()
        if now > deadline:
            return Renewal(ok=False)
        if _FAILED.search(end.log()[log_length:]):
            deadline = min(deadline, now + _GRACE_S)
        time.sleep(_POLL_S)
