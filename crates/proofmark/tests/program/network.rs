//! The program on a bad network: silent name servers, bodies that a proxy changed, credentials that are not asked for.

use std::net::UdpSocket;
use std::process::Command;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use proofmark_testkit::sigstore::{World, WorldOptions};

use crate::support::Sandbox;

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// A name server that never answers, as the machine's only one. `None`: this machine does not let us have one.
fn silent_name_server(sandbox: &Sandbox) -> Option<(UdpSocket, String)> {
    let socket = UdpSocket::bind("127.0.0.1:53").ok()?;
    sandbox.write("resolv.conf", "nameserver 127.0.0.1\n");
    let mount = format!("mount --bind {} /etc/resolv.conf", sandbox.path("resolv.conf").display());
    let works = Command::new("unshare").args(["-m", "sh", "-c", &mount]).output().ok()?.status.success();
    works.then_some((socket, mount))
}

/// The time of an image holds while name servers say nothing, and the answer names them.
#[test]
fn name_servers_that_do_not_answer() {
    for seconds in [2, 20] {
        let sandbox = Sandbox::for_world(world(), &["registry.example".to_owned()]);
        let policy = sandbox.read("proofmark.toml");
        sandbox.write("proofmark.toml", format!("{policy}\n[limits]\nimage-time = \"{seconds}s\"\n"));
        let Some((_silent, mount)) = silent_name_server(&sandbox) else {
            eprintln!("skipped: needs root, port 53 of 127.0.0.1 and a mount namespace");
            return;
        };
        let start = Instant::now();
        let program = sandbox.program(["image", "verify", "registry.example/acme/agent:1"]);
        let run = program.through("unshare", &["-m", "sh", "-c", &format!("{mount} && exec \"$0\" \"$@\"")]);
        let run = run.run().exits(3);
        let took = start.elapsed();
        run.says("unreachable").says("registry.example: the name cannot be resolved").says("no name server");
        assert!(took < Duration::from_secs(seconds.min(9) + 4), "{took:?}");
    }
}
