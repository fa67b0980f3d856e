//! What runs, against what is bound.

use ca2a_core::{json::Node, requirement::holds};

use super::{
    Step,
    work::{Work, object, text},
};
use crate::{Assurance, FieldResult, Finding, document::whole, merkle, schema::timestamp};

impl Work<'_> {
    pub(super) fn artifacts(&mut self) {
        let document = self.document.clone();
        let artifacts = object(Some(&document), "artifacts");
        let binding = |name| object(artifacts, name);
        let (prompt, policy, tools) =
            (binding("system_prompt"), binding("policy_bundle"), binding("tool_manifest"));
        let (model, corpus, supply) =
            (binding("model_identity"), binding("rag_corpus"), binding("supply_chain"));
        let running = self.context.running.clone();

        self.appraisal.fields.system_prompt =
            self.compare("system_prompt", text(prompt, "hash"), running.system_prompt_hash.as_deref());
        self.appraisal.fields.policy_bundle =
            self.compare("policy_bundle", text(policy, "hash"), running.policy_bundle_hash.as_deref());
        self.enforcement(text(policy, "enforcement_mode"), running.enforcement_mode.as_deref());
        self.appraisal.fields.tool_manifest =
            self.compare("tool_manifest", text(tools, "catalog_hash"), running.tool_catalog_hash.as_deref());
        // A model behind an API has a version and no digest.
        let bound =
            text(model, "model_hash").filter(|hash| !hash.is_empty()).or_else(|| text(model, "version"));
        self.appraisal.fields.model_identity =
            self.compare("model_identity", bound, running.model_version.as_deref());
        self.appraisal.fields.rag_corpus = self.compare(
            "rag_corpus",
            text(corpus, "merkle_root"),
            running.rag_corpus_merkle_root.as_deref(),
        );
        self.memory(object(artifacts, "memory_baseline"), running.memory_snapshot_hash.as_deref());
        self.appraisal.fields.supply_chain = self.compare(
            "supply_chain",
            text(supply, "container_image_digest"),
            running.container_image_digest.as_deref(),
        );
        if self.context.demands.min_slsa_level > 0 {
            self.find(Finding::SlsaLevelNotChecked);
        }
        self.check(Step::Artifacts, "what was said to run is what is bound");

        self.catalog(text(tools, "catalog_hash"), tools.and_then(|tools| tools.get("tools")));
        self.assessment(object(prompt, "assurance_test").and_then(|test| text(Some(test), "result")));
        self.scan(object(corpus, "poisoning_scan").and_then(|scan| text(Some(scan), "result")));
        self.check(Step::Assessment, "no test and no scan found anything");
    }

    pub(super) fn compare(
        &mut self,
        field: &'static str,
        bound: Option<&str>,
        runs: Option<&str>,
    ) -> FieldResult {
        match (bound, runs) {
            (None, _) => FieldResult::NotBound,
            (Some(_), None) => {
                self.open.uncompared = true;
                self.find(Finding::ArtifactsNotCompared);
                FieldResult::NotBound
            }
            (Some(bound), Some(runs)) if bound == runs => FieldResult::Match,
            (Some(_), Some(_)) => {
                self.mismatch(field, "what runs is not what is bound");
                FieldResult::Mismatch
            }
        }
    }

    /// The right policy enforced in another way is another policy.
    fn enforcement(&mut self, bound: Option<&str>, runs: Option<&str>) {
        if bound.is_some() && self.appraisal.fields.policy_bundle != FieldResult::NotBound && bound != runs {
            let problem = if runs.is_none() {
                "nobody said how the policy is enforced"
            } else {
                "the policy is enforced otherwise"
            };
            self.mismatch("policy_bundle.enforcement_mode", problem);
            self.appraisal.fields.policy_bundle = FieldResult::Mismatch;
        }
    }

    /// The declared root must be that of the tools beside it, whatever runs. (MAN-27)
    fn catalog(&mut self, declared: Option<&str>, tools: Option<&Node<'static>>) {
        let Some((declared, tools)) = declared.zip(tools) else {
            return self.skip(Step::Catalog, "no catalogue is bound");
        };
        let root = tools.as_array().and_then(|tools| merkle::catalog_root_like(declared, tools));
        if !holds("MAN-27", root.as_deref() == Some(declared)) {
            self.mismatch("tool_manifest.catalog_hash", "the declared root is not that of the tools");
            self.appraisal.fields.tool_manifest = FieldResult::Mismatch;
        }
        self.check(Step::Catalog, "the declared root is that of the tools");
    }

    fn assessment(&mut self, result: Option<&str>) {
        self.appraisal.assurance = match result {
            Some("passed") => Assurance::Passed,
            Some("flagged") => {
                self.mismatch("system_prompt.assurance_test", "the test found something");
                Assurance::Flagged
            }
            Some(_) => {
                self.find(Finding::PromptNotAssessed);
                Assurance::NotAssessed
            }
            None => Assurance::NotAssessed,
        };
    }

    fn scan(&mut self, result: Option<&str>) {
        match result {
            Some("flagged") => self.mismatch("rag_corpus.poisoning_scan", "the scan found something"),
            Some("not-scanned") if self.context.demands.conformance_level >= 1 => {
                self.mismatch(
                    "rag_corpus.poisoning_scan",
                    "nobody scanned the corpus, and this level demands it",
                );
            }
            Some("not-scanned") => self.find(Finding::CorpusNotScanned),
            _ => {}
        }
    }

    fn memory(&mut self, memory: Option<&ca2a_core::json::Object<'static>>, runs: Option<&str>) {
        let Some(memory) = memory.filter(|memory| !memory.is_empty()) else { return };
        let ttl = memory.get("ttl_seconds").and_then(whole).filter(|ttl| *ttl > 0);
        let approved = memory.get("approved_at").and_then(timestamp);
        let ends = ttl.zip(approved).and_then(|(ttl, approved)| approved.after(ttl));
        self.appraisal.fields.memory_baseline = match ends {
            Some(ends) if self.now.micros() > ends.micros() => FieldResult::Expired,
            _ => self.compare("memory_baseline", text(Some(memory), "snapshot_hash"), runs),
        };
    }
}
