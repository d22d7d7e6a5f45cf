"""Guarantees of the signature: what the standard's own verifiers accept, and no secret that is a guess."""

from __future__ import annotations

import pytest

from service.webhooks.signing import read_secret

#: The example of the Standard Webhooks specification's reference libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
IDENTITY, AT_S, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'


def test_the_signature_is_the_standards() -> None:
    """Receivers check it with a library that they have already."""
    headers = read_secret(SECRET).headers(IDENTITY, AT_S, BODY)
    assert headers == {
        "content-type": "application/json",
        "webhook-id": IDENTITY,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_part_is_signed() -> None:
    """Another name, time or body has another signature."""
    secret = read_secret(SECRET)
    tries = [(IDENTITY, AT_S, BODY), ("msg_other", AT_S, BODY), (IDENTITY, AT_S + 1, BODY), (IDENTITY, AT_S, b"{}")]
    assert len({secret.headers(*one)["webhook-signature"] for one in tries}) == len(tries)


@pytest.mark.parametrize("text", ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64", "MfKQ9r8GKYqrTwjU"])
def test_what_is_no_secret_is_refused_without_repeating_it(text: str) -> None:
    """Too short to be unguessable, or no secret at all."""
    with pytest.raises(ValueError, match="is no secret") as refused:
        read_secret(text)
    assert len(text) < 7 or text not in str(refused.value)
