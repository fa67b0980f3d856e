"""Measures the published packages: one JSON order in, one figure out, all in one warm process.

Figures are CPU seconds of this process for one operation, the median of many batches.
"""

import json
import re
import statistics
import sys
import time
from datetime import datetime, timezone

from agent_manifest import RevocationStore, VerificationContext, verify_manifest
from agent_manifest._snp_verify import (
    amd_ark_certificates,
    parse_snp_report,
    verify_snp_signature,
    verify_vcek_chain,
)
from agentrust_trace import sign_record, verify_record
from ca2a_runtime.channel.sealed import SealedChannel, open_sealed
from ca2a_runtime.delegation import DelegationCredential, verify_chain
from ca2a_runtime.node import PeerNode
from ca2a_runtime.policy import LocalPolicy
from ca2a_runtime.transport import wire
from ca2a_verify.dag import verify_trace_dag
from agent_manifest._tdx_verify import INTEL_SGX_ROOT_CA_PEM, verify_tdx_quote as manifest_tdx_quote
from ca2a_verify.sev_snp import verify_sev_snp_report
from ca2a_verify.tdx import verify_tdx_quote
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


def each(order, operation):
    def batch(calls):
        before = time.process_time()
        for _ in range(calls):
            operation()
        return time.process_time() - before

    calls = 1
    while batch(calls) < order["batch_seconds"]:
        calls *= 2
    return statistics.median(batch(calls) / calls for _ in range(order["batches"]))


def chain_row(order, given):
    document, roots = given["chain"].encode(), {given["root"]}

    def operation():
        chain = [DelegationCredential.from_dict(hop) for hop in json.loads(document)]
        verify_chain(chain, max_depth=64, trusted_root_issuers=roots, at_time=given["at_time"])

    return each(order, operation)


def seal_row(order, given):
    payload = b"\x5a" * given["size"]
    return each(order, lambda: SealedChannel(given["public"]).seal(payload))


def open_row(order, given):
    secret = X25519PrivateKey.from_private_bytes(bytes.fromhex(given["secret"]))
    blob = bytes.fromhex(given["blob"])
    return each(order, lambda: open_sealed(blob, secret))


def pipeline_row(order, given):
    # The same keys as the node on the other side, so that both get the same bytes.
    node = PeerNode(LocalPolicy.of([given["capability"]]), trusted_root_issuers=[given["root"]])
    node._private_key = X25519PrivateKey.from_private_bytes(bytes.fromhex(given["channel_secret"]))
    node.channel_public_key = node._private_key.public_key().public_bytes_raw().hex()
    node._challenge_secret = bytes.fromhex(given["challenge_secret"])
    with open(given["tasks"], "rb") as file:
        tasks = file.read().split(b"\n")
    figures, size = [], order["requests"]
    for start in range(0, len(tasks), size):
        before = time.process_time()
        for task in tasks[start : start + size]:
            json.dumps(wire.serialize_peer_result(node.handle(json.loads(task)))).encode()
        figures.append((time.process_time() - before) / size)
    return statistics.median(figures[1:])


def sign_record_row(order, given):
    draft, key = json.loads(given["draft"]), Ed25519PrivateKey.from_private_bytes(bytes.fromhex(given["seed"]))
    return each(order, lambda: sign_record(draft, key))


def verify_record_row(order, given):
    document, key = given["record"].encode(), Ed25519PublicKey.from_public_bytes(bytes.fromhex(given["key"]))
    return each(order, lambda: verify_record(json.loads(document), key))


def dag_row(order, given):
    document = given["records"].encode()
    keys = [Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)) for key in given["keys"]]
    return each(order, lambda: verify_trace_dag(json.loads(document), trusted_keys=keys))


def snp_evidence(given):
    return [bytes.fromhex(given[name]) for name in ("report", "key", "chain")]


def snp_agent_manifest_row(order, given):
    # Its three steps from the bytes: report, VCEK and chain up to AMD's roots that it has built in, signature.
    report, key, chain = snp_evidence(given)
    now = datetime.fromtimestamp(given["now"], timezone.utc)

    def operation():
        parsed = parse_snp_report(report)
        assert verify_vcek_chain(key, chain, verification_time=now) and verify_snp_signature(parsed, key)

    return each(order, operation)


def snp_ca2a_row(order, given):
    # It takes parsed certificates, so that parsing them is part of the work; it reads the clock itself.
    report, key, chain = snp_evidence(given)
    roots = amd_ark_certificates()

    def operation():
        path = [x509.load_der_x509_certificate(key), *x509.load_pem_x509_certificates(chain)]
        verify_sev_snp_report(report, path, trusted_roots=roots)

    return each(order, operation)


def tdx_agent_manifest_row(order, given):
    quote, now = bytes.fromhex(given["quote"]), datetime.fromtimestamp(given["now"], timezone.utc)

    def operation():
        assert manifest_tdx_quote(quote, verification_time=now)

    return each(order, operation)


def tdx_ca2a_row(order, given):
    # It is given parsed roots and reads the clock itself.
    quote, roots = bytes.fromhex(given["quote"]), x509.load_pem_x509_certificates(INTEL_SGX_ROOT_CA_PEM)
    return each(order, lambda: verify_tdx_quote(quote, trusted_roots=roots))


def manifest_row(order, given):
    made, context = bytes.fromhex(given["made"]), VerificationContext(**given["context"])
    revocations = RevocationStore()

    def operation():
        document = made if made[0] >= 0x80 else json.loads(made)
        assert verify_manifest(document, context, revocations).result.value == "VALID"

    return each(order, operation)


ROWS = {
    "verify_chain": chain_row,
    "seal": seal_row,
    "open": open_row,
    "pipeline": pipeline_row,
    "sign_record": sign_record_row,
    "verify_record": verify_record_row,
    "verify_trace_dag": dag_row,
    "verify_manifest": manifest_row,
    "snp_agent_manifest": snp_agent_manifest_row,
    "snp_ca2a": snp_ca2a_row,
    "tdx_agent_manifest": tdx_agent_manifest_row,
    "tdx_ca2a": tdx_ca2a_row,
}

for line in sys.stdin:
    order = json.loads(line)
    try:
        figure = {"seconds": ROWS[order["row"]](order, order["input"])}
    except Exception as fault:  # reported, so that the run shows what happened instead of a dead process
        figure = {"fault": f"{type(fault).__name__}: {fault}"}
    print(json.dumps(figure), flush=True)
