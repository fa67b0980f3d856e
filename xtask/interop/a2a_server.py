"""An agent on the official A2A SDK that demands authority through the published package: the other end of our client."""

import asyncio
import sys

import grpc
import uvicorn
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.request_handlers.grpc_handler import GrpcHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes, create_rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import a2a_pb2_grpc
from a2a.types.a2a_pb2 import AgentCapabilities, AgentCard, AgentInterface, AgentSkill, Part, Task, TaskState
from ca2a_runtime.errors import CA2AError
from ca2a_runtime.node import PeerNode
from ca2a_runtime.policy import LocalPolicy
from ca2a_runtime.transport import wire
from ca2a_runtime.transport.a2a_sdk import merge_agent_card, metadata_from_sdk_message
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

PORT, GRPC_PORT, ROOT, CAPABILITIES = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4].split(",")
NODE = PeerNode(LocalPolicy.of(CAPABILITIES), trusted_root_issuers=[ROOT])


class Echo(AgentExecutor):
    """Says what it was told, after the node let the message in."""

    async def execute(self, context, event_queue):
        task = Task(id=context.task_id, context_id=context.context_id)
        task.status.state = TaskState.TASK_STATE_SUBMITTED
        await event_queue.enqueue_event(task)
        updater = TaskUpdater(event_queue, context.task_id, context.context_id)
        try:
            NODE.handle({"metadata": metadata_from_sdk_message(context.message)})
        except CA2AError as refusal:
            said = updater.new_agent_message([Part(text=f"{refusal.code}: {refusal}")])
            return await updater.reject(said)
        await updater.start_work()
        await updater.complete(updater.new_agent_message([Part(text=context.get_user_input())]))

    async def cancel(self, context, event_queue):
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()


async def channel(request):
    nonce = request.query_params.get("nonce", "")
    return JSONResponse(wire.serialize_channel_offer(NODE.offer(nonce), challenge=NODE.issue_challenge()))


async def main():
    url = f"http://127.0.0.1:{PORT}"
    interfaces = [
        AgentInterface(url=url + "/", protocol_binding="JSONRPC", protocol_version="1.0"),
        AgentInterface(url=url + "/rest", protocol_binding="HTTP+JSON", protocol_version="1.0"),
        AgentInterface(url=f"127.0.0.1:{GRPC_PORT}", protocol_binding="GRPC", protocol_version="1.0"),
    ]
    card = AgentCard(
        name="echo",
        description="says what it was told",
        version="1",
        supported_interfaces=interfaces,
        capabilities=AgentCapabilities(streaming=True),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[AgentSkill(id="echo", name="echo", description="echo", tags=["echo"])],
    )
    card = merge_agent_card(card, NODE)
    handler = DefaultRequestHandler(agent_executor=Echo(), task_store=InMemoryTaskStore(), agent_card=card)
    routes = [
        Route("/.well-known/ca2a/channel", channel),
        *create_agent_card_routes(card),
        *create_rest_routes(handler, path_prefix="/rest"),
        *create_jsonrpc_routes(handler, rpc_url="/"),
    ]
    rpc = grpc.aio.server()
    a2a_pb2_grpc.add_A2AServiceServicer_to_server(GrpcHandler(handler), rpc)
    rpc.add_insecure_port(f"127.0.0.1:{GRPC_PORT}")
    await rpc.start()
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=PORT, log_level="error"))
    await server.serve()


asyncio.run(main())
