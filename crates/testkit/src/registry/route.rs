//! Which resource a request is for.

/// A resource of the distribution specification; also a pattern over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// As a pattern: everything. As a request: something else.
    Any,
    /// `/v2/`.
    Ping,
    /// The token endpoint.
    Token,
    /// As a pattern: a manifest by any tag.
    Tags,
    /// A manifest by this tag.
    Tag(String),
    /// As a pattern: a manifest by any digest.
    Manifests,
    /// A manifest by this digest.
    Manifest(String),
    /// As a pattern: any blob.
    Blobs,
    /// This blob.
    Blob(String),
    /// As a pattern: the referrers of anything.
    Referrers,
    /// The referrers of this digest.
    ReferrersOf(String),
    /// As a pattern: any fallback tag `sha256-<hex>`, without suffix.
    FallbackTags,
    /// As a pattern: any tag `sha256-<hex>.sig` or `.att`.
    LegacyTags,
}

fn is_fallback(tag: &str) -> bool {
    tag.strip_prefix("sha256-").is_some_and(|hex| hex.len() == 64 && !hex.contains('.'))
}

impl Route {
    /// Whether a request on `route` is meant by this pattern.
    pub fn covers(&self, route: &Self) -> bool {
        match (self, route) {
            (Self::Any, _)
            | (Self::Tags, Self::Tag(_))
            | (Self::Manifests, Self::Manifest(_))
            | (Self::Blobs, Self::Blob(_))
            | (Self::Referrers, Self::ReferrersOf(_)) => true,
            (Self::FallbackTags, Self::Tag(tag)) => is_fallback(tag),
            (Self::LegacyTags, Self::Tag(tag)) => tag.starts_with("sha256-") && !is_fallback(tag),
            (pattern, route) => pattern == route,
        }
    }

    /// The repository and the resource of a path.
    pub(crate) fn parse(path: &str) -> (String, Self) {
        if path.ends_with("/token") || path == "/jwt/auth" {
            return (String::new(), Self::Token);
        }
        let Some(rest) = path.strip_prefix("/v2/") else { return (String::new(), Self::Any) };
        if rest.is_empty() {
            return (String::new(), Self::Ping);
        }
        for (marker, make) in [
            ("/manifests/", manifest as fn(&str) -> Self),
            ("/blobs/", |name| Self::Blob(name.to_owned())),
            ("/referrers/", |name| Self::ReferrersOf(name.to_owned())),
        ] {
            if let Some((repository, name)) = rest.rsplit_once(marker) {
                return (repository.to_owned(), make(name));
            }
        }
        (String::new(), Self::Any)
    }
}

fn manifest(name: &str) -> Route {
    if name.contains(':') { Route::Manifest(name.to_owned()) } else { Route::Tag(name.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_routes() {
        assert_eq!(Route::parse("/v2/"), (String::new(), Route::Ping));
        assert_eq!(Route::parse("/v2/a/b/manifests/1"), ("a/b".to_owned(), Route::Tag("1".to_owned())));
        assert_eq!(Route::parse("/v2/a/blobs/sha256:0").1, Route::Blob("sha256:0".to_owned()));
        assert_eq!(Route::parse("/service/token").1, Route::Token);
        assert_eq!(Route::parse("/else").1, Route::Any);
    }

    #[test]
    fn patterns_cover_their_routes_alone() {
        let fallback = Route::Tag(format!("sha256-{}", "a".repeat(64)));
        let legacy = Route::Tag(format!("sha256-{}.sig", "a".repeat(64)));
        assert!(Route::FallbackTags.covers(&fallback) && !Route::FallbackTags.covers(&legacy));
        assert!(Route::LegacyTags.covers(&legacy) && !Route::LegacyTags.covers(&fallback));
        assert!(Route::Any.covers(&fallback) && Route::Tags.covers(&legacy));
        assert!(!Route::Blobs.covers(&fallback));
    }
}
