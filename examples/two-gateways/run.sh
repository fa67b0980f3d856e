#!/usr/bin/env bash
# Two agents on the stock a2a-sdk, a gateway before each of them, and somebody on the wire between the gateways.
# Usage: run.sh FOLDER
# Everything that is made goes into FOLDER, which must be new. `ca2a` is on the PATH; PYTHON may name an interpreter that has
# the SDK, else an environment is made in FOLDER.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir "$1"
cd "$1"
trap 'kill $(jobs -p) 2> /dev/null || true' EXIT

if [[ -z ${PYTHON:-} ]]; then
    python3 -m venv venv
    venv/bin/pip install --quiet 'a2a-sdk[http-server,grpc]==1.3.0' uvicorn
    PYTHON=venv/bin/python
fi

free_ports="import socket
all = [socket.create_server(('127.0.0.1', 0)) for _ in range(9)]
print(*(one.getsockname()[1] for one in all))"
read -r agent_a agent_b in_a in_b out_a out_b grpc_b wire_a wire_b < <("$PYTHON" -c "$free_ports")

public() { sed 's/.*"public_key":"\([0-9a-f]*\)".*/\1/'; }
root=$(ca2a keygen --out root.pem | public)
a=$(ca2a keygen --out a.pem | public)
b=$(ca2a keygen --out b.pem | public)
# What the agent beside a may ask for where it works for nobody else.
caller=$(ca2a keygen --out caller.pem | public)
ca2a issue --key root.pem --subject "$caller" --scope read --valid-for 3600 --out chain.json > /dev/null

# NAME, its agent, where it listens, where others find it, where its agent finds peers; the route to its peer comes from stdin.
gateway() {
    cat > "$1.yaml" <<END
attestation: {provider: software-only}
listen_addr: '127.0.0.1:$3'
local_policy: [read]
trusted_root_issuers: ['$root']
ca2a:
  state_dir: $1-state
  holder_key_path: $1.pem
  gateway:
    upstream: 'http://127.0.0.1:$2/'
    url: 'http://127.0.0.1:$4'
    outbound:
      listen_addr: '127.0.0.1:$5'
      peers:
$(sed 's/^/        /')
END
    if ca2a validate-config --config "$1.yaml" 2>&1 > /dev/null | grep --quiet 'no feature `grpc`'; then
        echo 'this ca2a speaks no gRPC (`cargo build -p ca2a-cli --features grpc` makes one that does)' >&2
        sed --in-place /grpc_listen_addr/d "$1.yaml"
    fi
    ca2a validate-config --config "$1.yaml" > /dev/null
}
gateway a "$agent_a" "$in_a" "$wire_a" "$out_a" <<END
- name: b
  url: 'http://127.0.0.1:$wire_b'
  card_key: '$b'
  capability: read
  chain_path: chain.json
  key_path: caller.pem
  grant: {subject: '$b', scope: [read], ttl_seconds: 300}
  grpc_listen_addr: '127.0.0.1:$grpc_b'
END
gateway b "$agent_b" "$in_b" "$wire_b" "$out_b" <<END
- name: a
  url: 'http://127.0.0.1:$wire_a'
  card_key: '$a'
  capability: read
END

listens() {
    until "$PYTHON" -c "import socket; socket.create_connection(('127.0.0.1', $1))" 2> /dev/null; do
        kill -0 "$2"
        sleep 0.1
    done
}
start() {
    local port=$1 name=$2
    shift 2
    "$@" > "$name.log" 2>&1 &
    listens "$port" $! || { cat "$name.log"; exit 1; }
}
start "$agent_a" agent-a "$PYTHON" "$here/agent.py" "$agent_a" streaming
start "$agent_b" agent-b "$PYTHON" "$here/agent.py" "$agent_b" streaming "http://127.0.0.1:$out_b/peers/a/"
start "$wire_a" wire-a "$PYTHON" "$here/wire.py" "$wire_a" "$in_a" a.wire
start "$wire_b" wire-b "$PYTHON" "$here/wire.py" "$wire_b" "$in_b" b.wire
start "$in_a" gateway-a ca2a gateway --config a.yaml
start "$in_b" gateway-b ca2a gateway --config b.yaml

"$PYTHON" "$here/caller.py" "http://127.0.0.1:$out_a/peers/b" 'a secret of theirs' 'pass on: a deeper secret' | tee answers.jsonl

for wire in a.wire b.wire; do
    grep --quiet sealed_payload "$wire" && grep --quiet sealed_result "$wire"
    for secret in 'a secret of theirs' 'a deeper secret' 'it said' "for $caller"; do
        if grep --quiet "$secret" "$wire"; then
            echo "$secret: was on the wire" >&2
            exit 1
        fi
    done
done
echo "on the wire: $(cat a.wire b.wire | wc -c) bytes, and nothing of what was said"
for side in a b; do
    ca2a records --config $side.yaml --statements > $side.jsonl 2> records.log || { cat records.log; exit 1; }
    echo "gateway $side keeps $(wc -l < $side.jsonl) signed statements"
done
