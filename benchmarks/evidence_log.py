"""How fast a router's log is read, side by side with `grep -c` over the same patterns.

    python benchmarks/evidence_log.py [--copies 20]

The log is that of a router with five hours of life (tests/data/router_evidence), repeated. vpnaudit decodes it, tells
charon's lines from those of others, recognises them, joins them to connections and keeps the events; grep only counts
the lines that match any pattern. Processor seconds, of this machine, in one run; the memory is the largest that the
process had.
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

from vpnaudit.evidence.routers import read_routers
from vpnaudit.knowledge import facts

ARCHIVE = Path(__file__).parents[1] / "tests/data/router_evidence/mixed_day.tar.gz"


def repeated_log(copies: int) -> bytes:
    """The log of the archive, so many times."""
    with tarfile.open(ARCHIVE) as packed:
        member = next(one for one in packed if one.name.endswith("/daemon.log"))
        stream = packed.extractfile(member)
        return (stream.read() if stream else b"") * copies


def plain_pattern(pattern: str) -> str:
    """The pattern as grep takes it: without names of groups."""
    return re.sub(r"\(\?P<\w+>", "(?:", pattern)


def child_seconds() -> float:
    """Processor seconds of the programs that were called."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print both rates and the memory."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--copies", type=int, default=20)
    copies = parser.parse_args().copies
    grep = shutil.which("grep")
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "daemon.log"
        log.write_bytes(repeated_log(copies))
        start = time.process_time()
        (router,) = read_routers([folder])
        spent = time.process_time() - start
        lines = router.log.lines if router.log else 0
        pattern = "|".join(plain_pattern(row["pattern"]) for row in facts("charon_log").values())
        before = child_seconds()
        if grep:
            subprocess.run([grep, "-cP", pattern, log], check=False)
        beside = child_seconds() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    rates = [f"{lines / max(seconds, 1e-9):,.0f} lines/s" for seconds in (spent, beside)]
    print(f"{lines:,} lines: vpnaudit {rates[0]}, {memory} MiB; grep -c {rates[1]}")


if __name__ == "__main__":
    main()
