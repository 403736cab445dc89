"""The data files of strongSwan agree with each other: a word that one uses, another explains."""

from __future__ import annotations

import pytest

from vpnaudit.knowledge import strongswan

KINDS = ("encryption", "integrity", "group")


@pytest.mark.parametrize("version", strongswan.releases())
@pytest.mark.parametrize("protocol", ["ike", "esp"])
def test_every_word_of_a_default_proposal_is_a_keyword(version, protocol):
    proposals = strongswan.default_proposals(version, protocol)
    assert proposals
    for proposal in proposals:
        assert set(proposal) == {*KINDS, "prf"}
        assert proposal["encryption"]
        for kind in KINDS:
            assert set(proposal[kind]) <= set(strongswan.keywords(kind))
        assert set(proposal["prf"]) <= set(strongswan.keywords("integrity"))
        assert protocol == "ike" or not proposal["group"], "ESP proposes no group by default: no PFS"


def test_a_release_whose_defaults_are_not_known_is_not_guessed():
    with pytest.raises(KeyError, match=r"5\.0\.0"):
        strongswan.default_proposals("5.0.0", "ike")


def test_an_alias_is_another_spelling_of_a_keyword_and_no_keyword_itself():
    words = {word for kind in KINDS for word in strongswan.keywords(kind)}
    assert strongswan.aliases()
    assert set(strongswan.aliases().values()) <= words
    assert not set(strongswan.aliases()) & words


def test_the_size_of_esp_is_known_for_every_cipher_that_strongswan_proposes():
    overhead = strongswan.esp_overhead()
    for version in strongswan.releases():
        for proposal in strongswan.default_proposals(version, "esp"):
            assert set(proposal["encryption"]) <= set(overhead["encryption"])
            assert set(proposal["integrity"]) <= set(overhead["integrity"])
    for keyword, row in overhead["encryption"].items():
        aead = strongswan.keywords("encryption")[keyword]["aead"]
        assert ("icv" in row) is aead, keyword
