//! `tag` to `tag@digest` in place.

use proofmark_core::Digest;
use proofmark_refs::{FileKind, Found, NoEdit, PinError, ScanLimits, pin, scan};

use crate::cases;

fn digest(n: usize) -> Digest {
    Digest::parse(&format!("sha256:{n:064x}")).unwrap()
}

fn pin_all(text: &str, kind: FileKind) -> Result<String, PinError> {
    let limits = ScanLimits::default();
    let found = scan("f", text.as_bytes(), kind, &limits).found;
    let digest = digest(7);
    let pins: Vec<(&Found, &Digest)> = found.iter().map(|found| (found, &digest)).collect();
    pin("f", text.as_bytes(), kind, &limits, &pins).map(|out| String::from_utf8(out).unwrap())
}

/// `@` stands for the digest.
fn check(kind: FileKind, before: &str, after: &str) {
    let digest = format!("@{}", digest(7));
    let wanted = after.replace('@', &digest).replace("digest=", &digest[1..]);
    assert_eq!(pin_all(before, kind).unwrap(), wanted);
}

#[test]
fn dockerfiles() {
    check(
        FileKind::Dockerfile,
        "\u{feff}FROM --platform=x alpine:3 AS a # no comment\r\nCOPY --from=\"nginx\" a b\r\nFROM a",
        "\u{feff}FROM --platform=x alpine:3@ AS a # no comment\r\nCOPY --from=\"nginx@\" a b\r\nFROM a",
    );
    check(
        FileKind::Dockerfile,
        "# syntax=docker/dockerfile:1\nFROM scratch",
        "# syntax=docker/dockerfile:1@\nFROM scratch",
    );
    // The default, once.
    check(
        FileKind::Dockerfile,
        "ARG B=\"alpine:3\"\nARG C=${B}\nFROM $B\nFROM ${C} AS x\n",
        "ARG B=\"alpine:3@\"\nARG C=${B}\nFROM $B\nFROM ${C} AS x\n",
    );
    let old = "sha256:".to_owned() + &"1".repeat(64);
    check(FileKind::Dockerfile, &format!("FROM a:1@{old}\n"), "FROM a:1@\n");
    for refused in
        ["ARG V=1\nFROM a:$V", "ARG B=a:1\nFROM $B\nFROM $B-x", "ARG B=a:1\nFROM $B\nARG B", "FROM a\\\n:1"]
    {
        assert!(
            matches!(pin_all(refused, FileKind::Dockerfile), Err(PinError::Refused { .. })),
            "{refused:?}"
        );
    }
}

#[test]
fn yaml_keeps_quotes_and_comments() {
    check(
        FileKind::Compose,
        "services: # x\r\n  a: {image: 'nginx:1', x: 1}\r\n  b:\r\n    image:   \"redis\"   # y\r\n  c: {image: \"${I:-a:1}\"}\r\n",
        "services: # x\r\n  a: {image: 'nginx:1@', x: 1}\r\n  b:\r\n    image:   \"redis@\"   # y\r\n  c: {image: \"${I:-a:1@}\"}\r\n",
    );
    check(
        FileKind::Compose,
        "x-i: &i nginx:1\nservices:\n  a: {image: *i}\n  b: {image: *i}",
        "x-i: &i nginx:1@\nservices:\n  a: {image: *i}\n  b: {image: *i}",
    );
    check(
        FileKind::Compose,
        "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM a:1\n    image: >-\n      b:1\n",
        "services:\n  a:\n    build:\n      dockerfile_inline: |\n        FROM a:1@\n    image: >-\n      b:1@\n",
    );
    check(
        FileKind::Workflow,
        "jobs:\n  a:\n    container: node:20\n    steps: [{uses: 'docker://a:1'}]",
        "jobs:\n  a:\n    container: node:20@\n    steps: [{uses: 'docker://a:1@'}]",
    );
    check(FileKind::Devcontainer, "{\"image\": \"a:1\", // c\n}", "{\"image\": \"a:1@\", // c\n}");
    let shared = "services:\n  a: {image: &i 'a:1', labels: {x: *i}}\n";
    match pin_all(shared, FileKind::Compose) {
        Err(PinError::Refused { why: NoEdit::Shared(_), .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn kustomizations_get_a_digest() {
    check(
        FileKind::Kustomization,
        "images:\r\n- name: a\r\n  newTag: \"1\" # c\r\n- newTag: 2\r\n  name: b\r\n- {name: c, newTag: 3}\r\n",
        "images:\r\n- name: a\r\n  digest: digest=\r\n  newTag: \"1\" # c\r\n- digest: digest=\r\n  newTag: 2\r\n  name: b\r\n- {name: c, digest: digest=, newTag: 3}\r\n",
    );
    let old = format!("images: [{{name: a, digest: 'sha256:{}'}}]\n", "1".repeat(64));
    check(FileKind::Kustomization, &old, "images: [{name: a, digest: 'digest='}]\n");
}

/// Whatever a case holds: what may be pinned is pinned, and nothing else changes.
#[test]
fn every_case_is_pinned_where_it_may_be() {
    let limits = ScanLimits::default();
    let mut pinned = 0;
    for (kind, name, bytes) in cases() {
        let scan = scan(&name, &bytes, kind, &limits);
        let digests: Vec<Digest> = (0..scan.found.len()).map(digest).collect();
        for (found, digest) in scan.found.iter().zip(&digests) {
            match pin(&name, &bytes, kind, &limits, &[(found, digest)]) {
                Ok(out) => {
                    pinned += 1;
                    assert_eq!(restored(&bytes, &out, found, digest), bytes, "{name}: {found:?}");
                }
                Err(PinError::Refused { .. }) => assert!(found.pin(digest).is_err()),
                Err(error) => panic!("{name}: {}: {error}", found.text),
            }
        }
        let same = digest(9);
        let all: Vec<(&Found, &Digest)> =
            scan.found.iter().filter(|found| found.pin(&same).is_ok()).map(|found| (found, &same)).collect();
        pin(&name, &bytes, kind, &limits, &all).unwrap();
    }
    assert!(pinned > 60, "{pinned}");
}

/// Undoes a pin.
fn restored(before: &[u8], after: &[u8], found: &Found, digest: &Digest) -> Vec<u8> {
    let edit = found.pin(digest).unwrap();
    let mut out = after[..edit.start].to_vec();
    out.extend_from_slice(&before[edit.start..edit.end]);
    out.extend_from_slice(&after[edit.start + edit.text.len()..]);
    out
}
