//! The program on a bad network: silent name servers, bodies that a proxy changed, credentials that are not asked for.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, UdpSocket};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use proofmark_testkit::registry::{Behaviour, Effect, Fault, ImageSpec, Registry, Route};
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};

use crate::support::{Sandbox, skipped, tree};

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
            return skipped("needs root, port 53 of 127.0.0.1 and a mount namespace");
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

/// A registry with one signed image, tagged `1`.
fn signed(behaviour: Behaviour) -> Registry {
    let registry = Registry::start(behaviour).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    registry.attach_bundle("acme/agent", &image, &world().sign(&SignRequest::image(&image.digest)));
    registry
}

/// REG-06: a proxy that compresses is no registry that lies, and none without signatures.
#[test]
fn reg_06_bodies_that_a_proxy_compressed() {
    for route in [Route::Tags, Route::Referrers, Route::Blobs] {
        let registry = signed(Behaviour::plain());
        registry.fault(Fault::on(route.clone(), Effect::Header("Content-Encoding", "gzip".to_owned())));
        let sandbox = Sandbox::for_registry(world(), &registry);
        let run = sandbox.verify(["--format", "json", &format!("{}/acme/agent:1", registry.host())]).exits(3);
        assert_eq!(run.report()["results"][0]["reason"], "unreachable", "{route:?}: {}", run.transcript());
        run.says("compressed the body (gzip)");
    }
}

/// REG-02: a list that goes on where we cannot read it is not at its end.
#[test]
fn reg_02_links_that_cannot_be_read() {
    let long = format!("</v2/x>; rel=\"{}\"", "x".repeat(9000));
    for link in [long.as_str(), "</v2/\u{e9}>; rel=\"next\""] {
        let registry = Registry::start(Behaviour::plain()).unwrap();
        let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
        registry.tag("acme/agent", "1", &image.digest);
        registry.fault(Fault::on(Route::Referrers, Effect::Header("Link", link.to_owned())));
        let sandbox = Sandbox::for_registry(world(), &registry);
        let run = sandbox.verify([format!("{}/acme/agent:1", registry.host()).as_str()]).exits(3);
        run.says("its link header is");
    }
}

/// `auths` of a credential file, for one host.
fn auths(host: &str, pair: &str) -> String {
    format!("{{\"auths\":{{\"{host}\":{{\"auth\":\"{pair}\"}}}}}}")
}

/// Podman's order (containers-auth.json(5)): what a variable names comes before what merely lies there.
#[test]
fn credential_files_in_their_order() {
    // AWS:secret, and AWS:stale.
    let (good, stale) = ("QVdTOnNlY3JldA==", "QVdTOnN0YWxl");
    let registry = signed(Behaviour::ecr("AWS", "secret"));
    let host = registry.host();
    let reference = format!("{host}/acme/agent:1");
    // Later ones are stale where an earlier one is good.
    let order = [
        "work/job.json",
        "work/docker/config.json",
        "run/containers/auth.json",
        "home/.config/containers/auth.json",
        "home/.docker/config.json",
    ];
    for (at, file) in order.iter().enumerate() {
        let sandbox = Sandbox::for_registry(world(), &registry);
        for (place, file) in order.iter().enumerate().skip(at) {
            let pair = if place == at { good } else { stale };
            sandbox.write(&format!("../{file}"), auths(&host, pair));
        }
        let mut program = sandbox.program(["image", "verify", &reference]);
        let path = |file: &str| sandbox.path(file).display().to_string();
        if at == 0 {
            program = program.variable("REGISTRY_AUTH_FILE", &path("job.json"));
        }
        if at <= 1 {
            program = program.variable("DOCKER_CONFIG", &path("docker"));
        }
        let run = program.run();
        assert_eq!(run.code, 0, "{file}: {}", run.transcript());
    }
}

/// REG-10 (CVE-2026-48501): the mirror of a TUF repository gets no credential and no token, whatever is stored for its
/// name and however it asks.
#[test]
fn reg_10_no_credential_for_a_tuf_mirror() {
    for challenge in ["Basic realm=\"tuf\"", "Bearer realm=\"http://HOST/token\",service=\"tuf\""] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::<String>::new()));
        let (log, challenge) = (Arc::clone(&asked), challenge.replace("HOST", &host));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = [0; 4096];
                let read = stream.read(&mut head).unwrap_or(0);
                log.lock().unwrap().push(String::from_utf8_lossy(&head[..read]).to_lowercase());
                let status = format!("401 Unauthorized\r\nWWW-Authenticate: {challenge}");
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        let sandbox = Sandbox::with_policy("version = 1\n");
        // user:secret
        sandbox.write("auth.json", auths(&host, "dXNlcjpzZWNyZXQ="));
        let root = tree().join("trust-roots/tuf/sigstore-public-good.json").display().to_string();
        let mirror = format!("http://{host}");
        let arguments = ["trust", "update", "--name", "mine", "--mirror", &mirror, "--root", &root];
        let auth_file = sandbox.path("auth.json").display().to_string();
        let program = sandbox.program(arguments).variable("REGISTRY_AUTH_FILE", &auth_file);
        program.run().fails_with(3, "update-unreachable");
        let asked = asked.lock().unwrap();
        assert!(!asked.is_empty());
        assert!(asked.iter().all(|head| !head.contains("authorization")), "{asked:?}");
    }
}
