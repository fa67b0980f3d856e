"""Measures `trusthandoff`: one JSON order in, one figure out, all in one warm process. CPU seconds, medians of batches."""

import json
import statistics
import sys
import time

from trusthandoff import (
    AgentIdentity,
    AgentRegistry,
    TrustHandoffMiddleware,
    decode_capability_token,
    envelope_from_json,
    sign_packet,
    verify_capability_chain,
    verify_packet,
)
from trusthandoff.middleware import steps
from trusthandoff.replay import ReplayProtection

try:
    from trusthandoff.events import clear_events
except ImportError:
    def clear_events():
        pass


def each(order, operation):
    def batch(calls):
        before = time.process_time()
        for _ in range(calls):
            operation()
        spent = time.process_time() - before
        # Every verdict is kept in a list that grows without bound.
        clear_events()
        return spent

    calls = 1
    while batch(calls) < order["batch_seconds"]:
        calls *= 2
    return statistics.median(batch(calls) / calls for _ in range(order["batches"]))


def sign(given):
    packet = envelope_from_json(given["envelope"]).packet
    sender = AgentIdentity(given["agent_id"], given["private_key_pem"], given["public_key_pem"])
    return lambda: sign_packet(packet, sender)


def verify(given):
    packet = envelope_from_json(given["envelope"]).packet
    assert verify_packet(packet)
    return lambda: verify_packet(packet)


def parse_verify(given):
    text = given["envelope"]
    return lambda: verify_packet(envelope_from_json(text).packet)


def pipeline(given):
    text = given["envelope"]

    def operation():
        # The memory of nonces is one for the whole process; a second call must not be a replay.
        steps.replay_store = ReplayProtection()
        decision = TrustHandoffMiddleware().handle(envelope_from_json(text)).decision
        assert decision == "ACCEPT", decision

    return operation


def capabilities(given):
    registry = AgentRegistry()
    for agent, key in given["registry"].items():
        registry.register(agent, key)
    chain = [decode_capability_token(token) for token in given["tokens"]]
    assert verify_capability_chain(chain, registry)
    return lambda: verify_capability_chain([decode_capability_token(token) for token in given["tokens"]], registry)


ROWS = {
    "sign": sign,
    "verify": verify,
    "parse_verify": parse_verify,
    "pipeline": pipeline,
    "capabilities": capabilities,
}

for line in sys.stdin:
    order = json.loads(line)
    try:
        answer = {"seconds": each(order, ROWS[order["row"]](order["input"]))}
    except Exception as error:
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
