"""The frames that a `Tunnel` shows in JupyterLab, and what a change makes different in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from vpnaudit.asking.prediction import VERDICTS, when
from vpnaudit.hostile import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vpnaudit.asking.negotiated_suites import Used
    from vpnaudit.asking.prediction import Line, Start
    from vpnaudit.asking.side_by_side import Setting
    from vpnaudit.ipsec.outcome import Outcome


def sides(settings: Iterable[Setting]) -> pd.DataFrame:
    """Both ends, setting by setting."""
    rows = ((one.name, one.ours, one.theirs, one.state) for one in settings)
    return _frame(("setting", "ours", "theirs", "state"), rows)


def timeline(starts: Iterable[Start]) -> pd.DataFrame:
    """What happens when, by who starts."""
    rows = ((start.title, when(one), one.what, one.ok, one.says) for start in starts for one in start.outcome.timeline)
    return _frame(("starts", "when", "what", "ok", "says"), rows)


def reasons(lines: Iterable[Line]) -> pd.DataFrame:
    """Every reason, with the starts in which it is a cause."""
    texts = ((line.reason, ", ".join(line.starts)) for line in lines)
    rows = ((one.field, one.ours, one.theirs, one.state, one.who, starts) for one, starts in texts)
    return _frame(("field", "ours", "theirs", "state", "who", "cause_when"), rows)


def pairs(starts: Iterable[Start]) -> pd.DataFrame:
    """Every pair of subnets that either side configures, by who starts."""
    rows = (
        (start.title, str(one.local), str(one.remote), one.coverage) for start in starts for one in start.outcome.pairs
    )
    return _frame(("starts", "local", "remote", "coverage"), rows)


def suites(used: Iterable[tuple[str, Sequence[Used]]]) -> pd.DataFrame:
    """What is really negotiated, by who starts, from the suites of each start."""
    rows = ((title, one.what, one.suite, one.configured) for title, suites in used for one in suites)
    return _frame(("starts", "used_for", "suite", "configured"), rows)


def changeable(outcomes: Iterable[tuple[str, Outcome]], lines: Iterable[Line]) -> dict[str, str]:
    """All that a change can change, in words, from the outcomes by who starts and the reasons over all."""
    texts: dict[str, str] = {}
    for title, outcome in outcomes:
        texts |= {
            f"{title}: verdict": VERDICTS[outcome.verdict],
            f"{title}: the API shows": outcome.api_state,
            f"{title}: IKE suite": ", ".join(outcome.ike_suites) or "none",
            f"{title}: ESP suite": ", ".join(outcome.esp_suites) or "none",
            f"{title}: lost subnets": ", ".join(one.text for one in outcome.lost) or "none",
        }
        texts |= {f"{title}: {one.what}": f"{when(one)}: {one.says}" for one in outcome.timeline}
    for line in lines:
        values = f"{line.reason.ours}, far side {line.reason.theirs}" if line.reason.theirs else line.reason.ours
        texts[f"reason {line.reason.field}"] = f"{'cause' if line.starts else 'no cause'}: {values}"
    return {what: one_line(text) for what, text in texts.items()}


def difference(was: Mapping[str, str], now: Mapping[str, str]) -> pd.DataFrame:
    """What differs between two of `changeable`, reasons last."""
    changed = [what for what in {**now, **was} if was.get(what) != now.get(what)]
    rows = (
        (what, was.get(what, ""), now.get(what, ""))
        for what in sorted(changed, key=lambda what: what.startswith("reason "))
    )
    return _frame(("what", "was", "would_be"), rows)


def html(head: pd.DataFrame, frames: Mapping[str, pd.DataFrame]) -> str:
    """Plain tables, each but the first below its title."""
    tables = [frame.to_html(index=False, border=0, escape=True, na_rep="") for frame in (head, *frames.values())]
    titles = ["", *(f"<h4>{title}</h4>" for title in frames)]
    return "".join(title + table for title, table in zip(titles, tables, strict=True))


def _frame(columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=list(columns))
    return frame.astype({name: "boolean" if name == "ok" else "string" for name in columns})
