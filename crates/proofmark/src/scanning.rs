//! Reading the files of a repository, and what they name.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use proofmark_core::pattern::Glob;
use proofmark_engine::{Scanned, in_parallel};
use proofmark_refs::{
    Environment, JsonSurvey, Problem, ProblemKind, Scan, ScanLimits, detect, scan, scan_with,
};
use proofmark_report::ReportError;

use crate::dotenv::Dotenvs;
use crate::failure::{Failure, page};
use crate::files::open_file;
use crate::following::{Around, Following};
use crate::paths::{named, unread};
use crate::walk::{Candidate, walk};

/// Bytes of a long JSON file that are surveyed.
const MAX_SURVEY: u64 = 1 << 30;

/// Bytes of it at a time.
const PART: usize = 64 * 1024;

/// Threads that read: files are small, and the disk answers several at once.
const MAX_THREADS: usize = 8;

/// Problems of a file that are told one by one.
const MAX_TOLD: usize = 3;

/// What was read, and where each file of it lies.
pub(crate) struct Files {
    pub(crate) scanned: Scanned,
    /// One for each of its scans.
    pub(crate) sources: Vec<Source>,
}

/// What a scan was made of.
#[derive(Debug)]
pub(crate) struct Source {
    /// The path as the user would write it.
    pub(crate) shown: String,
    /// Where the file lies.
    pub(crate) path: PathBuf,
    /// The values of its variables.
    pub(crate) environment: Environment,
}

/// A file that was read.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) file: Candidate,
    pub(crate) scan: Scan,
    pub(crate) environment: Environment,
}

/// How far a file that another names is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Within the tree around the paths, as links are.
    Tree,
    /// Within the directories that were asked about: for who changes what is read.
    Asked,
}

/// Scans everything below these paths, and what it names.
pub(crate) fn scan_files(paths: &[PathBuf], excludes: &[String], reach: Reach) -> Result<Files, Failure> {
    let globs = excludes.iter().map(|text| glob(text)).collect::<Result<Vec<Glob>, Failure>>()?;
    let walked = walk(paths, &globs)?;
    let mut reading = Reading::default();
    let mut reads = reading.read(&walked.files);
    let roots = match reach {
        Reach::Tree => walked.trees.clone(),
        Reach::Asked => walked.directories,
    };
    let around = Around { roots, trees: walked.trees, links: walked.links, paths, excludes: &globs };
    let mut following = Following::new(&around);
    following.all(&mut reads, &mut reading);
    reads.sort_by(|a, b| a.file.shown.cmp(&b.file.shown));
    let mut scanned =
        Scanned { scans: Vec::with_capacity(reads.len()), errors: walked.errors, notes: walked.notes };
    scanned.errors.append(&mut reading.errors);
    scanned.errors.append(&mut reading.dotenvs.errors);
    let mut told = |what: &str, names: Vec<&str>| {
        if !names.is_empty() {
            scanned.notes.push(format!("left out, {what}: {}", named(&names)));
        }
    };
    told("long JSON without objects that name images", reading.data.iter().map(String::as_str).collect());
    told("--exclude, and named by others", following.left_out.iter().map(String::as_str).collect());
    let idle = walked.idle.iter().filter(|at| !following.used.contains(at)).filter_map(|at| globs.get(*at));
    scanned.notes.extend(idle.map(|glob| format!("--exclude {} left nothing out", glob.as_str())));
    let mut sources = Vec::with_capacity(reads.len());
    for Read { file, scan, environment } in reads {
        scanned.scans.push(scan);
        sources.push(Source { shown: file.shown, path: file.path, environment });
    }
    Ok(Files { scanned, sources })
}

/// What was read so far.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) dotenvs: Dotenvs,
    pub(crate) errors: Vec<ReportError>,
    data: Vec<String>,
}

impl Reading {
    /// Those that name images or files, in their order.
    pub(crate) fn read(&mut self, files: &[Candidate]) -> Vec<Read> {
        let mut read = Vec::new();
        let limits = ScanLimits::default();
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS);
        let answers = in_parallel(files, threads, |file| one(file, &limits));
        for (file, answer) in files.iter().zip(answers) {
            match answer {
                Some(Ok(Looked::Scanned(scan))) => {
                    self.errors.extend(problems(&file.shown, &scan));
                    let environment = Environment::default();
                    read.push(Read { file: file.clone(), scan: *scan, environment });
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
        read
    }

    /// Scans a file again, with what is known beside it. What was told of it holds as before; what is new is told.
    pub(crate) fn again(&mut self, read: &Read, environment: &Environment) -> Option<Scan> {
        let Read { file, scan: before, .. } = read;
        match read_again(&file.path) {
            Ok(bytes) => {
                let limits = ScanLimits::default();
                let scan = scan_with(&file.shown, &bytes, before.kind, &limits, environment);
                let new = scan.problems.iter().filter(|problem| !before.problems.contains(problem));
                self.errors.extend(new.take(MAX_TOLD).map(of_problem));
                Some(scan)
            }
            Err(error) => {
                let help = "leave it as it is while it is looked at";
                self.errors.push(unread("file-not-read", &file.shown, &error.to_string(), help));
                None
            }
        }
    }
}

/// A pattern of `--exclude`.
pub(crate) fn glob(text: &str) -> Result<Glob, Failure> {
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
    /// It is too long to be read, and JSON in which nothing is of a kind that names images.
    Data,
}

/// Reads and scans a file, as what it is named or as what it is.
fn one(file: &Candidate, limits: &ScanLimits) -> Result<Looked, Box<ReportError>> {
    let error = |code, why: &str| {
        let help = "make it a readable file of bearable length, or leave it out with --exclude";
        Box::new(unread(code, &file.shown, why, help))
    };
    let max = u64::try_from(limits.bytes).unwrap_or(u64::MAX);
    match read(&file.path, max) {
        Ok(Content::Whole(bytes)) => {
            let kind = file.kind.or_else(|| detect(&file.shown, &bytes));
            let scanned = |kind| Looked::Scanned(Box::new(scan(&file.shown, &bytes, kind, limits)));
            Ok(kind.map_or(Looked::Other, scanned))
        }
        Ok(Content::TooLong) if is_data(file, limits) => Ok(Looked::Data),
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

/// Long JSON files are data as a rule: one in which no object is of a kind that names images is left out, and the notes say so.
fn is_data(file: &Candidate, limits: &ScanLimits) -> bool {
    let json = file.shown.to_ascii_lowercase().ends_with(".json");
    json && !file.certain && open_file(&file.path).is_ok_and(|open| surveyed(open, limits))
}

fn surveyed(file: std::fs::File, limits: &ScanLimits) -> bool {
    let mut rest = file.take(MAX_SURVEY + 1);
    let (mut survey, mut part) = (JsonSurvey::new(limits), vec![0; PART]);
    loop {
        match rest.read(&mut part) {
            Ok(0) => return rest.limit() > 0 && survey.finish(),
            Ok(length) if !survey.feed(part.get(..length).unwrap_or_default()) => return false,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return false,
        }
    }
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

pub(crate) fn of_problem(problem: &Problem) -> ReportError {
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
