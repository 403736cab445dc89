"""How to get what routers show: for each router that serves a tunnel the line an administrator runs. Nothing is run."""

from __future__ import annotations

import ipaddress
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from vpnaudit.estate.tables import records
from vpnaudit.hostile import file_name, one_line

if TYPE_CHECKING:
    from vpnaudit.estate.tables import Tables

    Row = dict[str, Any]

SCRIPT: Final = "evidence.sh"
PORT: Final = 3922
_HOST: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
_KEY_ON_HOST: Final = ".ssh/id_rsa.cloud"
"""Below the home of root, where its login begins."""
_KEY_ON_SERVER: Final = "/var/cloudstack/management/.ssh/id_rsa"
_FROM_SERVER: Final = frozenset({"vmware", "hyperv"})
"""Their hosts have no network to the router: the management server reaches it over the management network."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """One router: the line that fills a file, or why there is none and what to do instead. `where` is the machine on
    which the line is run; None: any that reaches the host.
    """

    source: str
    router: str | None
    vpc: str
    connections: int
    file: str | None = None
    line: str | None = None
    where: str | None = None
    otherwise: str | None = None


def fetch_plan(estate: Tables) -> list[Fetch]:
    """One row for each router that serves a tunnel, and one for each VPC with a tunnel whose router is not known."""
    served: dict[tuple[str, str], list[Row]] = {}
    for row in records(estate["tunnels"]):
        served.setdefault((row["source"], row["vpc_id"] or ""), []).append(row)
    routers: dict[tuple[str, str], list[Row]] = {}
    for row in records(estate["routers"]):
        routers.setdefault((row["source"], row["vpc_id"] or ""), []).append(row)
    names = [row["name"] for row in records(estate["routers"])]
    plan = []
    for key, connections in sorted(served.items()):
        vpc = one_line(connections[0]["vpc"] or key[1] or "not said")
        mine = routers.get(key, [])
        plan += [_fetch(row, vpc, len(connections), shared=names.count(row["name"]) > 1) for row in mine]
        if not mine:
            plan.append(Fetch(key[0], None, vpc, len(connections), otherwise=_NOT_SHOWN))
    return plan


_NOT_SHOWN: Final = (
    "CloudStack shows no router of this VPC to this account; a plain user may not ask. Let an administrator collect"
    " with his own profile and run this again."
)


def _fetch(row: Row, vpc: str, connections: int, *, shared: bool) -> Fetch:
    name = row["name"] or row["id"]
    file = file_name(f"{row['source']}-{name}" if shared else name) + ".tar.gz"
    line, where, otherwise = None, None, _obstacle(row)
    if otherwise is None and (row["hypervisor"] or "").lower() in _FROM_SERVER:
        where = "the management server"
        line = _line(["ssh", "-i", _KEY_ON_SERVER, *_router_words(row)], file)
    elif otherwise is None:
        inner = shlex.join(["ssh", "-i", _KEY_ON_HOST, *_router_words(row)])
        line = _line(["ssh", f"root@{row['host']}", inner], file)
    return Fetch(row["source"], one_line(name), vpc, connections, file, line, where, otherwise)


def _router_words(row: Row) -> list[str]:
    return ["-p", str(PORT), f"root@{row['link_local_ip']}", "sh"]


def _line(words: list[str], file: str) -> str:
    return f"{shlex.join(words)} < {SCRIPT} > {shlex.quote(file)}"


def _obstacle(row: Row) -> str | None:
    """Why no line can be written for a router, and what to do; None: one can."""
    if row["state"] not in (None, "Running"):
        return f"It is {one_line(row['state'])}: start it first; what it logged is on its disk."
    if not _is_address(row["link_local_ip"]):
        return (
            "Its link-local address is not shown to this account, or the snapshot is older than that column. Collect"
            " again with a root admin's profile, or open its console and run the script there."
        )
    if (row["hypervisor"] or "").lower() in _FROM_SERVER:
        return None
    if row["host"] is None:
        return "Its host is shown to root admins alone: let one collect and run this again."
    if not _HOST.fullmatch(row["host"]):
        return f"Its host is called {one_line(row['host'])!r}, which no command takes: write the line by hand."
    return None


def _is_address(text: str | None) -> bool:
    try:
        ipaddress.IPv4Address(text or "")
    except ValueError:
        return False
    return True
