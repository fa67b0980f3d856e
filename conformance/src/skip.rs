//! What may be skipped, and why. Nothing else is.

use crate::file::Case;

/// Why `case` is skipped; `None` where it runs.
pub(crate) fn reason(case: &Case) -> Option<&'static str> {
    Some(match case.op.strip_prefix("package.")? {
        "audit_bundle" => "it is about audit bundles of cmcp, a format that no crate here has",
        "cedar_decision" | "cedar_action_name" | "deny_classification" | "annotation_ids" => {
            "it is about the requests that cmcp's gateway makes of Cedar; ours are others"
        }
        "catalog_hash" | "definition_digest" => "it is about the tool catalogue of cmcp's gateway",
        "manifest_binding" => "it is about cmcp over another release of agent-manifest",
        "nv_certify_qualifying" | "nv_name" => "it is about the NV measurement of cmcp's gateway",
        "snp_platform_info" => {
            "it is about the platform information of SEV-SNP, which the attestation layer appraises"
        }
        _ => return None,
    })
}
