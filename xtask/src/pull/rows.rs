//! What a real engine has after `image pull`.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::engines::Engine;
use super::{Hold, Outcome, Pushed, World};
use crate::stack::process::{Scratch, Server, free_ports, server_command};
use crate::stack::registry::Image;

/// One row: it fails where the engine has something else.
type Row = fn(&Bench<'_>) -> Result<()>;

/// Every row of one engine.
pub(super) fn run(world: &World, engine: &Engine, broken: &Breakable, hold: &Hold<'_>) -> Result<()> {
    let rows: [(&str, Row); 7] = [
        ("a signed image, by tag and by digest", signed),
        ("an unsigned image", unsigned),
        ("a tag that moves after it was verified", moved),
        ("an index, and one platform of it", index),
        ("a compose file", compose),
        ("a layer that is gone half way", half_way),
        ("the engine is killed, then the registry", killed),
    ];
    let bench = Bench { world, engine, broken };
    for (what, row) in rows {
        hold(&format!("{}: {what}", engine.name), row(&bench).map(|()| String::new()))?;
    }
    Ok(())
}

/// A registry that a row may stop.
pub(super) struct Breakable {
    pub(super) host: String,
    server: Server,
    _dir: Scratch,
}

impl Breakable {
    pub(super) fn start(world: &World) -> Result<Self> {
        let dir = Scratch::new()?;
        let [port] = free_ports()?;
        let host = format!("127.0.0.1:{port}");
        let mut command = server_command(world.stack.peers().path("registry"));
        command.arg(format!("--listen={host}"));
        let mut server = Server::start("registry", command, &dir, port, "/v2/")?;
        server.wait_until_ready()?;
        Ok(Self { host, server, _dir: dir })
    }
}

/// What a row works with.
struct Bench<'a> {
    world: &'a World,
    engine: &'a Engine,
    broken: &'a Breakable,
}

impl Bench<'_> {
    fn push(&self, host: &str, name: &str, architectures: &[&str]) -> Result<Pushed> {
        let name = format!("{}/{name}", self.engine.name);
        Pushed::push(host, &name, Image::new(&name, architectures).gzipped()?)
    }

    fn signed(&self, host: &str, name: &str) -> Result<Pushed> {
        let pushed = self.push(host, name, &["amd64"])?;
        self.world.sign(&pushed).map(|()| pushed)
    }

    fn pull(&self, arguments: &[&str]) -> Result<Outcome> {
        let command = self.engine.within(&self.world.binary);
        self.world.image(command, &[&["pull", "--engine", self.engine.name], arguments].concat())
    }

    /// The same with a script in the place of the engine.
    fn pull_through(&self, script: &str, arguments: &[&str]) -> Result<Outcome> {
        let command = self.engine.within_with(&self.world.binary, &self.engine.scripted(script)?);
        self.world.image(command, &[&["pull", "--engine", self.engine.name], arguments].concat())
    }

    /// The engine has this digest under this tag, and nothing else of the repository.
    fn holds(&self, pushed: &Pushed, tag: &str) -> Result<()> {
        let listed = self.engine.has(&pushed.name())?;
        ensure!(
            listed == [(pushed.name(), tag.to_owned(), pushed.digest())],
            "the engine has {listed:?}, not {} alone, tagged {tag}",
            pushed.pinned()
        );
        Ok(())
    }

    fn lacks(&self, pushed: &Pushed) -> Result<()> {
        let listed = self.engine.has(&pushed.name())?;
        ensure!(listed.is_empty(), "the engine has {listed:?}");
        Ok(())
    }

    /// Verified, not pulled.
    fn engine_failed(outcome: Outcome) -> Result<()> {
        let outcome = outcome.exits(3)?;
        let code = &outcome.report["errors"][0]["code"];
        ensure!(code == "engine-failed", "{code}: {}", outcome.stderr);
        ensure!(outcome.report["summary"]["verified"] == 1, "{:#}", outcome.report);
        Ok(())
    }
}

fn signed(bench: &Bench<'_>) -> Result<()> {
    for host in [&bench.world.stack.registry, &bench.world.stack.plain_registry] {
        let tagged = bench.signed(host, "tagged")?;
        bench.lacks(&tagged)?;
        bench.pull(&[&tagged.tagged()])?.exits(0)?;
        bench.holds(&tagged, "1")?;
    }
    let pinned = bench.signed(&bench.world.stack.registry, "pinned")?;
    bench.pull(&[&pinned.pinned()])?.exits(0)?;
    bench.holds(&pinned, "<none>")
}

fn unsigned(bench: &Bench<'_>) -> Result<()> {
    let stray = bench.push(&bench.world.stack.registry, "stray", &["amd64"])?;
    for reference in [stray.tagged(), stray.pinned()] {
        let outcome = bench.pull(&[&reference])?.exits(1)?;
        ensure!(outcome.report["results"][0]["reason"] == "unsigned", "{:#}", outcome.report);
        bench.lacks(&stray)?;
    }
    Ok(())
}

/// The registry's tag is moved when the engine is started, so after the verdict and before the engine asks.
fn moved(bench: &Bench<'_>) -> Result<()> {
    let image = bench.signed(&bench.world.stack.registry, "moved")?;
    let evil = Image::new("evil", &["amd64"]);
    evil.push(&image.repository, None)?;
    let evil = evil.top()?.digest();
    let crane = bench.world.stack.peers().path("crane").display();
    let script = format!("{crane} tag {}@{evil} 1 && exec \"$ENGINE\" \"$@\"", image.name());
    bench.pull_through(&script, &[&image.tagged()])?.exits(0)?;
    let now = image.repository.manifest("1")?.context("the tag is gone")?;
    ensure!(now.digest() == evil, "the tag was not moved");
    bench.holds(&image, "1")
}

fn index(bench: &Bench<'_>) -> Result<()> {
    let host = &bench.world.stack.registry;
    let image = bench.push(host, "index", &["amd64", "arm64"])?;
    bench.world.sign(&image)?;
    bench.pull(&[&image.tagged()])?.exits(0)?;
    bench.holds(&image, "1")?;
    let other = bench.push(host, "platform", &["amd64", "arm64"])?;
    bench.world.sign(&other)?;
    bench.pull(&["--platform", "linux/arm64", &other.tagged()])?.exits(0)?;
    bench.holds(&other, "1")?;
    let architecture = bench.engine.field(&other.tagged(), "Architecture")?;
    ensure!(architecture == "arm64", "the engine has {architecture}");
    Ok(())
}

fn compose(bench: &Bench<'_>) -> Result<()> {
    let stack = &bench.world.stack;
    let good = [bench.signed(&stack.registry, "compose")?, bench.signed(&stack.plain_registry, "compose")?];
    let stray = bench.push(&stack.registry, "compose-stray", &["amd64"])?;
    let file = bench.engine.dir().join("compose.yaml");
    let services = |images: &[&Pushed]| -> String {
        let lines: Vec<String> = images
            .iter()
            .enumerate()
            .map(|(at, image)| format!("  s{at}:\n    image: {}\n", image.tagged()))
            .collect();
        format!("services:\n{}", lines.concat())
    };
    let path = file.display().to_string();
    fs::write(&file, services(&[&stray, &good[0]]))?;
    bench.pull(&["--compose", &path])?.exits(1)?;
    bench.lacks(&stray)?;
    bench.holds(&good[0], "1")?;
    fs::write(&file, services(&[&good[0], &good[1]]))?;
    let pinned = bench.engine.dir().join("compose.pinned.yaml");
    bench.pull(&["--compose", &path, "--write-override", &pinned.display().to_string()])?.exits(0)?;
    let written = fs::read_to_string(pinned)?;
    for image in &good {
        bench.holds(image, "1")?;
        ensure!(written.contains(&image.pinned()), "the override is {written}");
    }
    Ok(())
}

/// The manifest comes and the layer does not; the tag keeps what it meant.
fn half_way(bench: &Bench<'_>) -> Result<()> {
    let before = bench.signed(&bench.broken.host, "half-way")?;
    bench.pull(&[&before.tagged()])?.exits(0)?;
    let image = Image::new("newer", &["amd64"]).gzipped()?;
    image.push(&before.repository, Some("1"))?;
    let newer = Pushed { repository: before.repository.clone(), image };
    bench.world.sign(&newer)?;
    let layer =
        newer.image.blobs.iter().find(|blob| blob.media_type.contains("layer")).context("no layer")?;
    let url = format!("http://{}/v2/{}/blobs/{}", bench.broken.host, newer.repository.name, layer.digest());
    ensure!(crate::stack::http::request("DELETE", &url, &[], &[])?.is_success(), "the layer is still there");
    Bench::engine_failed(bench.pull(&[&newer.tagged()])?)?;
    bench.holds(&before, "1")?;
    newer.repository.put_blob(layer)?;
    bench.pull(&[&newer.tagged()])?.exits(0)?;
    let listed = bench.engine.has(&newer.name())?;
    ensure!(listed.contains(&(newer.name(), "1".to_owned(), newer.digest())), "the engine has {listed:?}");
    Ok(())
}

/// The registry stops answering while the engine pulls, and the engine is killed; then the registry is killed before it asks.
fn killed(bench: &Bench<'_>) -> Result<()> {
    let image = bench.signed(&bench.broken.host, "killed")?;
    let registry = bench.broken.server.id();
    let stopped = format!(
        "kill -STOP {registry}\n(sleep 0.7; kill -KILL $$; sleep 0.3; kill -CONT {registry}) &\nexec \"$ENGINE\" \"$@\""
    );
    Bench::engine_failed(bench.pull_through(&stopped, &[&image.tagged()])?)?;
    bench.lacks(&image)?;
    bench.pull(&[&image.tagged()])?.exits(0)?;
    bench.holds(&image, "1")?;
    let late = bench.signed(&bench.broken.host, "late")?;
    let gone = format!("kill -KILL {registry}\nexec \"$ENGINE\" \"$@\"");
    Bench::engine_failed(bench.pull_through(&gone, &[&late.tagged()])?)?;
    bench.lacks(&late)
}
