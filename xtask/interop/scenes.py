"""Writes files for both command lines to judge, and `index.json`, which says with which arguments.

Everything is made and signed with the published package, then spoiled in one way each; `signed` variants are spoiled
before they are signed.
"""

import copy
import hashlib
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from ca2a_runtime.delegation import DelegationCredential, revoke
from ca2a_runtime.provenance import denial_record_for, record_for
from ca2a_runtime.trace_binding import HopContext, build_trace_record, sign_trace_record, trace_record_hash
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FOLDER = Path(sys.argv[1])
NOW = int(time.time())
INDEX = []


def key_of(name):
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"scene {name}".encode()).digest())


def public(key):
    return key.public_key().public_bytes_raw().hex()


NAMES = ["root", "planner", "researcher", "searcher", "stranger"]
KEYS = {name: key_of(name) for name in NAMES}
ROOT = public(KEYS["root"])


def credential(number, scope, **changes):
    issuer, subject = KEYS[NAMES[number]], KEYS[NAMES[number + 1]]
    drawn = DelegationCredential(
        credential_id=f"cred-{number}",
        issuer=public(issuer),
        subject=public(subject),
        scope=frozenset(scope),
        depth=number,
        parent_id=f"cred-{number - 1}" if number else None,
    )
    return replace(drawn, **changes).sign(issuer)


CHAIN = [
    credential(0, ["search", "read", "höher"]),
    credential(1, ["search", "read"], not_before=NOW - 1000, not_after=NOW + 1_000_000),
    credential(2, ["search"]),
]


def wire(chain):
    return [{**hop.body(), "signature": hop.signature} for hop in chain]


def put(name, content):
    path = FOLDER / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def scene(name, verb, *arguments):
    INDEX.append({"name": name, "verb": verb, "arguments": list(arguments)})


# verify-chain: what the generated chains do not cover, the files themselves.
ROOTED = ["--trusted-root-issuer", ROOT]
CHAIN_FILE = put("chain.json", wire(CHAIN))
WRAPPED = put("wrapped.json", {"note": "any", "chain": wire(CHAIN)})
scene("a bare list", "verify-chain", "--chain", CHAIN_FILE, *ROOTED)
scene("an object with a chain", "verify-chain", "--chain", WRAPPED, *ROOTED)
scene("two roots", "verify-chain", "--chain", CHAIN_FILE, "--trusted-root-issuer", public(KEYS["stranger"]), *ROOTED)
scene("no such file", "verify-chain", "--chain", str(FOLDER / "absent.json"), *ROOTED)
for name, text in [("not JSON", "[}"), ("a number", "7"), ("no chain in it", "{}"), ("hops that are no objects", "[1]")]:
    scene(name, "verify-chain", "--chain", put(f"chain-{len(INDEX)}.json", text), *ROOTED)
scene("empty", "verify-chain", "--chain", put("chain-empty.json", []), *ROOTED)
scene("a shallow limit", "verify-chain", "--chain", CHAIN_FILE, *ROOTED, "--max-depth", "1")
scene("before the window", "verify-chain", "--chain", CHAIN_FILE, *ROOTED, "--at-time", "1000")
scene("a root that is another", "verify-chain", "--chain", CHAIN_FILE, "--trusted-root-issuer", public(KEYS["stranger"]))
scene("no root at all", "verify-chain", "--chain", CHAIN_FILE)
scene("no such flag", "verify-chain", "--chain", CHAIN_FILE, *ROOTED, "--frobnicate")

STATEMENT = revoke(CHAIN[1], KEYS["root"], issued_at=NOW - 50).to_dict()
QUIET = put("quiet.json", {"as_of": NOW - 10, "revocations": []})
LOUD = put("loud.json", {"as_of": NOW - 10, "revocations": [STATEMENT]})
FORGED = put("forged.json", {"as_of": NOW, "revocations": [{**STATEMENT, "issued_at": NOW - 49}]})
for name, snapshot in [("nobody revoked", QUIET), ("revoked", LOUD), ("forged", FORGED), ("absent", str(FOLDER / "no"))]:
    scene(f"snapshot: {name}", "verify-chain", "--chain", CHAIN_FILE, *ROOTED, "--revocations", snapshot)
STRICT = ["--max-revocation-staleness", "5"]
scene("snapshot: too old", "verify-chain", "--chain", CHAIN_FILE, *ROOTED, "--revocations", QUIET, *STRICT)
scene("snapshot: none", "verify-chain", "--chain", CHAIN_FILE, *ROOTED, *STRICT)


# verify-dag: unsigned records.
def linked(*makers):
    records, parent = [], None
    for make in makers:
        record = make(parent)
        records.append(record)
        parent = record.record_hash()
    return records


def allow(number, **changes):
    return lambda parent: replace(record_for(CHAIN[number], f"rec-{number}", parent), **changes)


def deny(number, capability="write", **changes):
    reason = f"capability {capability!r} is not in the effective scope"
    return lambda parent: replace(
        denial_record_for(
            CHAIN[number],
            f"rec-{number}",
            parent,
            requested_capability=capability,
            effective_scope=frozenset({"search"}),
            reason=reason,
        ),
        **changes,
    )


DAGS = {
    "three hops": linked(allow(0), allow(1), allow(2)),
    "software callers": linked(*(allow(n, caller_attestation="software-only") for n in range(3))),
    "a refused leaf": linked(allow(0), allow(1), allow(2), deny(2, record_id="rec-3")),
    "refused at once": linked(deny(0)),
    "a hop after a refusal": linked(allow(0), deny(1), allow(2)),
    "two records": linked(allow(0), allow(1)),
    "one id twice": linked(allow(0), allow(1, record_id="rec-0"), allow(2)),
    "another credential": linked(allow(0), allow(1, credential_id="cred-7"), allow(2)),
    "another subject": linked(allow(0), allow(1, subject=ROOT), allow(2)),
    "a refusal under a credential of others": linked(allow(0), allow(1), allow(2), deny(2, record_id="rec-3", credential_id="cred-9")),
    "a root with a parent": [allow(0)("00" * 32), *linked(allow(1))],
    "a broken link": [allow(0)(None), allow(1)("00" * 32)],
    "a missing root": linked(allow(0), allow(1), allow(2))[1:],
    "nothing": [],
}
for name, records in DAGS.items():
    bodies = [record.body() for record in records]
    file = put(f"dag-{len(INDEX)}.json", bodies if len(bodies) % 2 else {"records": bodies})
    scene(f"dag: {name}", "verify-dag", "--dag", file)
    scene(f"dag: {name}, structure only", "verify-dag", "--dag", file, "--structural-only")
    scene(f"dag: {name}, with its chain", "verify-dag", "--dag", file, "--structural-only", "--chain", CHAIN_FILE, *ROOTED)
EDITED = [record.body() for record in DAGS["three hops"]]
EDITED[0]["scope"] = ["search"]
scene("dag: an edited record", "verify-dag", "--dag", put("dag-edited.json", EDITED), "--structural-only")
scene("dag: a chain without a root", "verify-dag", "--dag", put("dag.json", EDITED), "--chain", CHAIN_FILE)
scene("dag: revocations without a chain", "verify-dag", "--dag", put("dag.json", EDITED), "--revocations", QUIET)
scene("dag: no such file", "verify-dag", "--dag", str(FOLDER / "absent.json"))
scene("dag: not JSON", "verify-dag", "--dag", put("dag-text.json", "records"))


# verify-lineage: signed TRACE records.
CONTEXT = HopContext.software(
    model_provider="example",
    model_id="model-1",
    image_label="interop",
    policy_bundle_hash="sha256:" + "ab" * 32,
)


def lineage(spoil=lambda number, record: record, signers=("planner", "researcher", "searcher"), after=lambda records: records):
    records, parent = [], None
    for number, signer in enumerate(signers):
        record = build_trace_record(
            subject=f"spiffe://example.org/agent/{signer}",
            iat=NOW - 100 + number,
            context=CONTEXT,
            credential_id=None if parent is None else f"cred-{number}",
            parent_record_hash=parent,
        )
        signed = sign_trace_record(spoil(number, record), KEYS[signer])
        records.append(signed)
        parent = trace_record_hash(signed)
    return after(records)


def at(place, **changes):
    return lambda number, record: {**record, **changes} if number == place else record


def edit(place, change):
    def apply(records):
        records = copy.deepcopy(records)
        change(records[place])
        return records

    return apply


def relink(link):
    return lambda number, record: {**record, "delegation": {**record["delegation"], **link}} if number == 1 else record


LINEAGES = {
    "honest": lineage(),
    "a member changed afterwards": lineage(after=edit(1, lambda record: record.update(data_class="public"))),
    "a signature of another record": lineage(after=lambda records: [{**records[0], "signature": records[1]["signature"]}, *records[1:]]),
    "no signature": lineage(after=edit(2, lambda record: record.pop("signature"))),
    "an unknown member": lineage(after=edit(0, lambda record: record.update(extra=1))),
    "signed: a link to nothing": lineage(relink({"parent_record_hash": "sha256:" + "00" * 32})),
    "signed: under another credential": lineage(relink({"credential_id": "cred-9"})),
    "signed by a stranger": lineage(signers=("planner", "stranger", "searcher")),
    "signed by the wrong one of the chain": lineage(signers=("planner", "searcher", "searcher")),
    "signed: far in the future": lineage(at(2, iat=NOW + 100_000)),
    "the leaf is missing": lineage(after=lambda records: records[:2]),
    "the root is missing": lineage(after=lambda records: records[1:]),
    "a record twice": lineage(after=lambda records: [*records, records[2]]),
    "out of order": lineage(after=lambda records: [records[0], records[2], records[1]]),
    "nothing": [],
}
for name, records in LINEAGES.items():
    file = put(f"trace-{len(INDEX)}.json", records if len(INDEX) % 2 else {"records": records})
    scene(f"lineage: {name}", "verify-lineage", "--dag", file, "--chain", CHAIN_FILE, *ROOTED)
HONEST = put("trace.json", LINEAGES["honest"])
scene("lineage: another root", "verify-lineage", "--dag", HONEST, "--chain", CHAIN_FILE, "--trusted-root-issuer", public(KEYS["planner"]))
scene("lineage: too old", "verify-lineage", "--dag", HONEST, "--chain", CHAIN_FILE, *ROOTED, "--max-age-seconds", "10")
scene("lineage: young enough", "verify-lineage", "--dag", HONEST, "--chain", CHAIN_FILE, *ROOTED, "--max-age-seconds", "90000")
scene("lineage: revoked", "verify-lineage", "--dag", HONEST, "--chain", CHAIN_FILE, *ROOTED, "--revocations", LOUD)
scene("lineage: nobody revoked", "verify-lineage", "--dag", HONEST, "--chain", CHAIN_FILE, *ROOTED, "--revocations", QUIET)
scene("lineage: not JSON", "verify-lineage", "--dag", put("trace-text.json", "{"), "--chain", CHAIN_FILE, *ROOTED)
scene("lineage: no such file", "verify-lineage", "--dag", str(FOLDER / "absent.json"), "--chain", CHAIN_FILE, *ROOTED)

# validate-config: only what an honest operator writes, and mistakes that both refuse.
CONFIGS = {
    "empty": "",
    "software": "attestation:\n  provider: software-only\n",
    "everything": f"""attestation:
  provider: software-only
  enforcement_mode: advisory
  require_caller_attestation: any
  challenge_ttl_seconds: 30
max_delegation_depth: 3
listen_addr: "[::1]:8443"
local_policy: [search, read]
trusted_root_issuers:
  - "{ROOT}"
""",
    "hardware callers": "attestation:\n  require_caller_attestation: hardware\n  caller_verifier: {platform: tpm, trusted_roots_path: roots.pem}\n",
    "unknown provider": "attestation: {provider: magic}\n",
    "unknown mode": "attestation: {enforcement_mode: lax}\n",
    "unknown requirement": "attestation: {require_caller_attestation: some}\n",
    "hardware callers without a verifier": "attestation: {require_caller_attestation: hardware}\n",
    "a verifier without roots": "attestation: {caller_verifier: {platform: tpm}}\n",
    "an unknown verifier": "attestation: {caller_verifier: {platform: abacus, trusted_roots_path: r}}\n",
    "no time to live": "attestation: {challenge_ttl_seconds: 0}\n",
    "depth 0": "max_delegation_depth: 0\n",
    "depth as text": 'max_delegation_depth: "8"\n',
    "no port": "listen_addr: localhost\n",
    "port 0": 'listen_addr: "127.0.0.1:0"\n',
    "a policy that is no list": "local_policy: read\n",
    "an empty capability": 'local_policy: [""]\n',
    "roots that are no list": f'trusted_root_issuers: "{ROOT}"\n',
    "a manifest by half": "agent_manifest: {path: manifest.json}\n",
    "a list": "- attestation\n",
    "no YAML": "attestation: [\n",
}
for name, text in CONFIGS.items():
    scene(f"config: {name}", "validate-config", "--config", put(f"config-{len(INDEX)}.yaml", text))
scene("config: no such file", "validate-config", "--config", str(FOLDER / "absent.yaml"))

put("index.json", INDEX)
