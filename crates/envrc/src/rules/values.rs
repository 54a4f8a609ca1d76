//! What the value of a variable is worth: a program, a path, another machine, a module.

use proofmark_core::Severity;

use crate::audit::{Audit, inside};
use crate::known::hosts::{address, is_here};
use crate::value::{OriginKind, Piece, Text};

/// A program of the tree, of a folder that others write, or a line of several commands.
pub(super) fn program(text: &Text, shape: &str) -> Option<Severity> {
    if shape.contains(['|', ';', '`', '>', '<', '&']) || shape.contains("$(") || shape.contains("://") {
        return Some(Severity::High);
    }
    let shell =
        ["sh -c", "bash -c", "curl ", "wget ", "nc ", "python -c", "python3 -c", "perl -e", "node -e"];
    if shell.iter().any(|word| shape.contains(word)) {
        return Some(Severity::High);
    }
    let first = shape.split(' ').next().unwrap_or(shape);
    if first.starts_with("${PWD}") || first.starts_with("./") || first.starts_with("../") || is_shared(first)
    {
        return Some(Severity::High);
    }
    if inside(text).is_some() && first.contains('/') && !first.starts_with('/') && !first.starts_with('~') {
        return Some(Severity::High);
    }
    // `docker run …` and their like are commands of more than one word: what they do is in no list.
    let given = text.pieces().iter().any(|piece| match piece {
        Piece::Hole(origins) => {
            origins.iter().any(|origin| matches!(origin.kind, OriginKind::Network | OriginKind::File(_)))
        }
        Piece::Known(_) => false,
    });
    given.then_some(Severity::High)
}

pub(super) fn holds(shape: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| shape.contains(part))
}

/// The values of options in a list of them: `--option=value`, `--option value`, `-javaagent:value`.
fn values<'s>(shape: &'s str, options: &[&str]) -> Vec<&'s str> {
    let mut found = Vec::new();
    let mut next = false;
    for word in shape.split([' ', '\t', '\n', '\u{1f}']).filter(|word| !word.is_empty()) {
        let word = word.trim_matches(['"', '\'']);
        if std::mem::take(&mut next) {
            found.push(word);
            continue;
        }
        // The longest: `-Xbootclasspath/a:x` is no `-Xbootclasspath`.
        let option =
            options.iter().filter(|option| word.starts_with(*option)).max_by_key(|option| option.len());
        let Some(option) = option else { continue };
        let rest = &word[option.len()..];
        match rest.strip_prefix(['=', ':']) {
            Some(value) => found.push(value),
            None if rest.is_empty() => next = true,
            // `@file` and `linker=file` hold their values themselves.
            None if option.ends_with(['@', '=']) => found.push(rest),
            None => {}
        }
    }
    found
}

/// What an option makes programs load: code of the tree, of a folder that others write or of another machine, or else an
/// installed package.
pub(super) fn loads(audit: &Audit<'_>, text: &Text, options: &[&str]) -> Option<Severity> {
    let shape = text.shape();
    let one = |value: &str| {
        let remote = value.contains("://") || value.starts_with("data:");
        let tree = value.starts_with("${PWD}") || value.starts_with("./") || value.starts_with("../");
        // Yarn's own, which every project that uses it has.
        let yarn = value.ends_with(".pnp.cjs") || value.ends_with(".pnp.loader.mjs");
        let path = value.trim_start_matches("${PWD}/").trim_start_matches("./");
        let there = !value.starts_with(['/', '$', '~']) && options.contains(&"-javaagent")
            || audit.files.facts(path).exists;
        if options == ["@"] {
            let risky = holds_word(
                audit,
                path,
                &["-javaagent", "-agentpath", "-agentlib", "OnError", "OnOutOfMemory"],
            );
            return if risky { Severity::High } else { Severity::Low };
        }
        if remote && !value.starts_with("file:") || is_shared(value) {
            Severity::High
        } else if yarn {
            Severity::Medium
        } else if tree || there {
            Severity::High
        } else {
            Severity::Low
        }
    };
    values(&shape, options).into_iter().map(one).max()
}

/// A program that an option names.
pub(super) fn option_program(text: &Text, options: &[&str]) -> Option<Severity> {
    let shape = text.shape();
    let marked = shape.replace("-C ", "").replace("-Clinker", "linker").replace("-Z ", "-Z");
    let found = values(&marked, options);
    found.into_iter().filter_map(|value| program(&Text::known(value), value)).max()
}

/// A module that Python imports: one that runs what it is given, one of the tree, or an installed one.
pub(super) fn imports(audit: &Audit<'_>, name: &str, shape: &str) -> Option<Severity> {
    const DEBUGGERS: &[&str] = &[
        "pdb",
        "ipdb",
        "pudb",
        "bpdb",
        "wdb",
        "rpdb",
        "web_pdb",
        "remote_pdb",
        "ptpdb",
        "debugpy",
        "IPython",
        "celery",
        "pydevd_pycharm",
        "pydevd",
        "madbg",
        "jupyter",
        "snoop",
        "icecream",
        "sys",
    ];
    const RUNS: &[&str] = &[
        "os",
        "subprocess",
        "pty",
        "builtins",
        "code",
        "runpy",
        "importlib",
        "antigravity",
        "webbrowser",
        "ctypes",
    ];
    let modules: Vec<&str> = if name == "PYTHONWARNINGS" {
        // `action:message:category:module:line`: a category with a dot is imported.
        let categories = shape.split(',').filter_map(|one| one.split(':').nth(2));
        categories.filter_map(|category| category.rsplit_once('.')).map(|(module, _)| module).collect()
    } else {
        shape.rsplit_once('.').map(|(module, _)| module).into_iter().collect()
    };
    let one = |module: &str| {
        let root = module.split('.').next().unwrap_or(module);
        let path = module.replace('.', "/");
        let there = [format!("{path}.py"), format!("{root}.py"), format!("{root}/__init__.py")];
        if RUNS.contains(&root) || module.contains("${") {
            Some(Severity::High)
        } else if there.iter().any(|path| audit.files.facts(path).exists) {
            Some(Severity::Medium)
        } else if DEBUGGERS.contains(&root) {
            None
        } else {
            Some(Severity::Low)
        }
    };
    modules.into_iter().filter_map(one).max()
}

/// A folder that every user of the machine may write.
pub(in crate::rules) fn is_shared(path: &str) -> bool {
    ["/tmp/", "/var/tmp/", "/dev/shm/", "${TMPDIR}/", "/private/tmp/"]
        .iter()
        .any(|folder| path.starts_with(folder))
        || matches!(path, "/tmp" | "/var/tmp" | "/dev/shm" | "${TMPDIR}")
}

/// It names something in the tree: this severity, and High where the file there is known to hold what makes programs run
/// others; or something in a folder that all may write: High.
pub(super) fn within(audit: &Audit<'_>, name: &str, shape: &str, severity: Severity) -> Option<Severity> {
    let relative =
        |entry: &str| (entry.contains('/') || entry.starts_with('.')) && !entry.starts_with(['/', '~', '$']);
    let entry =
        shape.split(':').find(|entry| is_shared(entry) || entry.starts_with("${PWD}") || relative(entry))?;
    if is_shared(entry) {
        return Some(Severity::High);
    }
    let path = entry.trim_start_matches("${PWD}").trim_start_matches('/').trim_start_matches("./");
    // Which words of which files name a program, or other packages, and how bad that is: settings of the tree are honest.
    let (files, words, raised): (&[&str], &[&str], Severity) = match name {
        "CARGO_HOME" => {
            (&["/config.toml", "/config"], &["replace-with", "credential-provider"], Severity::High)
        }
        "GRADLE_USER_HOME" => (&["/init.gradle", "/init.gradle.kts"], &["{"], Severity::High),
        "GH_CONFIG_DIR" => (&["/config.yml"], &["aliases:", "pager:", "editor:", "browser:"], Severity::High),
        "DOCKER_CONFIG" => (&["/config.json"], &["credHelpers", "credsStore"], Severity::High),
        "AWS_CONFIG_FILE" => (&[""], &["credential_process"], Severity::Medium),
        "OPENSSL_CONF" => (&[""], &["dynamic_path", "engine", "module ="], Severity::High),
        "STARSHIP_CONFIG" => (&[""], &["[custom", "command =", "when ="], Severity::High),
        "ANSIBLE_CONFIG" => (&[""], &["_plugins", "vault_password_file", "library"], Severity::Medium),
        "KUBECONFIG" => (
            &[""],
            &[
                "command: sh",
                "command: bash",
                "command: ./",
                "command: /bin/sh",
                "command: /bin/bash",
                "cmd-path: ./",
            ],
            Severity::High,
        ),
        // Every Python runs these as it starts.
        "PYTHONPATH" | "PYTHONHOME" | "PYTHONUSERBASE" => {
            (&["/sitecustomize.py", "/usercustomize.py", "/sitecustomize/__init__.py"], &[""], Severity::High)
        }
        _ => (
            &[""],
            &["credential_process", "script-shell", "strict-ssl=false", "trusted-host"],
            Severity::High,
        ),
    };
    // Which engines a file names that is not there, nobody can say.
    let unknown = name == "OPENSSL_CONF" && !audit.files.facts(path).exists;
    let dangerous = unknown || files.iter().any(|end| holds_word(audit, &format!("{path}{end}"), words));
    Some(if dangerous { raised.max(severity) } else { severity })
}

/// A file of the tree in which one of these words stands.
fn holds_word(audit: &Audit<'_>, path: &str, words: &[&str]) -> bool {
    let Some(path) = crate::files::resolve("", path) else { return false };
    match audit.files.read(&path) {
        crate::FileAnswer::Bytes(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            words.iter().any(|word| text.contains(word))
        }
        _ => false,
    }
}

/// Another machine than the usual ones.
pub(super) fn remote(name: &str, shape: &str, severity: Severity) -> Option<Severity> {
    const USUAL: &[&str] = &[
        "pypi.org",
        "files.pythonhosted.org",
        "test.pypi.org",
        "registry.npmjs.org",
        "registry.yarnpkg.com",
        "npm.pkg.github.com",
        "proxy.golang.org",
        "goproxy.io",
        "index.crates.io",
        "static.rust-lang.org",
        "rubygems.org",
        "repo.hex.pm",
        "huggingface.co",
        "nodejs.org",
        "api.openai.com",
        "api.anthropic.com",
        "api.github.com",
        "download.pytorch.org",
        "jsr.io",
        "npm.jsr.io",
        "registry.npmmirror.com",
        "ghcr.io",
        "hf-mirror.com",
        "nixos.org",
        "channels.nixos.org",
    ];
    let mut worst = None;
    for part in shape.split([',', ' ', '|', ';']) {
        // `nixpkgs=https://…`
        let part =
            part.split_once('=').filter(|(before, _)| !before.contains("://")).map_or(part, |(_, rest)| rest);
        let Some(host) = address(part) else { continue };
        let own = host.ends_with(".amazonaws.com")
            || host.ends_with(".googleapis.com")
            || host.ends_with(".pkg.dev")
            || host.ends_with(".codeartifact");
        if USUAL.contains(&host) || own || is_here(host) || host.contains("${") || host.is_empty() {
            continue;
        }
        // A socket of this machine, or a connection that ssh makes.
        if part.starts_with("unix://")
            || part.starts_with("file://")
            || part.starts_with("npipe")
            || part.starts_with("docker-container://")
        {
            continue;
        }
        // Nothing that goes there is hidden from who stands in between; a proxy is reached so as a rule.
        let plain =
            part.starts_with("http://") && !name.to_ascii_uppercase().ends_with("PROXY") && !is_private(host);
        let this =
            if plain || part.starts_with("tcp://") && !is_private(host) { Severity::High } else { severity };
        worst = worst.max(Some(this));
    }
    worst
}

/// An address or a name of a network of one's own.
fn is_private(host: &str) -> bool {
    host.starts_with("10.")
        || host.starts_with("192.168.")
        || host.starts_with("172.")
        || [".local", ".lan", ".internal", ".svc", ".home.arpa"].iter().any(|end| host.ends_with(end))
        || !host.contains('.')
}
