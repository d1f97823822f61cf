"""Verifies webhooks, which are signed as Standard Webhooks 1.0.0 describes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from decimal import Decimal
from typing import Callable, Mapping, Sequence

from order_processing_sdk.models.webhook_payload import WebhookPayload

#: The least number of bytes of a secret, as the standard says.
_SHORTEST = 24


class WebhookError(Exception):
    """A request that is not, or not provably, a recent webhook of the service.

    kind: `invalid_header` (one is missing or malformed), `invalid_signature`, `timestamp_too_old`,
    `timestamp_too_new`, `invalid_payload` or `invalid_secret` (yours, not the sender's mistake)
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def verify_webhook(
    body: bytes,
    headers: Mapping[str, str],
    secrets: str | Sequence[str],
    *,
    tolerance: float = 300.0,
    clock: Callable[[], float] = time.time,
) -> WebhookPayload:
    """Returns what was sent, if one of the secrets has signed it; otherwise raises WebhookError.

    body: the bytes of the request, unchanged
    secrets: `whsec_…`, or the public key `whpk_…`; both the old and the new one while you replace one
    tolerance: how many seconds the time stamp may differ from the `clock`
    """
    checks = [_check(each) for each in ([secrets] if isinstance(secrets, str) else secrets)]
    if not checks:
        raise WebhookError("invalid_secret", "there is no secret")
    values = {name.lower(): value for name, value in headers.items()}
    id_, timestamp, signatures = (
        values.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    if not (id_ and signatures and re.fullmatch(r"[0-9]{1,15}", timestamp)):
        message = "webhook-id, webhook-timestamp or webhook-signature is missing or malformed"
        raise WebhookError("invalid_header", message)
    signed = f"{id_}.{timestamp}.".encode(errors="replace") + body
    given = [_signature(each) for each in signatures.split(" ")]
    if not any(check(version, signature, signed) for check in checks for version, signature in given):
        raise WebhookError("invalid_signature", "no signature is by one of the secrets")
    age = clock() - int(timestamp)
    if age > tolerance:
        raise WebhookError("timestamp_too_old", f"sent {age:.0f} s ago")
    if age < -tolerance:
        raise WebhookError("timestamp_too_new", f"sent {-age:.0f} s in the future")
    try:
        payload = WebhookPayload.from_dict(json.loads(body, parse_float=Decimal) or {})
    except (ValueError, TypeError, AttributeError) as error:
        raise WebhookError("invalid_payload", "the body does not match the contract") from error
    assert payload is not None
    return payload


def _signature(text: str) -> tuple[str, bytes]:
    version, _, encoded = text.partition(",")
    try:
        return version, base64.b64decode(encoded, validate=True)
    except ValueError:
        return "", b""


def _check(secret: str) -> Callable[[str, bytes, bytes], bool]:
    """A function of a version, a signature and what was signed."""
    kind, _, encoded = secret.partition("_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        key = b""
    if kind == "whsec" and len(key) >= _SHORTEST:
        return lambda version, signature, signed: version == "v1" and hmac.compare_digest(
            hmac.digest(key, signed, hashlib.sha256), signature
        )
    if kind == "whpk" and len(key) == 32:
        return _public_key_check(key)
    # Without the secret itself: messages are logged.
    raise WebhookError("invalid_secret", "a secret is neither whsec_… nor whpk_…")


def _public_key_check(key: bytes) -> Callable[[str, bytes, bytes], bool]:
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError as error:
        message = "whpk_… needs the package cryptography: install order-processing-sdk[ed25519]"
        raise WebhookError("invalid_secret", message) from error
    public = Ed25519PublicKey.from_public_bytes(key)

    def check(version: str, signature: bytes, signed: bytes) -> bool:
        if version != "v1a":
            return False
        try:
            public.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

    return check
