"""The negotiation lab: two real strongSwan daemons show whether a prediction holds.

`prove` runs them, `requirements` says what is missing for it here. Everything happens in namespaces without a name,
which the kernel takes away with the processes in them: the host's own strongSwan, network and `/etc` are never touched,
and nothing outlives a run, not even one that is killed.
"""

from vpnaudit.lab.compare import Difference
from vpnaudit.lab.machine import requirements
from vpnaudit.lab.measure import Measured
from vpnaudit.lab.proof import Proof, Run
from vpnaudit.lab.proving import prove

__all__ = ["Difference", "Measured", "Proof", "Run", "prove", "requirements"]
