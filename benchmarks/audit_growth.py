"""How an audit grows with the estate: every derived table, every rule, findings and exports, over a provider's estate.

    python -m benchmarks.audit_growth [--connections 100000] [--rules 1000000] [--variant mixed] [--seed 1]

The estate (`benchmarks.provider_estate`) is built and saved as a snapshot in a process of its own, then audited in
another one, which opens it as any audit does; first a hundredth and a tenth of the size, then all of it. Progress goes
to stderr, a line a stage: the processor seconds that it took, and its name. The last line of stdout is the result:

    connections, rules    of the largest estate
    seconds               from the start of the process that audits it to its end
    cpu_seconds           processor seconds of that, of all processes
    peak_gb               the most memory that all processes held at one time, those of the benchmark among them
    growth_exponent       of the processor seconds of the stages over the three sizes: 1 is linear

`--each-rule` names the seconds of every rule too, `--until` stops after the derived tables or the rules.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import psutil

from benchmarks.provider_estate import VARIANTS, provider_estate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vpnaudit.estate import Estate

_GIB = 2**30
_SHARES = (100, 10, 1)
_PARTS = ("tables", "rules", "exports")


class Peak:
    """The most memory that this process and all below it hold at one time, looked at ten times a second."""

    def __init__(self) -> None:
        self.bytes = 0
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._ended.wait(0.1):
            held = 0
            for process in (own, *own.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    held += process.memory_info().rss
            self.bytes = max(self.bytes, held)


@contextlib.contextmanager
def stage(name: str, seconds: dict[str, float]) -> Iterator[None]:
    """Takes the processor seconds of what is done inside, its child processes among them."""
    start = _cpu()
    yield
    seconds[name] = _cpu() - start
    print(f"{seconds[name]:9.2f} s  {name}", file=sys.stderr, flush=True)


def audited(snapshot: Path, folder: Path, *, each_rule: bool = False, until: str = _PARTS[-1]) -> dict[str, float]:
    """The processor seconds of each stage of an audit of this snapshot, whose exports go to the folder."""
    from vpnaudit.audit import audit  # noqa: PLC0415 - imports are no stage
    from vpnaudit.estate import Estate  # noqa: PLC0415
    from vpnaudit.estate.estate import DERIVED  # noqa: PLC0415
    from vpnaudit.plan import remedies  # noqa: PLC0415
    from vpnaudit.policy import load  # noqa: PLC0415
    from vpnaudit.report.exports import export  # noqa: PLC0415
    from vpnaudit.rules import all_rules  # noqa: PLC0415

    all_rules()
    seconds: dict[str, float] = {}
    with stage("open", seconds):
        estate = Estate.open(snapshot)
    for name in DERIVED:
        with stage(f"table {name}", seconds):
            estate[name]
    if until == "tables":
        return seconds
    if each_rule:
        _each_rule(estate)
    with stage("rules and findings", seconds):
        result = audit(estate, load())
    if until == "rules":
        return seconds
    with stage("remedies", seconds):
        mends = remedies(result)
    with stage("exports", seconds):
        export(result, mends, folder)
    return seconds


def _each_rule(estate: Estate) -> None:
    from vpnaudit.policy import load  # noqa: PLC0415
    from vpnaudit.rules import all_rules  # noqa: PLC0415

    policy = load()
    for name, rule in all_rules().items():
        with stage(f"  {name}", {}):
            rule.find(estate.only(rule.reads), policy)


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The power of the size with which the seconds grow: the slope of their logarithms' best line."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def measured(options: argparse.Namespace, share: int) -> dict[str, Any]:
    """Build and audit one part of the estate, each in a process of its own."""
    connections, rules = options.connections // share, options.rules // share
    print(f"\n{connections:,} connections, {rules:,} rules, {options.variant}", file=sys.stderr, flush=True)
    sizes = [
        f"--connections={connections}",
        f"--rules={rules}",
        f"--variant={options.variant}",
        f"--seed={options.seed}",
    ]
    extras = [f"--until={options.until}", *(["--each-rule"] if options.each_rule else [])]
    with tempfile.TemporaryDirectory(prefix="vpnaudit-bench-") as place, Peak() as peak:
        _run([*sizes, "--build", place])
        start, cpu = time.perf_counter(), _cpu()
        stages = json.loads(_run([*sizes, *extras, "--audit", place]))
        wall, cpu = time.perf_counter() - start, _cpu() - cpu
    return {"size": connections, "stages": stages, "seconds": wall, "cpu_seconds": cpu, "peak": peak.bytes}


def _run(arguments: list[str]) -> str:
    command = [sys.executable, "-m", "benchmarks.audit_growth", *arguments]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def _cpu() -> float:
    parts = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(part.ru_utime + part.ru_stime for part in parts)


def result_line(options: argparse.Namespace, rows: list[dict[str, Any]]) -> str:
    """The last line: what was measured of the largest estate, and how it grew."""
    last = rows[-1]
    growth = exponent([row["size"] for row in rows], [sum(row["stages"].values()) for row in rows])
    return (
        f"connections={options.connections} rules={options.rules} variant={options.variant}"
        f" seconds={last['seconds']:.1f} cpu_seconds={last['cpu_seconds']:.1f}"
        f" peak_gb={max(row['peak'] for row in rows) / _GIB:.2f} growth_exponent={growth:.2f}"
    )


def main(arguments: list[str] | None = None) -> None:
    """Measure all sizes; with `--build` or `--audit` only that part of one size, over a folder."""
    parser = argparse.ArgumentParser(description="How an audit grows with the estate.")
    parser.add_argument("--connections", type=int, default=100_000)
    parser.add_argument("--rules", type=int, default=1_000_000)
    parser.add_argument("--variant", choices=VARIANTS, default=VARIANTS[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each-rule", action="store_true", help="the seconds of every rule too")
    parser.add_argument("--until", choices=_PARTS, default=_PARTS[-1], help="the last part that is done")
    parser.add_argument("--build", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--audit", type=Path, metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.build:
        with stage("build and save", {}):
            estate = provider_estate(options.connections, options.rules, options.variant, options.seed)
            estate.save(options.build / "snapshot")
    elif options.audit:
        folder = options.audit
        flags = {"each_rule": options.each_rule, "until": options.until}
        print(json.dumps(audited(folder / "snapshot", folder / "exports", **flags)))
    else:
        rows = [measured(options, share) for share in _SHARES]
        _print_stages(rows)
        print(result_line(options, rows))


def _print_stages(rows: list[dict[str, Any]]) -> None:
    """Processor seconds a stage and size, and the exponent from each size to the next."""
    print(" ".join(f"{row['size']:>12,}" for row in rows), " exponents", " stage")
    for name in rows[-1]["stages"]:
        seconds = [row["stages"][name] for row in rows]
        growth = [np.log10(max(b, 1e-4) / max(a, 1e-4)) for a, b in itertools.pairwise(seconds)]
        print(" ".join(f"{one:>12.2f}" for one in seconds), " ".join(f"{one:5.2f}" for one in growth), f" {name}")


if __name__ == "__main__":
    main()
