"""Suites have the names that a prediction gives them; one that is not known never equals one that is."""

import pytest

from vpnaudit.evidence.suites import proposal_keywords, suite_keywords
from vpnaudit.knowledge import strongswan


@pytest.mark.parametrize(
    ("name", "keywords"),
    [
        ("AES_CBC_128/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048", "aes128-sha1-modp2048"),
        ("3DES_CBC/HMAC_MD5_96/PRF_HMAC_MD5/ECP_256_BP", "3des-md5-ecp256bp"),
        ("CHACHA20_POLY1305/PRF_HMAC_SHA2_256/CURVE_25519", "chacha20poly1305-prfsha256-curve25519"),
        ("AES_CTR_192/AES_XCBC_96/PRF_HMAC_SHA2_384/ECP_384", "aes192ctr-aesxcbc-prfsha384-ecp384"),
        ("AES_CBC_256/HMAC_SHA2_512_256/EXT_SEQ", "aes256-sha512-esn"),
        ("NEW_CIPHER_1/HMAC_SHA2_512_256", "NEW_CIPHER_1-sha512"),
    ],
)
def test_suites_are_told_in_keywords(name, keywords):
    assert suite_keywords(name) == keywords


@pytest.mark.parametrize(("name", "group"), [("MODP_2048_256", "modp2048s256"), ("ECP_256_BP_X", "ECP_256_BP_X")])
def test_a_group_with_a_subgroup_is_named_and_one_that_is_not_known_stands_as_it_is(name, group):
    assert suite_keywords(f"AES_CBC_128/HMAC_SHA1_96/{name}") == f"aes128-sha1-{group}"


def test_an_extended_sequence_that_is_not_used_is_no_part_of_a_suite():
    assert suite_keywords("AES_CBC_128/HMAC_SHA1_96/NO_EXT_SEQ") == "aes128-sha1"


@pytest.mark.parametrize(
    ("name", "keyword"), [("AES_CCM_12_192", "aes192ccm12"), ("CAMELLIA_CTR_256", "camellia256ctr"), ("NULL", "NULL")]
)
def test_a_cipher_is_a_keyword_that_strongswan_reads_or_equals_none(name, keyword):
    assert suite_keywords(name) == keyword
    assert (keyword in strongswan.keywords("encryption")) is (keyword != name)


@pytest.mark.parametrize(
    ("text", "keywords"),
    [
        ("ESP:AES_CBC_256/HMAC_SHA2_256_128/EXT_SEQ", ("esp", "aes256-sha256-esn")),
        ("ESP:AES_GCM_16_256/MODP_2048/NO_EXT_SEQ", ("esp", "aes256gcm16-modp2048")),
        ("IKE:AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_384/MODP_2048", ("ike", "aes256-sha256-prfsha384-modp2048")),
        ("AH:HMAC_SHA1_96", None),
        ("IKE:ROT_13/HMAC_SHA1_96/PRF_HMAC_SHA1/MODP_2048", None),
        ("", None),
    ],
)
def test_a_proposal_of_a_log_is_one_in_keywords_or_none(text, keywords):
    assert proposal_keywords(text) == keywords
