//! What witnesses a signature: the entries of logs and the verified times.

use proofmark_core::Timestamp;

use crate::candidate::Candidate;
use crate::facts::{LogEntryFacts, VerifiedTime};
use crate::key::PublicKey;
use crate::log::{self, Logged};
use crate::log_body::Holder;
use crate::rejection::Rejection;
use crate::root::TrustRoot;
use crate::signature::Message;
use crate::stamp;
use crate::time::counts;

/// What the log and time steps found.
#[derive(Default)]
pub(crate) struct Witnesses {
    pub(crate) entries: Vec<LogEntryFacts>,
    pub(crate) times: Vec<VerifiedTime>,
    /// What is to be told of them where they were not demanded.
    pub(crate) notes: Vec<String>,
}

impl Witnesses {
    /// What was demanded, and is there.
    pub(crate) fn demanded(logged: Vec<Logged<'_>>, times: Vec<VerifiedTime>) -> Self {
        Self { entries: one_a_log(logged), times, notes: Vec::new() }
    }

    /// `transparency = "optional"`: the key's signature is enough; what else is there is verified, and said.
    pub(crate) fn optional(
        candidate: &Candidate,
        message: &Message<'_>,
        key: &PublicKey,
        root: Option<&TrustRoot>,
        now: Timestamp,
    ) -> Self {
        let model = &candidate.model;
        let mut witnesses = Self::default();
        if let Some(root) = root {
            for entry in &model.entries {
                witnesses.entry(log::verify(model, entry, message, &Holder::Key(key), root), now);
            }
            for token in &model.tokens {
                witnesses.token(stamp::verify(token, &model.signature, root), now);
            }
            if witnesses.notes.is_empty() {
                witnesses.note("no log entry and no timestamp".to_owned());
            }
        } else if !(model.entries.is_empty() && model.tokens.is_empty()) {
            witnesses.note("log entries and timestamps were not looked at: the key names no root".to_owned());
        }
        witnesses
    }

    fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    fn entry(&mut self, answer: Result<Logged<'_>, Rejection>, now: Timestamp) {
        match answer {
            Ok(logged) if trusted_then(&logged) => {
                self.note(format!("found in log {}, index {}", logged.facts.log, logged.facts.index));
                self.times.extend(logged.time.filter(|time| counts(time.at, now)));
                self.entries.push(logged.facts);
            }
            Ok(logged) => self.note(format!("log {} was not trusted then", logged.facts.log)),
            Err(rejection) => self.note(format!("a log entry does not count: {}", rejection.detail)),
        }
    }

    fn token(&mut self, answer: Result<VerifiedTime, Rejection>, now: Timestamp) {
        match answer {
            Ok(time) if counts(time.at, now) => {
                self.note(format!("stamped by {}", time.authority));
                self.times.push(time);
            }
            Ok(time) => self.note(format!("a timestamp does not count: {} is in the future", time.at)),
            Err(rejection) => self.note(format!("a timestamp does not count: {}", rejection.detail)),
        }
    }
}

/// A log's own time lies in its window; a log that gives none (Rekor v2) has others beside it.
fn trusted_then(logged: &Logged<'_>) -> bool {
    let within = |time: &VerifiedTime| logged.log.window.is_none_or(|window| window.contains(time.at));
    logged.time.as_ref().is_none_or(within)
}

/// Several entries of one log count once (TIME-06).
fn one_a_log(logged: Vec<Logged<'_>>) -> Vec<LogEntryFacts> {
    let mut entries: Vec<LogEntryFacts> = Vec::new();
    for logged in logged {
        if !entries.iter().any(|other| other.log_id == logged.facts.log_id) {
            entries.push(logged.facts);
        }
    }
    entries
}
