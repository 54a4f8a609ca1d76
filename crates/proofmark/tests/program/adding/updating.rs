//! `pin update`.

use super::publisher::{Publisher, SIGNED, Way, binaries};
use super::{add, published};
use crate::support::{Run, Sandbox};

fn update(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    sandbox.program(["pin", "update", "--by", "bot"].into_iter().chain(arguments.iter().copied())).run()
}

fn releases(publisher: &Publisher) {
    publisher.publish("1.1.0", b"the next tool");
    publisher.publish("1.2.0", b"the newest tool");
    let list = r#"[{"tag_name": "v1.2.0", "published_at": "2999-01-01T00:00:00Z"},
        {"tag_name": "v1.1.0", "published_at": "2020-01-01T00:00:00Z"},
        {"tag_name": "v1.0.0", "published_at": "2019-01-01T00:00:00Z"}]"#;
    publisher.put("/releases", list);
}

#[test]
fn newer_versions_wait_for_a_reviewer() {
    let publisher = published();
    releases(&publisher);
    let sandbox = publisher.sandbox("\"1.0.0\"", SIGNED);
    add(&sandbox, &[]).exits(0);
    let before = sandbox.read("proofmark.lock");
    update(&sandbox, &["--dry-run"]).exits(0).says("would pin  acme-tool 1.1.0").says("nothing was written");
    assert_eq!(sandbox.read("proofmark.lock"), before);
    let said = update(&sandbox, &[]).exits(0);
    said.says("acme-tool 1.2.0 waits: it was published on 2999-01-01")
        .says("pinned  acme-tool 1.1.0 linux/amd64")
        .says("+version = \"1.1.0\"")
        .says("versions = [\"1.1.0\", \"1.0.0\"]");
    // The old pin stays, and the new one is refused until a person has written its version down.
    assert!(sandbox.read("proofmark.lock").contains("version = \"1.0.0\""));
    sandbox.program(["check"]).run().exits(1).says("version 1.1.0 of acme-tool may not be pinned");
    sandbox.write("allowlists/binaries.toml", binaries("\"1.1.0\", \"1.0.0\"", SIGNED));
    sandbox.program(["check"]).run().exits(0);
    update(&sandbox, &[]).exits(0).says("acme-tool: nothing newer");
    update(&sandbox, &["--cooldown", "0", "--dry-run"]).exits(0).says("would pin  acme-tool 1.2.0");
}

#[test]
fn what_cannot_be_updated_changes_nothing() {
    let publisher = published();
    let sandbox = publisher.sandbox("\"1.0.0\"", SIGNED);
    update(&sandbox, &[]).fails_with(2, "pin-not-pinned");
    add(&sandbox, &[]).exits(0);
    let before = sandbox.read("proofmark.lock");
    let unchanged = |run: Run, exit, code: &str| {
        run.exits(exit).says(&format!("error[{code}]: ")).says("\nhelp: ");
        assert_eq!(sandbox.read("proofmark.lock"), before);
    };
    unchanged(update(&sandbox, &[]), 3, "versions-unreadable");
    publisher.put("/releases", "{\"message\": \"API rate limit exceeded\"}");
    unchanged(update(&sandbox, &[]), 3, "versions-unreadable");
    publisher.put_so("/releases", "", Way::Status(403));
    unchanged(update(&sandbox, &[]), 3, "download-failed");
    unchanged(update(&sandbox, &["--offline"]), 3, "download-offline");
    // A newer version with an old one's signature.
    releases(&publisher);
    publisher.put("/1.1.0/acme-tool-linux-amd64", b"poisoned".to_vec());
    unchanged(update(&sandbox, &[]), 1, "pin-refused");
    update(&sandbox, &["--cooldown", "soon"]).fails_with(2, "usage");
}
