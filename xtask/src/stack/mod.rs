//! A private Sigstore of the real servers, and two registries, on loopback and in a scratch
//! directory; all of it ends with the value that owns it.

mod cosign;
pub mod http;
mod pki;
pub(crate) mod process;
pub mod registry;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

pub use cosign::{Cosign, Identity, Material, Signer, Workflow};
use process::{Scratch, Server, free_ports, server_command};

use crate::peers::{Peers, run_command};

/// The names under which the committed trusted root knows the services. They are stable, while
/// the ports they listen on are not.
const FULCIO_URL: &str = "https://fulcio.acme.example";
const REKOR_HOST: &str = "rekor.acme.example";
const CTLOG_URL: &str = "https://ctlog.acme.example/ct";
const TSA_URL: &str = "https://tsa.acme.example/api/v1/timestamp";
/// Logs count from this time on; before any remake of the examples.
const LOGS_START: &str = "2026-01-01T00:00:00Z";

/// The issuer of CI tokens.
pub const CI_ISSUER: &str = "https://token.actions.githubusercontent.com";
/// The issuer of e-mail tokens.
pub const EMAIL_ISSUER: &str = "https://accounts.acme.example";

/// The running servers. Dropping it kills them and removes the directory.
pub struct Stack {
    /// Declared before the directory: fields are dropped in order, and servers write into it.
    _servers: Vec<Server>,
    dir: Scratch,
    peers: Peers,
    /// `host:port` of the registry with the referrers API.
    pub registry: String,
    /// `host:port` of the registry without it.
    pub plain_registry: String,
    /// Where the timestamp authority is asked.
    pub tsa: String,
}

/// The ports that the services listen on.
struct Ports {
    oidc: u16,
    ctlog: u16,
    fulcio: [u16; 3],
    rekor: [u16; 3],
    tsa: u16,
    registry: u16,
    plain_registry: u16,
}

impl Ports {
    fn pick() -> Result<Self> {
        let [oidc, ctlog, f0, f1, f2, r0, r1, r2, tsa, registry, plain_registry] = free_ports()?;
        let (fulcio, rekor) = ([f0, f1, f2], [r0, r1, r2]);
        Ok(Self { oidc, ctlog, fulcio, rekor, tsa, registry, plain_registry })
    }
}

impl Stack {
    /// Starts everything and returns when all of it answers.
    pub fn start(peers: Peers) -> Result<Self> {
        let dir = Scratch::new()?;
        let ports = Ports::pick()?;
        pki::create(dir.path(), &peers)?;
        let mut servers = vec![start_oidc(&dir, &peers, &ports)?];
        servers.extend(start_services(&dir, &peers, &ports)?);
        servers.extend(start_registries(&dir, &peers, &ports)?);
        for server in &mut servers {
            server.wait_until_ready()?;
        }
        let host = |port: u16| format!("127.0.0.1:{port}");
        let (registry, plain_registry) = (host(ports.registry), host(ports.plain_registry));
        let tsa = format!("http://{}/api/v1/timestamp", host(ports.tsa));
        let stack = Self { _servers: servers, dir, peers, registry, plain_registry, tsa };
        stack.write_trusted_root()?;
        stack.write_signing_configs(&ports)?;
        Ok(stack)
    }

    /// The scratch directory, for files that should end with the stack.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The peers that it was started from.
    pub fn peers(&self) -> &Peers {
        &self.peers
    }

    /// The trusted root of this Sigstore.
    pub fn trusted_root(&self) -> PathBuf {
        self.dir().join("trusted_root.json")
    }

    /// Runs cosign against this Sigstore.
    pub fn cosign(&self) -> Cosign<'_> {
        Cosign::new(self)
    }

    fn write_trusted_root(&self) -> Result<()> {
        let dir = self.dir();
        let file = |name: &str| dir.join(name).display().to_string();
        let mut command = self.cosign().command();
        command.args(["trusted-root", "create"]);
        command.arg(format!("--fulcio=url={FULCIO_URL},certificate-chain={}", file("ca.pem")));
        command.arg(format!(
            "--rekor=url=https://{REKOR_HOST},public-key={},start-time={LOGS_START},origin={REKOR_HOST}",
            file("rekor.pub")
        ));
        command.arg(format!("--ctfe=url={CTLOG_URL},public-key={},start-time={LOGS_START}", file("ct.pub")));
        command.arg(format!("--tsa=url={TSA_URL},certificate-chain={}", file("tsa-chain.pem")));
        command.arg("--out").arg(self.trusted_root());
        run_command(&mut command).context("trusted root").map(drop)
    }

    /// One configuration with all services, one with none for keys alone, and one with the
    /// timestamp authority but no log.
    fn write_signing_configs(&self, ports: &Ports) -> Result<()> {
        let common = format!("start-time={LOGS_START},operator=acme.example");
        let at = |port: u16| format!("url=http://127.0.0.1:{port}");
        let fulcio = format!("--fulcio={},api-version=1,{common}", at(ports.fulcio[0]));
        let rekor = format!("--rekor={},api-version=2,{common}", at(ports.rekor[0]));
        let tsa = format!("--tsa=url={},api-version=1,{common}", self.tsa);
        let all = [&fulcio, "--rekor-config=ANY", &rekor, "--tsa-config=ANY", &tsa];
        let configs: [(&str, &[&str]); 3] =
            [("signing_config.json", &all), ("no_services.json", &[]), ("timestamp_only.json", &all[3..])];
        for (name, arguments) in configs {
            let mut command = self.cosign().command();
            command
                .args(["signing-config", "create"])
                .args(arguments)
                .arg("--out")
                .arg(self.dir().join(name));
            run_command(&mut command).context("signing configuration")?;
        }
        Ok(())
    }
}

fn start_oidc(dir: &Scratch, peers: &Peers, ports: &Ports) -> Result<Server> {
    let mut command = server_command(peers.path("oidc"));
    command.args(["serve", "--dir"]).arg(dir.path()).arg(format!("--listen=127.0.0.1:{}", ports.oidc));
    let mut server = Server::start("oidc", command, dir, ports.oidc, "/")?;
    // Fulcio reads the issuers' discovery documents when it starts.
    server.wait_until_ready()?;
    Ok(server)
}

fn start_services(dir: &Scratch, peers: &Peers, ports: &Ports) -> Result<Vec<Server>> {
    let path = dir.path();
    let mut ctlog = server_command(peers.path("ctlog"));
    ctlog.arg(format!("--listen=127.0.0.1:{}", ports.ctlog)).arg("--key").arg(path.join("ct.key"));
    Ok(vec![
        Server::start("ctlog", ctlog, dir, ports.ctlog, "/ct/v1/get-roots")?,
        Server::start("fulcio", fulcio_command(dir, peers, ports)?, dir, ports.fulcio[0], "/healthz")?,
        Server::start("rekor", rekor_command(dir, peers, ports), dir, ports.rekor[0], "/healthz")?,
        Server::start("tsa", tsa_command(dir, peers, ports), dir, ports.tsa, "/ping")?,
    ])
}

fn fulcio_command(dir: &Scratch, peers: &Peers, ports: &Ports) -> Result<Command> {
    let path = dir.path();
    let config = path.join("fulcio.yaml");
    let text = include_str!("fulcio.yaml");
    fs::write(&config, text.replace("$CI_ISSUER", CI_ISSUER).replace("$EMAIL_ISSUER", EMAIL_ISSUER))?;
    let [http, grpc, metrics] = ports.fulcio.map(|port| port.to_string());
    let mut command = server_command(peers.path("fulcio"));
    command.args([
        "serve",
        "--host=127.0.0.1",
        "--grpc-host=127.0.0.1",
        "--ca=fileca",
        "--fileca-watch=false",
    ]);
    command.args(["--port", &http, "--grpc-port", &grpc, "--metrics-port", &metrics]);
    command.arg("--fileca-cert").arg(path.join("ca.pem")).arg("--fileca-key").arg(path.join("ca.key"));
    command.args(["--fileca-key-passwd", pki::CA_PASSWORD]);
    command.arg(format!("--ct-log-url=http://127.0.0.1:{}", ports.ctlog));
    command.arg("--config-path").arg(config);
    // The default is one name in the abstract namespace: two stacks at once would collide.
    command.arg("--legacy-unix-domain-socket").arg(path.join("fulcio.sock"));
    // The issuers' public names lead to the issuer peer, and to nothing else.
    command.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", ports.oidc));
    command.env("SSL_CERT_FILE", path.join("ca-oidc.pem"));
    Ok(command)
}

fn rekor_command(dir: &Scratch, peers: &Peers, ports: &Ports) -> Command {
    let [http, grpc, metrics] = ports.rekor.map(|port| port.to_string());
    let mut command = server_command(peers.path("rekor"));
    command.args([
        "serve",
        "--http-address=127.0.0.1",
        "--grpc-address=127.0.0.1",
        "--checkpoint-interval=1s",
    ]);
    command.args(["--http-port", &http, "--grpc-port", &grpc, "--http-metrics-port", &metrics]);
    command.args(["--hostname", REKOR_HOST]);
    command.arg("--signer-filepath").arg(dir.path().join("rekor.key"));
    command.arg("--storage-dir").arg(dir.path().join("rekor"));
    command
}

fn tsa_command(dir: &Scratch, peers: &Peers, ports: &Ports) -> Command {
    let mut command = server_command(peers.path("tsa"));
    command.args(["--port", &ports.tsa.to_string()]);
    command.arg("--key").arg(dir.path().join("tsa.key"));
    command.arg("--chain").arg(dir.path().join("tsa-chain.pem"));
    command
}

fn start_registries(dir: &Scratch, peers: &Peers, ports: &Ports) -> Result<Vec<Server>> {
    let mut referrers = server_command(peers.path("registry"));
    referrers.arg(format!("--listen=127.0.0.1:{}", ports.registry));
    let config = dir.path().join("registry.yaml");
    let text = format!(
        "version: 0.1\nlog: {{level: error}}\nstorage: {{inmemory: {{}}}}\nhttp: {{addr: \"127.0.0.1:{}\"}}\n",
        ports.plain_registry
    );
    fs::write(&config, text)?;
    let mut plain = server_command(peers.path("docker-registry"));
    plain.arg("serve").arg(config);
    Ok(vec![
        Server::start("registry", referrers, dir, ports.registry, "/v2/")?,
        Server::start("docker-registry", plain, dir, ports.plain_registry, "/v2/")?,
    ])
}

/// `cargo xtask stack`: keeps a stack running until standard input ends, for work by hand.
pub fn run() -> Result<()> {
    let stack = Stack::start(Peers::ensure()?)?;
    println!("directory         {}", stack.dir().display());
    println!("registry          {}", stack.registry);
    println!("docker-registry   {}", stack.plain_registry);
    std::io::copy(&mut std::io::stdin(), &mut std::io::sink())?;
    Ok(())
}
