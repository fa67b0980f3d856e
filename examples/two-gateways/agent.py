"""An agent on the stock `a2a-sdk`, which knows nothing of cA2A: it repeats what it is told, in an artifact."""

import asyncio
import json
import sys

import grpc
import httpx
import uvicorn
from a2a.helpers.proto_helpers import new_task_from_user_message
from a2a.server.agent_execution import AgentExecutor, RequestContext
from a2a.server.events import EventQueue
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.request_handlers.grpc_handler import GrpcHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes
from a2a.server.routes.rest_routes import create_rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import AgentCapabilities, AgentCard, AgentInterface, AgentSkill, Part, a2a_pb2_grpc
from starlette.applications import Starlette


# PORT streaming|blocking [PEER [BINDING [GRPC-PORT]]]
WORDS = dict(enumerate(sys.argv))

# Where this agent finds its peer; it has none unless it is told.
PEER = WORDS.get(3, "")

# The one binding that it speaks.
BINDING = WORDS.get(4, "JSONRPC")


def ask(url: str, text: str, call: str) -> str:
    message = {"messageId": f"on-{call}", "role": "ROLE_USER", "parts": [{"text": text}]}
    request = {"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}}
    headers = {"A2A-Version": "1.0", "Ca2a-Call-Id": call}
    answer = httpx.post(url, json=request, headers=headers, timeout=30).json()
    if "error" in answer:
        return json.dumps(answer["error"])
    return answer["result"]["task"]["artifacts"][0]["parts"][0]["text"]


def headers_of(context: RequestContext) -> dict:
    state = context.call_context.state
    return state["headers"] if "headers" in state else dict(state["grpc_context"].invocation_metadata())


class Repeater(AgentExecutor):
    async def execute(self, context: RequestContext, event_queue: EventQueue) -> None:
        task = context.current_task
        if task is None:
            task = new_task_from_user_message(context.message)
            await event_queue.enqueue_event(task)
        updater = TaskUpdater(event_queue, task.id, task.context_id)
        text = context.get_user_input()
        await updater.start_work()
        if text == "ask":
            await updater.requires_input(updater.new_agent_message([Part(text="what?")]))
            return
        headers = headers_of(context)
        if text.startswith("pass on: "):
            # As an agent that copies the id of the call that it works on.
            answer = await asyncio.to_thread(ask, PEER, text.removeprefix("pass on: "), headers["ca2a-call-id"])
            await updater.add_artifact([Part(text=f"it said: {answer}")], name="passed on")
            await updater.complete()
            return
        subject = headers.get("ca2a-subject", "nobody")
        await updater.add_artifact([Part(text=text)], name="repeated")
        await updater.complete(updater.new_agent_message([Part(text=f"for {subject}")]))

    async def cancel(self, context: RequestContext, event_queue: EventQueue) -> None:
        await TaskUpdater(event_queue, context.task_id, context.context_id).cancel()


async def main() -> None:
    port, streaming = int(sys.argv[1]), sys.argv[2] == "streaming"
    url = f"127.0.0.1:{WORDS[5]}" if BINDING == "GRPC" else f"http://127.0.0.1:{port}/"
    card = AgentCard(
        name="repeater",
        description="repeats",
        version="1.0.0",
        supported_interfaces=[AgentInterface(url=url, protocol_binding=BINDING, protocol_version="1.0")],
        capabilities=AgentCapabilities(streaming=streaming, push_notifications=False),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[AgentSkill(id="repeat", name="repeat", description="repeats", tags=["repeat"])],
    )
    handler = DefaultRequestHandler(agent_executor=Repeater(), task_store=InMemoryTaskStore(), agent_card=card)
    routes = create_agent_card_routes(card)
    if BINDING == "JSONRPC":
        routes += create_jsonrpc_routes(handler, rpc_url="/")
    elif BINDING == "HTTP+JSON":
        routes += create_rest_routes(handler)
    else:
        rpc = grpc.aio.server()
        a2a_pb2_grpc.add_A2AServiceServicer_to_server(GrpcHandler(handler), rpc)
        rpc.add_insecure_port(url)
        await rpc.start()
    config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="warning")
    await uvicorn.Server(config).serve()


asyncio.run(main())
