"""A LangGraph graph that hands a task over, and attests what its nodes return.

The agent's key never enters this process: `ca2a handoff serve --stdio` holds it. Usage:

    python langgraph_graph.py path/to/ca2a
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TypedDict

from langgraph.graph import END, START, StateGraph


class Desk:
    """One `ca2a handoff serve --stdio`: a JSON object a line, in and out."""

    def __init__(self, ca2a, key):
        command = [ca2a, "handoff", "serve", "--stdio", "--key", key]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if not answer["ok"]:
            raise RuntimeError(f"{answer['code']}: {answer['error']}")
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class State(TypedDict, total=False):
    company: str
    packet_id: str
    envelope: dict
    decision: dict
    output: dict


def build(planner, researcher):
    def hand_over(state):
        event = {
            "target_agent_id": researcher.ask(op="identity")["agent_id"],
            "state_intent": "search",
            "state_context": {"company": state["company"]},
        }
        envelope = planner.ask(op="create_envelope", framework="langgraph", event=event)["envelope"]
        return {"envelope": envelope, "packet_id": envelope["packet"]["packet_id"]}

    def take_over(state):
        return {"decision": researcher.ask(op="verify", document=state["envelope"])["decision"]}

    def research(state):
        returned = {"summary": f"{state['company']} was founded", "sources": 2}
        request = {"framework": "langgraph", "state": {"packet_id": state["packet_id"]}, "returned": returned}
        output = researcher.ask(op="wrap_node", **request)
        return {"output": {"result": output["result"], "attestation": output["attestation"]}}

    graph = StateGraph(State)
    graph.add_node("hand_over", hand_over)
    graph.add_node("take_over", take_over)
    graph.add_node("research", research)
    graph.add_edge(START, "hand_over")
    graph.add_edge("hand_over", "take_over")
    accepted = lambda state: "research" if state["decision"]["decision"] == "ACCEPT" else END
    graph.add_conditional_edges("take_over", accepted)
    graph.add_edge("research", END)
    return graph.compile()


def main():
    ca2a = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        desks = []
        for name in ["planner", "researcher"]:
            key = str(Path(folder) / f"{name}.pem")
            subprocess.run([ca2a, "handoff", "keygen", "--out", key], check=True, stdout=subprocess.DEVNULL)
            desks.append(Desk(ca2a, key))
        planner, researcher = desks
        final = build(planner, researcher).invoke({"company": "Example Corp"})
        print(final["decision"]["decision"], "-", final["decision"]["reason"])
        who = researcher.ask(op="identity")
        proof = {"agent_id": who["agent_id"], "public_key": who["public_key"]}
        planner.ask(op="verify_node_output", output=final["output"], **proof)
        print("attested:", final["output"]["result"]["summary"])
        again = researcher.ask(op="verify", document=final["envelope"])["decision"]
        print("once more:", again["decision"], "-", again["reason"])
        for desk in desks:
            desk.close()


if __name__ == "__main__":
    main()
