//! `pin add`, `pin install` and `pin update`, from a server on the loopback interface to a folder.

mod installing;
mod killed;
mod publisher;
mod updating;

use std::process::Command;

use publisher::{Publisher, SIGNED, Way, binaries, echo, sum};

use crate::support::{Run, Sandbox, skipped};

const TOOL: &str = "/1.0.0/acme-tool-linux-amd64";

fn published() -> Publisher {
    let publisher = Publisher::start();
    publisher.publish("1.0.0", b"the tool");
    publisher
}

fn add(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let fixed = ["pin", "add", "acme-tool", "--by", "alice"];
    sandbox.program(fixed.into_iter().chain(arguments.iter().copied())).run()
}

fn no_lock(sandbox: &Sandbox) {
    assert!(!sandbox.path("proofmark.lock").exists(), "{}", sandbox.read("proofmark.lock"));
}

#[test]
fn a_signed_tool_is_pinned_and_every_command_agrees() {
    let publisher = published();
    let sandbox = publisher.sandbox("\"1.0.0\"", SIGNED);
    add(&sandbox, &["--dry-run"])
        .exits(0)
        .says("would pin  acme-tool 1.0.0 linux/amd64")
        .says("nothing was written");
    no_lock(&sandbox);
    let said = add(&sandbox, &[]).exits(0);
    said.says("pinned  acme-tool 1.0.0 linux/amd64")
        .says("signed the executable")
        .says("recipes/acme-tool.toml");
    let lock = sandbox.read("proofmark.lock");
    assert!(
        lock.contains(&sum(b"the tool"))
            && lock.contains("executable-size = 8")
            && lock.contains("by = \"alice\""),
        "{lock}"
    );
    sandbox.program(["check"]).run().exits(0).says("may be pinned");
    sandbox.program(["pin", "list"]).run().exits(0).says("sigstore over the executable");
    // Again, by somebody else: nothing changes.
    sandbox.program(["pin", "add", "acme-tool@1.0.0", "--by", "bob"]).run().exits(0).says("as before");
    assert_eq!(sandbox.read("proofmark.lock"), lock);
    // Offline, from what was downloaded: the signature is small, and not kept.
    sandbox.program(["--offline", "pin", "add", "acme-tool"]).run().fails_with(3, "download-offline");
}

#[test]
fn the_version_that_it_says_is_the_pinned_one() {
    let publisher = Publisher::start();
    publisher.publish("1.0.0", &echo());
    let sandbox = publisher.sandbox("\"1.0.0\"", SIGNED);
    let recipe = sandbox.read("recipes/acme-tool.toml");
    let asks = |version: &str| {
        sandbox.write(
            "recipes/acme-tool.toml",
            format!("{recipe}[asks]\narguments = [\"{version}\"]\nprints = \"{{version}}\"\n"),
        );
    };
    asks("0.9.0");
    add(&sandbox, &["--policy", "."])
        .fails_with(1, "pin-refused")
        .says("says 0.9.0, which is older than the pinned 1.0.0");
    no_lock(&sandbox);
    asks("1.0.0");
    // A policy that lies in a repository, and that nobody has accepted, runs nothing.
    add(&sandbox, &["--dry-run"]).exits(0).says("nobody has accepted the policy");
    add(&sandbox, &["--policy", "."]).exits(0).says("says 1.0.0");
}

#[test]
fn what_is_refused_is_explained_and_writes_nothing() {
    let publisher = published();
    let sandbox = publisher.sandbox("\"1.0.0\"", SIGNED);
    // Signed, and over other bytes.
    publisher.put(TOOL, b"poisoned".to_vec());
    add(&sandbox, &[])
        .fails_with(1, "pin-refused")
        .says("reason    wrong-subject")
        .says("expected  signed by release");
    // Not signed, whatever anybody accepts.
    publisher.put(TOOL, b"the tool".to_vec());
    publisher.put_so("/1.0.0/acme-tool-linux-amd64.sigstore.json", "", Way::Status(404));
    for arguments in [&[][..], &["--accept-unsigned", "I trust it"]] {
        add(&sandbox, arguments).fails_with(1, "pin-without-signature").says("sigstore.json is not there");
    }
    // A policy that asks for nobody, and a tool that is signed.
    publisher.publish("1.0.0", b"the tool");
    sandbox.write("allowlists/binaries.toml", binaries("\"1.0.0\"", "unsigned = \"why\""));
    add(&sandbox, &[]).fails_with(1, "pin-without-signature").says("does not ask by whom");
    no_lock(&sandbox);
    // A tool that nobody signs, and somebody's word for it.
    sandbox.write("recipes/acme-tool.toml", publisher.recipe("unsigned = \"it has no signature\"\n"));
    add(&sandbox, &[])
        .fails_with(1, "pin-without-signature")
        .says("it has no signature")
        .says("--accept-unsigned");
    no_lock(&sandbox);
    add(&sandbox, &["--accept-unsigned", "read its source"])
        .exits(0)
        .says("accepted by alice: read its source");
    assert!(sandbox.read("proofmark.lock").contains("unsigned = \"read its source\""));
    sandbox.program(["check"]).run().exits(0);
    // A release whose file is replaced later.
    let lock = sandbox.read("proofmark.lock");
    publisher.put(TOOL, b"the tail".to_vec());
    let accept = ["--accept-unsigned", "read its source"];
    let said = add(&sandbox, &accept).fails_with(1, "pin-differs");
    said.says(&sum(b"the tool")).says(&sum(b"the tail"));
    assert_eq!(sandbox.read("proofmark.lock"), lock);
    add(&sandbox, &[&accept[..], &["--replace"]].concat()).exits(0);
    assert!(sandbox.read("proofmark.lock").contains(&sum(b"the tail")));
}

#[test]
fn others_who_give_the_same_hash() {
    let publisher = published();
    let lists = Publisher::start();
    let sandbox = publisher.sandbox("\"1.0.0\"", &format!("{SIGNED}\nsources = 1"));
    add(&sandbox, &[])
        .fails_with(1, "pin-sources-too-few")
        .says("0 of 1 other operators")
        .says("--list OPERATOR=URL");
    let url = format!("https://{}{TOOL}", publisher.host);
    let registries = sandbox.read("allowlists/registries.toml");
    sandbox.write("trust-roots/lists.pem", &lists.ca);
    // Both are on this machine: by origins they are one, and the second is told as that.
    sandbox.write(
        "allowlists/registries.toml",
        format!("{registries}[[registry]]\nhost = \"{}\"\nrepositories = [\"**\"]\nca-file = \"trust-roots/lists.pem\"\n", lists.host),
    );
    let list = format!("friend=https://{}/list", lists.host);
    lists.put("/list", format!("{} {url}\n", sum(b"the tool")));
    add(&sandbox, &["--list", &list])
        .fails_with(1, "pin-sources-too-few")
        .says("lies where the download lies");
    let operator = format!("acme=https://{}/list", lists.host);
    add(&sandbox, &["--list", &operator]).fails_with(1, "pin-sources-too-few").says("the vendor's own list");
    // What was imported from somebody's list counts, and stays.
    sandbox.write("SUMS", format!("{}  acme-tool-linux-amd64\n", sum(b"the tool")));
    let at = format!("https://{}/1.0.0", publisher.host);
    let import = [
        "pin",
        "import",
        "SUMS",
        "--url",
        &at,
        "--operator",
        "friend",
        "--tool-version",
        "1.0.0",
        "--tool",
        "acme-tool",
    ];
    sandbox.program(import).run().exits(0);
    let lock = sandbox.read("proofmark.lock").replace("at = \"SUMS\"", "at = \"https://friend.test/SUMS\"");
    sandbox.write("proofmark.lock", lock);
    add(&sandbox, &[]).exits(0).says("friend gives the same SHA-256");
    sandbox.program(["check"]).run().exits(0);
}

#[test]
fn wrong_words() {
    let publisher = published();
    let sandbox = publisher.sandbox("\"1.0.0\"", SIGNED);
    let run = |arguments: &[&str]| sandbox.program(arguments.iter().copied()).run();
    run(&["pin", "add", "nobodys-tool"]).fails_with(2, "recipe-unknown").says("cosign, direnv, gh");
    run(&["pin", "add", "op"]).fails_with(2, "pin-not-listed").says("signed-by = [\"1password\"]");
    run(&["pin", "add", "acme-tool@2.0.0"]).fails_with(2, "pin-not-listed").says("pin one of 1.0.0");
    run(&["pin", "add", "acme-tool", "--platform", "plan9/386"])
        .fails_with(2, "pin-no-build")
        .says("linux/amd64");
    run(&["pin", "add", "Acme"]).fails_with(2, "usage");
    run(&["pin", "add", "acme-tool", "--policy-from", "HEAD"]).fails_with(2, "revision-read-only");
    sandbox
        .write("recipes/acme-tool.toml", "tool = \"acme-tool\"\nvendor = \"acme\"\nbuild = []\nvendro = 1\n");
    run(&["pin", "add", "acme-tool"])
        .fails_with(2, "recipe-invalid")
        .says("recipes/acme-tool.toml:4: unknown field `vendro`");
    sandbox.write(
        "recipes/acme-tool.toml",
        publisher.recipe("unsigned = \"x\"\n").replacen("acme-tool", "other", 1),
    );
    run(&["pin", "add", "acme-tool"]).fails_with(2, "recipe-invalid").says("it is the recipe of other");
    no_lock(&sandbox);
    assert!(publisher.asked().is_empty(), "nobody is asked before the words are right");
}

#[test]
fn networks_that_do_not_answer() {
    let publisher = published();
    let sandbox = publisher.sandbox("\"1.0.0\"", SIGNED);
    sandbox
        .program(["--offline", "pin", "add", "acme-tool"])
        .run()
        .fails_with(3, "download-offline")
        .says("run it once without --offline");
    // A proxy that says no, and one that is not there.
    let proxy = crate::tls::listen(|mut stream| {
        use std::io::{Read as _, Write as _};
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    });
    let recipe = sandbox.read("recipes/acme-tool.toml");
    sandbox.write("recipes/acme-tool.toml", recipe.replace(&publisher.host, "tools.test"));
    for port in [proxy, 1] {
        let program = sandbox.program(["pin", "add", "acme-tool"]);
        let run = program.variable("HTTPS_PROXY", &format!("http://127.0.0.1:{port}")).run();
        run.fails_with(3, "download-failed").says("proxy");
    }
    sandbox.write("recipes/acme-tool.toml", recipe);
    for (status, code) in [
        (404, "download-not-there"),
        (500, "download-failed"),
        (429, "download-failed"),
        (403, "download-failed"),
    ] {
        publisher.put_so(TOOL, "", Way::Status(status));
        add(&sandbox, &[]).fails_with(3, code);
    }
    // A body that breaks off is no file: a first download does not go on in what may be another file.
    publisher.put_so(TOOL, b"the tool".to_vec(), Way::CutAlways);
    add(&sandbox, &[]).fails_with(3, "download-failed");
    // Whoever else answers there is not believed.
    sandbox.write("trust-roots/ca.pem", &Publisher::start().ca);
    add(&sandbox, &[]).fails_with(3, "download-failed").says("certificate");
    no_lock(&sandbox);
}

/// Root writes everywhere but to what is mounted read-only.
#[test]
fn a_read_only_directory_for_the_lock() {
    let publisher = published();
    let sandbox = publisher.sandbox("\"1.0.0\"", SIGNED);
    let work = sandbox.path("").display().to_string();
    let mount = format!("mount --bind {work} {work} && mount -o remount,bind,ro {work} && cd {work}");
    let works = Command::new("unshare").args(["-m", "sh", "-c", &mount]).output();
    if !works.is_ok_and(|out| out.status.success()) {
        return skipped("needs root and a mount namespace");
    }
    let program = sandbox.program(["pin", "add", "acme-tool"]);
    let script = format!("{mount} && exec \"$0\" \"$@\"");
    program.through("unshare", &["-m", "sh", "-c", &script]).run().fails_with(3, "lock-not-written");
    no_lock(&sandbox);
}
