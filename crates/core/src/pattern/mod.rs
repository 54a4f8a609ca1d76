//! Globs of the policy (verdicts.md 1, "Patterns"). The vectors are published in `docs/vectors/`.

mod cover;
mod glob;
mod identity;
mod regex;

pub use glob::Glob;
pub use identity::IdentityGlob;
pub use regex::AnchoredRegex;

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// An empty pattern matches nothing anyone means.
    #[error("the pattern is empty")]
    Empty,
    /// `**` beside other characters in one segment.
    #[error("`**` must be a whole segment")]
    DoubleStar,
    /// The regular expression does not compile.
    #[error("the regular expression does not compile: {0}")]
    Regex(String),
    /// More bytes than a pattern may have.
    #[error("the pattern is longer than {0} bytes")]
    TooLong(usize),
    /// More wildcards than a pattern may have.
    #[error("the pattern has more than {0} wildcards")]
    TooManyWildcards(usize),
}

/// Wildcards in one pattern: matching stays cheap whatever the text.
const MAX_WILDCARDS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        let yes = [
            ("ghcr.io/acme/**", "ghcr.io/acme/a/b"),
            ("ghcr.io/acme/*", "ghcr.io/acme/a"),
            ("ghcr.io/*/x", "ghcr.io//x"),
            ("**", "a/b"),
            ("a/b*c", "a/bc"),
            ("a/b*c", "a/bxxc"),
        ];
        let no = [
            ("ghcr.io/acme/**", "ghcr.io/acme"),
            ("ghcr.io/acme/**", "ghcr.io/acme-evil/a"),
            ("ghcr.io/acme/*", "ghcr.io/acme/a/b"),
            ("a.b/c", "axb/c"),
            ("a/b", "a/b/"),
            ("a/b", "x/a/b"),
        ];
        for (pattern, text) in yes {
            assert!(Glob::parse(pattern).unwrap().matches(text), "{pattern} {text}");
        }
        for (pattern, text) in no {
            assert!(!Glob::parse(pattern).unwrap().matches(text), "{pattern} {text}");
        }
        assert_eq!(Glob::parse("a/**b"), Err(PatternError::DoubleStar));
        assert_eq!(Glob::parse(""), Err(PatternError::Empty));
    }

    /// Whoever writes the policy must not choose how long it takes to read.
    #[test]
    fn patterns_are_short_and_comparing_them_is_bounded() {
        assert!(Glob::parse(&"a".repeat(512)).is_ok() && IdentityGlob::parse(&"a".repeat(2048)).is_ok());
        assert_eq!(Glob::parse(&"a".repeat(513)), Err(PatternError::TooLong(512)));
        assert_eq!(IdentityGlob::parse(&"a".repeat(2049)), Err(PatternError::TooLong(2048)));
        let wide = Glob::parse("*aaaa/x").unwrap();
        let mut budget = 100;
        assert_eq!(wide.covers_within(&Glob::parse("aaaa/x").unwrap(), &mut budget), Some(true));
        assert!(budget < 100 && budget > 0);
        assert_eq!(wide.covers_within(&Glob::parse(&"a".repeat(500)).unwrap(), &mut budget), None);
    }

    #[test]
    fn covering() {
        let covers = |a: &str, b: &str| Glob::parse(a).unwrap().covers(&Glob::parse(b).unwrap());
        assert!(covers("ghcr.io/**", "ghcr.io/acme/**"));
        assert!(covers("ghcr.io/**", "ghcr.io/a"));
        assert!(covers("ghcr.io/a*", "ghcr.io/ab"));
        assert!(covers("ghcr.io/a*", "ghcr.io/ab*"));
        assert!(covers("*/**", "ghcr.io/**") && covers("**", "*/**/x"));
        // The order of wildcards that stand for whole segments does not matter, only how many there are at least.
        assert!(covers("*/**", "**/*") && covers("**/*", "*/**") && covers("*/**", "**/x"));
        assert!(covers("a/*/**/*/b", "a/**/x/y/b") && covers("**/**", "**/**") && covers("**/x", "*/**/x"));
        assert!(!covers("*/**", "**") && !covers("**/**", "**") && !covers("*/**/x", "**/x"));
        assert!(!covers("a/*", "a/**") && !covers("**/*/**", "a/**") && !covers("x/**", "**/x"));
        assert!(!covers("ghcr.io/*", "ghcr.io/**"));
        assert!(!covers("ghcr.io/a*", "ghcr.io/*"));
        assert!(!covers("ghcr.io/a*b", "ghcr.io/a*"));
    }

    #[test]
    fn identities_keep_the_at_sign() {
        let glob = IdentityGlob::parse("https://github.com/acme/*/.github/workflows/release.yml@refs/tags/*")
            .unwrap();
        assert!(glob.matches("https://github.com/acme/a/.github/workflows/release.yml@refs/tags/v1"));
        assert!(!glob.matches("https://github.com/acme/a/.github/workflows/release.yml@refs/heads/main"));
        assert!(!glob.matches("https://github.com/acme/a@b/.github/workflows/release.yml@refs/tags/v1"));
        assert!(glob.matches("https://github.com/acme/a/.github/workflows/release.yml@refs/tags/v@1"));
        let mail = IdentityGlob::parse("*@acme.example").unwrap();
        assert!(mail.matches("ci@acme.example"));
        assert!(!mail.matches("x@evil.example@acme.example"));
        assert!(!mail.matches("ci@acme.example.evil"));
    }

    /// ID-02: anchored at both ends, whatever the expression.
    #[test]
    fn id_02_regex_is_anchored() {
        let regex = AnchoredRegex::parse("a|b").unwrap();
        assert!(regex.matches("a") && regex.matches("b"));
        assert!(!regex.matches("ax") && !regex.matches("xb") && !regex.matches("a\n"));
        assert!(AnchoredRegex::parse("a)|(?:b").is_err());
        assert!(AnchoredRegex::parse("(").is_err());
    }
}
