"""The table of proposals: every element of every policy is a row, nothing unknown is lost, and a mended policy meets
its limits.
"""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.estate import TABLES, Estate
from vpnaudit.estate.proposal_table import (
    COLUMNS,
    any_element_fails,
    changes,
    least_keyword,
    mended,
    offer_words,
    proposals,
    texts_by_place,
    unknown_words,
)
from vpnaudit.ipsec.cloudstack_proposals import API_CIPHERS, API_GROUPS, API_HASHES
from vpnaudit.policy import Policy, load

BASELINE = load()


def gateways(*policies: tuple[str | None, str | None]) -> pd.DataFrame:
    rows = [
        {"source": "s1", "id": f"g{i}", "ike_policy": ike, "esp_policy": esp} for i, (ike, esp) in enumerate(policies)
    ]
    return TABLES["customer_gateways"].frame(rows)


def table(*policies: tuple[str | None, str | None]) -> pd.DataFrame:
    return proposals({"customer_gateways": gateways(*policies)})


def limits(**changed: object) -> Policy:
    return BASELINE.model_copy(update=changed)


class TestTable:
    def test_has_one_row_for_each_element_in_order(self):
        rows = table(("aes256-sha256;modp2048", "aes256-sha256,3des-md5;modp1024"))
        assert rows[["phase", "position", "encryption", "integrity", "group"]].fillna("-").to_numpy().tolist() == [
            ["ike", 1, "aes256", "sha256", "modp2048"],
            ["esp", 1, "aes256", "sha256", "-"],
            ["esp", 2, "3des", "md5", "modp1024"],
        ]

    def test_knows_the_strength_of_each_part(self):
        row = table(("3des-md5;modp1024", None)).iloc[0]
        assert (row["encryption_key_bits"], row["encryption_strength_bits"], row["group_strength_bits"]) == (
            192,
            112,
            80,
        )
        assert row["encryption_below_standard"]
        assert row["integrity_below_standard"]
        assert row["group_below_standard"]

    def test_keeps_the_types_where_there_is_nothing(self):
        assert dict(table().dtypes.astype(str)) == COLUMNS
        assert dict(table((None, None)).dtypes.astype(str)) == COLUMNS

    def test_is_part_of_an_estate(self):
        assert (
            len(Estate({"customer_gateways": gateways(("aes256-sha256;modp2048", "aes256-sha256"))})["proposals"]) == 2
        )

    def test_a_policy_that_was_not_sent_is_a_row_of_missing_cells(self):
        rows = table((None, None))
        assert rows["phase"].tolist() == ["ike", "esp"]
        assert rows.drop(columns=["source", "id", "phase", "position"]).isna().all(axis=None)

    @pytest.mark.parametrize(
        ("text", "elements"), [("aes256-sha256,", 1), (",", 1), ("", 1), (",aes256-sha256,,3des-md5", 2)]
    )
    def test_empty_elements_beside_others_are_left_out(self, text, elements):
        rows = table((None, text))
        assert len(rows[rows["phase"] == "esp"]) == elements

    @pytest.mark.parametrize(
        ("text", "unknown"),
        [
            ("aes256-sha256;modp2048;junk", "junk"),
            ("rot13-sha256;modp2048", "rot13"),
            ("aes256-sha256;modp7", "modp7"),
            ("aes256-3des-sha256;modp2048", "3des"),
            ("aes256-sha256-md5;modp2048", "md5"),
            ("aes256-sha256-modp2048", "modp2048"),
            ("camellia256-sha256;ecp512bp", "camellia256 ecp512bp"),
            ("aes256-sha256;", ""),
            ("", ""),
        ],
    )
    def test_names_what_nothing_is_known_of(self, text, unknown):
        assert table((text, None)).iloc[0]["unknown"] == unknown

    def test_reads_other_spellings_of_a_keyword(self):
        row = table(("aes-sha;x25519", "aes256gcm;modp2048")).iloc[0]
        assert (row["encryption"], row["integrity"], row["group"]) == ("aes128", "sha1", "curve25519")

    def test_knows_that_aead_brings_its_own_integrity(self):
        rows = table((None, "aes256gcm16,aes256-sha256"))
        assert rows["aead"].tolist()[1:] == [True, False]


class TestVerdicts:
    def test_one_failing_element_fails_the_gateway(self):
        given = gateways(
            ("aes256-sha256;modp2048", "x,3des-md5"),
            ("aes256-sha256;modp2048", "x"),
            ("aes256-sha256;modp2048", "aes256-md5"),
        )
        rows = proposals({"customer_gateways": given})
        verdict = any_element_fails(given, rows, rows["encryption_below_standard"])
        assert verdict.tolist() == [True, pd.NA, False]

    def test_says_where_and_what(self):
        given = gateways(
            ("3des-md5;modp2048", "3des-md5,aes128-sha1,3des-sha1"), ("aes256-sha256;modp2048", "aes256-sha256")
        )
        rows = proposals({"customer_gateways": given})
        shown = rows["encryption"].where(rows["encryption_key_bits"] < 256)
        assert offer_words(given, rows, shown).tolist() == ["IKE offers 3des, ESP offers 3des and aes128", pd.NA]
        assert [(field, texts[0]) for field, texts in texts_by_place(given, rows, shown)] == [
            ("ikepolicy", "3des"), ("esppolicy", "3des"), ("esppolicy", "aes128"), ("esppolicy", "3des"),
        ]  # fmt: skip

    def test_doubt_names_the_word_and_lets_no_line_break_pass(self):
        given = gateways(("aes256-sha256;modp2048;a\nb", None), (None, None), ("aes256-sha256", "aes256-sha256"))
        doubts = unknown_words(given, proposals({"customer_gateways": given}))
        assert doubts.tolist() == [
            "nothing is known of 'a\\nb' in ikepolicy", "the server sent no ikepolicy",
            "an element leaves out what is asked for",
        ]  # fmt: skip

    def test_doubt_is_silent_of_sources_with_equal_ids(self):
        given = pd.concat([gateways(("x", "x")), gateways((None, None)).assign(source="s2")], ignore_index=True).astype(
            {"source": "string"}
        )
        assert unknown_words(given, proposals({"customer_gateways": given})).nunique() == 2


class TestMended:
    @pytest.mark.parametrize(
        ("ike", "esp", "better"),
        [
            ("3des-md5;modp1024", "3des-md5", ("aes256-sha256;modp2048", "aes256-sha256;modp2048")),
            ("aes256-sha512;modp4096", "aes128-sha512;modp2048", ("aes256-sha512;modp4096", "aes256-sha512;modp4096")),
            ("aes256-sha256;modp2048", "aes256-sha256;modp8192", ("aes256-sha256;modp2048", "aes256-sha256;modp8192")),
            ("aes256-sha256;curve25519", "aes256gcm16", ("aes256-sha256;curve25519", "aes256-sha256;curve25519")),
            (None, "junk", ("aes256-sha256;modp2048", "aes256-sha256;modp2048")),
        ],
    )
    def test_keeps_what_meets_the_limits(self, ike, esp, better):
        assert tuple(mended(gateways((ike, esp)), BASELINE).iloc[0]) == better

    def test_adds_no_group_that_nobody_asks_for(self):
        made = mended(
            gateways(("aes256-sha256;modp2048", "3des-md5"), ("aes256-sha256;modp2048", "3des-md5;modp1024")),
            limits(pfs_required=False),
        )
        assert made["esppolicy"].tolist() == ["aes256-sha256", "aes256-sha256;modp2048"]

    def test_is_missing_where_no_value_of_the_api_will_do(self):
        given = gateways(("aes256-sha256;modp2048", "aes256-sha256"), ("aes256-sha256;curve448", "aes256-sha256"))
        assert mended(given, limits(encryption_min_bits=512)).isna().all(axis=None)
        assert mended(given, limits(integrity_min_bits=512)).isna().all(axis=None)
        assert mended(given, limits(dh_min_strength_bits=210)).fillna("-").to_numpy().tolist() == [
            ["-", "-"], ["aes256-sha256;curve448", "aes256-sha256;curve448"],
        ]  # fmt: skip
        assert (
            mended(given, limits(dh_min_strength_bits=300, pfs_required=False)).fillna("-").to_numpy().tolist()
            == [["-", "aes256-sha256"]] * 2
        )

    def test_changes_name_only_what_fails(self):
        given = gateways(
            ("aes256-sha256;modp2048", "3des-sha256;modp2048"), ("aes256-sha256;modp2048", "aes256-sha256;modp2048")
        )
        rows = proposals({"customer_gateways": given})
        assert changes(given, rows, rows["encryption_below_standard"], BASELINE).tolist() == [
            {"esppolicy": "aes256-sha256;modp2048"},
            None,
        ]
        assert changes(given, rows, rows["encryption_below_standard"], limits(encryption_min_bits=512)).tolist() == [
            None,
            None,
        ]

    def test_least_is_the_weakest_word_within_the_limits(self):
        assert [least_keyword(kind, BASELINE) for kind in ("encryption", "integrity", "group")] == [
            "aes256",
            "sha256",
            "modp2048",
        ]
        assert least_keyword("group", limits(dh_min_strength_bits=113)) == "modp3072"
        assert least_keyword("group", limits(dh_min_strength_bits=201)) is None


ELEMENT = st.builds(
    lambda cipher, digest, group: f"{cipher}-{digest}{group}",
    st.sampled_from([*sorted(API_CIPHERS), "x"]),
    st.sampled_from([*sorted(API_HASHES), "x"]),
    st.sampled_from(["", ";x", *(f";{group}" for group in sorted(API_GROUPS)), ";modp2048s256"]),
)
POLICY = st.one_of(st.none(), st.text(max_size=8), st.lists(ELEMENT, max_size=3).map(",".join))


LIMITS = st.builds(
    lambda cipher, digest, group, pfs: limits(
        encryption_min_bits=cipher, integrity_min_bits=digest, dh_min_strength_bits=group, pfs_required=pfs
    ),
    st.sampled_from([0, 128, 192, 256]),
    st.sampled_from([0, 128, 192, 256]),
    st.sampled_from([0, 112, 152, 200]),
    st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(POLICY, POLICY, LIMITS)
def test_a_mended_policy_meets_the_limits_and_the_column(ike, esp, asked):
    made = mended(gateways((ike, esp)), asked).iloc[0]
    rows = table((made["ikepolicy"], made["esppolicy"]))
    assert rows["unknown"].isna().all()
    assert (made.str.len() <= 30).all()
    assert not (
        rows["encryption_below_standard"]
        | rows["integrity_below_standard"]
        | rows["group_below_standard"].fillna(value=False)
    ).any()
    assert (rows["encryption_key_bits"] >= asked.encryption_min_bits).all()
    assert (rows["integrity_strength_bits"] >= asked.integrity_min_bits).all()
    assert rows.loc[0, "group_strength_bits"] >= asked.dh_min_strength_bits
    if asked.pfs_required:
        assert rows.loc[1, "group_strength_bits"] >= rows.loc[0, "group_strength_bits"]
