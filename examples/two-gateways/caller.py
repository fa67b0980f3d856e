"""A caller on the stock `a2a-sdk`, which knows nothing of cA2A: finds an agent by its card, says each text to it, prints what came."""

import asyncio
import json
import sys

import httpx
from a2a.client.client import ClientConfig
from a2a.client.client_factory import ClientFactory
from a2a.types.a2a_pb2 import AgentCard, Message, Part, Role, SendMessageRequest, TaskState
from google.protobuf import json_format


def channel(address):
    """A way over gRPC; the SDK brings what that needs with its extra `grpc`."""
    import grpc

    return grpc.aio.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])


async def say(http, card, binding, streaming, number, text):
    config = ClientConfig(
        streaming=streaming,
        httpx_client=http,
        grpc_channel_factory=channel,
        supported_protocol_bindings=[binding],
        use_client_preference=True,
    )
    client = ClientFactory(config).create(card)
    message = Message(message_id=f"m-{number}", role=Role.ROLE_USER, parts=[Part(text=text)])
    states, texts, events = [], [], 0
    async for event in client.send_message(SendMessageRequest(message=message)):
        events += 1
        if event.HasField("task"):
            states.append(TaskState.Name(event.task.status.state))
            texts += [part.text for artifact in event.task.artifacts for part in artifact.parts]
            texts += [part.text for part in event.task.status.message.parts]
        elif event.HasField("status_update"):
            states.append(TaskState.Name(event.status_update.status.state))
            texts += [part.text for part in event.status_update.status.message.parts]
        elif event.HasField("artifact_update"):
            texts += [part.text for part in event.artifact_update.artifact.parts]
    return {"state": states[-1] if states else None, "texts": texts, "events": events}


async def main():
    base, said = sys.argv[1], sys.argv[2:]
    async with httpx.AsyncClient(timeout=30) as http:
        reply = await http.get(base + "/.well-known/agent-card.json")
        card = json_format.ParseDict(reply.json(), AgentCard(), ignore_unknown_fields=True)
        number = 0
        for binding in [interface.protocol_binding for interface in card.supported_interfaces]:
            for streaming in [False, True]:
                for text in said:
                    number += 1
                    answer = await say(http, card, binding, streaming, number, text)
                    print(json.dumps({"binding": binding, "streaming": streaming, "said": text, **answer}))


asyncio.run(main())
