//! Verifying keyless images of a loopback registry, against `cosign verify` of the same images by the same identity.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use super::counter::Counter;
use super::measure::{self, Times};
use crate::interop::{find_proofmark, signer_table, write_root};
use crate::peers::{Peers, run_command};
use crate::stack::registry::{Image, Repository};
use crate::stack::{Identity, Signer, Stack, Workflow};

/// How many images the large run has.
const IMAGES: usize = 200;
/// Signing waits for the log's checkpoint, so many sign at once.
const SIGNING_AT_ONCE: usize = 16;
/// How long a request waits when round trips are counted: long against everything else.
const ROUND_TRIP: Duration = Duration::from_millis(200);
/// Runs of a command on one image, and on all of them.
const RUNS: usize = 40;
const RUNS_OF_ALL: usize = 5;
/// How many times as fast as the peer one image is to be verified (`docs/decisions/0014-five-times-cosign.md`).
const TIMES_COSIGN: f64 = 5.0;

const SIGNER: Signer = Signer::Keyless(Identity::Workflow(Workflow {
    repository: "acme/agents",
    ids: ("4711", "471101"),
    git_ref: "refs/tags/v1.0.0",
}));

/// What both programs are run against.
struct Bench<'a> {
    stack: &'a Stack,
    binary: PathBuf,
    /// The directory of proofmark's policy.
    policy: PathBuf,
    /// Every image, by digest.
    references: Vec<String>,
    counter: Counter,
}

/// Runs it and writes the tables.
pub(super) fn run() -> Result<String> {
    let binary = find_proofmark()?;
    let stack = Stack::start(Peers::ensure()?)?;
    let counter = Counter::before(&stack.registry)?;
    let policy = write_policy(&stack, &[&stack.registry, &counter.host])?;
    println!("signing {IMAGES} images");
    let references = sign_all(&stack)?;
    let bench = Bench { stack: &stack, binary, policy, references, counter };
    let mut table = heading(&stack, &bench.binary)?;
    bench.version(&mut table)?;
    bench.one_image(&mut table)?;
    bench.all_images(&mut table)?;
    bench.memory(&mut table)?;
    Ok(table)
}

impl Bench<'_> {
    fn proofmark(&self, references: &[String], cached: bool) -> Command {
        let mut command = self.bare();
        command.args(["image", "verify", "--policy"]).arg(&self.policy);
        if !cached {
            command.arg("--no-cache");
        }
        command.args(references);
        command
    }

    fn bare(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command.env_clear().env("HOME", self.stack.dir()).current_dir(self.stack.dir());
        command
    }

    fn cosign(&self, references: &[String]) -> Result<Command> {
        let (first, rest) = references.split_first().context("no image")?;
        let mut command = self.stack.cosign().verifying(first, SIGNER)?;
        command.args(rest);
        Ok(command)
    }

    fn version(&self, table: &mut String) -> Result<()> {
        let make = || {
            let mut command = self.bare();
            command.arg("--version");
            command
        };
        let times = measure::alone(200, &make)?;
        row(
            table,
            "`--version`",
            &ms(times.median()),
            "–",
            "–",
            &format!("≤ 3 ms: {}", held(times.median() <= 3.0)),
        );
        Ok(())
    }

    /// Time without and with a warm cache, requests and round trips.
    fn one_image(&self, table: &mut String) -> Result<()> {
        let one = &self.references[..1];
        // Prepared once: making the command asks for a key or token.
        let peer = || self.cosign(one).unwrap_or_else(|_| Command::new("false"));
        let (cold, cosign) = measure::pairs(RUNS, &|| self.proofmark(one, false), &peer)?;
        let (warm, cosign_warm) = measure::pairs(RUNS, &|| self.proofmark(one, true), &peer)?;
        timed(table, "one keyless image, nothing cached", &cold, &cosign, Some(TIMES_COSIGN));
        timed(table, "one keyless image, content cached", &warm, &cosign_warm, None);

        let through = [one[0].replace(&self.stack.registry, &self.counter.host)];
        let (ours, theirs) =
            (self.travel(&mut self.proofmark(&through, false))?, self.travel(&mut self.cosign(&through)?)?);
        let budget = format!("≤ 6: {}", held(ours.0 <= 6));
        row(table, "requests for it", &ours.0.to_string(), &theirs.0.to_string(), "–", &budget);
        let budget = format!("≤ 3: {}", held(ours.1 <= 3));
        row(table, "round trips for it", &ours.1.to_string(), &theirs.1.to_string(), "–", &budget);
        Ok(())
    }

    /// Requests, and round trips: a wait on every request is seen once for each round trip.
    fn travel(&self, command: &mut Command) -> Result<(usize, usize)> {
        self.counter.take();
        let plain = measure::time(command)?;
        let requests = self.counter.take();
        self.counter.set_wait(ROUND_TRIP);
        let slow = measure::time(command);
        self.counter.set_wait(Duration::ZERO);
        let trips = (slow? - plain) / (ROUND_TRIP.as_secs_f64() * 1e3);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a handful
        Ok((requests, trips.round().max(0.0) as usize))
    }

    /// All images in one process, against one process of the peer for all, and against two at a time.
    fn all_images(&self, table: &mut String) -> Result<()> {
        let all = &self.references[..];
        let peer = || self.cosign(all).unwrap_or_else(|_| Command::new("false"));
        let (ours, theirs) = measure::pairs(RUNS_OF_ALL, &|| self.proofmark(all, false), &peer)?;
        let within = format!("≤ 1 s: {}", held(ours.median() <= 1000.0));
        let what = format!("{IMAGES} keyless images, nothing cached");
        row(table, &what, &ms(ours.median()), &ms(theirs.median()), &ratio(&ours, &theirs), &within);
        let started = Instant::now();
        self.cosign_two_at_a_time()?;
        let parallel = started.elapsed().as_secs_f64() * 1e3;
        let times = format!("{:.1}×", parallel / ours.median());
        row(
            table,
            "the same, a process of the peer for each, two at a time",
            &ms(ours.median()),
            &ms(parallel),
            &times,
            "–",
        );
        Ok(())
    }

    fn cosign_two_at_a_time(&self) -> Result<()> {
        each(&self.references, 2, |reference| {
            measure::time(&mut self.cosign(std::slice::from_ref(reference))?).map(drop)
        })
    }

    fn memory(&self, table: &mut String) -> Result<()> {
        for count in [1, 50, IMAGES] {
            let some = &self.references[..count];
            let ours = measure::peak(&|| self.proofmark(some, false))?;
            let theirs = measure::peak(&|| self.cosign(some).unwrap_or_else(|_| Command::new("false")))?;
            let budget = if count == 1 {
                format!("≤ 16 MiB: {}", held(ours <= 16 * 1024))
            } else {
                "flat".to_owned()
            };
            #[allow(clippy::cast_precision_loss)] // megabytes
            let times = format!("{:.1}×", theirs as f64 / ours as f64);
            row(table, &format!("peak memory, {count} images"), &mib(ours), &mib(theirs), &times, &budget);
        }
        Ok(())
    }
}

fn sign_all(stack: &Stack) -> Result<Vec<String>> {
    let numbers: Vec<usize> = (0..IMAGES).collect();
    let reference = |number: &usize| -> Result<(Repository, Image)> {
        let name = format!("bench/agent-{number}");
        Ok((Repository { host: stack.registry.clone(), name: name.clone() }, Image::new(&name, &["amd64"])))
    };
    each(&numbers, SIGNING_AT_ONCE, |number| {
        let (repository, image) = reference(number)?;
        image.push(&repository, Some("1"))?;
        stack.cosign().sign(&repository.reference(&image.top()?.digest()), SIGNER, None)
    })?;
    let named = numbers.iter().map(|number| {
        let (repository, image) = reference(number)?;
        Ok(repository.reference(&image.top()?.digest()))
    });
    named.collect()
}

/// Does something with each, a few at once.
fn each<T: Sync>(items: &[T], at_once: usize, job: impl Fn(&T) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<()> {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::SeqCst)) {
            job(item)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)
    })
}

fn write_policy(stack: &Stack, hosts: &[&str]) -> Result<PathBuf> {
    let dir = stack.dir().join("bench-policy");
    let (allowlists, roots) = (dir.join("allowlists"), dir.join("trust-roots"));
    fs::create_dir_all(&allowlists)?;
    fs::create_dir_all(&roots)?;
    let mut policy = format!("version = 1\n\n[signers.wanted]\n{}", signer_table(SIGNER));
    let mut registries = String::new();
    for host in hosts {
        let _ = write!(policy, "\n[[image]]\nmatch = \"{host}/bench/*\"\nsigned-by = [\"wanted\"]\n");
        let _ = writeln!(registries, "[[registry]]\nhost = \"{host}\"");
    }
    fs::write(dir.join("proofmark.toml"), policy)?;
    fs::write(allowlists.join("registries.toml"), registries)?;
    write_root(&roots, "acme.json", &fs::read(stack.trusted_root())?)?;
    Ok(dir)
}

/// The machine, the versions, and the head of the table.
fn heading(stack: &Stack, binary: &Path) -> Result<String> {
    let version = run_command(Command::new(binary).arg("--version"))?;
    let cosign = stack.peers().iter().find(|peer| peer.name == "cosign").context("no cosign")?;
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map(|rest| rest.trim_matches([':', ' ', '\t']));
    ensure!(!version.trim().is_empty(), "the program has no version");
    Ok(format!(
        "{}, cosign {}; {processors} processors ({}). Medians of {RUNS} runs of one image, {RUNS_OF_ALL} of {IMAGES}.\n\n\
         | work | proofmark | cosign | ratio | budget |\n|---|---:|---:|---:|---|\n",
        version.trim(),
        cosign.version,
        model.unwrap_or("unknown"),
    ))
}

fn timed(table: &mut String, what: &str, ours: &Times, theirs: &Times, at_least: Option<f64>) {
    let budget = at_least.map_or("–".to_owned(), |least| {
        format!("≥ {least}×: {}", held(theirs.median() / ours.median() >= least))
    });
    row(table, what, &ms(ours.median()), &ms(theirs.median()), &ratio(ours, theirs), &budget);
}

fn row(table: &mut String, what: &str, ours: &str, theirs: &str, ratio: &str, budget: &str) {
    let _ = writeln!(table, "| {what} | {ours} | {theirs} | {ratio} | {budget} |");
}

fn ratio(ours: &Times, theirs: &Times) -> String {
    format!("{:.1}×", theirs.median() / ours.median())
}

fn ms(millis: f64) -> String {
    format!("{millis:.1} ms")
}

fn mib(kib: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // megabytes
    let mib = kib as f64 / 1024.0;
    format!("{mib:.1} MiB")
}

fn held(within: bool) -> &'static str {
    if within { "held" } else { "**not held**" }
}
