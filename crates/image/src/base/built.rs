//! What accepted provenance says that an image was built from.

use proofmark_core::{Digest, Reason, Threshold};
use proofmark_policy::ApprovedBase;
use proofmark_sigstore::threshold::{self, DistinctIdentity};

/// One thing that a build was made of: `resolvedDependencies` of SLSA provenance v1, `materials` of v0.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// As the statement writes it, such as `pkg:docker/debian@12?platform=linux%2Famd64`, cut, and empty where it writes
    /// none: for people, never compared.
    pub uri: String,
    /// Its digests, those that are well-formed.
    pub digests: Vec<Digest>,
}

/// One statement that decides the rule about provenance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The signer's name in the policy.
    pub signer: String,
    /// What makes it distinct for a threshold.
    pub identity: DistinctIdentity,
    /// Whether it satisfies the rule.
    pub satisfies: bool,
    /// What it lists.
    pub materials: Vec<Material>,
}

/// What the provenance that the policy asks for says of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltFrom {
    /// Accepted statements: those that satisfy the rule, or where it is not satisfied those that do not.
    pub statements: Vec<Built>,
    /// How many of which signers must say it.
    pub threshold: Threshold,
    /// Why there may be statements or materials that were not seen, if so: what is not said is then not known.
    pub open: Option<Reason>,
}

impl BuiltFrom {
    /// What is said where nobody was heard.
    pub fn nothing(threshold: &Threshold) -> Self {
        Self { statements: Vec::new(), threshold: threshold.clone(), open: None }
    }

    /// Whether as many signers as the rule asks for name this base: by the digest of its index or manifest, never by a name.
    pub fn names(&self, base: &ApprovedBase) -> bool {
        let naming = self.statements.iter().filter(|one| one.satisfies && names(one, base));
        let pairs: Vec<(String, DistinctIdentity)> =
            naming.map(|one| (one.signer.clone(), one.identity.clone())).collect();
        threshold::satisfied(&pairs, &self.threshold.of, self.threshold.at_least).satisfied
    }

    /// Whether any of them names this base, satisfied or not: where that speaks against the image, one is enough.
    pub fn mentions(&self, base: &ApprovedBase) -> bool {
        self.statements.iter().any(|one| names(one, base))
    }

    /// What is shown of the materials.
    pub fn uris(&self) -> Vec<String> {
        let all = self.statements.iter().filter(|one| one.satisfies).flat_map(|one| &one.materials);
        all.map(|one| if one.uri.is_empty() { "a material without URI".to_owned() } else { one.uri.clone() })
            .collect()
    }
}

fn names(built: &Built, base: &ApprovedBase) -> bool {
    built.materials.iter().flat_map(|material| &material.digests).any(|digest| base.digests.contains(digest))
}
