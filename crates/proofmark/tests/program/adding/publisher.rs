//! A publisher of tools: an HTTPS server on the loopback interface, and a box whose policy knows it.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use proofmark_core::Digest;
use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};
use rustls::{ServerConnection, StreamOwned};

use crate::support::Sandbox;
use crate::tls::{VALID, authority, certified, head, listen};

/// What signs the tools.
pub(crate) fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// How a file is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Whole.
    Whole,
    /// In so many pieces, with a pause before each.
    Slow(usize, Duration),
    /// Only its first half, the first time.
    CutOnce,
    /// Only its first half, whenever all of it is asked for; and no parts.
    CutAlways,
    /// With this status.
    Status(u16),
}

#[derive(Default)]
struct Files {
    by_path: BTreeMap<String, (Vec<u8>, Way)>,
    asked: Vec<String>,
}

/// The server.
pub(crate) struct Publisher {
    pub(crate) host: String,
    pub(crate) ca: String,
    files: Arc<Mutex<Files>>,
}

impl Publisher {
    pub(crate) fn start() -> Self {
        let authority = authority();
        let tls = certified(&authority, "localhost", VALID);
        let files = Arc::new(Mutex::new(Files::default()));
        let served = Arc::clone(&files);
        let port = listen(move |stream| {
            let connection = ServerConnection::new(Arc::clone(&tls)).unwrap();
            let mut client = StreamOwned::new(connection, stream);
            while let Some(request) = head(&mut client) {
                if !answer(&mut client, &request, &served) {
                    let _ = client.sock.shutdown(Shutdown::Both);
                    return;
                }
            }
        });
        Self { host: format!("localhost:{port}"), ca: authority.pem(), files }
    }

    pub(crate) fn put(&self, path: &str, bytes: impl Into<Vec<u8>>) {
        self.put_so(path, bytes, Way::Whole);
    }

    pub(crate) fn put_so(&self, path: &str, bytes: impl Into<Vec<u8>>, way: Way) {
        self.files.lock().unwrap().by_path.insert(path.to_owned(), (bytes.into(), way));
    }

    /// Publishes a version of `acme-tool` for linux/amd64, with a bundle by the release workflow.
    pub(crate) fn publish(&self, version: &str, bytes: &[u8]) {
        self.put(&format!("/{version}/acme-tool-linux-amd64"), bytes);
        let bundle = world().sign(&SignRequest::blob(bytes)).bundle().to_vec();
        self.put(&format!("/{version}/acme-tool-linux-amd64.sigstore.json"), bundle);
    }

    /// The paths that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.files.lock().unwrap().asked.clone()
    }

    /// A box whose policy lets `acme-tool` be pinned, and has a recipe for it; `row` is what stands in its row beside.
    pub(crate) fn sandbox(&self, versions: &str, row: &str) -> Sandbox {
        let sandbox = Sandbox::for_world(world(), &[]);
        sandbox.write("trust-roots/ca.pem", &self.ca);
        sandbox.write(
            "allowlists/registries.toml",
            format!(
                "[[registry]]\nhost = \"{}\"\nrepositories = [\"**\"]\nca-file = \"trust-roots/ca.pem\"\n",
                self.host
            ),
        );
        sandbox.write("allowlists/binaries.toml", binaries(versions, row));
        sandbox.write(
            "recipes/acme-tool.toml",
            self.recipe(
                "[[evidence]]\nkind = \"sigstore\"\nover = \"executable\"\nat = \"{url}.sigstore.json\"\n",
            ),
        );
        sandbox
    }

    /// A recipe with this evidence.
    pub(crate) fn recipe(&self, evidence: &str) -> String {
        let host = &self.host;
        format!(
            "tool = \"acme-tool\"\nvendor = \"acme\"\n{evidence}[[build]]\nplatforms = [\"linux/amd64\"]\n\
             url = \"https://{host}/{{version}}/acme-tool-{{os}}-{{arch}}\"\narchive = \"none\"\n\
             [versions]\nat = \"https://{host}/releases\"\nformat = \"github\"\n"
        )
    }
}

pub(crate) fn binaries(versions: &str, row: &str) -> String {
    format!(
        "[[binary]]\ntool = \"acme-tool\"\nversions = [{versions}]\nplatforms = [\"linux/amd64\"]\n{row}\nwhy = \"w\"\nby = \"b\"\n"
    )
}

pub(crate) const SIGNED: &str = "signed-by = [\"release\"]";

/// Answers one request; `false` if the connection must end.
fn answer(
    client: &mut StreamOwned<ServerConnection, std::net::TcpStream>,
    request: &str,
    files: &Mutex<Files>,
) -> bool {
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let range = request
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    let from: usize = range.and_then(|range| range.trim_end_matches('-').parse().ok()).unwrap_or(0);
    let found = {
        let mut files = files.lock().unwrap();
        files.asked.push(path.clone());
        let found = files.by_path.get(&path).cloned();
        if let Some((_, way @ Way::CutOnce)) = files.by_path.get_mut(&path) {
            *way = Way::Whole;
        }
        found
    };
    let (bytes, way) = found.unwrap_or((Vec::new(), Way::Status(404)));
    let from = if way == Way::CutAlways { 0 } else { from };
    let part = bytes.get(from..).unwrap_or_default();
    let status = match (way, from) {
        (Way::Status(status), _) => format!("{status} Status"),
        (_, 0) => "200 OK".to_owned(),
        _ => format!("206 Partial\r\nContent-Range: bytes {from}-{}/{}", bytes.len() - 1, bytes.len()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", part.len());
    if client.write_all(head.as_bytes()).is_err() {
        return false;
    }
    let (pieces, pause) =
        if let Way::Slow(pieces, pause) = way { (pieces, pause) } else { (1, Duration::ZERO) };
    let cut = matches!(way, Way::CutOnce | Way::CutAlways);
    let part = if cut { &part[..part.len() / 2] } else { part };
    for piece in part.chunks(part.len().div_ceil(pieces).max(1)) {
        thread::sleep(pause);
        if client.write_all(piece).and_then(|()| client.flush()).is_err() {
            return false;
        }
    }
    let _ = client.flush();
    !cut
}

/// A program that prints its arguments, as the system has it: what a recipe asks it for is what it says.
pub(crate) fn echo() -> Vec<u8> {
    let mut bytes = Vec::new();
    std::fs::File::open("/bin/echo").unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// The digits of a SHA-256.
pub(crate) fn sum(bytes: &[u8]) -> String {
    Digest::sha256(bytes).hex().to_owned()
}
