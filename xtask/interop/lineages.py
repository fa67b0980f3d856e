"""Makes lineages with the published package: how many and at what time in, one JSON line for each out.

Contexts, depths and the layout of the JSON vary, so that a reader of one spelling alone falls over.
"""

import hashlib
import json
import sys

from ca2a_runtime.delegation import DelegationCredential
from ca2a_runtime.trace_binding import HopContext, build_trace_record, sign_trace_record, trace_record_hash
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

COUNT, NOW = map(int, sys.argv[1:])
LAYOUTS = [{}, {"separators": (",", ":")}, {"indent": 1}, {"ensure_ascii": False}]


def key_of(name):
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"lineage {name}".encode()).digest())


def public(key):
    return key.public_key().public_bytes_raw().hex()


def lineage(number):
    hops = number % 4 + 1
    keys = [key_of(f"{number} {party}") for party in range(hops + 1)]
    chain, records, parent = [], [], None
    for depth in range(hops):
        hop = DelegationCredential(
            credential_id=f"made-{number}-{depth}",
            issuer=public(keys[depth]),
            subject=public(keys[depth + 1]),
            scope=frozenset(["search", "read"]),
            depth=depth,
            parent_id=f"made-{number}-{depth - 1}" if depth else None,
        ).sign(keys[depth])
        chain.append({**hop.body(), "signature": hop.signature})
        context = HopContext.software(
            model_provider="größe" if number % 2 else "example",
            model_id=f"model-{depth}",
            image_label=f"agent {number}",
            policy_bundle_hash="sha256:" + hashlib.sha256(b"policy").hexdigest(),
            data_class=["public", "internal", "confidential", "restricted"][depth],
            runtime_nonce="nonce" if number % 3 == 0 else None,
        )
        record = build_trace_record(
            subject=f"spiffe://example.org/agent/{number}/{depth}",
            iat=NOW - 100 + depth,
            context=context,
            credential_id=hop.credential_id if depth else None,
            parent_record_hash=parent,
        )
        records.append(sign_trace_record(record, keys[depth + 1]))
        parent = trace_record_hash(records[-1])
    layout = LAYOUTS[number // 4 % len(LAYOUTS)]
    return {
        "root": public(keys[0]),
        "chain": json.dumps(chain),
        "records": [json.dumps(record, **layout) for record in records],
        "keys": [public(key) for key in keys[1:]],
    }


for number in range(COUNT):
    print(json.dumps(lineage(number)))
