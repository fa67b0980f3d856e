"""`agentrust_trace.verify_record`: one JSON line in, with a record as hexadecimal bytes and a key, one verdict out."""

import json
import sys

from agentrust_trace import verify_record
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

for line in sys.stdin:
    given = json.loads(line)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(given["key"]))
    try:
        verify_record(json.loads(bytes.fromhex(given["record"])), key)
        verdict = {"verified": True}
    except (InvalidSignature, ValueError) as refusal:
        verdict = {"verified": False, "error": f"{type(refusal).__name__}: {refusal}"}
    except Exception as fault:  # reported, so that the run shows what happened instead of a dead driver
        verdict = {"uncaught": f"{type(fault).__name__}: {fault}"}
    print(json.dumps(verdict), flush=True)
