"""From findings to the commands that mend them. It prints commands and runs none.

The commands are for CloudMonkey (`cmk`) with the profile of the source that they name. How each call behaves was tried
on CloudStack 4.22 with cmk 6.4.0: what an update resets, what it sends to a router, in which state nothing is sent, and
in which order two ends change.
"""

from vpnaudit.plan.remedies import COLUMNS, remedies

__all__ = ["COLUMNS", "remedies"]
