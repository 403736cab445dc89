"""Every measured negotiation is predicted from its inputs alone."""

import gzip
import json
from pathlib import Path as File

from vpnaudit.ipsec import blind
from vpnaudit.ipsec.establish import establish
from vpnaudit.ipsec.renewal import renewals
from vpnaudit.ipsec.sides import Case

CASES = File(__file__).parents[1] / "data" / "truth" / "cases.jsonl.gz"
INPUTS = ("q", "a", "b", "initiator", "env")


def measured():
    with gzip.open(CASES, "rt") as lines:
        return [json.loads(line) for line in lines]


def pairs(selectors):
    return {(tuple(sorted(near)), tuple(sorted(far))) for near, far in selectors}


def differs(case, prediction):
    truth = case["truth"]
    verdict = (
        "ok" if prediction["verdict"] == "latent_rekey_failure" and not case["exercised"] else prediction["verdict"]
    )
    wrong = [field for field in ("ike", "esp") if set(prediction[field]) != set(truth[field])]
    wrong += ["verdict"] if verdict != truth["verdict"] else []
    wrong += ["ts"] if pairs(prediction["ts"]) != pairs(truth["ts"]) else []
    return wrong + (["api"] if prediction["api"] != truth["api"] else [])


def test_all_cases_that_count_are_predicted():
    counted = [case for case in measured() if not case["limit"]]
    wrong = {}
    for case in counted:
        fields = differs(case, blind.predict({name: case[name] for name in INPUTS}))
        if fields:
            wrong[case["q"]] = fields
    assert len(counted) == 576
    assert wrong == {}


def test_every_rekey_and_reauthentication_is_predicted_with_its_suite():
    checked, wrong = 0, []
    for case in measured():
        tried = case["truth"].get("renewals", {})
        if not tried:
            continue
        path = blind._path(case["env"])
        case_as_measured = Case(blind._router(case["a"], case["env"]), blind._peer([case["b"]]), "equal", path)
        steps = renewals(
            case_as_measured, establish(case_as_measured, "router" if case["initiator"] == "a" else "peer")
        )
        steps = {
            "child_by_a": steps.child_by_router,
            "child_by_b": steps.child_by_peer,
            "ike_by_a": steps.ike_by_router,
        }
        for name, (worked, suite) in tried.items():
            checked += 1
            wrong += [(case["q"], name)] if (steps[name].ok, steps[name].suite) != (worked, suite) else []
    assert checked == 312
    assert wrong == []


def test_the_ike_level_holds_where_the_kernel_limits_the_rest():
    """Rows with a limit prove the IKE_SA only; the one exception differs in mobike=no at the peer, which its input does
    not say.
    """
    wrong = []
    for case in measured():
        if case["limit"]:
            prediction = blind.predict({name: case[name] for name in INPUTS})
            wrong += (
                [case["b"]]
                if (prediction["api"], set(prediction["ike"])) != (case["truth"]["api"], set(case["truth"]["ike"]))
                else []
            )
    assert len(wrong) == 1
