"""Judges chains with the published package: one JSON line in, one verdict out.

A line holds the text of a chain document and everything its verifier is told. The texts are read the way the package's
own command line reads a file.
"""

import json
import sys

from ca2a_runtime.delegation import DelegationCredential, RevocationSnapshot, verify_chain
from ca2a_runtime.errors import CA2AError


def hops_of(text):
    document = json.loads(text)
    if isinstance(document, dict):
        document = document["chain"]
    return [DelegationCredential.from_dict(hop) for hop in document]


def judge(case):
    snapshot = None
    if case["revocations"] is not None:
        snapshot = RevocationSnapshot.from_dict(json.loads(case["revocations"]))
    hops = hops_of(case["chain"])
    status = verify_chain(
        hops,
        max_depth=case["max_depth"],
        trusted_root_issuers=case["roots"],
        at_time=case["at_time"],
        revocations=snapshot,
        max_revocation_staleness=case["max_revocation_staleness"],
    )
    return {
        "verified": True,
        "hops": len(hops),
        "leaf_scope": sorted(hops[-1].scope),
        "revocation_as_of": status.as_of if status.checked else None,
    }


for line in sys.stdin:
    try:
        verdict = judge(json.loads(line))
    except CA2AError as refusal:
        verdict = {"verified": False, "code": refusal.code}
    except Exception as fault:  # an answer outside the package's own contract is an answer too
        verdict = {"uncaught": f"{type(fault).__name__}: {fault}"}
    print(json.dumps(verdict))
