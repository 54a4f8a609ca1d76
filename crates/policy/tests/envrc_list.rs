//! What a list of `.envrc` files restricts by what it holds.
#![allow(clippy::unwrap_used)]

use proofmark_core::{Digest, Origin, Position};
use proofmark_policy::{EnvrcClosure, EnvrcDirectory, EnvrcList, EnvrcStartup};

fn origin() -> Origin {
    let start = Position { line: 1, column: 1 };
    Origin { file: "allowlists/envrc.toml".to_owned(), start, end: start, line_text: String::new() }
}

fn text(text: &str) -> String {
    text.to_owned()
}

/// Locks say what files load, not where files may be approved: a list of locks alone leaves that open, and an empty list does not.
#[test]
fn a_list_of_locks_alone_restricts_no_directory() {
    let directory = EnvrcDirectory { path: text("~/work"), why: text("x"), by: text("y"), origin: origin() };
    let startup = EnvrcStartup {
        path: text("~/x"),
        sha256: text("0"),
        why: text("x"),
        by: text("y"),
        origin: origin(),
    };
    let lock = EnvrcClosure {
        file: text(".envrc"),
        sha256: Digest::sha256(b"x"),
        members: Vec::new(),
        by: text("y"),
        origin: origin(),
    };
    for (directories, startups, locks, restricts) in [
        (0, 0, 0, true),
        (0, 0, 1, false),
        (1, 0, 0, true),
        (1, 0, 1, true),
        (0, 1, 0, true),
        (0, 1, 1, true),
        (1, 1, 1, true),
    ] {
        let list = EnvrcList {
            directories: vec![directory.clone(); directories],
            startup: vec![startup.clone(); startups],
            closures: vec![lock.clone(); locks],
            origin: origin(),
        };
        assert_eq!(list.restricts(), restricts, "{directories} {startups} {locks}");
    }
}
