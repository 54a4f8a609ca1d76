//! The interpreter from outside: what it sees a file do.
#![allow(clippy::unwrap_used, clippy::format_collect)]

mod calls;
mod code;
mod dotenv;
mod flows;
mod folder;
mod hostile;
mod properties;
mod stdlib;
mod values;

use std::collections::BTreeMap;

use proofmark_envrc::{Action, Call, FileAnswer, Files, Limits, NoFiles, Trace, interpret};

/// Files of a folder.
#[derive(Default)]
struct Tree(BTreeMap<String, String>);

impl Tree {
    fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }
}

impl Files for Tree {
    fn read(&self, path: &str) -> FileAnswer {
        match self.0.get(path) {
            Some(text) => FileAnswer::Bytes(text.clone().into_bytes()),
            None if self.0.keys().any(|file| file.starts_with(&format!("{path}/"))) => FileAnswer::Folder,
            None => FileAnswer::Absent,
        }
    }
}

fn trace(text: &str) -> Trace {
    interpret(".envrc", text.as_bytes(), &NoFiles, &Limits::default())
}

/// As [`trace`], and everything was followed.
fn whole(text: &str) -> Trace {
    let trace = trace(text);
    assert_eq!(trace.problems, [], "{text}");
    trace
}

fn calls(trace: &Trace) -> Vec<&Call> {
    let calls = trace.events.iter().filter_map(|event| match &event.action {
        Action::Call(call) => Some(&**call),
        _ => None,
    });
    calls.collect()
}

/// Each command with its words, alternatives joined by `|`.
fn words(trace: &Trace) -> Vec<String> {
    calls(trace)
        .into_iter()
        .map(|call| {
            let arguments = call.arguments.iter().map(|value| value.shapes().join("|"));
            std::iter::once(call.name.shape()).chain(arguments).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// The last value that a variable is given, as it is written.
fn last(trace: &Trace, variable: &str) -> String {
    let value = trace.events.iter().rev().find_map(|event| match &event.action {
        Action::Assign { name, value, .. } if name == variable => Some(value.shapes().join("|")),
        _ => None,
    });
    value.unwrap_or_else(|| panic!("{variable} is not set"))
}
