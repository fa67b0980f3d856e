"""The official A2A SDK as a client, with the published package's bridge: one JSON line in, one call made, one outcome out."""

import asyncio
import json
import sys

import httpx
from a2a.client.client import ClientConfig
from a2a.client.client_factory import ClientFactory
from a2a.types.a2a_pb2 import AgentCard, Message, Part, Role, SendMessageRequest, TaskState
from ca2a_runtime.delegation import DelegationCredential
from ca2a_runtime.delegation.holder import build_holder_proof
from ca2a_runtime.peer import PeerRequest
from ca2a_runtime.transport.a2a_sdk import EXTENSION_HEADER, attach_to_sdk_message, inspect_agent_card
from ca2a_runtime.transport.client import handshake
from ca2a_runtime.transport.constants import EXTENSION_URI
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from google.protobuf import json_format

RECORD = EXTENSION_URI + "/record"


def message(job):
    chain = [DelegationCredential.from_dict(hop) for hop in job["chain"]]
    hello = handshake(job["url"])
    proof = build_holder_proof(
        Ed25519PrivateKey.from_private_bytes(bytes.fromhex(job["holder_seed"])),
        chain[-1],
        audience=hello.peer.public_key,
        challenge=hello.challenge,
        requested_capability=job["capability"],
        record_id=job["record_id"],
    )
    request = PeerRequest(
        chain=chain,
        requested_capability=job["capability"],
        record_id=job["record_id"],
        holder_proof=proof,
    )
    said = Message(message_id=job["record_id"], role=Role.ROLE_USER, parts=[Part(text=job["text"])])
    return attach_to_sdk_message(said, request)


async def call(job):
    said = await asyncio.to_thread(message, job)
    async with httpx.AsyncClient(headers={EXTENSION_HEADER: EXTENSION_URI}, timeout=20) as http:
        reply = await http.get(job["url"] + "/.well-known/agent-card.json")
        card = json_format.ParseDict(reply.json(), AgentCard(), ignore_unknown_fields=True)
        found = inspect_agent_card(card)
        config = ClientConfig(
            streaming=job["streaming"],
            httpx_client=http,
            supported_protocol_bindings=[job["binding"]],
            use_client_preference=True,
        )
        if job["binding"] == "GRPC":
            import grpc

            config.grpc_channel_factory = grpc.aio.insecure_channel
        client = ClientFactory(config).create(card)
        task, texts, events = None, [], 0
        async for event in client.send_message(SendMessageRequest(message=said)):
            events += 1
            if event.HasField("task"):
                task = event.task
                status = task.status
            elif event.HasField("status_update"):
                status = event.status_update.status
            else:
                continue
            texts += [part.text for part in status.message.parts]
            state = TaskState.Name(status.state)
        metadata = json_format.MessageToDict(task.metadata)
        return {
            "state": state,
            "text": texts[-1] if texts else "",
            "events": events,
            "record": metadata.get(RECORD),
            "advertised": found.advertised,
            "require_caller_attestation": found.require_caller_attestation,
        }


for line in sys.stdin:
    try:
        outcome = {"answer": asyncio.run(call(json.loads(line)))}
    except Exception as refusal:  # reported, so that the run shows what the SDK makes of a refusal
        outcome = {"refused": f"{type(refusal).__name__}: {refusal}"}
    print(json.dumps(outcome), flush=True)
