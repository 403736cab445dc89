"""The offers of a gateway that fail become its reasons; what does not fail is no reason."""

from __future__ import annotations

import pandas as pd

from tests.estates import estate
from vpnaudit.comparing.offers import cells_of_policies, offers_below_limits
from vpnaudit.policy import load

WHOLE = estate({"customer_gateways": [{"id": "g1", "esp_policy": "3des-sha256;modp2048"}, {"id": "g2"}]})
GATEWAYS, ROWS = WHOLE["customer_gateways"], WHOLE["proposals"]


def below(rows: pd.DataFrame, expected: object):
    failing = (rows["encryption"] == "3des").astype("boolean")
    offers = rows["encryption"].where(failing)
    return offers_below_limits(GATEWAYS, rows, failing, offers, consequence=": weak.", expected=expected, limits=load())


def test_only_the_gateway_with_the_offer_fails_and_gets_an_update() -> None:
    judged = below(ROWS, "aes256")
    assert judged["fails"].tolist() == [True, False]
    (reason,) = judged["reasons"]
    assert (reason.field, reason.expected) == ("esppolicy", "aes256")
    assert reason.ours.fillna("?").tolist() == ["3des", "?"]
    assert judged["action"].tolist() == ["update-customer-gateway", ""]
    assert judged["changes"].tolist()[0].keys() == {"esppolicy"}
    assert [cell.column for cell in judged["evidence"]] == ["ike_policy", "esp_policy"]


def test_a_rule_about_one_phase_rests_on_that_policy_and_may_expect_another_text_of_each_gateway() -> None:
    judged = below(ROWS[ROWS["phase"] == "esp"], pd.DataFrame({"esppolicy": ["first", "second"]}))
    (reason,) = judged["reasons"]
    assert reason.expected.tolist() == ["first", "second"]
    assert [cell.column for cell in judged["evidence"]] == ["esp_policy"]


def test_the_cells_of_both_policies_are_those_of_the_table() -> None:
    ike, esp = cells_of_policies(GATEWAYS)
    assert (ike.table, ike.column, esp.column) == ("customer_gateways", "ike_policy", "esp_policy")
    assert esp.value.tolist() == GATEWAYS["esp_policy"].tolist()
