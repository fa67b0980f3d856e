"""`trusthandoff` at either end of a handoff: one JSON line in, one out. Runs with 0.2.3, 0.3.3 and 0.4.0."""

import json
import sys
from datetime import datetime, timedelta, timezone

import trusthandoff as package
from trusthandoff import (
    AgentIdentity,
    AgentRegistry,
    DelegationCapability,
    DelegationChain,
    DelegationEnvelope,
    Permissions,
    SignedTaskPacket,
    TrustHandoffMiddleware,
    decode_capability_token,
    encode_capability_token,
    envelope_from_json,
    envelope_to_json,
    process_handoff,
    sign_capability,
    sign_packet,
    verify_capability_chain,
    verify_packet,
)

ATTESTS = hasattr(package, "create_attestation")


class Signer(AgentIdentity):
    """The package's own identity has no `sign`, which its attestations need."""

    def sign(self, data):
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        return load_pem_private_key(self.private_key_pem.encode(), None).sign(data)


def identity(given):
    return Signer(given["agent_id"], given["private_key_pem"], given["public_key_pem"])


def sorted_deep(value):
    """What the package's own wire does to a context; under P1 and P2 no other order survives it."""
    if isinstance(value, dict):
        return {key: sorted_deep(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [sorted_deep(item) for item in value]
    return value


def make(given):
    sender = identity(given["sender"])
    now = datetime.now(timezone.utc)
    packet = SignedTaskPacket(
        packet_id=given["packet_id"],
        task_id="task",
        from_agent=sender.agent_id,
        to_agent=given["to_agent"],
        issued_at=now,
        expires_at=now + timedelta(minutes=10),
        nonce=given["packet_id"],
        intent=given["intent"],
        context=sorted_deep(json.loads(given["context"])),
        permissions=Permissions(allowed_actions=["read", "search"], max_tool_calls=5),
        signature_algo="Ed25519",
        signature="",
        public_key=sender.public_key_pem,
    )
    packet = sign_packet(packet, sender)
    chain = DelegationChain(packet_ids=[packet.packet_id], agents=[sender.agent_id])
    capability = DelegationCapability(
        capability_id=given["packet_id"],
        issuer_agent=sender.agent_id,
        subject_agent=given["to_agent"],
        delegated_permissions=Permissions(allowed_actions=["read"], max_tool_calls=2),
        issued_at=now,
        expires_at=now + timedelta(minutes=10),
        signature_algo="Ed25519",
        signature="",
        public_key=sender.public_key_pem,
    )
    answer = {
        "envelope": envelope_to_json(DelegationEnvelope(packet=packet, chain=chain)),
        "token": encode_capability_token(sign_capability(capability, sender.private_key_pem)),
        "attestation": None,
    }
    if ATTESTS:
        attestation = package.create_attestation(given["packet_id"], given["result"], sender)
        answer["attestation"] = attestation.model_dump_json()
    return answer


def answered(judge):
    try:
        return bool(judge())
    except Exception:  # a refusal, in the package's way
        return False


def judge(given):
    sender = given["sender"]

    def envelope():
        opened = envelope_from_json(given["envelope"])
        decisions = [process_handoff(opened.packet), TrustHandoffMiddleware().handle(opened)]
        return verify_packet(opened.packet) and all(one.decision == "ACCEPT" for one in decisions)

    def token():
        registry = AgentRegistry()
        registry.register(sender["agent_id"], sender["public_key_pem"])
        return verify_capability_chain([decode_capability_token(given["token"])], registry)

    def attestation():
        read = package.ExecutionAttestation.model_validate_json(given["attestation"])
        return package.verify_attestation(read, sender["public_key_pem"], result=given["result"])

    attests = ATTESTS and given["attestation"] is not None
    return {
        "envelope": answered(envelope),
        "token": answered(token),
        "attestation": answered(attestation) if attests else None,
    }


for line in sys.stdin:
    order = json.loads(line)
    print(json.dumps(make(order) if order["do"] == "make" else judge(order)), flush=True)
