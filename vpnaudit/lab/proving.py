"""Does a prediction hold? Two real daemons tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from vpnaudit.ipsec.negotiate import negotiate
from vpnaudit.ipsec.sides import Path
from vpnaudit.lab.case import lab_case
from vpnaudit.lab.machine import require, strongswan_version
from vpnaudit.lab.measure import measure
from vpnaudit.lab.proof import Proof, Run, check_evidence, tool_versions, write_evidence
from vpnaudit.lab.workplace import orderly_end, workplace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path as File

    from vpnaudit.ipsec.sides import Initiator, PeerSide, RouterSide


def prove(
    router: RouterSide,
    peer: PeerSide,
    *,
    psk: Literal["equal", "unequal"] = "equal",
    initiators: Sequence[Initiator] = ("router", "peer"),
    path: Path | None = None,
    evidence: File | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> Proof:
    """Run both ends as real daemons, each initiator in turn with fresh ones, and compare with the prediction.

    Each run negotiates, sends packets between all subnets that either side names, rekeys a CHILD_SA from each end and
    renews the IKE_SA from the router. It takes two to fifteen seconds. Host, network and `/etc` are not touched,
    whatever happens.

    Args:
        router: the connection as CloudStack holds it; its files are written as its CloudStack version writes them.
        peer: the far end, played by strongSwan; what is not known there is taken as equal (`Proof.assumed`).
        psk: whether both ends get the same stand-in key.
        initiators: who starts; one run each.
        path: the network between; None: open.
        evidence: a folder to write, which must not hold anything yet.
        on_progress: called with what is being done.

    Raises:
        LabError: the lab cannot run here, refuses a value, or failed. Never for a tunnel that does not come up.
    """
    require()
    if evidence is not None:
        check_evidence(evidence)
    lab = lab_case(router, peer, psk, path or Path())
    say = on_progress or (lambda _: None)
    runs = []
    with orderly_end(), workplace() as place:
        for initiator in initiators:
            prediction = negotiate(lab.case.router, lab.case.peer, initiator, psk=lab.case.psk, path=lab.case.path)
            runs.append(Run(prediction, measure(lab, initiator, place / initiator, say)))
    proof = Proof(lab.case, tuple(runs), lab.assumed, lab.limits, tool_versions(strongswan_version()))
    if evidence is not None:
        write_evidence(proof, evidence)
        proof = replace(proof, evidence=evidence)
    return proof
