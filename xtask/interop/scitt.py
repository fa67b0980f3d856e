"""`scitt-cose` as issuer, log and auditor: one JSON line in, one out. All bytes are hexadecimal."""

import hashlib
import json
import sys

import cbor2
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from scitt_cose import (
    CoseError,
    attach_receipts,
    build_receipt,
    build_signed_statement,
    consistency_proof,
    extract_receipts,
    merkle_root,
    parse_signed_statement,
    sign_sign1,
    verify_consistency,
    verify_receipt,
    verify_sign1,
)

ISSUER, LOG = "https://issuer.example", "https://log.example"
STRUCTURE, PROOFS, CONSISTENCY = 395, 396, -2


def private_pem(key):
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


def public_pem(text):
    data = bytes.fromhex(text)
    if len(data) == 32:
        key = Ed25519PublicKey.from_public_bytes(data)
    else:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def key_pair(name, alg):
    """A key of `name`: PEM, and its public half as `public_pem` reads it."""
    seed = hashlib.sha256(name.encode()).digest()
    if alg == "EdDSA":
        key = Ed25519PrivateKey.from_private_bytes(seed)
        return private_pem(key), key.public_key().public_bytes_raw().hex()
    key = ec.derive_private_key(int.from_bytes(seed, "big") >> 1, ec.SECP256R1())
    point = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return private_pem(key), point.hex()


def make(given):
    """A statement, its receipt in a log, the two together, and a receipt for the log's growth."""
    number, now, alg = given["number"], given["now"], "ES256" if given["number"] % 2 else "EdDSA"
    issuer, issuer_key = key_pair(f"issuer {number}", alg)
    log, log_key = key_pair(f"log {number}", alg)
    kid = f"key-{number}".encode()
    statement = build_signed_statement(
        bytes.fromhex(given["payload"]),
        alg=alg,
        private_key_pem=issuer,
        issuer=ISSUER,
        subject=given["subject"],
        content_type="application/json",
        extra_cwt_claims={6: now},
        kid=kid,
    )
    size, index = given["size"], given["index"]
    entries = [hashlib.sha256(bytes([place])).hexdigest() for place in range(size)]
    entries[index] = statement.hex()
    receipt = build_receipt(
        leaf_entry_hex=entries[index],
        leaf_index=index,
        tree_entries_hex=entries,
        alg=alg,
        log_private_key_pem=log,
        iss=LOG,
        sub=given["subject"],
        kid=kid,
        iat=now,
    )
    old = given["old_size"]
    path = [bytes.fromhex(node) for node in consistency_proof(entries, old, size)]
    growth = sign_sign1(
        bytes.fromhex(merkle_root(entries)),
        alg=alg,
        private_key_pem=log,
        protected={STRUCTURE: 1, 4: kid, 15: {1: LOG, 2: "growth", 6: now}},
        unprotected={PROOFS: {CONSISTENCY: [cbor2.dumps([old, size, path])]}},
        detached=True,
    )
    return {
        "issuer": ISSUER,
        "log": LOG,
        "key_id": kid.hex(),
        "issuer_key": issuer_key,
        "log_key": log_key,
        "entry": entries[index],
        "statement": statement.hex(),
        "receipt": receipt.hex(),
        "transparent": attach_receipts(statement, [receipt]).hex(),
        "growth": growth.hex(),
        "old_root": merkle_root(entries[:old]),
        "new_root": merkle_root(entries),
    }


def statement_holds(given):
    return parse_signed_statement(bytes.fromhex(given["message"]), public_key_pem=public_pem(given["issuer_key"]))[
        "signature_verified"
    ]


def receipt_holds(given, receipt=None):
    receipt = bytes.fromhex(given["message"]) if receipt is None else receipt
    return verify_receipt(receipt, leaf_entry_hex=given["entry"], log_public_key_pem=public_pem(given["log_key"])).ok


def transparent_holds(given):
    try:
        receipts = extract_receipts(bytes.fromhex(given["message"]))
    except CoseError:
        return False
    return bool(receipts) and statement_holds(given) and all(receipt_holds(given, receipt) for receipt in receipts)


def growth_holds(given):
    message, root = bytes.fromhex(given["message"]), given["new_root"]
    try:
        verify_sign1(
            message,
            public_key_pem=public_pem(given["log_key"]),
            detached_payload=bytes.fromhex(root),
            understood_labels={STRUCTURE},
        )
    except CoseError:
        return False
    (proof,) = cbor2.loads(message).value[1][PROOFS][CONSISTENCY]
    old, new, path = cbor2.loads(proof)
    return verify_consistency(given["old_root"], root, old, new, [node.hex() for node in path])


HOLDS = {
    "statement": statement_holds,
    "receipt": receipt_holds,
    "transparent": transparent_holds,
    "growth": growth_holds,
}

for line in sys.stdin:
    given = json.loads(line)
    try:
        answer = make(given) if given["do"] == "make" else {"holds": HOLDS[given["do"]](given)}
    except Exception as fault:  # reported, so that the run shows what happened instead of a dead driver
        answer = {"uncaught": f"{type(fault).__name__}: {fault}"}
    print(json.dumps(answer), flush=True)
