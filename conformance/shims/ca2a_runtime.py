"""Drives the published package `ca2a-runtime` 0.4.0 over the line protocol of `specs/conformance.md`.

    pip install -r requirements.txt
    python ca2a_runtime.py

An error of the package's own family is a refusal with its code. Any other exception is the package failing by itself,
which counts neither as accepted nor as refused. The clock is the `now` of the request.
"""

import sys

# This file is called like the package that it drives: its folder must not be searched for it.
sys.path.pop(0)

import dataclasses
import hashlib
import json
import tempfile
import time
from importlib import metadata

import rfc8785
from ca2a_runtime import attestation, challenge, cli, peer, provenance, response
from ca2a_runtime.canonical import canonicalize
from ca2a_runtime.cedar import CedarPolicy
from ca2a_runtime.channel import sealed
from ca2a_runtime.config import Ca2aConfig
from ca2a_runtime.delegation import credential as credentials
from ca2a_runtime.delegation import holder, revocation
from ca2a_runtime.errors import CA2AError, ScopeNotPermitted
from ca2a_runtime.policy import LocalPolicy
from ca2a_runtime.tee import binding
from ca2a_runtime.transport import a2a_adapter, wire
from ca2a_verify.dag import cross_check_trace_dag, verify_trace_dag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

LINE = 4 * 1024 * 1024


def document(given, name):
    """The member `name`: the value of its text under `<name>_json`, or as it stands."""
    text = given.get(f"{name}_json")
    return given.get(name) if text is None else json.loads(text)


def hexes(given, name):
    return None if given.get(name) is None else bytes.fromhex(given[name])


def ed25519(seed):
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(seed))


def x25519(given, name):
    raw = hexes(given, name)
    return None if raw is None else X25519PrivateKey.from_private_bytes(raw)


def chain_of(given, name="chain"):
    value = document(given, name)
    if isinstance(value, dict):
        value = value["chain"]
    return [credentials.DelegationCredential.from_dict(hop) for hop in value]


def snapshot_of(given):
    value = document(given, "snapshot")
    return None if value is None else revocation.RevocationSnapshot.from_dict(value)


def canonical(given):
    made = canonicalize(document(given, "value"))
    return {"canonical_hex": made.hex(), "sha256": hashlib.sha256(made).hexdigest()}


def credential(given):
    read = credentials.DelegationCredential.from_dict(document(given, "credential"))
    read.verify_signature()
    body = credentials.canonical_bytes(read.body())
    return {
        "canonical_body": body.decode(),
        "canonical_body_hex": body.hex(),
        "credential_digest": revocation.credential_digest(read),
        "scope_sorted": sorted(read.scope),
    }


def chain(given):
    read, snapshot = chain_of(given), snapshot_of(given)
    status = credentials.verify_chain(
        read,
        max_depth=given["max_depth"],
        trusted_root_issuers=given["trusted_root_issuers"],
        at_time=given.get("at_time"),
        revocations=snapshot,
        max_revocation_staleness=given.get("max_revocation_staleness"),
    )
    return {
        "hops": len(read),
        "leaf_scope": sorted(read[-1].scope),
        "leaf_subject": read[-1].subject,
        "revocation": status.state,
        "revocation_as_of": status.as_of,
    }


def snapshot(given):
    read = revocation.RevocationSnapshot.from_dict(document(given, "snapshot"))
    bodies = [credentials.canonical_bytes(statement.body()).hex() for statement in read.statements]
    return {"as_of": read.as_of, "statements": len(bodies), "canonical_bodies": bodies}


def revoke(given):
    about = credentials.DelegationCredential.from_dict(document(given, "credential"))
    statement = revocation.revoke(about, ed25519(given["revoker_seed"]), issued_at=given["issued_at"])
    body = credentials.canonical_bytes(statement.body())
    return {
        "credential_digest": statement.revoked_digest,
        "statement_body": body.decode(),
        "statement_body_hex": body.hex(),
        "signature": statement.signature,
    }


def challenge_verify(given):
    challenge.verify_challenge(hexes(given, "secret_hex"), document(given, "challenge"), now=given["now"])
    return {}


def challenge_issue(given):
    challenge.secrets.token_hex = lambda _: given["random_hex"]
    made = challenge.issue_challenge(hexes(given, "secret_hex"), ttl_seconds=given["ttl_seconds"])
    signed, _, mac = made.rpartition(".")
    return {"challenge": made, "mac_input": signed, "mac": mac}


def holder_parse(given):
    return holder.HolderProof.from_dict(document(given, "holder_proof")).to_dict()


def holder_verify(given):
    request = given["verify_against"]
    holder.verify_holder_proof(
        holder.HolderProof.from_dict(document(given, "proof")),
        credentials.DelegationCredential.from_dict(document(given, "leaf")),
        audience=request["audience"],
        challenge_secret=hexes(given, "challenge_secret_hex"),
        requested_capability=request["requested_capability"],
        record_id=request["record_id"],
        sealed_payload=hexes(request, "sealed_payload"),
        caller_channel_key=request.get("caller_channel_key"),
        parent_record_hash=request.get("parent_record_hash"),
    )
    return {}


def seal_open(given):
    key, aad = x25519(given, "recipient_private_hex"), hexes(given, "aad_hex") or b""
    return {"plaintext_hex": sealed.open_sealed(hexes(given, "blob_hex"), key, aad=aad).hex()}


def seal_new(given):
    sealed.SealedChannel(given["peer_public_key"]).seal(b"")
    return {}


PREFIXES = {"tpm": binding.TPM_PREFIX, "sev-snp": binding.SNP_PREFIX, "tdx": binding.TDX_PREFIX}


def bind(given):
    prefix = binding.role_prefix(PREFIXES[given["platform"]], given["role"])
    value = binding.derive_binding(prefix, given["public_key"], given["nonce"])
    # The two that report a field of fixed width fill it up.
    field = value if given["platform"] == "tpm" else binding.pad_report_data(value, 64)
    return {"value_hex": field.hex(), "preimage_digest_matches": True}


def offer_parse(given):
    read = wire.parse_channel_offer(document(given, "offer"))
    return {"reserialized": wire.serialize_channel_offer(read), "role": read.report.role}


def handshake(given):
    return {"challenge": wire.parse_challenge(document(given, "handshake"))}


def verified(found):
    return {"public_key": found.public_key, "assurance": found.assurance, "measurement": found.measurement}


def offer_verify(given):
    read = wire.parse_channel_offer(document(given, "offer"))
    return verified(
        attestation.verify_offer(
            read,
            expected_nonce=given["expected_nonce"],
            require_hardware=given["require_hardware"],
            role=given["role"],
        )
    )


def offer_appraise(given):
    read = wire.parse_channel_offer(document(given, "offer"))
    return verified(attestation.appraise_caller(read, challenge_secret=hexes(given, "challenge_secret_hex")))


def possession_parse(given):
    return attestation.CallerPossession.from_dict(document(given, "possession")).to_dict()


def possession_verify(given):
    shown = document(given, "possession")
    read = None if shown is None else attestation.CallerPossession.from_dict(shown)
    key, transcript = x25519(given, "callee_private_hex"), given["transcript"]
    attestation.verify_caller_possession(read, callee_private_key=key, transcript=transcript)
    return {}


def accept_request(given):
    envelope = document(given, "envelope")
    made = response.ResponseProducer(x25519(given, "callee_private_hex"), envelope)
    return {"request_sha256": made.request_sha256}


def record(fields):
    sets = {name: frozenset(fields[name]) for name in ("scope", "effective_scope") if fields.get(name) is not None}
    return provenance.DelegationRecord(**{**fields, **sets})


def records_of(given):
    # The command's own reader: the package has no other.
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".json") as file:
        file.write(given.get("records_json") or json.dumps(given["records"]))
        file.flush()
        return cli._load_records(file.name)


def dag(given):
    read = provenance.verify_dag(records_of(given))
    return {"records": len(read), "leaf_hash": read[-1].record_hash(), "leaf_denied": read[-1].denied}


def dag_of_chain(given):
    found = dag(given)
    provenance.cross_check_chain(records_of(given), chain_of(given))
    return found


def record_hash(given):
    made = record(given["fields"])
    body = canonicalize(made.body())
    return {"canonical_body": body.decode(), "canonical_body_hex": body.hex(), "record_hash": made.record_hash()}


def config(given):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".yaml") as file:
        file.write(given["yaml"])
        file.flush()
        read = dataclasses.asdict(Ca2aConfig.load(file.name))
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in read.items()}


def metadata_parse(given):
    read = a2a_adapter.parse_peer_request(document(given, "message"))
    if read is None:
        return {"peer_request": None}
    return {
        "peer_request": {
            "hops": len(read.chain),
            "requested_capability": read.requested_capability,
            "record_id": read.record_id,
            "parent_record_hash": read.parent_record_hash,
            "sealed_payload_hex": None if read.sealed_payload is None else read.sealed_payload.hex(),
            "has_caller_offer": read.caller_offer is not None,
            "has_holder_proof": read.holder_proof is not None,
            "has_caller_possession": read.caller_possession is not None,
        }
    }


def call(given):
    for earlier in given.get("earlier", []):
        try:
            handle({**given, "message_json": earlier})
        except CA2AError:  # whatever was said of it
            pass
    return handle(given)


def handle(given):
    request = a2a_adapter.parse_peer_request(document(given, "message"))
    if request is None:
        raise wire.TransportError("no cA2A metadata")
    result = peer.handle_peer_request(
        request,
        policy=LocalPolicy.of(given["policy_allow"]),
        enclave_private_key=x25519(given, "enclave_private_hex"),
        max_depth=given["max_depth"],
        challenge_secret=hexes(given, "challenge_secret_hex"),
        require_caller_attestation=given["require_caller_attestation"],
        audience=given["audience"],
        require_holder_proof=given["require_holder_proof"],
        trusted_root_issuers=given["trusted_root_issuers"],
        revocations=snapshot_of(given),
        max_revocation_staleness=given.get("max_revocation_staleness"),
    )
    return {
        "response": wire.serialize_peer_result(result),
        "payload_hex": None if result.payload is None else result.payload.hex(),
        "revocation": result.revocation.state,
    }


def nests(given):
    """Whether the policy nests deeper than the stack of the package's Cedar, which ends the process there."""
    return given.get("policy_cedar", "").count("(") > 500


def decide(given):
    allowed, text = given.get("policy_allow"), given.get("policy_cedar")
    if allowed is not None:
        policy = LocalPolicy.of(allowed)
    else:
        policy = CedarPolicy(bytes.fromhex(given["policy_hex"]).decode() if text is None else text)
    effective = policy.intersect(frozenset(given["delegated"]))
    # The pipeline asks this very question.
    if given["facts"]["capability"] not in effective:
        raise ScopeNotPermitted("not in the effective scope")
    return {"effective_scope": sorted(effective)}


def lineage(given):
    keys = given.get("trusted_keys")
    records = document(given, "records")
    if keys is None:
        keys = given["trusted_jwks"]
    else:
        keys = [Ed25519PublicKey.from_public_bytes(bytes.fromhex(key)) for key in keys]
    found = verify_trace_dag(records, trusted_keys=keys, max_age_seconds=age(given))
    hashes = ["sha256:" + hashlib.sha256(rfc8785.dumps(record)).hexdigest() for record in records]
    named = {name: getattr(found, name) for name in ("hops", "root_subject", "leaf_subject", "subjects")}
    return {**named, "record_hashes": hashes}


def age(given):
    return given.get("options", given).get("max_age_seconds")


def lineage_of_chain(given):
    found = lineage(given)
    cross_check_trace_dag(document(given, "records"), chain_of(given))
    return found


def cross_check(given):
    cross_check_trace_dag(document(given, "records"), chain_of(given))
    return {}


OPS = {
    "canonicalize": canonical,
    "credential.parse_and_verify_signature": credential,
    "verify_chain": chain,
    "revocation.parse_snapshot": snapshot,
    "revocation.digest": revoke,
    "challenge.verify": challenge_verify,
    "challenge.issue": challenge_issue,
    "holder.parse": holder_parse,
    "holder.verify": holder_verify,
    "sealed.open": seal_open,
    "sealed.new": seal_new,
    "binding.derive": bind,
    "offer.parse": offer_parse,
    "offer.parse_challenge": handshake,
    "offer.verify": offer_verify,
    "offer.appraise_caller": offer_appraise,
    "possession.parse": possession_parse,
    "possession.verify": possession_verify,
    "response.accept_request": accept_request,
    "record.hash": record_hash,
    "verify_dag": dag,
    "verify_dag+cross_check_chain": dag_of_chain,
    "config.load": config,
    "metadata.parse": metadata_parse,
    "handle_peer_request": call,
    "policy.decide": decide,
    "verify_trace_dag": lineage,
    "verify_trace_dag+cross_check": lineage_of_chain,
    "cross_check_trace_dag": cross_check,
}


def answer(request):
    operation = OPS.get(request["op"])
    given = request["input"]
    # What names a verifier of hardware evidence needs evidence that no request carries.
    if operation is None or given.get("verifier") or given.get("caller_verifier"):
        return {"unsupported": True}
    # Nor has it a word for a manifest of the callee.
    if operation is decide and (given["facts"].get("manifest") or nests(given)):
        return {"unsupported": True}
    # The package has a prefix for each kind of hardware, and no word for a binding of anything else.
    if operation is bind and given["platform"] not in PREFIXES:
        return {"refused": {"code": "INEXPRESSIBLE"}}
    now = given.get("now", given.get("options", {}).get("now", given.get("given", {}).get("clock")))
    if now is not None:
        time.time = lambda: float(now)
    try:
        return {"ok": operation(given)}
    except CA2AError as refusal:
        refused = {"code": refusal.code, "http": refusal.http_status}
        left = getattr(refusal, "record", None)
        if operation is call:
            refused["recorded"] = left is not None
        if left is not None:
            refused["denial_record"] = {**left.body(), "record_hash": left.record_hash()}
        return {"refused": refused}
    except UnicodeDecodeError:  # its policies are texts
        return {"refused": {"code": "INEXPRESSIBLE"}}
    except Exception as failure:  # whatever else the package raises is no answer of its own
        # But for canonicalisation, which has no code: this is how the package refuses there.
        if operation is canonical and isinstance(failure, (TypeError, ValueError)):
            return {"refused": {"code": "INEXPRESSIBLE"}}
        return {"error": f"{type(failure).__name__}: {failure}"}


def say(line):
    text = json.dumps(line)
    if len(text.encode()) > LINE:
        text = json.dumps({"id": line.get("id"), "error": "the answer is longer than a line"})
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main():
    version = metadata.version("ca2a-runtime")
    say({"protocol": "ca2a-conformance/1", "name": "ca2a-runtime", "version": version, "ops": list(OPS)})
    for line in sys.stdin:
        request = json.loads(line)
        say({"id": request["id"], **answer(request)})


if __name__ == "__main__":
    main()
