//! Every rule, one line a crate. A rule's own line stands in its crate's list.

use proofmark_core::RuleMeta;

use crate::{downloads, exceptions, shadows};

/// The rules of all gates and of the policy itself, in the order of the documentation.
pub fn rules() -> Vec<&'static RuleMeta> {
    let sources: [&[&'static RuleMeta]; 10] = [
        proofmark_image::RULES,
        proofmark_refs::RULES,
        proofmark_envrc::RULES,
        proofmark_envrc::closure::CLOSURE_RULES,
        proofmark_envrc::store::STORE_RULES,
        proofmark_pin::RULES,
        shadows::RULES,
        downloads::RULES,
        proofmark_policy::RULES,
        exceptions::RULES,
    ];
    sources.concat()
}

/// The rule of this identifier.
pub(crate) fn rule(id: &str) -> Option<&'static RuleMeta> {
    rules().into_iter().find(|rule| rule.id == id)
}

/// The rules whose Fail an exception may turn into *allowed*: those about evidence (verdicts.md 7), and those about what an
/// `.envrc` does. An exception for what the bytes are, or for which entry decides, would let an image pass without its evidence
/// being judged; one for a file that cannot be read would be for everything that it may hold.
pub fn exception_rules() -> Vec<&'static str> {
    use proofmark_image::rules::{
        attestation, base, digest, provenance, sbom, signature, vsa, vulnerabilities,
    };
    let evidence = [&signature::META, &digest::META, &base::META];
    let attestations =
        [&provenance::META, &sbom::META, &vulnerabilities::META, &vsa::META, &attestation::META];
    let unreadable = proofmark_envrc::rules::unreadable::META.id;
    let files = proofmark_envrc::RULES.iter().filter(|rule| rule.id != unreadable);
    evidence.iter().chain(&attestations).chain(files).map(|rule| rule.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_kebab_case_and_unique() {
        let ids: Vec<&str> = rules().iter().map(|rule| rule.id).collect();
        for id in &ids {
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{id}");
            assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{id}");
        }
    }

    #[test]
    fn pages_have_the_fixed_headings() {
        for rule in rules() {
            assert!(rule.doc.starts_with(&format!("# {}\n\n{}\n", rule.id, rule.summary)), "{}", rule.id);
            for heading in
                ["What it checks", "Threat", "What it cannot see", "Bad", "Good", "Fix", "How to allow"]
            {
                assert!(rule.doc.contains(&format!("\n## {heading}\n")), "{}: {heading}", rule.id);
            }
            for heading in ["Evidence", "Offline"] {
                assert!(rule.doc.contains(&format!("\n## {heading}\n")), "{}: {heading}", rule.id);
            }
        }
    }

    /// No sentence stands on two rules' pages: a page that repeats another explains nothing of its own.
    #[test]
    fn no_sentence_stands_twice() {
        let mut seen = std::collections::BTreeMap::new();
        for rule in rules() {
            let prose = rule.doc.replace('\n', " ");
            for sentence in prose.split(". ").map(str::trim).filter(|s| s.len() > 40) {
                let other = seen.insert(sentence.to_owned(), rule.id);
                assert!(other.is_none_or(|id| id == rule.id), "{} and {other:?}: {sentence}", rule.id);
            }
        }
    }
}
