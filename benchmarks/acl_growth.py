"""How the access list analysis grows with the number of rules, side by side with Aerleon's shade check.

    python -m benchmarks.acl_growth [--html FILE] [--most 10000] [--aerleon-most 2000] [--seed 1]

Each row is the first of three random lists of a kind on this machine, in one run, with the median seconds of the three:
`reach` (one remote network), `analyse` (shadowed rules with what covers them, redundant rules, four views compared) and
Aerleon's check of the same rules, which compares terms in pairs and so finds only rules shadowed by one other. Three
kinds of list: `office` (networks of a /8, single ports and ranges), `wide` (large networks and ranges that overlap
much), `several` (one to four CIDRs a rule: the router's order differs from the written one). The last line
is the result, as JSON.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import time
from statistics import median
from typing import TYPE_CHECKING

from aerleon.lib import naming, policy

from vpnaudit.acl.analysis import analyse
from vpnaudit.acl.decision import reach
from vpnaudit.acl.rules import AclList, AclRule
from vpnaudit.acl.semantics import Semantics

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = Semantics.V4_23
KINDS = ("office", "wide", "several")
SIZES = (125, 250, 500, 1000, 2000, 10_000)
EQUAL = 10_000


def random_list(kind: str, size: int, seed: int) -> AclList:
    """A random ingress list; equal arguments give equal lists."""
    draw = random.Random(f"{kind} {size} {seed}")

    def cidr() -> str:
        host = ".".join(str(draw.randrange(256)) for _ in range(3))
        return (
            f"{draw.randrange(256)}.{host}/{draw.randint(1, 8)}"
            if kind == "wide"
            else f"10.{host}/{draw.randint(16, 32)}"
        )

    rules = []
    for number in range(1, size + 1):
        protocol = draw.choice(("tcp", "tcp", "tcp", "udp", "all"))
        first, last = sorted(draw.randrange(65_536) for _ in range(2))
        if kind != "wide" and draw.random() < 0.7:  # noqa: PLR2004 - the share of single ports
            last = first
        ports = (first, last) if protocol != "all" else (None, None)
        cidrs = tuple(cidr() for _ in range(draw.randint(1, 4) if kind == "several" else 1))
        rules.append(AclRule(number, protocol, "ingress", draw.random() < 0.5, cidrs, *ports))  # noqa: PLR2004 - half of them
    return AclList(tuple(rules))


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Processor seconds, which a busy machine does not stretch, and what the work returned."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def aerleon_shades(acl: AclList) -> tuple[float, set[int]]:
    """Seconds of Aerleon's shade check alone (not its parser) and the numbers of the rules it names."""
    names = naming.Naming()
    terms = []
    networks, ports = [], []
    for rule in acl.rules:
        networks.append(f"N{rule.number} = {' '.join(rule.cidrs or ())}")
        where = f"source-address:: N{rule.number}"
        if rule.protocol != "all":
            ports.append(f"S{rule.number} = {rule.start_port}-{rule.end_port}/{rule.protocol}")
            where += f" protocol:: {rule.protocol} destination-port:: S{rule.number}"
        terms.append(f"term t{rule.number} {{ {where} action:: {'accept' if rule.allow else 'deny'} }}")
    names.ParseNetworkList(networks)
    names.ParseServiceList(ports)
    text = "header { target:: cisco bench extended }\n" + "\n".join(terms)
    parsed = policy.ParsePolicy(text, names, optimize=False, shade_check=False)
    seen: set[int] = set()
    catch = logging.Handler()
    catch.emit = lambda record: seen.add(int(record.getMessage().split()[0][1:]))  # type: ignore[method-assign] # a handler of one line
    logger = logging.getLogger("absl")
    logger.handlers, logger.propagate = [catch], False
    seconds, _ = timed(lambda: parsed._DetectShading(parsed.filters[0][1]))  # noqa: SLF001 - the check has no public name
    return seconds, seen


def measure(kind: str, size: int, seed: int, *, with_aerleon: bool) -> dict[str, object]:
    """One row of the table."""
    acl = random_list(kind, size, seed)
    reach_s, found = timed(lambda: reach(acl, "10.0.0.0/8", "ingress", NOW))
    analyse_s, analysis = timed(lambda: analyse(acl, NOW))
    shadowed = {shadow.rule.number for shadow in analysis.shadowed}  # timed() forgets the type
    row: dict[str, object] = {
        "kind": kind,
        "rules": size,
        "reach_s": reach_s,
        "analyse_s": analyse_s,
        "shadowed": len(shadowed),
        "redundant": len(analysis.redundant),
        "parts": len(found.parts),
    }
    guest = aerleon_shades(acl) if with_aerleon and kind != "several" else None
    if guest:
        row["aerleon_s"], row["aerleon_shaded"] = guest[0], len(guest[1])
        row["only_ours"], row["only_aerleon"] = len(shadowed - guest[1]), len(guest[1] - shadowed)
    return row


def of_three(kind: str, size: int, seed: int, *, with_aerleon: bool) -> dict[str, object]:
    """The row of the first of three lists of a kind, with the median seconds of the three: equal lists would be
    answered from memory.
    """
    first, *others = (measure(kind, size, seed + n, with_aerleon=with_aerleon) for n in range(3))
    timed_columns = [name for name in first if name.endswith("_s")]
    return first | {name: median(float(str(row[name])) for row in (first, *others)) for name in timed_columns}


def identical(count: int, size: int, seed: int) -> tuple[float, float]:
    """Seconds for the first of `count` equal lists (own ids each), and for all of them."""
    one = random_list("office", size, seed)
    many = [AclList(tuple(AclRule(*rule.content, f"{n}-{rule.number}") for rule in one.rules)) for n in range(count)]
    first, _ = timed(lambda: (analyse(many[0], NOW), reach(many[0], "10.0.0.0/8", "ingress", NOW)))
    rest, _ = timed(lambda: [(analyse(acl, NOW), reach(acl, "10.0.0.0/8", "ingress", NOW)) for acl in many[1:]])
    return first, first + rest


def draw(rows: list[dict[str, object]], path: str) -> None:
    """The growth as a plotly page."""
    import plotly.graph_objects as go  # noqa: PLC0415 - only where a page is asked for

    figure = go.Figure()
    # What is measured has a colour (of Okabe and Ito's palette), the kind of list a symbol and a dash.
    measured = (
        ("analyse_s", "vpnaudit analyse", "#0072B2"),
        ("reach_s", "vpnaudit reach", "#009E73"),
        ("aerleon_s", "Aerleon", "#D55E00"),
    )
    for kind, (symbol, dash) in zip(KINDS, (("circle", "solid"), ("square", "dash"), ("diamond", "dot")), strict=True):
        mine = [row for row in rows if row["kind"] == kind]
        for column, name, colour in measured:
            points = [(row["rules"], row[column]) for row in mine if column in row]
            if points:
                x, y = zip(*points, strict=True)
                look = {"line": {"dash": dash, "color": colour}, "marker": {"symbol": symbol, "size": 9}}
                figure.add_scatter(x=x, y=y, name=f"{name}, {kind}", mode="lines+markers", **look)
    sizes = sorted({int(str(row["rules"])) for row in rows})
    figure.update_layout(
        template="plotly_white", title="Access lists: processor seconds by number of rules", font={"size": 14}
    )
    figure.update_xaxes(type="log", title="rules in the list", tickvals=sizes, ticktext=[f"{size:,}" for size in sizes])
    figure.update_yaxes(type="log", title="processor seconds", dtick=1, ticksuffix=" s")
    figure.write_html(path)
    print(f"drawn: {path}")


def result(rows: list[dict[str, object]], equal: tuple[float, float], aerleon_most: int) -> dict[str, object]:
    """What the run comes to: how much sooner than Aerleon, who finds what, the longest list, equal lists."""
    beside = [row for row in rows if row["rules"] == aerleon_most and "aerleon_s" in row]
    longest = [row for row in rows if row["rules"] == rows[-1]["rules"]]
    first, every = equal
    return {
        "rules_beside_aerleon": aerleon_most,
        **{
            f"times_aerleon_{row['kind']}": round(_number(row, "aerleon_s") / _number(row, "analyse_s"))
            for row in beside
        },
        **{f"{name}_{row['kind']}": row[name] for name in ("shadowed", "only_ours", "only_aerleon") for row in beside},
        "rules_of_longest": rows[-1]["rules"],
        **{
            f"longest_{name}": round(max(_number(row, name) for row in longest), 2) for name in ("analyse_s", "reach_s")
        },
        "equal_lists": EQUAL,
        "one_of_them_s": round(first, 4),
        "all_of_them_s": round(every, 2),
    }


def _number(row: dict[str, object], name: str) -> float:
    return float(str(row[name]))


COLUMNS = (
    *("kind", "rules", "reach_s", "analyse_s", "parts", "shadowed", "redundant"),
    *("aerleon_s", "aerleon_shaded", "only_ours", "only_aerleon"),
)


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(
        description="Growth of the access list analysis with the number of rules, beside Aerleon's shade check."
    )
    parser.add_argument("--html", help="also draw the growth as a plotly page in this file")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the longest list (default 10000 rules)")
    parser.add_argument(
        "--aerleon-most",
        type=int,
        default=2000,
        help="the longest list given to Aerleon, whose check grows with the square",
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    measure("office", 50, 0, with_aerleon=True)  # imports and first calls are not what is measured
    rows = []
    print(" ".join(f"{column:>14}" for column in COLUMNS))
    for size in [size for size in SIZES if size <= options.most]:
        for kind in KINDS:
            row = of_three(kind, size, options.seed, with_aerleon=size <= options.aerleon_most)
            rows.append(row)
            cells = (row.get(column, "") for column in COLUMNS)
            print(
                " ".join(f"{cell:>14.3f}" if isinstance(cell, float) else f"{cell!s:>14}" for cell in cells), flush=True
            )
    equal = identical(EQUAL, 20, options.seed)
    if options.html:
        draw(rows, options.html)
    print(json.dumps(result(rows, equal, options.aerleon_most)))


if __name__ == "__main__":
    main()
