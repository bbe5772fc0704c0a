"""Tokens that nobody may be let in by. All claim to be Anna's."""

import base64
import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from tests.support.adversarial import DEEP

_LATE: Final = 4_000_000_000
_OTHER: Final = "another-secret-of-32-or-more-characters-!"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _signed(header: bytes, payload: bytes, secret: str, digest: str = "sha256") -> str:
    text = f"{_encoded(header)}.{_encoded(payload)}"
    return f"{text}.{_encoded(hmac.new(secret.encode(), text.encode(), digest).digest())}"


def forged(secret: str, user_id: str, email: str) -> dict[str, str]:
    """By name, tokens under the platform's `secret` and under others, none of them good."""
    good: dict[str, Any] = {"sub": user_id, "email": email, "iat": 1_700_000_000, "exp": _LATE, "type": "access"}
    header: dict[str, Any] = {"alg": "HS256", "typ": "JWT"}

    def make(head: Mapping[str, Any] = header, *, under: str = secret, digest: str = "sha256", **claims: Any) -> str:
        payload = {name: value for name, value in {**good, **claims}.items() if value != "-"}
        return _signed(json.dumps(head).encode(), json.dumps(payload).encode(), under, digest)

    whole = make()
    head, claims, signature = whole.split(".")
    other_claims = _encoded(json.dumps({**good, "email": "x"}).encode())
    none = {"alg": "none", "typ": "JWT"}
    made = {
        "alg_none": f"{_encoded(json.dumps(none).encode())}.{claims}.",
        "alg_none_signed": make(none),
        "alg_none_in_capitals": f"{_encoded(json.dumps({'alg': 'NONE'}).encode())}.{claims}.",
        "alg_none_mixed": f"{_encoded(json.dumps({'alg': 'nOnE'}).encode())}.{claims}.{signature}",
        "alg_missing": make({"typ": "JWT"}),
        "alg_empty": make({"alg": ""}),
        "alg_null": make({"alg": None}),
        "alg_list": make({"alg": ["HS256"]}),
        "alg_lower_case": make({"alg": "hs256"}),
        "alg_blank": make({"alg": "HS256 "}),
        "alg_hs_three_eight_four": make({"alg": "HS384"}, digest="sha384"),
        "alg_hs_five_one_two": make({"alg": "HS512"}, digest="sha512"),
        "alg_rs_signed_by_the_secret": make({"alg": "RS256"}),
        "alg_es_signed_by_the_secret": make({"alg": "ES256"}),
        "alg_eddsa": make({"alg": "EdDSA"}),
        "alg_of_encryption": make({"alg": "dir", "enc": "A128GCM"}),
        "another_secret": make(under=_OTHER),
        "an_empty_secret": make(under=""),
        "the_name_of_the_secret": make(under="BETTER_AUTH_SECRET"),
        "a_secret_in_capitals": make(under=secret.upper()),
        "a_secret_cut": make(under=secret[:-1]),
        "a_kid_to_dev_null": make({**header, "kid": "/dev/null"}, under=""),
        "a_kid_of_sql": make({**header, "kid": "x' UNION SELECT 'k' --"}, under="k"),
        "a_key_of_its_own": make({**header, "jwk": {"kty": "oct", "k": _encoded(_OTHER.encode())}}, under=_OTHER),
        "keys_elsewhere": make({**header, "jku": "https://evil.example/keys"}, under=_OTHER),
        "certificates_elsewhere": make({**header, "x5u": "https://evil.example/c"}, under=_OTHER),
        "other_claims_under_the_signature": f"{head}.{other_claims}.{signature}",
        "no_signature": f"{head}.{claims}.",
        "two_parts": f"{head}.{claims}",
        "four_parts": f"{whole}.{signature}",
        "five_parts": f"{whole}.x.x",
        "a_signature_cut": whole[:-2],
        "a_signature_of_zeros": f"{head}.{claims}.{_encoded(bytes(32))}",
        "a_signature_as_hex": f"{head}.{claims}.{base64.urlsafe_b64decode(signature + '==').hex()}",
        "a_token_in_a_token": _signed(json.dumps({**header, "cty": "JWT"}).encode(), whole.encode(), secret),
        "expired": make(exp=1_700_000_100),
        "expired_in_the_last_century": make(exp=1),
        "before_the_epoch": make(exp=-1),
        "no_exp": make(exp="-"),
        "exp_null": make(exp=None),
        "exp_as_text": make(exp=str(_LATE)),
        "exp_beyond_the_calendar": make(exp=10**18),
        "exp_as_a_list": make(exp=[_LATE]),
        "not_yet": make(nbf=_LATE - 1),
        "nbf_as_text": make(nbf="0"),
        "iat_as_text": make(iat="now"),
        "a_refresh_token": make(type="refresh"),
        "of_another_kind": make(type="reset"),
        "of_a_kind_in_capitals": make(type="ACCESS"),
        "kind_as_a_list": make(type=["access"]),
        "kind_null": make(type=None),
        "an_id_token": make(at_hash="x"),
        "nobody": make(sub="-"),
        "nobody_in_particular": make(sub=""),
        "a_number": make(sub=1),
        "everybody": make(sub=[user_id]),
        "a_user_as_an_object": make(sub={"id": user_id}),
        "true": make(sub=True),
        "a_long_name": make(sub="x" * 300),
        "a_name_in_a_name": make(sub="-", user_id={"$ne": None}),
        "jti_as_a_number": make(jti=1),
        "payload_a_list": _signed(json.dumps(header).encode(), b"[]", secret),
        "payload_a_text": _signed(json.dumps(header).encode(), b'"' + user_id.encode() + b'"', secret),
        "payload_nested": _signed(json.dumps(header).encode(), DEEP, secret),
        "payload_no_json": _signed(json.dumps(header).encode(), b"sub=" + user_id.encode(), secret),
        "payload_empty": _signed(json.dumps(header).encode(), b"", secret),
        "payload_no_text": _signed(json.dumps(header).encode(), b'{"sub":"\xff"}', secret),
        "payload_with_nan": _signed(json.dumps(header).encode(), b'{"sub":"x","exp":NaN}', secret),
        "payload_with_infinity": _signed(json.dumps(header).encode(), b'{"sub":"x","exp":1e999}', secret),
        "header_a_list": _signed(b"[]", json.dumps(good).encode(), secret),
        "header_nested": _signed(DEEP, json.dumps(good).encode(), secret),
        "huge": make(padding="x" * 9_000),
        "a_blank_within": f"{head}. {claims}.{signature}",
        "padded": f"{head}=.{claims}=.{signature}=",
        "dots": "..",
        "one_dot": ".",
        "a_word": "null",
        "undefined": "undefined",
        "an_address": email,
        "an_id": user_id,
    }
    return {f"forged.{name}": token for name, token in made.items()}
