"""How long a collection takes beside its floor, and beside the client `cs`, which asks for one page after the other.

    python -m benchmarks.collection [--vpcs 1500] [--delay-ms 50]

All ask one server on loopback, `slow_cloud.py`, which answers every call after the same delay. Both ask for the same
lists under the same parameters.

The floor is what the round trips alone take if nothing else cost any time: one for listApis, which says what may be
asked; one for the calls that say as whom is asked; then all other requests, as many at once as the client allows, but
at least two rounds, since the first page of a list says how many there are.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import cs

from vpnaudit.cloudstack.client import CONCURRENT, PAGE_SIZE
from vpnaudit.cloudstack.commands import COMMANDS
from vpnaudit.cloudstack.profiles import Profile
from vpnaudit.collect import collect_estate

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_FIRST = ("listApis",)
_SECOND = ("listCapabilities", "listAccounts", "listProjects")


@contextmanager
def slow_cloud(vpcs: int, delay_ms: float) -> Iterator[dict[str, str]]:
    """The server in a process of its own; gives endpoint, key and secret."""
    command = [sys.executable, "-m", "benchmarks.slow_cloud", "--vpcs", str(vpcs), "--delay-ms", str(delay_ms)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())
        finally:
            server.stdin.close()


def floor_s(requests: pd.DataFrame, delay_ms: float) -> float:
    """The seconds of the round trips alone; see the module."""
    rest = int((~requests["command"].isin([*_FIRST, *_SECOND])).sum())
    return (2 + max(2, math.ceil(rest / CONCURRENT))) * delay_ms / 1000


def seconds_of_cs(cloud: dict[str, str], requests: pd.DataFrame) -> tuple[float, int]:
    """The same lists by `cs`, page after page: seconds, and how many objects."""
    client: Any = cs.CloudStack(**cloud, method="post")
    objects = 0
    start = time.monotonic()
    for name, scope in requests[["command", "pass"]].drop_duplicates().itertuples(index=False):
        command = COMMANDS[name]
        options = {"fetch_list": True} if command.paged else {}
        answer = getattr(client, name)(**command.params, **dict(parse_qsl(scope)), **options)
        objects += len(answer) if command.paged else 0
    return time.monotonic() - start, objects


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Collection beside its floor and beside the client cs.")
    parser.add_argument("--vpcs", type=int, default=1500)
    parser.add_argument("--delay-ms", type=float, default=50)
    options = parser.parse_args()
    with slow_cloud(options.vpcs, options.delay_ms) as cloud:
        profile = Profile("prod", cloud["endpoint"], cloud["key"], cloud["secret"])
        requests = collect_estate([profile])["requests"]  # what the server works out and Python imports is done now
        floor = floor_s(requests, options.delay_ms)
        rows, ours, cpu = 0, [], []
        for _ in range(3):
            start, cpu_start = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
            estate = collect_estate([profile])
            ours.append(time.monotonic() - start)
            cpu.append(resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu_start)
            rows = int(estate["requests"]["rows"].sum())
        theirs, objects = seconds_of_cs(cloud, requests)
    best = min(ours)
    print(f"{len(requests)} requests of at most {PAGE_SIZE} rows, {CONCURRENT} at once: floor {floor:.2f} s")
    print(f"vpnaudit: {', '.join(f'{seconds:.2f}' for seconds in ours)} s, {rows} rows, {min(cpu):.2f} CPU seconds")
    print(f"cs: {theirs:.2f} s, {objects} objects")
    print(
        f"{rows} objects at {options.delay_ms:.0f} ms a call: {best:.2f} s, {best / floor:.2f} x the floor,"
        f" {theirs / best:.1f} x as fast as cs"
    )


if __name__ == "__main__":
    main()
