"""The published package as a client: one JSON line in, one call made, one outcome out."""

import json
import sys

from ca2a_runtime.delegation import DelegationCredential
from ca2a_runtime.errors import CA2AError
from ca2a_runtime.tee.software import SoftwareProvider
from ca2a_runtime.transport.client import send_task
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def call(job):
    payload = job["payload"]
    return send_task(
        job["url"],
        [DelegationCredential.from_dict(hop) for hop in job["chain"]],
        job["capability"],
        job["record_id"],
        holder_key=Ed25519PrivateKey.from_private_bytes(bytes.fromhex(job["holder_seed"])),
        payload=None if payload is None else bytes.fromhex(payload),
        parent_record_hash=job["parent_record_hash"],
        caller_provider=SoftwareProvider() if job["offer"] else None,
        require_authenticated_response=job["authenticated"],
    )


for line in sys.stdin:
    try:
        outcome = {"body": call(json.loads(line))}
    except CA2AError as refusal:
        outcome = {"code": refusal.code, "http_status": refusal.http_status}
    except Exception as fault:  # reported, so that the run shows what happened instead of a dead driver
        outcome = {"uncaught": f"{type(fault).__name__}: {fault}"}
    print(json.dumps(outcome), flush=True)
