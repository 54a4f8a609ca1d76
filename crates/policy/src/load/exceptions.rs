//! `allowlists/exceptions.toml`: by digest and repository, for at most 180 days, and never for everything (verdicts.md 7, POL-02).

use std::collections::BTreeMap;

use proofmark_core::{DigestRef, ImageRef, Origin, Severity, Timestamp};

use super::envrc::is_below;
use crate::error::{Code, Errors};
use crate::exception::{ExceptionSubject, MAX_DAYS, NEVER_EXCEPTED};
use crate::lint::rules;
use crate::schema::files::EXCEPTIONS;
use crate::schema::{self, Text, View, suggestion, value};
use crate::source::Source;
use crate::{Exception, LintFinding};

/// Exceptions in force, and what is worth mending.
#[derive(Debug, Default)]
pub(super) struct Exceptions {
    pub(super) rows: Vec<Exception>,
    pub(super) findings: Vec<LintFinding>,
}

pub(super) fn read(source: &Source, errors: &mut Errors, now: Timestamp, known: &[&str]) -> Exceptions {
    schema::parse(source, &EXCEPTIONS, errors, |view, errors| {
        let mut exceptions = Exceptions::default();
        let mut lines: BTreeMap<(String, String), u32> = BTreeMap::new();
        for row in view.rows("exception") {
            let Some(exception) = exception(&row, errors, now, known) else { continue };
            let key = (exception.rule.clone(), exception.subject.to_string());
            if let Some(first) = lines.get(&key) {
                let message = format!("the same exception stands in line {first}");
                errors.push(Code::DuplicateRow, &exception.origin, message, "keep one of the two");
            }
            if exception.until <= now {
                exceptions.findings.push(expired(&exception));
            } else {
                lines.entry(key).or_insert(exception.origin.start.line);
                exceptions.rows.push(exception);
            }
        }
        exceptions
    })
}

fn exception(row: &View<'_>, errors: &mut Errors, now: Timestamp, known: &[&str]) -> Option<Exception> {
    let rule = row.text("rule").filter(|rule| may_be_excepted(rule, known, errors));
    let about_file = rule.as_ref().is_some_and(|rule| rule.value.starts_with("envrc-"));
    let subject = row.text("subject").and_then(|text| {
        if about_file {
            return is_below(&text, errors).then_some(ExceptionSubject::File(text.value));
        }
        subject(&text, errors).map(ExceptionSubject::Image)
    });
    let until = row.end_of_day("until").ok().flatten();
    let until = until.filter(|(end, origin)| in_time(*end, origin, now, errors)).map(|(end, _)| end);
    Some(Exception {
        rule: rule?.value,
        subject: subject?,
        reason: row.text("reason")?.value,
        owner: row.text("owner")?.value,
        until: until?,
        origin: row.key("subject"),
    })
}

fn may_be_excepted(rule: &Text, known: &[&str], errors: &mut Errors) -> bool {
    if NEVER_EXCEPTED.iter().any(|reason| reason.as_str() == rule.value)
        || rule.value.starts_with("exception")
    {
        let message = format!("there is no exception for `{}`", rule.value);
        errors.push(
            Code::ExceptionForbidden,
            &rule.origin,
            message,
            "use an image for which it does not arise",
        );
        return false;
    }
    if !known.is_empty() && !known.contains(&rule.value.as_str()) {
        let message = format!("no rule that takes exceptions is named `{}`", rule.value);
        errors.push(Code::ExceptionForbidden, &rule.origin, message, suggestion(&rule.value, known, ""));
        return false;
    }
    true
}

/// "Signature, base and attestation rules take digest + repository, never a file or pattern."
fn subject(text: &Text, errors: &mut Errors) -> Option<DigestRef> {
    let help = "write host/repository@sha256:…, the digest that is answered for";
    match ImageRef::parse(&text.value) {
        Ok(reference) if reference.tag().is_none() => {
            if let Some(digest) = reference.digest() {
                return Some(DigestRef {
                    repository: reference.repository().clone(),
                    digest: digest.clone(),
                });
            }
            errors.push(
                Code::BadValue,
                &text.origin,
                "an exception names a digest, never a tag or a whole repository",
                help,
            );
        }
        Ok(_) => errors.push(Code::BadValue, &text.origin, "an exception names no tag", help),
        Err(error) => errors.push(Code::BadValue, &text.origin, error.to_string(), help),
    }
    None
}

fn in_time(end: Timestamp, origin: &Origin, now: Timestamp, errors: &mut Errors) -> bool {
    let last = value::last_day(end);
    let days = value::day(now).until(last).map_or(i32::MAX, |span| span.get_days());
    if days <= MAX_DAYS {
        return true;
    }
    let message = format!("{last} is more than {MAX_DAYS} days ahead");
    errors.push(
        Code::ExceptionTooLong,
        origin,
        message,
        "choose an earlier day, and renew the exception when it has passed",
    );
    false
}

fn expired(exception: &Exception) -> LintFinding {
    LintFinding {
        rule: rules::EXCEPTION_EXPIRED,
        severity: Severity::Low,
        message: format!(
            "the exception of {} for {} ended on {}",
            exception.owner,
            exception.rule,
            value::last_day(exception.until)
        ),
        origin: exception.origin.clone(),
        help: "remove it, or renew it with a new reason".to_owned(),
    }
}
