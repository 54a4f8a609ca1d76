//! How a registry answers in general: profiles of real ones.

use super::auth::{Auth, Realm, Scheme};
use super::fault::Fault;

/// What the referrers endpoint answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Referrers {
    /// What refers to the digest.
    Api,
    /// An empty index, whatever there is (ghcr.io).
    Empty,
    /// An error.
    Status(u16),
    /// 200 with a web page: not offered.
    Html,
}

/// What a descriptor in the referrers list says as `artifactType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArtifactTypes {
    /// The manifest's own (distribution specification).
    Manifest,
    /// The media type of its config: `application/vnd.oci.empty.v1+json` (ghcr.io, go-containerregistry).
    Config,
    /// None.
    Absent,
}

/// How a registry answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// The referrers endpoint.
    pub referrers: Referrers,
    /// Descriptors on one page of it; `None` puts all on one.
    pub page_size: Option<usize>,
    /// What descriptors say as type, in the API and in fallback tags.
    pub artifact_types: ArtifactTypes,
    /// Whether descriptors repeat the manifest's annotations.
    pub descriptor_annotations: bool,
    /// Whether what is attached is written to the fallback tag too.
    pub fallback_tag: bool,
    /// Who may read; `None` is everyone, without a token.
    pub auth: Option<Auth>,
    /// Whether a part of a blob is given to who asks for it (RFC 9110 14).
    pub ranges: bool,
    /// The status for a tag that is not there.
    pub missing_tag: u16,
    /// What is wrong with some answers, the first that hits.
    pub faults: Vec<Fault>,
}

impl Behaviour {
    /// A registry of the distribution specification 1.1, without authentication.
    pub const fn plain() -> Self {
        Self {
            referrers: Referrers::Api,
            page_size: None,
            artifact_types: ArtifactTypes::Manifest,
            descriptor_annotations: true,
            fallback_tag: false,
            auth: None,
            ranges: true,
            missing_tag: 404,
            faults: Vec::new(),
        }
    }

    /// No referrers API: fallback tags, and descriptors without annotations (Docker's registry 2.8).
    pub fn fallback_only() -> Self {
        Self {
            referrers: Referrers::Status(404),
            fallback_tag: true,
            descriptor_annotations: false,
            ..Self::plain()
        }
    }

    /// ghcr.io: the API is empty, the fallback tag is full, types are those of the config (REG-01).
    pub fn ghcr() -> Self {
        Self {
            referrers: Referrers::Empty,
            artifact_types: ArtifactTypes::Config,
            auth: Some(Auth::anonymous("ghcr.test", "/token")),
            ..Self::fallback_only()
        }
    }

    /// docker.io: every request needs a token, there is no referrers API.
    pub fn docker_hub() -> Self {
        Self { auth: Some(Auth::anonymous("registry.docker.test", "/token")), ..Self::fallback_only() }
    }

    /// Artifactory: 406 for referrers, 403 for a tag that is not there.
    pub fn artifactory() -> Self {
        Self { referrers: Referrers::Status(406), missing_tag: 403, ..Self::fallback_only() }
    }

    /// quay.io before its referrers API: 400.
    pub fn quay() -> Self {
        Self { referrers: Referrers::Status(400), ..Self::fallback_only() }
    }

    /// Harbor's proxy cache: an API that lists only what was pushed to Harbor, so nothing; its own token path.
    pub fn harbor_proxy() -> Self {
        Self {
            referrers: Referrers::Empty,
            fallback_tag: false,
            auth: Some(Auth::anonymous("harbor-registry", "/service/token")),
            ..Self::plain()
        }
    }

    /// Amazon's: Basic authentication for this user, referrers API.
    pub fn ecr(user: &str, password: &str) -> Self {
        let auth = Auth { scheme: Scheme::Basic, service: "ecr.test", user: None }.user(user, password);
        Self { auth: Some(auth), ..Self::plain() }
    }

    /// GitLab's: tokens from another host.
    pub fn gitlab(realm: &str) -> Self {
        let scheme = Scheme::Bearer(Realm::Elsewhere(realm.to_owned()));
        Self {
            auth: Some(Auth { scheme, service: "container_registry", user: None }),
            ..Self::fallback_only()
        }
    }

    /// Adds something that is wrong.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Splits the referrers list into pages.
    #[must_use]
    pub const fn pages_of(mut self, descriptors: usize) -> Self {
        self.page_size = Some(descriptors);
        self
    }

    /// Asks for authentication.
    #[must_use]
    pub fn auth(mut self, auth: Auth) -> Self {
        self.auth = Some(auth);
        self
    }
}
