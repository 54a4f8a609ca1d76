//! What a script downloads and makes executable, and whether it compares a hash or a signature before.
//!
//! The interpreter says where each byte comes from; here that is held beside what becomes a program: run, put into a folder of programs,
//! unpacked there, installed as a package.

use std::collections::BTreeSet;
use std::ops::Range;

use proofmark_shell::Span;

use crate::known::network::host;
use crate::trace::{Action, Call, Callee, Trace};
use crate::value::{OriginKind, Place, Value};

/// A download that becomes a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// Which of the scripts downloads it, from 0.
    pub script: usize,
    /// The command there that does, in bytes.
    pub span: Range<usize>,
    /// From where, as far as it is known: variables as `${NAME}`.
    pub url: String,
    /// What becomes of it, in words.
    pub becomes: String,
    /// The host that gives the hashes with which it was compared: the one that gives the download.
    pub same_host: Option<String>,
}

/// What was downloaded so far, by one script after the other that run in one place, as the `RUN` of a Dockerfile do.
#[derive(Debug, Default)]
pub struct Watch {
    got: Vec<Got>,
    /// Which script is being looked at.
    script: usize,
}

#[derive(Debug)]
struct Got {
    script: usize,
    place: Place,
    url: String,
    /// Files that hold it.
    names: BTreeSet<String>,
    checked: Checked,
    /// It was unpacked: what it held may be anywhere.
    unpacked: bool,
    told: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Checked {
    No,
    /// With hashes of this host, which gave the download too.
    SameHost(String),
    Yes,
}

/// Programs that compare a signature or an attestation of a file.
const VERIFIERS: &[(&str, &[&str])] = &[
    ("gpg", &["--verify"]),
    ("gpg2", &["--verify"]),
    ("gpgv", &[]),
    ("cosign", &["verify-blob", "verify-blob-attestation"]),
    ("minisign", &["-V", "-Vm"]),
    ("rsign", &["verify"]),
    ("signify", &["-V"]),
    ("slsa-verifier", &["verify-artifact"]),
    ("gh", &["attestation"]),
    ("openssl", &["-verify"]),
    ("rekor-cli", &["verify"]),
    ("ssh-keygen", &["-Y"]),
    ("proofmark", &["verify"]),
    ("rpmkeys", &["--checksig", "-K"]),
    ("dpkg-sig", &["--verify"]),
];

/// Programs that print or compare hashes that nobody can forge.
const SUMS: &[&str] = &[
    "sha256sum",
    "sha512sum",
    "sha384sum",
    "sha224sum",
    "shasum",
    "b2sum",
    "b3sum",
    "gsha256sum",
    "sha256",
    "sha512",
];

/// Folders from which programs run.
const FOLDERS: &[&str] =
    &["/bin", "/usr/bin", "/usr/local", "/usr/sbin", "/sbin", "/opt", "/usr/lib", "/usr/share", "/usr"];

impl Watch {
    /// Takes the next script, and gives what becomes a program in it.
    pub fn take(&mut self, trace: &Trace) -> Vec<Download> {
        let mut found = Vec::new();
        for event in &trace.events {
            match &event.action {
                Action::Call(call) => self.called(trace.in_file(event.place), call, &mut found),
                Action::Open { writes: true, path, data } => self.written(trace, path, data),
                Action::Code { by, code } => {
                    let by = by.clone();
                    self.runs(trace, code, &format!("{by} runs it"), &mut found);
                }
                Action::Run { path, .. } => self.named(std::slice::from_ref(path), "it is run", &mut found),
                Action::Load { by, path, .. } => {
                    let becomes = format!("{by} runs it");
                    self.named(&shapes(path), &becomes, &mut found);
                }
                _ => {}
            }
        }
        self.script += 1;
        found
    }

    /// Another image, or another machine: what was downloaded before is not there.
    pub fn leave(&mut self) {
        self.got.clear();
        self.script += 1;
    }

    /// Passes over a script that downloads nothing.
    pub const fn skip(&mut self) {
        self.script += 1;
    }

    /// A download that no script makes: `ADD URL FILE` of a Dockerfile, without a checksum.
    pub fn add(&mut self, url: &str, to: &str, executable: bool) -> Vec<Download> {
        let last = url.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
        let name = if to.ends_with('/') { format!("{to}{last}") } else { to.to_owned() };
        self.got.push(Got {
            script: self.script,
            place: Place { source: 0, span: Span::new(0, url.len()) },
            url: url.to_owned(),
            names: BTreeSet::from([plain(&name)]),
            checked: Checked::No,
            unpacked: false,
            told: false,
        });
        self.script += 1;
        let mut found = Vec::new();
        if executable {
            self.named(&[name], "it may be run", &mut found);
        }
        found
    }

    fn called(&mut self, place: Place, call: &Call, found: &mut Vec<Download>) {
        if matches!(call.callee, Callee::Function | Callee::Stdlib) {
            return;
        }
        let (base, words) = (call.base(), call.words());
        if let Some((url, names)) = fetched(&base, &words) {
            self.got.push(Got {
                script: self.script,
                place,
                url,
                names,
                checked: Checked::No,
                unpacked: false,
                told: false,
            });
            return;
        }
        if verifies(&base, &words) {
            return self.check(|_| true, &Checked::Yes);
        }
        if SUMS.contains(&base.as_str()) {
            return self.summed(call, &words);
        }
        let operands: Vec<String> = words.iter().filter(|word| !word.starts_with('-')).cloned().collect();
        match base.as_str() {
            "chmod" if words.iter().any(|word| makes_executable(word)) => {
                self.named(&operands, "it may be run", found);
                // Which of an archive's files it is, nobody here knows.
                self.tell(|got| got.unpacked, "what was unpacked of it may be run", found);
            }
            "install" => self.moved(&operands, true, found),
            "mv" | "cp" | "ln" => self.moved(&operands, false, found),
            "tar" | "bsdtar" | "unzip" | "7z" | "gunzip" | "unxz" | "xz" | "gzip" | "bunzip2" | "cpio"
            | "ar" => {
                self.unpacked(call, &words, found);
            }
            "dpkg" | "rpm" | "apt" | "apt-get" | "apk" | "dnf" | "yum" | "installer" => {
                self.named(&operands, &format!("{base} installs it"), found);
            }
            _ => {}
        }
    }

    /// What another machine answers is code.
    fn runs(&mut self, trace: &Trace, code: &Value, becomes: &str, found: &mut Vec<Download>) {
        for origin in code.origins() {
            if origin.kind == OriginKind::Network {
                let place = trace.in_file(origin.place);
                let script = self.script;
                self.tell(|got| got.place == place && got.script == script, becomes, found);
            }
        }
    }

    /// A redirection puts it into a file.
    fn written(&mut self, trace: &Trace, path: &Value, data: &Value) {
        let script = self.script;
        for origin in data.origins() {
            let place = trace.in_file(origin.place);
            let of = |got: &&mut Got| got.place == place && got.script == script;
            if let Some(got) = self.got.iter_mut().find(of).filter(|_| origin.kind == OriginKind::Network) {
                got.names.extend(shapes(path).iter().map(|path| plain(path)));
            }
        }
    }

    /// `sha256sum -c`, or a hash that is printed for somebody to compare.
    fn summed(&mut self, call: &Call, words: &[String]) {
        let compares =
            words.iter().any(|word| word == "--check" || word.starts_with("-c") || is_cluster(word, 'c'));
        if !compares {
            // It is compared by `[`, `test` or a program: a hash that nobody looks at is printed for nobody.
            let names: Vec<String> = words.iter().map(|word| plain(word)).collect();
            return self.check(
                |got| call.captured && got.names.iter().any(|name| names.contains(name)),
                &Checked::Yes,
            );
        }
        let list: Vec<String> =
            words.iter().filter(|word| !word.starts_with('-')).map(|word| plain(word)).collect();
        // Where the list comes from: a download too, or what the script says.
        let from = self.got.iter().find(|got| got.names.iter().any(|name| list.contains(name)));
        let network = call.stdin.origins().into_iter().find(|origin| origin.kind == OriginKind::Network);
        let piped =
            network.and_then(|origin| self.got.iter().find(|got| got.place.span == origin.place.span));
        let Some(source) = from.or(piped).and_then(|got| host(&got.url)).map(str::to_owned) else {
            return self.check(|_| true, &Checked::Yes);
        };
        for got in &mut self.got {
            let same = host(&got.url) == Some(source.as_str());
            let now = if same { Checked::SameHost(source.clone()) } else { Checked::Yes };
            if got.checked == Checked::No {
                got.checked = now;
            }
        }
    }

    fn check(&mut self, which: impl Fn(&Got) -> bool, checked: &Checked) {
        for got in self.got.iter_mut().filter(|got| which(got)) {
            got.checked = checked.clone();
        }
    }

    /// Files that become programs by their names.
    fn named(&mut self, names: &[String], becomes: &str, found: &mut Vec<Download>) {
        let names: Vec<String> = names.iter().map(|name| plain(name)).collect();
        self.tell(
            |got| got.names.iter().any(|name| names.iter().any(|other| is_same(name, other))),
            becomes,
            found,
        );
    }

    fn moved(&mut self, operands: &[String], installs: bool, found: &mut Vec<Download>) {
        let Some((to, from)) = operands.split_last() else { return };
        // A mode stands before the files where it is a word of its own.
        let from: Vec<String> = from.iter().map(|name| plain(name)).collect();
        if installs || is_program_folder(to) {
            self.named(&from, &format!("it is put into {to}"), found);
            if is_program_folder(to) {
                self.tell(|got| got.unpacked, &format!("what was unpacked of it is put into {to}"), found);
            }
        }
        for got in &mut self.got {
            if got.names.iter().any(|name| from.iter().any(|other| is_same(name, other))) {
                got.names.insert(plain(to));
            }
        }
    }

    fn unpacked(&mut self, call: &Call, words: &[String], found: &mut Vec<Download>) {
        let names: Vec<String> = words.iter().map(|word| plain(word)).collect();
        let network: BTreeSet<_> = call
            .stdin
            .origins()
            .into_iter()
            .filter(|one| one.kind == OriginKind::Network)
            .map(|one| one.place.span)
            .collect();
        let folder = folder_of(words);
        let script = self.script;
        let of = |got: &Got| {
            got.names.iter().any(|name| names.iter().any(|other| is_same(name, other)))
                || got.script == script && network.contains(&got.place.span)
        };
        if let Some(folder) = folder.filter(|folder| is_program_folder(folder)) {
            let becomes = format!("it is unpacked into {folder}");
            self.tell(of, &becomes, found);
        }
        for got in self.got.iter_mut().filter(|got| of(got)) {
            got.unpacked = true;
        }
    }

    fn tell(&mut self, which: impl Fn(&Got) -> bool, becomes: &str, found: &mut Vec<Download>) {
        for got in self.got.iter_mut().filter(|got| !got.told && which(got)) {
            let same_host = match &got.checked {
                Checked::Yes => continue,
                Checked::SameHost(host) => Some(host.clone()),
                Checked::No => None,
            };
            got.told = true;
            found.push(Download {
                script: got.script,
                span: got.place.span.start..got.place.span.end,
                url: got.url.clone(),
                becomes: becomes.to_owned(),
                same_host,
            });
        }
    }
}

fn shapes(value: &Value) -> Vec<String> {
    value.options().iter().map(crate::value::Text::shape).collect()
}

/// Without what stands for the folder that one is in.
fn plain(name: &str) -> String {
    let name = name.trim_start_matches("${PWD}/");
    let mut name = name;
    while let Some(rest) = name.strip_prefix("./") {
        name = rest;
    }
    name.trim_end_matches('/').to_owned()
}

/// The same file: the same path, or the same name where one of them has no folder.
fn is_same(one: &str, other: &str) -> bool {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    !one.is_empty()
        && (one == other
            || (one.contains('/') != other.contains('/')
                && last(one) == last(other)
                && !last(one).is_empty()))
}

/// A client's URL, and the files into which it goes.
fn fetched(base: &str, words: &[String]) -> Option<(String, BTreeSet<String>)> {
    if !matches!(base, "curl" | "wget" | "wget2" | "aria2c" | "fetch" | "http" | "https" | "xh") {
        return None;
    }
    let url = words.iter().find(|word| word.contains("://") && !word.starts_with('-'))?.clone();
    if crate::known::network::is_local(std::slice::from_ref(&url)) || url.starts_with("file://") {
        return None;
    }
    let (short, long): (char, &[&str]) = match base {
        "wget" | "wget2" => ('O', &["--output-document"]),
        _ => ('o', &["--output", "--out"]),
    };
    let mut names = BTreeSet::new();
    let mut next = false;
    for word in words {
        if std::mem::take(&mut next) {
            names.insert(plain(word));
            continue;
        }
        let value = long.iter().find_map(|long| word.strip_prefix(long)?.strip_prefix('='));
        if let Some(value) = value {
            names.insert(plain(value));
        } else if long.contains(&word.as_str()) {
            next = true;
        } else if let Some(cluster) = word.strip_prefix('-').filter(|rest| !rest.starts_with('-')) {
            match cluster.split_once(short) {
                Some((before, "")) if before.chars().all(|char| char.is_ascii_alphabetic()) => next = true,
                Some((before, name)) if before.chars().all(|char| char.is_ascii_alphabetic()) => {
                    names.insert(plain(name));
                }
                _ => {}
            }
        }
    }
    let last = || {
        url.split(['?', '#']).next().and_then(|path| path.rsplit('/').next()).unwrap_or_default().to_owned()
    };
    let by_url = match base {
        "curl" => words.iter().any(|word| word == "--remote-name" || is_cluster(word, 'O')),
        "wget" | "wget2" | "aria2c" | "fetch" => names.is_empty(),
        _ => false,
    };
    if by_url {
        names.insert(last());
    }
    // Standard output.
    names.remove("-");
    names.remove("/dev/stdout");
    Some((url, names))
}

/// `-fsSLO` holds `O`.
fn is_cluster(word: &str, option: char) -> bool {
    word.strip_prefix('-').is_some_and(|rest| {
        !rest.starts_with('-') && rest.contains(option) && rest.chars().all(|char| char.is_ascii_alphabetic())
    })
}

fn verifies(base: &str, words: &[String]) -> bool {
    let has = |wanted: &[&str]| wanted.is_empty() || words.iter().any(|word| wanted.contains(&word.as_str()));
    VERIFIERS.iter().any(|(name, wanted)| *name == base && has(wanted))
}

/// `+x`, `a+rx`, `755`.
fn makes_executable(word: &str) -> bool {
    let octal = word.len() >= 3 && word.chars().all(|char| char.is_digit(8));
    if octal {
        return word.chars().rev().take(3).any(|digit| digit.to_digit(8).is_some_and(|bits| bits & 1 == 1));
    }
    word.split(',').any(|one| {
        one.split_once(['+', '=']).is_some_and(|(who, what)| {
            who.chars().all(|char| "ugoa".contains(char))
                && what.chars().all(|char| "rwxXst".contains(char))
                && what.contains('x')
        })
    })
}

/// Where an archive is unpacked.
fn folder_of(words: &[String]) -> Option<String> {
    for (at, word) in words.iter().enumerate() {
        if let Some(folder) = word
            .strip_prefix("--directory=")
            .or_else(|| word.strip_prefix("-C").filter(|rest| !rest.is_empty()))
        {
            return Some(folder.to_owned());
        }
        // `-xzC FOLDER`, `-d FOLDER` of unzip.
        if word == "--directory" || word == "-d" || is_cluster(word, 'C') {
            return words.get(at + 1).cloned();
        }
    }
    None
}

fn is_program_folder(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let home = path.trim_start_matches("${HOME}").trim_start_matches('~');
    FOLDERS
        .iter()
        .any(|folder| path == *folder || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
        || path.ends_with("/bin")
        || path == "bin"
        || path.contains("/bin/")
        || home.starts_with("/.local/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, NoFiles, interpret};

    fn told(text: &str) -> Vec<String> {
        let trace = interpret("x", text.as_bytes(), &NoFiles, &Limits::default());
        assert_eq!(trace.problems, []);
        let found = Watch::default().take(&trace);
        found
            .iter()
            .map(|one| {
                format!(
                    "{} {}{}",
                    one.url,
                    one.becomes,
                    if one.same_host.is_some() { " (same host)" } else { "" }
                )
            })
            .collect()
    }

    #[track_caller]
    fn bad(text: &str, expected: &str) {
        assert_eq!(told(text), [expected], "{text}");
    }

    #[track_caller]
    fn good(text: &str) {
        assert_eq!(told(text), [""; 0], "{text}");
    }

    #[test]
    fn what_becomes_a_program_unseen() {
        bad("curl -fsSL https://h.example/i.sh | sh", "https://h.example/i.sh sh runs it");
        bad(
            "V=1\ncurl -fsSLo /usr/local/bin/x https://h.example/x-$V && chmod +x /usr/local/bin/x",
            "https://h.example/x-1 it may be run",
        );
        bad(
            "wget -qO- https://h.example/y.tgz | tar xz -C /usr/local/bin",
            "https://h.example/y.tgz it is unpacked into /usr/local/bin",
        );
        bad(
            "curl -L https://h.example/z > z; install -m 755 z /usr/local/bin/z",
            "https://h.example/z it is put into /usr/local/bin/z",
        );
        bad(
            "curl -LO https://h.example/k/kubectl\nchmod 0755 ./kubectl",
            "https://h.example/k/kubectl it may be run",
        );
        bad("wget https://h.example/a.deb; dpkg -i a.deb", "https://h.example/a.deb dpkg installs it");
        bad(
            "wget https://h.example/a.zip && unzip a.zip && mv a/tool /usr/local/bin/",
            "https://h.example/a.zip what was unpacked of it is put into /usr/local/bin/",
        );
        bad("curl -o p.py https://h.example/p.py; python3 p.py", "https://h.example/p.py python3 runs it");
        bad("bash -c \"$(curl -fsSL https://h.example/i.sh)\"", "https://h.example/i.sh bash runs it");
        bad(
            "curl -sL https://h.example/t.tar.gz -o /tmp/t.tgz\ntar -xzf /tmp/t.tgz -C /opt",
            "https://h.example/t.tar.gz it is unpacked into /opt",
        );
    }

    #[test]
    fn what_is_compared_before() {
        good("curl -LO https://h.example/k\necho \"abc  k\" | sha256sum -c -\nchmod +x k");
        good("curl -LO https://h.example/k\n[ \"$(sha256sum k | cut -d' ' -f1)\" = abc ]\nchmod +x k");
        good("curl -LO https://h.example/k\nsha256sum --check sums.txt && chmod +x k");
        good("curl -LO https://h.example/k\ncosign verify-blob --bundle b k\nmv k /usr/local/bin");
        good(
            "curl -LO https://h.example/k; curl -LO https://h.example/k.asc; gpg --verify k.asc k; chmod +x k",
        );
        good("wget https://h.example/k; curl -L https://other.example/k.sha256 | sha256sum -c; chmod +x k");
        // Too late.
        bad(
            "curl -LO https://h.example/k; chmod +x k; sha256sum -c sums.txt",
            "https://h.example/k it may be run",
        );
        // By whoever gives the file.
        bad(
            "curl -LO https://h.example/k; curl -LO https://h.example/k.sha256; sha256sum -c k.sha256; chmod +x k",
            "https://h.example/k it may be run (same host)",
        );
        // Printed for nobody.
        bad("curl -LO https://h.example/k; sha256sum k; chmod +x k", "https://h.example/k it may be run");
        bad("curl -LO https://h.example/k; md5sum -c sums; chmod +x k", "https://h.example/k it may be run");
    }

    #[test]
    fn what_becomes_no_program() {
        good("curl -fsSL https://h.example/data.json -o data.json\njq . data.json");
        good("curl -fsSL https://h.example/key.asc | gpg --dearmor -o /usr/share/keyrings/k.gpg");
        good("wget https://h.example/data.tar.gz && tar xzf data.tar.gz -C data");
        good("chmod +x scripts/run.sh && ./scripts/run.sh && curl -f https://h.example/health");
        good("curl -s http://localhost:8080/x.sh | sh");
        good("apt-get update && apt-get install -y curl");
    }

    #[test]
    fn one_script_after_the_other() {
        let mut watch = Watch::default();
        let mut take = |text: &str| {
            let trace = interpret("x", text.as_bytes(), &NoFiles, &Limits::default());
            watch.take(&trace)
        };
        assert_eq!(take("curl -Lo /tmp/k https://h.example/k"), []);
        assert_eq!(take("chmod +x /tmp/k")[0].url, "https://h.example/k");
        assert_eq!(watch.add("https://h.example/data", "/data/", false), []);
        let added = watch.add("https://h.example/t", "/usr/local/bin/", true);
        assert_eq!((added[0].script, added[0].span.clone()), (3, 0..19));
        assert_eq!(watch.add("https://h.example/u", "/u", false), []);
        watch.leave();
        let trace = interpret("x", b"chmod +x /u", &NoFiles, &Limits::default());
        assert_eq!(watch.take(&trace), []);
    }

    #[test]
    fn modes_and_options() {
        for word in ["+x", "a+x", "u+rx", "755", "0755", "u=rwx,go=rx"] {
            assert!(makes_executable(word), "{word}");
        }
        for word in ["+r", "644", "x+y", "file", "0600", "-x"] {
            assert!(!makes_executable(word), "{word}");
        }
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let names = |base: &str, text: &str| {
            fetched(base, &words(text)).map(|(_, names)| names.into_iter().collect::<Vec<_>>())
        };
        assert_eq!(names("curl", "-fsSLo a https://h.example/b"), Some(vec!["a".to_owned()]));
        assert_eq!(names("curl", "-fsSLO https://h.example/b?x"), Some(vec!["b".to_owned()]));
        assert_eq!(names("curl", "https://h.example/b"), Some(vec![]));
        assert_eq!(names("wget", "-qO- https://h.example/b"), Some(vec![]));
        assert_eq!(names("wget", "-O a https://h.example/b"), Some(vec!["a".to_owned()]));
        assert_eq!(names("wget", "--output-document=a https://h.example/b"), Some(vec!["a".to_owned()]));
        assert_eq!(names("git", "clone https://h.example/b"), None);
    }
}
