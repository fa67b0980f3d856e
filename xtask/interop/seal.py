"""`pyhpke` at either end of a sealed payload of version 2: one JSON line in, one out. Bytes are hexadecimal."""

import hashlib
import json
import sys

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pyhpke import AEADId, CipherSuite, KDFId, KEMId, KEMKey, OpenError

SUITE = CipherSuite.new(KEMId.DHKEM_X25519_HKDF_SHA256, KDFId.HKDF_SHA256, AEADId.CHACHA20_POLY1305)
HEADER, ENC, INFO = bytes([2, 0, 1]), 32, b"ca2a/seal/v2"


def context(given, audience):
    """The associated data, from the page that states it."""
    members = {name: given[name] for name in ("measurement", "challenge", "requested_capability", "record_id")}
    members["domain"] = "ca2a-seal-v2"
    members["audience"] = audience
    members["chain_sha256"] = hashlib.sha256(b"".join(map(bytes.fromhex, given["credentials"]))).hexdigest()
    members["parent_record_hash"] = given["parent_record_hash"]
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def seal(given):
    audience = KEMKey.from_pyca_cryptography_key(X25519PublicKey.from_public_bytes(bytes.fromhex(given["audience"])))
    ephemeral = SUITE.kem.derive_key_pair(bytes.fromhex(given["ikm"]))
    enc, sender = SUITE.create_sender_context(audience, info=INFO, eks=ephemeral)
    ciphertext = sender.seal(bytes.fromhex(given["plaintext"]), context(given, given["audience"]))
    return {"blob": (HEADER + enc + ciphertext).hex()}


def open_sealed(given):
    secret = X25519PrivateKey.from_private_bytes(bytes.fromhex(given["secret"]))
    audience = secret.public_key().public_bytes_raw().hex()
    header, rest = bytes.fromhex(given["blob"])[: len(HEADER)], bytes.fromhex(given["blob"])[len(HEADER) :]
    if header != HEADER:
        return {"plaintext": None}
    try:
        receiver = SUITE.create_recipient_context(
            rest[:ENC], KEMKey.from_pyca_cryptography_key(secret), info=INFO
        )
        return {"plaintext": receiver.open(rest[ENC:], context(given, audience)).hex()}
    except OpenError:
        return {"plaintext": None}


for line in sys.stdin:
    given = json.loads(line)
    try:
        answer = seal(given) if given["do"] == "seal" else open_sealed(given)
    except Exception as fault:  # reported, so that the run shows what happened instead of a dead driver
        answer = {"uncaught": f"{type(fault).__name__}: {fault}"}
    print(json.dumps(answer), flush=True)
