"""Signatures: known vectors, age, repetition."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.wire.signing import (
    Replays,
    SignatureRefused,
    body_signature,
    tif_headers,
    tif_signature,
    verify_hmac,
    verify_tif,
)

NOW = datetime.fromtimestamp(1767225600, UTC)


def test_the_x_tif_signature_of_a_known_vector() -> None:
    expected = "18da80d15d084a5954cc54d7cf6fa85e01590cb054e2a971a3fdfad7127c3fee"
    assert tif_signature("test-token", "1767225600", "nonce-0001") == expected
    headers = tif_headers(app_id="app", token="test-token", now=NOW, nonce="nonce-0001")
    assert headers["x-tif-signature"] == expected
    assert headers["x-tif-timestamp"] == "1767225600"


def test_the_body_signature_of_a_known_vector() -> None:
    # printf '1767225600.nonce-0001.{}' | openssl dgst -sha256 -hmac test-token
    expected = "11b6743d80d2697499536dd7356016afdf863f72fc54c105d65ba50e95f14bda"
    assert body_signature("test-token", "1767225600", "nonce-0001", b"{}") == expected


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_call_within_five_minutes_passes(seconds: int) -> None:
    headers = tif_headers(app_id="app", token="t", now=NOW + timedelta(seconds=seconds), nonce="n")
    assert verify_tif(headers, b"", app_id="app", token="t", body_header=None, now=NOW) == "n"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x-tif-timestamp": "1767225299"}, "minutes off"),
        ({"x-tif-timestamp": "1767225901"}, "minutes off"),
        ({"x-tif-timestamp": "١٧٦٧٢٢٥٦٠٠"}, "Unix seconds"),
        ({"x-tif-timestamp": "yesterday"}, "Unix seconds"),
        ({"x-tif-nonce": ""}, "nonce"),
        ({"x-tif-nonce": "n" * 200}, "nonce"),
        ({"x-tif-nonce": "other"}, "x-tif-signature"),
        ({"x-tif-paasid": "stranger"}, "x-tif-paasid"),
        ({"x-tif-signature": "äöü"}, "x-tif-signature"),
    ],
)
def test_a_call_that_is_not_right_is_refused_with_its_reason(change: dict[str, str], words: str) -> None:
    headers = tif_headers(app_id="app", token="t", now=NOW, nonce="n") | change
    with pytest.raises(SignatureRefused, match=words):
        verify_tif(headers, b"", app_id="app", token="t", body_header=None, now=NOW)


def test_an_hmac_call_is_checked_against_its_body() -> None:
    headers = {"x-hub-timestamp": "1767225600", "x-hub-nonce": "n"}
    headers["x-hub-signature"] = body_signature("t", "1767225600", "n", b"body")
    assert verify_hmac(headers, b"body", token="t", prefix="x-hub", now=NOW) == "n"
    with pytest.raises(SignatureRefused, match="body"):
        verify_hmac(headers, b"other", token="t", prefix="x-hub", now=NOW)
    with pytest.raises(SignatureRefused):
        verify_hmac(headers, b"body", token="guess", prefix="x-hub", now=NOW)


def test_a_nonce_is_free_again_when_its_call_could_no_longer_pass() -> None:
    replays = Replays()
    replays.admit("n", b"one", NOW)
    with pytest.raises(SignatureRefused):
        replays.admit("n", b"two", NOW + timedelta(minutes=9))
    replays.admit("n", b"two", NOW + timedelta(minutes=11))
