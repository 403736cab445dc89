"""Suites as `ipsec statusall` names them, in the keywords of ipsec.conf: `AES_CBC_256/HMAC_SHA2_256_128/MODP_2048`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vpnaudit.ipsec.proposals import Suite, derived_prfs, parse_proposal

if TYPE_CHECKING:
    from vpnaudit.ipsec.proposals import Protocol

# strongSwan, libstrongswan/crypto/{crypters,signers,prfs}: the enum names of what has a keyword
_INTEGRITY: Final = {
    "HMAC_MD5_96": "md5",
    "HMAC_SHA1_96": "sha1",
    "HMAC_SHA2_256_96": "sha256_96",
    "HMAC_SHA2_256_128": "sha256",
    "HMAC_SHA2_384_192": "sha384",
    "HMAC_SHA2_512_256": "sha512",
    "AES_XCBC_96": "aesxcbc",
    "AES_CMAC_96": "aescmac",
}
_PRF: Final = {
    "PRF_HMAC_MD5": "md5",
    "PRF_HMAC_SHA1": "sha1",
    "PRF_HMAC_SHA2_256": "sha256",
    "PRF_HMAC_SHA2_384": "sha384",
    "PRF_HMAC_SHA2_512": "sha512",
    "PRF_AES128_XCBC": "aesxcbc",
    "PRF_AES128_CMAC": "aescmac",
}
_GROUP: Final = re.compile(r"(?:MODP|ECP|CURVE)_.*")
_MODE: Final = {"CBC": "", "CTR": "ctr"}


def proposal_keywords(text: str) -> tuple[Protocol, str] | None:
    """A proposal as charon logs it, `ike` or `esp` and in keywords; None where it names what has no keyword.

    >>> proposal_keywords("IKE:AES_CBC_128/AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048")
    ('ike', 'aes128-aes256-sha256-modp2048')
    """
    kind, _, names = text.partition(":")
    protocol: Protocol | None = "ike" if kind == "IKE" else "esp" if kind == "ESP" else None
    integrity, prfs, others = [], [], []
    for name in names.split("/"):
        if name in _INTEGRITY:
            integrity.append(_INTEGRITY[name])
        elif name in _PRF:
            prfs.append(_PRF[name])
        elif name in ("EXT_SEQ", "ESN"):
            others.append("esn")
        elif name not in ("NO_EXT_SEQ", "NO_ESN"):
            others.append(_group(name) if _GROUP.fullmatch(name) else _cipher(name))
    own = set(derived_prfs(one for one in integrity if parse_proposal(f"aes128-{one}", "esp")))
    ciphers = [one for one in others if parse_proposal(f"{one}-sha256", "esp") and one != "esn"]
    groups = [one for one in others if one not in ciphers]
    words = [*ciphers, *integrity, *(f"prf{one}" for one in prfs if set(prfs) != own), *groups]
    keywords = "-".join(words)
    if protocol is None or parse_proposal(keywords, protocol) is None:
        return None
    return protocol, keywords


def suite_keywords(suite: str) -> str:
    """The suite as a prediction writes it; a name that is not known stands as it was shown, so that it never equals
    one.
    """
    encryption, integrity, prf, group, esn = suite, None, None, None, None
    for part in suite.split("/"):
        if part in _INTEGRITY:
            integrity = _INTEGRITY[part]
        elif part in _PRF:
            prf = _PRF[part]
        elif _GROUP.fullmatch(part):
            group = _group(part)
        elif part in ("EXT_SEQ", "ESN"):
            esn = "esn"
        elif part != "NO_EXT_SEQ":
            encryption = _cipher(part)
    return str(Suite(encryption, integrity, prf, group, esn))


def _group(name: str) -> str:
    match = re.fullmatch(r"(MODP|ECP|CURVE)_(\d+)(?:_(\d+|BP))?", name)
    if match is None:
        return name
    kind, size, end = match[1].lower(), match[2], match[3]
    return f"{kind}{size}" + ("" if end is None else "bp" if end == "BP" else f"s{end}")


def _cipher(name: str) -> str:
    if name == "3DES_CBC":
        return "3des"
    if name == "CHACHA20_POLY1305":
        return "chacha20poly1305"
    if plain := re.fullmatch(r"(AES|CAMELLIA)_(CBC|CTR)_(\d+)", name):
        return f"{plain[1].lower()}{plain[3]}{_MODE[plain[2]]}"
    if aead := re.fullmatch(r"(AES|CAMELLIA)_(GCM|CCM)_(\d+)_(\d+)", name):
        return f"{aead[1].lower()}{aead[4]}{aead[2].lower()}{aead[3]}"
    return name
