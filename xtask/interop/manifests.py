"""agent-manifest as issuer and as verifier: one JSON object a line in, one a line out."""

import json
import sys

from agent_manifest import RevocationStore, VerificationContext, verify_manifest
from agent_manifest._cose import attach_approvals, sign_manifest_cose
from agent_manifest._delegation import DelegationHopSigner, HitlApprovalSigner
from agent_manifest._signing import (
    Ed25519Signer,
    HybridKeyPair,
    HybridSigner,
    ed25519_from_private_bytes,
    generate_ml_dsa65,
)


def key(seed):
    return ed25519_from_private_bytes(bytes([seed]) * 32)


def make(question):
    document = question["document"]
    manifest_id = document["manifest_id"]
    for place, hop in enumerate(question["hops"]):
        signature = DelegationHopSigner(key(hop.pop("seed"))).sign_hop(hop=place, manifest_id=manifest_id, **hop)
        chain = document.setdefault("delegation_chain", [])
        chain.append({"hop": place, **hop, "delegation_signature": signature})
    approvals = []
    for approval in question["approvals"]:
        signer = HitlApprovalSigner(key(approval.pop("seed")))
        names = ("approved_at", "approved_scope", "approver_id", "approval_method")
        signature = signer.sign_approval(manifest_id=manifest_id, **{name: approval[name] for name in names})
        approvals.append({**approval, "approval_signature": signature})
    if approvals:
        document["hitl_record"] = {"required": True}
    issuer = key(question["seed"])
    keys = {issuer.key_id: issuer.public_b64url()}
    if question["hybrid"]:
        pq = generate_ml_dsa65()
        issuer = HybridKeyPair(ed25519=issuer, ml_dsa65=pq)
        import base64

        both = base64.urlsafe_b64encode(issuer.ed25519.public_bytes + pq.public_key_bytes).rstrip(b"=").decode()
        keys |= {pq.key_id: pq.public_b64url(), issuer.key_id: both}
    if document["version"] == "0.2":
        made = sign_manifest_cose(document, issuer)
        if approvals:
            made = attach_approvals(made, approvals)
    else:
        signer = HybridSigner(issuer) if question["hybrid"] else Ed25519Signer(issuer)
        document["signature"] = signer.sign(document)
        if approvals:
            document["hitl_record"]["approvals"] = approvals
        made = json.dumps(document).encode()
    return {"made": made.hex(), "trusted_keys": keys}


def verify(question):
    made = bytes.fromhex(question["made"])
    context = VerificationContext(**question["context"])
    try:
        document = made if made[0] >= 0x80 else json.loads(made)
        result = verify_manifest(document, context, RevocationStore())
    except Exception as error:  # a refusal of any kind is one
        return {"result": type(error).__name__}
    return {"result": result.result.value}


for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps({"make": make, "verify": verify}[question["do"]](question)), flush=True)
