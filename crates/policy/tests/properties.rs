//! Patterns against a brute force, and policies against what they are written as.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use proofmark_core::pattern::{Glob, IdentityGlob};
use proofmark_core::{ImageRef, Repository, Signer, SignerKind, Transparency};
use proofmark_policy::{
    FILE_NAME, How, MemoryFiles, Policy, SingleEntry, SingleSigner, lint, parse_str, render_errors,
    render_show,
};
use proptest::prelude::*;

/// One element of a pattern, for a matcher that tries everything.
#[derive(Clone, Copy)]
enum Token {
    Literal(char),
    /// Characters of one segment; whether `@` is among them.
    Star(bool),
    /// Whole segments, so any text at all; whether `@` is in it.
    Segments(bool),
}

/// `identity`: no wildcard left of the last `@` stands for an `@`.
fn tokens(pattern: &str, identity: bool) -> Vec<Token> {
    let chars: Vec<char> = pattern.chars().collect();
    let last_at = if identity { chars.iter().rposition(|c| *c == '@') } else { None };
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let with_at = last_at.is_none_or(|last| at > last);
        match (chars[at], chars.get(at + 1)) {
            ('*', Some('*')) => {
                tokens.push(Token::Segments(with_at));
                at += 1;
            }
            ('*', _) => tokens.push(Token::Star(with_at)),
            (c, _) => tokens.push(Token::Literal(c)),
        }
        at += 1;
    }
    tokens
}

fn brute(pattern: &[Token], text: &[char]) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return text.is_empty() };
    let allowed = |c: char| match first {
        Token::Literal(_) => false,
        Token::Star(with_at) => c != '/' && (*with_at || c != '@'),
        Token::Segments(with_at) => *with_at || c != '@',
    };
    match first {
        Token::Literal(c) => text.first() == Some(c) && brute(rest, &text[1..]),
        _ => {
            (0..=text.len()).take_while(|n| *n == 0 || allowed(text[n - 1])).any(|n| brute(rest, &text[n..]))
        }
    }
}

fn pattern() -> impl Strategy<Value = String> {
    let segment = prop_oneof![1 => Just("**".to_owned()), 4 => "[ab@*]{0,4}".prop_filter("one star at a time", |s| !s.contains("**"))];
    proptest::collection::vec(segment, 1..5).prop_map(|segments| segments.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn globs_match_as_a_brute_force_does(pattern in pattern(), text in "[ab@/]{0,9}") {
        if let Ok(glob) = Glob::parse(&pattern) {
            let text_chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(glob.matches(&text), brute(&tokens(&pattern, false), &text_chars), "{} {}", pattern, text);
        }
    }

    #[test]
    fn identity_globs_match_as_a_brute_force_does(pattern in pattern(), text in "[ab@/]{0,9}") {
        if let Ok(glob) = IdentityGlob::parse(&pattern) {
            let text_chars: Vec<char> = text.chars().collect();
            prop_assert_eq!(glob.matches(&text), brute(&tokens(&pattern, true), &text_chars), "{} {}", pattern, text);
        }
    }

    #[test]
    fn what_covers_matches_all_that_is_covered(wide in pattern(), narrow in pattern(), text in "[ab@/]{0,7}") {
        if let (Ok(wide), Ok(narrow)) = (Glob::parse(&wide), Glob::parse(&narrow)) {
            prop_assert!(narrow.covers(&narrow));
            prop_assert!(!(wide.covers(&narrow) && narrow.matches(&text)) || wide.matches(&text));
        }
    }

    #[test]
    fn references_are_stable(text in "[aA0./:@_-]{0,14}") {
        if let Ok(reference) = ImageRef::parse(&text) {
            let normal = reference.to_string();
            prop_assert_eq!(ImageRef::parse(&normal).map(|again| again.to_string()), Ok(normal));
            let repository = reference.repository();
            prop_assert_eq!(Repository::parse(&repository.to_string()), Ok(repository.clone()));
        }
    }
}

/// Text that TOML must escape as well as text that it must not.
fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z \\\\\"']{1,12}", "\\PC{1,8}", "[\\x00-\\x1f\\x7f\\u{80}a]{1,6}"]
}

fn signer(name: &'static str) -> impl Strategy<Value = String> {
    let root = prop_oneof![Just(""), Just("trusted-root = \"sigstore-public-good\"\n")];
    let key = (
        prop_oneof![Just("platform.pub"), Just("second.pub")],
        prop_oneof![Just(""), Just("transparency = \"optional\"\n")],
        prop_oneof![Just(""), Just("valid-until = 2027-06-30\n"), Just("valid-until = 1999-12-31\n")],
        root,
    )
        .prop_map(move |(file, transparency, until, root)| {
            format!("[signers.{name}]\nkey = \"{file}\"\n{transparency}{until}{root}")
        });
    let certificate = (value(), value(), any::<bool>()).prop_map(move |(issuer, extension, regex)| {
        let identity = if regex {
            "identity-regex = 'https://ci\\.example/.*'\nsan = \"uri\""
        } else {
            "identity = \"*@acme.example\""
        };
        format!(
            "[signers.{name}]\nissuer = {}\n{identity}\nextensions.build-trigger = {}\n",
            quoted(&issuer),
            quoted(&extension)
        )
    });
    let timestamp = Just(format!(
        "[signers.{name}]\nissuer = \"i\"\nidentity = \"https://a.example/**\"\ntrusted-root = \"github\"\ntransparency = \"timestamp\"\n"
    ));
    let openpgp = Just(format!(
        "[signers.{name}]\nkey = \"platform.pub\"\n\n[signers.{name}-pgp]\nopenpgp = \"vendor.asc\"\nfingerprint = \"{}\"\n",
        "A1".repeat(20)
    ));
    let minisign = Just(format!(
        "[signers.{name}]\nkey = \"platform.pub\"\n\n[signers.{name}-mini]\nminisign = \"mini.pub\"\n"
    ));
    prop_oneof![key, certificate, timestamp, openpgp, minisign]
}

/// Another way to escape than the writer's own.
fn quoted(text: &str) -> String {
    let escaped: Vec<String> = text.chars().map(|c| format!("\\U{:08X}", u32::from(c))).collect();
    format!("\"{}\"", escaped.concat())
}

fn entry(index: usize) -> impl Strategy<Value = String> {
    let by = prop_oneof![
        Just("[\"b\"]"),
        Just("{ any = [\"a\", \"b\"] }"),
        Just("{ any = [\"b\", \"a\"] }"),
        Just("{ at-least = 1, of = [\"a\"] }")
    ];
    let rule = prop_oneof![Just(""), Just("repository = \"bound\"\n"), Just("repository = \"any\"\n")];
    let also = prop_oneof![Just(""), Just("also = [\"q.io/** = ghcr.io/**\", \"q.io/a=ghcr.io/b\"]\n")];
    let base = prop_oneof![Just(""), Just("base = \"approved\"\n"), Just("base = \"approved-or-scratch\"\n")];
    let shape = prop_oneof![Just(""), Just("/*"), Just("/**"), Just("/a*b/**")];
    (by, rule, also, shape, base, any::<bool>(), attestation()).prop_map(
        move |(by, rule, also, shape, base, digests, attestation)| {
            let digests = if digests { "digests = \"images.toml\"\n" } else { "" };
            format!(
                "[[image]]\nmatch = \"ghcr.io/e{index}{shape}\"\nsigned-by = {by}\n{rule}{also}{base}{digests}{attestation}"
            )
        },
    )
}

/// Tables about attestations, with some of their keys.
fn attestation() -> impl Strategy<Value = String> {
    let keys = proptest::collection::vec(any::<bool>(), 8);
    let provenance = (any::<bool>(), keys, value()).prop_map(|(there, keys, text)| {
        let text = quoted(&text);
        let lines = [
            "builder = \"https://ci.example/**\"\n".to_owned(),
            "source = \"https://a.example/b\"\n".to_owned(),
            "source-ref = \"refs/tags/*\"\n".to_owned(),
            format!("workflow = {text}\n"),
            format!("build-type = {text}\n"),
            "absent-parameters = [\"/inputs/debug\", \"/a~0\"]\n".to_owned(),
            "materials = [\"git+https://a.example/**\", \"pkg:docker/*\"]\n".to_owned(),
        ];
        let chosen: String =
            lines.iter().zip(keys).filter(|(_, there)| *there).map(|(line, _)| line.as_str()).collect();
        if there {
            format!("[image.attestation.provenance]\nsigned-by = [\"a\"]\n{chosen}")
        } else {
            String::new()
        }
    });
    let custom = (0..3u8, value()).prop_map(|(which, text)| {
        let text = quoted(&text);
        let conditions = "[{ pointer = \"/predicate/x\", equals = true }, { pointer = \"/a~1\", equals = -7 }]";
        match which {
            0 => String::new(),
            1 => format!("[image.attestation.custom]\nsigned-by = [\"b\"]\ntype = {text}\n"),
            _ => format!(
                "[image.attestation.custom]\nsigned-by = {{ any = [\"a\", \"b\"] }}\ntype = \"t\"\nwhere = {conditions}\n"
            ),
        }
    });
    (provenance, custom).prop_map(|(provenance, custom)| format!("{provenance}{custom}"))
}

/// The debug text of a value without the places that are in it.
fn placeless(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("Origin {") {
        out.push_str(before);
        // Its last field is the line's text, which may hold anything.
        let text = after.split_once("line_text: \"").map_or("", |(_, text)| text);
        let mut escaped = false;
        let end = text.find(|c: char| {
            let end = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            end
        });
        rest = end.and_then(|end| text.get(end + 1..)).unwrap_or_default();
    }
    out + rest
}

fn policy_text() -> impl Strategy<Value = String> {
    let limits = prop_oneof![
        Just(""),
        Just("[limits]\nimage-bytes = \"1GiB\"\nimage-time = \"2m\"\npages = 3\nindex-depth = 2\n")
    ];
    (signer("a"), signer("b"), entry(0), entry(1), entry(2), limits)
        .prop_map(|(a, b, x, y, z, limits)| format!("version = 1\n\n{a}\n{b}\n{x}\n{y}\n{z}\n{limits}"))
}

fn load(text: &str) -> Result<Policy, String> {
    let mut files = support::common();
    files.insert("allowlists/images.toml".to_owned(), Vec::new());
    files.insert("allowlists/base-images.toml".to_owned(), Vec::new());
    files.insert(FILE_NAME.to_owned(), text.as_bytes().to_vec());
    Policy::load_from(&MemoryFiles(files), FILE_NAME, How::Flag, &support::options())
        .map_err(|failure| render_errors(&failure.errors))
}

/// Everything that a policy means, without the places where it says so.
fn meaning(policy: &Policy) -> String {
    let signer = |signer: &Signer| format!("{} {:?} {:?}", signer.name, signer.kind, signer.transparency);
    let signers: Vec<String> = policy.signers.values().map(signer).collect();
    let images: Vec<String> = policy
        .images
        .iter()
        .map(|image| {
            let by = image.signed_by.as_ref().map(|by| (by.at_least, by.of.clone()));
            let also: Vec<_> =
                image.also.iter().map(|also| (also.claimed.as_str(), also.here.as_str())).collect();
            let digests = image.digests.as_ref().map(|list| (list.name.as_str(), list.rows.len()));
            format!(
                "{:?} {by:?} {also:?} {digests:?} {:?} {:?} {:?} {}",
                image.pattern,
                image.repository,
                image.tag_from,
                image.base.as_ref().map(|base| base.scratch),
                placeless(&format!("{:?}", image.attestation))
            )
        })
        .collect();
    let vendors: Vec<_> = policy.vendors.iter().map(|(name, key)| (name, &key.file, &key.kind)).collect();
    format!("{signers:#?} {images:#?} {vendors:?} {:?}", policy.limits)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_means_the_same(text in policy_text()) {
        let policy = load(&text).map_err(TestCaseError::fail)?;
        let again = load(&policy.to_toml()).map_err(TestCaseError::fail)?;
        prop_assert_eq!(meaning(&policy), meaning(&again));
        prop_assert_eq!(policy.to_toml(), again.to_toml());
        let control = |c: char| c.is_control() && c != '\n';
        prop_assert!(!render_show(&policy).contains(control));
    }

    #[test]
    fn a_policy_from_options_is_one_that_a_file_could_say(
        identity in "[a-z*]{1,6}@[a-z.]{1,8}",
        issuer in value(),
        name in "[a-z]{1,5}(/[a-z]{1,5}){0,2}",
        key in any::<Option<bool>>(),
    ) {
        let repository = Repository::parse(&format!("ghcr.io/{name}")).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let signer = match key {
            Some(optional) => SingleSigner::Key {
                file: "my.pub".into(),
                pem: "KEY mine".into(),
                transparency: if optional { Transparency::Optional } else { Transparency::Required },
            },
            None => SingleSigner::Identity { identity: identity.clone(), issuer: issuer.clone() },
        };
        let single = SingleEntry { signer: Some(signer), trusted_root: None, repositories: vec![repository.clone()] };
        if key.is_none() && IdentityGlob::parse(&identity).is_err() {
            prop_assert!(Policy::single_entry(&single, &support::options()).is_err());
            return Ok(());
        }
        let fail = |failure: proofmark_policy::LoadFailure| TestCaseError::fail(render_errors(&failure.errors));
        let policy = Policy::single_entry(&single, &support::options()).map_err(fail)?;
        let mut files = single.files().map_err(fail)?;
        files.0.insert(FILE_NAME.to_owned(), policy.to_toml().into_bytes());
        let again = Policy::load_from(&files, FILE_NAME, How::Flag, &support::options()).map_err(fail)?;
        prop_assert_eq!(meaning(&policy), meaning(&again));
        prop_assert!(policy.entry_for(&repository).is_some() && policy.registry_for(&repository).is_some());
        let signer = policy.signers.values().next();
        match signer.map(|signer| &signer.kind) {
            Some(SignerKind::Certificate(certificate)) => prop_assert_eq!(&certificate.issuer, &issuer),
            Some(SignerKind::Key(key)) => prop_assert_eq!(key.pem.as_str(), "KEY mine"),
            None => prop_assert!(false, "no signer"),
        }
    }

    #[test]
    fn no_text_panics_and_no_error_reaches_the_terminal_raw(text in "\\PC{0,80}|[a-z=\\[\\]\"\\n\\x1b.{}#,' ]{0,120}") {
        if let Err(failure) = parse_str(&text, "p\u{1b}.toml") {
            prop_assert!(!failure.errors.is_empty());
            prop_assert!(!render_errors(&failure.errors).contains(|c: char| c.is_control() && c != '\n'));
        }
    }

    #[test]
    fn a_policy_with_one_character_changed_never_panics(at in 0usize..900, with in any::<char>()) {
        let good = support::read(&support::cases().join("good-everything/proofmark.toml"));
        let mut text: Vec<char> = String::from_utf8_lossy(&good).chars().collect();
        let at = at % text.len();
        text[at] = with;
        if let Ok(policy) = load(&text.into_iter().collect::<String>()) {
            let _ = lint(&policy);
        }
    }
}
