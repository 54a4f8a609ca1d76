//! `signed-by`: how many of which signers, and whether that many can ever differ.

use std::collections::BTreeSet;

use proofmark_core::{CertificateConstraint, IdentityPattern, SanKind, Signer, SignerKind, Threshold};

use super::draft::DraftThreshold;
use super::signers::Signers;
use crate::KeyFacts;
use crate::error::{Code, Errors};
use crate::schema::{Item, Text, View, suggestion};

/// Reads `key` of `view`, and checks that the signers exist.
pub(super) fn read(
    view: &View<'_>,
    key: &str,
    signers: &Signers,
    errors: &mut Errors,
) -> Option<DraftThreshold> {
    let item = view.item(key)?;
    match item.table() {
        Some(table) => from_table(item, &table, signers, errors),
        None => from_list(item, signers, errors),
    }
}

/// "a bare list has one element"
fn from_list(item: Item<'_>, signers: &Signers, errors: &mut Errors) -> Option<DraftThreshold> {
    let of = item.texts()?;
    check_names(&of, signers, errors);
    let origin = item.origin();
    match of.len() {
        1 => Some(DraftThreshold { at_least: 1, of, origin }),
        0 => {
            errors.push(Code::EmptyList, &origin, "the list names no signer", "name one");
            None
        }
        _ => {
            let message = "a bare list of several signers does not say whether one or all must have signed";
            errors.push(Code::BadValue, &origin, message, "write { any = […] } or { all = […] }");
            None
        }
    }
}

fn from_table(
    item: Item<'_>,
    table: &View<'_>,
    signers: &Signers,
    errors: &mut Errors,
) -> Option<DraftThreshold> {
    let origin = item.origin();
    let has = |key| table.has(key);
    let (list, counted) = match (has("any"), has("all"), has("at-least"), has("of")) {
        (true, false, false, false) => ("any", false),
        (false, true, false, false) => ("all", false),
        (false, false, true, true) => ("of", true),
        _ => {
            let message = "this is not exactly one of any, all, or at-least with of";
            errors.push(
                Code::BadValue,
                &origin,
                message,
                "write { any = […] }, { all = […] } or { at-least = 2, of = […] }",
            );
            return None;
        }
    };
    let of = table.item(list)?.texts()?;
    check_names(&of, signers, errors);
    if of.is_empty() {
        let message = format!("`{list}` is empty: nobody, or anybody, would satisfy it");
        errors.push(Code::EmptyList, &table.item(list)?.origin(), message, "name the signers");
        return None;
    }
    let at_least = match list {
        "any" => 1,
        "all" => of.len(),
        _ => {
            let number = table.item("at-least")?;
            let count = number.whole()?;
            if count < 1 {
                errors.push(
                    Code::Threshold,
                    &number.origin(),
                    "at-least is below 1: no signature would be needed",
                    "write 1 or more",
                );
                return None;
            }
            usize::try_from(count).unwrap_or(usize::MAX)
        }
    };
    if counted && at_least > of.len() {
        let message = format!("at-least is {at_least}, of only {} signers", of.len());
        errors.push(Code::Threshold, &origin, message, "lower at-least, or name more signers");
        return None;
    }
    Some(DraftThreshold { at_least, of, origin })
}

fn check_names(of: &[Text], signers: &Signers, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for name in of {
        if !signers.is_defined(&name.value) {
            errors.push_with(Code::UnknownSigner, || {
                let known: Vec<&str> = signers.names.iter().map(String::as_str).collect();
                let help = suggestion(&name.value, &known, "define it: [signers.NAME]");
                (name.origin.clone(), format!("no signer is named `{}`", name.value), help)
            });
        } else if !seen.insert(&name.value) {
            let message = format!("signer `{}` is named twice, and counts once", name.value);
            errors.push(Code::DuplicateRow, &name.origin, message, "remove one");
        }
    }
}

/// Refuses a threshold above the number of signers that can differ: one key under two names, or one workflow at two
/// refs, counts once (verdicts.md 2).
pub(super) fn check_distinct(
    threshold: &Threshold,
    identity: impl Fn(&str) -> Option<String>,
    errors: &mut Errors,
) {
    let mut identities = BTreeSet::new();
    for name in &threshold.of {
        // A signer that is itself wrong has been told.
        let Some(identity) = identity(name) else { return };
        identities.insert(identity);
    }
    if threshold.at_least > identities.len() {
        let message = format!(
            "{} signers are needed, and only {} of those named can differ: one key or one workflow counts once",
            threshold.at_least,
            identities.len()
        );
        errors.push(
            Code::Threshold,
            &threshold.origin,
            message,
            "name signers with different keys or identities",
        );
    }
}

/// Equal for two signers that can never give distinct identities.
pub(super) fn identity(signer: &Signer, facts: Option<&KeyFacts>) -> String {
    match &signer.kind {
        SignerKind::Key(key) => format!("key {}", facts.map_or(key.pem.as_str(), |facts| facts.id.as_str())),
        SignerKind::Certificate(certificate) => match fixed_identity(certificate) {
            Some(san) => format!("certificate {} {san}", certificate.issuer),
            None => format!("signer {}", signer.name),
        },
    }
}

/// The one identity that a certificate signer can be, if its pattern leaves no choice: for URIs, up to the `@`.
fn fixed_identity(certificate: &CertificateConstraint) -> Option<String> {
    let uri = certificate.san.as_slice() == [SanKind::Uri];
    match &certificate.identity {
        IdentityPattern::Glob(glob) => {
            let text = glob.as_str();
            let text = if uri { text.split_once('@').map_or(text, |(left, _)| left) } else { text };
            (!text.contains('*')).then(|| text.to_owned())
        }
        IdentityPattern::Regex(regex) => fixed_text(regex.as_str(), uri),
    }
}

/// What every match of an expression is; with `to_at`, what stands before the first `@` of every match. `None` where that is
/// not told by literals alone.
fn fixed_text(regex: &str, to_at: bool) -> Option<String> {
    // A choice may leave the literals at its left out.
    if regex.contains('|') {
        return None;
    }
    let mut text = String::new();
    let mut chars = regex.chars().peekable();
    while let Some(c) = chars.next() {
        let literal = match c {
            // `\<` and `\>` are where a word begins and ends.
            '\\' => chars.next().filter(|c| c.is_ascii_punctuation() && !matches!(c, '<' | '>'))?,
            '.' | '[' | ']' | '(' | ')' | '{' | '}' | '*' | '+' | '?' | '^' | '$' => return None,
            other => other,
        };
        // What a quantifier stands behind may be absent or repeated.
        if matches!(chars.peek(), Some('*' | '+' | '?' | '{')) {
            return None;
        }
        if to_at && literal == '@' {
            return Some(text);
        }
        text.push(literal);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_an_expression_leaves_no_choice_about() {
        let fixed = |regex: &str, to_at| fixed_text(regex, to_at);
        assert_eq!(fixed(r"https://a\.example/x@refs/tags/.*", true).as_deref(), Some("https://a.example/x"));
        assert_eq!(fixed(r"me\@acme\.example", false).as_deref(), Some("me@acme.example"));
        assert_eq!(fixed(r"https://a\.example/x", true).as_deref(), Some("https://a.example/x"));
        for open in [
            r"https://a.example/x@y",
            r"https://a\.example/[ab]@y",
            r"https://a\.example/x+@y",
            r"https://a\.example/x?@y",
            r"https://a\.example/x@?y",
            r"https://a\.example/x@{0,1}y",
            r"https://a\.example/x@y|z",
            r"(?i)https://a\.example/x@y",
            r"https://a\.example/\d@y",
            r"https://a\.example/\x41@y",
            r"https://a\.example/\<x@y",
        ] {
            assert_eq!(fixed(open, true), None, "{open}");
        }
        assert_eq!(fixed(r"me@acme\.example.*", false), None);
    }
}
