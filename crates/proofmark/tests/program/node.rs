//! The hook of a node, called as containerd calls it, as far as no policy of this machine is needed; the real containerd is
//! asked by `cargo xtask node`.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use crate::support::Sandbox;

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Runs it under a name; gives the exit code and what it said, where containerd looks for the reason.
fn call(sandbox: &Sandbox, name: &str, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let link = sandbox.path(name);
    if fs::symlink_metadata(&link).is_err() {
        symlink(env!("CARGO_BIN_EXE_proofmark"), &link).unwrap();
    }
    let mut command = Command::new(&link);
    // containerd's own environment: no HOME.
    command.args(arguments).env_clear().current_dir("/").stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A call that is refused for its options reads nothing.
    let _ = std::io::Write::write_all(&mut stdin, input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn whatever_is_not_understood_blocks_with_a_reason() {
    let sandbox = Sandbox::new();
    let media = "application/vnd.oci.descriptor.v1+json";
    let good = ["-name", "r.example/a:1", "-digest", DIGEST, "-stdin-media-type", media];
    let descriptor = format!("{{\"digest\":\"{DIGEST}\"}}");
    for (arguments, input, why) in [
        (&[][..], "", "`-name` is missing"),
        (&good[..4], descriptor.as_str(), "`-stdin-media-type` is missing"),
        (&[&good[..], &["-new", "x"]].concat(), &descriptor, "an option that this version does not know"),
        (&good, "", "standard input is no application/vnd.oci.descriptor"),
        (&good, "{\"digest\":\"sha256:other\"}", "and standard input describes sha256:other"),
        (&[&good[..5], &["text/plain"]].concat(), &descriptor, "standard input is `text/plain`"),
    ] {
        let (exit, reason) = call(&sandbox, "proofmark-node-verify", arguments, input);
        assert_eq!(exit, Some(2), "{arguments:?}: {reason}");
        assert!(reason.starts_with("proofmark: ") && reason.contains(why), "{arguments:?}: {reason}");
    }
    // Under any name, by containerd's options; and as a command.
    let bad = [&good[..], &["-name", "again"]].concat();
    for (name, arguments) in [("any", bad.clone()), ("any", [&["node", "verify"], &bad[..]].concat())] {
        let (exit, reason) = call(&sandbox, name, &arguments, &descriptor);
        assert_eq!((exit, reason.as_str()), (Some(2), "proofmark: `-name` is given twice\n"));
    }
}

/// A reason holds what strangers wrote, and is shown on terminals (NODE-03).
#[test]
fn node_03_a_reason_is_inert() {
    let sandbox = Sandbox::new();
    let (exit, reason) = call(&sandbox, "proofmark-node-verify", &["-name\u{1b}[2J", "x"], "");
    assert_eq!(exit, Some(2));
    assert_eq!(reason, "proofmark: `-name\\u{1b}[2J` is an option that this version does not know\n");
}

#[test]
fn longer_input_than_containerd_gives_blocks() {
    let sandbox = Sandbox::new();
    let media = "application/vnd.oci.descriptor.v1+json";
    let good = ["-name", "r.example/a:1", "-digest", DIGEST, "-stdin-media-type", media];
    let (exit, reason) = call(&sandbox, "proofmark-node-verify", &good, &" ".repeat(2 * 1024 * 1024));
    assert_eq!(exit, Some(2));
    assert!(reason.contains("longer than 1048576 bytes"), "{reason}");
}

/// Whoever calls and never closes the pipe is answered before containerd gives up.
#[test]
fn standard_input_that_never_ends_blocks() {
    let sandbox = Sandbox::new();
    let media = "application/vnd.oci.descriptor.v1+json";
    let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    command.args(["node", "verify", "-name", "r.example/a:1", "-digest", DIGEST, "-stdin-media-type", media]);
    command.env_clear().current_dir(sandbox.dir()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let open = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(open);
    assert_eq!(output.status.code(), Some(2));
    let reason = String::from_utf8(output.stdout).unwrap();
    assert_eq!(reason, "proofmark: standard input is still open after 1 s\n");
}

/// The commands beside it, on a machine whose containerd lies in a folder.
#[test]
fn install_shows_what_it_would_do_and_doctor_says_what_is_wrong() {
    let sandbox = Sandbox::new();
    let (bin, config) = (sandbox.path("bin"), sandbox.path("config.toml"));
    let text =
        format!("[plugins.\"io.containerd.image-verifier.v1.bindir\"]\nbin_dir = \"{}\"\n", bin.display());
    fs::write(&config, text).unwrap();
    let path = config.display().to_string();
    let doctor = sandbox.program(["node", "doctor", "--config", &path]).command().output().unwrap();
    assert_eq!(doctor.status.code(), Some(1));
    let said = String::from_utf8(doctor.stdout).unwrap();
    assert!(said.contains("WRONG  bin-dir") && said.contains("everything is pulled"), "{said}");
    fs::write(&config, "version = [").unwrap();
    let broken = sandbox.program(["node", "doctor", "--config", &path]).command().output().unwrap();
    assert_eq!(broken.status.code(), Some(3));
    assert!(String::from_utf8(broken.stderr).unwrap().contains("error[containerd-config]"));
    assert!(!bin.exists(), "nothing was placed");
}
