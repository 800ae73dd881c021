#!/usr/bin/env python3
"""Checks a Standard Webhooks signature, from the specification alone.

usage: verify_webhook.py SECRET ID TIMESTAMP SIGNATURES < body
exit 0 when one of the signatures is right, 1 when none is.
"""
import base64
import hashlib
import hmac
import sys


def main(secret, message_id, timestamp, signatures):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + sys.stdin.buffer.read()
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = [s.split(",", 1) for s in signatures.split(" ")]
    return 0 if any(version == "v1" and hmac.compare_digest(text, wanted) for version, text in given) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) == 5 else __doc__)
