//! Reading the files of a repository, and what they name.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use proofmark_core::pattern::Glob;
use proofmark_engine::{Scanned, in_parallel};
use proofmark_refs::{FileKind, Problem, ProblemKind, Scan, ScanLimits, detect, scan};
use proofmark_report::ReportError;

use crate::failure::{Failure, page};
use crate::files::{open_file, read_head};
use crate::walk::{Candidate, named, unread, walk};

/// Bytes of a long JSON file that decide whether it is one that names images.
const HEAD: u64 = 64 * 1024;

/// Threads that read: files are small, and the disk answers several at once.
const MAX_THREADS: usize = 8;

/// Problems of a file that are told one by one.
const MAX_TOLD: usize = 3;

/// What was read, and where each file of it lies.
pub(crate) struct Files {
    pub(crate) scanned: Scanned,
    /// One for each of its scans.
    pub(crate) paths: Vec<PathBuf>,
}

/// Scans everything below these paths.
pub(crate) fn scan_files(paths: &[PathBuf], excludes: &[String]) -> Result<Files, Failure> {
    let globs = excludes.iter().map(|text| glob(text)).collect::<Result<Vec<Glob>, Failure>>()?;
    let walked = walk(paths, &globs)?;
    let mut reading = Reading::default();
    reading.read(&walked.files, None);
    let named = Named::of(&reading.read, paths, &globs);
    reading.read(&named.files, Some(FileKind::Dockerfile));
    let Reading { mut read, errors, data } = reading;
    read.sort_by(|(a, _), (b, _)| a.shown.cmp(&b.shown));
    let mut scanned =
        Scanned { scans: Vec::with_capacity(read.len()), errors: walked.errors, notes: walked.notes };
    scanned.errors.extend(errors);
    let told = |what: &str, names: &[String]| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| format!("left out, {what}: {}", self::named(&names)))
    };
    scanned.notes.extend(told("long JSON that begins as data does", &data));
    scanned.notes.extend(told("named as Dockerfiles, and not among these files", &named.elsewhere));
    let mut paths = Vec::with_capacity(read.len());
    for (file, scan) in read {
        scanned.scans.push(scan);
        paths.push(file.path);
    }
    Ok(Files { scanned, paths })
}

/// What was read so far.
#[derive(Default)]
struct Reading {
    read: Vec<(Candidate, Scan)>,
    errors: Vec<ReportError>,
    data: Vec<String>,
}

impl Reading {
    fn read(&mut self, files: &[Candidate], kind: Option<FileKind>) {
        let limits = ScanLimits::default();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        let answers = in_parallel(files, threads, |file| one(file, kind, &limits));
        for (file, answer) in files.iter().zip(answers) {
            match answer {
                Some(Ok(Looked::Scanned(scan))) => {
                    self.errors.extend(problems(&file.shown, &scan));
                    self.read.push((file.clone(), *scan));
                }
                Some(Ok(Looked::Other)) => {}
                Some(Ok(Looked::Data)) => self.data.push(file.shown.clone()),
                Some(Err(error)) => self.errors.push(*error),
                None => self.errors.push(unread(
                    "file-not-read",
                    &file.shown,
                    "proofmark itself failed on this file",
                    "report this, with the file and the version of proofmark",
                )),
            }
        }
    }
}

/// Files that others name as Dockerfiles, and that were not read as such.
#[derive(Default)]
struct Named {
    files: Vec<Candidate>,
    /// What is not there, or not below a directory that was asked about: as it is named.
    elsewhere: Vec<String>,
}

impl Named {
    fn of(read: &[(Candidate, Scan)], paths: &[PathBuf], excludes: &[Glob]) -> Self {
        let mut named = Self::default();
        if read.iter().all(|(_, scan)| scan.dockerfiles.is_empty()) {
            return named;
        }
        let dockerfiles = read.iter().filter(|(_, scan)| scan.kind == FileKind::Dockerfile);
        let mut known: BTreeSet<PathBuf> =
            dockerfiles.filter_map(|(file, _)| std::fs::canonicalize(&file.path).ok()).collect();
        let directories: Vec<PathBuf> = paths
            .iter()
            .filter_map(|path| std::fs::canonicalize(path).ok())
            .filter(|path| path.is_dir())
            .collect();
        for (file, scan) in read {
            for dockerfile in &scan.dockerfiles {
                let written = Path::new(&file.shown).parent().unwrap_or(Path::new("")).join(&dockerfile.path);
                let shown = plain(&written);
                let real = std::fs::canonicalize(&written).ok().filter(|real| real.is_file());
                let inside =
                    real.filter(|real| directories.iter().any(|directory| real.starts_with(directory)));
                match inside {
                    Some(real) if known.contains(&real) => {}
                    Some(real) if !is_excluded(&shown, paths, excludes) => {
                        known.insert(real.clone());
                        named.files.push(Candidate { shown, path: real, certain: true });
                    }
                    // What is excluded is told by the walk.
                    Some(_) => {}
                    None => {
                        let at = format!("{shown} ({}:{})", file.shown, dockerfile.origin.start.line);
                        named.elsewhere.push(at);
                    }
                }
            }
        }
        named.elsewhere.sort();
        named.elsewhere.dedup();
        named
    }
}

/// A path without `.` and, where its words tell, without `..`; as the walk shows it.
fn plain(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if parts.last().is_some_and(|last| last != ".." && !last.is_empty()) => {
                parts.pop();
            }
            Component::RootDir => parts.push(String::new()),
            part => parts.push(part.as_os_str().to_string_lossy().into_owned()),
        }
    }
    parts.join("/")
}

/// Whether a pattern leaves out the file or a directory that it lies in.
fn is_excluded(shown: &str, paths: &[PathBuf], excludes: &[Glob]) -> bool {
    let below = |start: &PathBuf| {
        let start = plain(start);
        if start.is_empty() {
            return Some(shown.to_owned());
        }
        shown.strip_prefix(&start)?.strip_prefix('/').map(str::to_owned)
    };
    paths.iter().filter_map(below).any(|below| {
        let ends = below.match_indices('/').map(|(at, _)| at).chain([below.len()]);
        ends.filter_map(|end| below.get(..end)).any(|part| excludes.iter().any(|glob| glob.matches(part)))
    })
}

fn glob(text: &str) -> Result<Glob, Failure> {
    Glob::parse(text).map_err(|error| {
        Failure::usage(
            "exclude-malformed",
            format!("--exclude {text}: {error}"),
            "write a path below PATH; * stands for characters of a name, ** for whole names: --exclude 'charts/**'",
        )
    })
}

/// What came of a file.
enum Looked {
    Scanned(Box<Scan>),
    /// It is of no kind that names images.
    Other,
    /// It is too long to be read, and begins as no file does that names images.
    Data,
}

/// Reads and scans a file, as what it is or as this kind.
fn one(file: &Candidate, kind: Option<FileKind>, limits: &ScanLimits) -> Result<Looked, Box<ReportError>> {
    let error = |code, why: &str| {
        let help = "make it a readable file of bearable length, or leave it out with --exclude";
        Box::new(unread(code, &file.shown, why, help))
    };
    let max = u64::try_from(limits.bytes).unwrap_or(u64::MAX);
    match read(&file.path, max) {
        Ok(Content::Whole(bytes)) => {
            let kind = kind.or_else(|| detect(&file.shown, &bytes));
            let scanned = |kind| Looked::Scanned(Box::new(scan(&file.shown, &bytes, kind, limits)));
            Ok(kind.map_or(Looked::Other, scanned))
        }
        Ok(Content::TooLong) if is_data(file) => Ok(Looked::Data),
        Ok(Content::TooLong) => Err(error("limit", &format!("it is longer than {max} bytes"))),
        Err(why) => Err(error("file-not-read", &why.to_string())),
    }
}

/// The bytes of one file, for who changes it.
pub(crate) fn read_again(path: &Path) -> io::Result<Vec<u8>> {
    let max = u64::try_from(ScanLimits::default().bytes).unwrap_or(u64::MAX);
    match read(path, max)? {
        Content::Whole(bytes) => Ok(bytes),
        Content::TooLong => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
    }
}

enum Content {
    Whole(Vec<u8>),
    TooLong,
}

/// Reads a regular file whole, unless it is longer than `max`: then not at all.
fn read(path: &Path, max: u64) -> io::Result<Content> {
    let file = open_file(path)?;
    let length = file.metadata()?.len();
    if length > max {
        return Ok(Content::TooLong);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
    // It may have grown since.
    file.take(max + 1).read_to_end(&mut bytes)?;
    let grown = u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max;
    Ok(if grown { Content::TooLong } else { Content::Whole(bytes) })
}

/// Long JSON files are data as a rule, and Kubernetes' API takes no object of this length: one whose beginning is that of no
/// object is left out, and the notes say so.
fn is_data(file: &Candidate) -> bool {
    let json = file.shown.to_ascii_lowercase().ends_with(".json");
    let head = || read_head(&file.path, HEAD);
    json && !file.certain && head().is_ok_and(|head| detect(&file.shown, &head).is_none())
}

/// What could not be parsed, as the errors of a report.
pub(crate) fn problems(shown: &str, scan: &Scan) -> Vec<ReportError> {
    let mut errors: Vec<ReportError> = scan.problems.iter().take(MAX_TOLD).map(of_problem).collect();
    let more = scan.problems.len().saturating_sub(MAX_TOLD);
    if let Some(last) = errors.last_mut().filter(|_| more > 0) {
        last.message = format!("{}; {more} more in {shown} are not told one by one", last.message);
    }
    errors
}

fn of_problem(problem: &Problem) -> ReportError {
    let help = match &problem.kind {
        ProblemKind::Template => "check what is rendered, and leave the source out with --exclude",
        ProblemKind::Limit { .. } => "split the file, or leave it out with --exclude",
        _ => "mend the file, or leave it out with --exclude",
    };
    let failure = Failure::unverifiable(
        "file-not-parsed",
        format!("not all of it can be read: {}", problem.kind),
        help,
    );
    let mut error = failure.report_errors().remove(0);
    if matches!(problem.kind, ProblemKind::Limit { .. }) {
        "limit".clone_into(&mut error.code);
        error.see = page("limit");
    }
    error.location = Some(problem.origin.clone());
    error
}
