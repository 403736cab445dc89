"""No reply leaves the reader with a key in it, whatever its shape."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpnaudit.cloudstack.redaction import Redactor, Unreadable, safe_text
from vpnaudit.psk import REMOVED, Fingerprinter

KEY = "Canary-Psk-0123456789"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)


def read(body):
    return Redactor(Fingerprinter()).read(json.dumps(body).encode())


def test_both_key_fields_become_facts_wherever_they_stand():
    clean = read(
        {
            "r": {
                "vpncustomergateway": [{"id": "1", "ipsecpsk": KEY}],
                "deep": {"remoteaccessvpn": {"preSharedKey": KEY}},
            }
        }
    )
    assert KEY not in json.dumps(clean)
    for facts in (clean["r"]["vpncustomergateway"][0], clean["r"]["deep"]["remoteaccessvpn"]):
        assert facts["psk_length"] == len(KEY)
        assert facts["psk_classes"] == "lower,upper,digit,other"
    assert (
        clean["r"]["vpncustomergateway"][0]["psk_fingerprint"]
        == clean["r"]["deep"]["remoteaccessvpn"]["psk_fingerprint"]
    )


def test_a_key_that_is_a_number_is_taken_as_text_and_what_is_neither_is_marked():
    assert read({"r": {"ipsecpsk": 12345}})["r"]["psk_length"] == 5
    assert read({"r": {"ipsecpsk": None}})["r"] == {"psk_unreadable": True}


def test_credentials_of_users_are_dropped():
    clean = read(
        {
            "r": {
                "account": [
                    {"name": "a", "user": [{"apikey": KEY, "secretkey": KEY, "username": "u", "password": KEY}]}
                ]
            }
        }
    )
    assert clean["r"]["account"] == [{"name": "a", "user": [{"username": "u"}]}]


def test_a_key_that_its_owner_wrote_into_the_name_is_taken_out_but_not_out_of_a_policy():
    clean = read({"r": {"ipsecpsk": KEY, "name": f"to Berlin, key {KEY}!", "description": "x"}})["r"]
    assert clean["name"] == f"to Berlin, key {REMOVED}!"
    policy = "aes256-sha256;modp2048"
    assert read({"r": {"ipsecpsk": policy, "ikepolicy": policy}})["r"]["ikepolicy"] == policy


def test_text_that_is_no_json_is_not_kept_but_the_id_of_its_object_is():
    object_id = "1d4f2f3e-0000-4000-8000-000000000001"
    content = f'{{"r":{{"count":1,"x":[{{"id":"{object_id}","ipsecpsk":"{KEY}","name":"\\A"}}]}}}}'.encode()
    got = Redactor(Fingerprinter()).read(content)
    assert got == Unreadable(len(content), object_id)
    assert KEY not in repr(got)
    assert Redactor(Fingerprinter()).read(b"<html>") == Unreadable(6, None)
    assert isinstance(Redactor(Fingerprinter()).read(b"[1]"), Unreadable)
    assert isinstance(Redactor(Fingerprinter()).read(b'{"a":' * 5000), Unreadable)
    assert isinstance(Redactor(Fingerprinter()).read(b'{"a":' * 700 + b"1" + b"}" * 700), Unreadable | dict)


def test_an_id_inside_a_name_is_not_taken_for_the_objects_id():
    forged = "ffffffff-ffff-4fff-8fff-ffffffffffff"
    content = json.dumps({"r": {"x": [{"name": f'"id":"{forged}"'}]}})[:-1].encode()
    assert Redactor(Fingerprinter()).read(content).first_id is None


def test_encoded_texts_are_decoded_from_the_first_sign_on():
    redactor = Redactor(Fingerprinter())
    plain = redactor.read(json.dumps({"r": {"name": "50%2Foff"}}).encode())
    assert plain["r"]["name"] == "50%2Foff"
    encoded = redactor.read(
        json.dumps({"r": {"cidr": "10.0.0.0%2F8", "name": "a%20b", "ipsecpsk": "p%C3%A9q"}}).encode()
    )
    assert (encoded["r"]["cidr"], encoded["r"]["name"], encoded["r"]["psk_length"]) == ("10.0.0.0/8", "a b", 3)
    assert redactor.read(b'{"r":{"name":"c%20d"}}')["r"]["name"] == "c d"


def test_words_of_others_are_one_short_line_without_secrets():
    text = safe_text(f"bad\n ipsecpsk={KEY} apiKey: k1 signature='abc' and the-key " + "x" * 900, "the-key", "")
    assert KEY not in text
    assert "k1" not in text
    assert "abc" not in text
    assert "the-key" not in text
    assert "\n" not in text
    assert len(text) <= 500


def test_words_of_others_are_cut_only_where_they_are_too_long():
    assert safe_text("x" * 500) == "x" * 500
    assert safe_text("x" * 501) == "x" * 499 + "…"


@settings(max_examples=60, deadline=None)
@given(json_values, st.lists(st.sampled_from(["ipsecpsk", "presharedkey", "IPSecPsk"]), min_size=1, max_size=3))
def test_no_shape_of_reply_lets_a_key_through(value, fields):
    body = {"r": [value, {"inner": [{**dict.fromkeys(fields, KEY), "name": f"x{KEY}x", "more": value}]}]}
    assert KEY not in json.dumps(read(body))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_a_key_is_found_in_every_encoding_that_json_may_have(encoding):
    body = {"r": {"x": [{"id": "1", "ipsecpsk": f"{KEY}é", "name": f"is {KEY}é", "password": KEY}]}}
    clean = Redactor(Fingerprinter()).read(json.dumps(body, ensure_ascii=False).encode(encoding))
    assert KEY not in json.dumps(clean)
    assert clean["r"]["x"][0]["psk_length"] == len(KEY) + 1
    assert clean["r"]["x"][0]["name"] == f"is {REMOVED}"


@pytest.mark.parametrize("encoding", ["latin-1", "utf-7", "cp500"])
def test_any_other_encoding_is_no_json(encoding):
    content = json.dumps({"r": {"ipsecpsk": f"{KEY}é"}}, ensure_ascii=False).encode(encoding)
    assert KEY not in repr(Redactor(Fingerprinter()).read(content))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('call {"ipsecpsk":"a,b \\" c","name":"y"} end', 'call {"ipsecpsk":[removed],"name":"y"} end'),
        ("call ipsecpsk=aB,c&name=y", "call ipsecpsk=[removed]&name=y"),
        ("'presharedkey': 'q q' end", "'presharedkey': [removed] end"),
        ("the ipsecpsk of a gateway", "the ipsecpsk of a gateway"),
    ],
)
def test_a_field_of_a_key_inside_a_text_loses_its_value(text, clean):
    assert read({"r": {"event": [{"description": text}]}})["r"]["event"][0]["description"] == clean


def test_keys_of_a_reply_that_cannot_be_read_are_known_all_the_same():
    """The event of an object that breaks its own reply may repeat its key."""
    redactor = Redactor(Fingerprinter())
    assert isinstance(redactor.read(f'{{"r":{{"name":"\\A","ipsecpsk":"{KEY}"}}}}'.encode()), Unreadable)
    assert redactor.without_keys(f"made {KEY}") == f"made {REMOVED}"


def test_a_signature_that_begins_with_a_mark_goes_whole():
    assert safe_text("bad signature=+ab/c= sent") == "bad signature=[removed] sent"


TEXTS = [KEY, f"ipsecpsk={KEY}", '"ipsecpsk":', f'\\"ipsecpsk": "{KEY}"', "ip\u017fecpsk=x", "word"]


@given(st.lists(st.sampled_from(TEXTS)))
def test_what_is_gone_through_only_where_it_must_be_is_read_as_if_it_always_were(texts):
    thing = {"id": "1", "IpsecPsk": KEY, "password": KEY, "description": texts, "name": "".join(texts)}
    fingerprinter = Fingerprinter()

    def vpns(**more):
        text = json.dumps({"r": {"vpn": [thing], **more}}, ensure_ascii=False).replace("[é]", "\\u00e9")
        return Redactor(fingerprinter).read(text.encode())["r"]["vpn"]

    assert vpns() == vpns(escaped="[é]")
