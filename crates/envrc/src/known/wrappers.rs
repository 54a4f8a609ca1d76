//! Programs that run the words after their own, and those that run code in the shell.

/// How a program finds what it runs among its words.
#[derive(Debug)]
pub(crate) struct Wrapper {
    names: &'static [&'static str],
    /// Options that take the next word.
    pub(crate) with_value: &'static [&'static str],
    /// Words of its own before the program.
    pub(crate) operands: usize,
    /// Options whose value is a line of code.
    pub(crate) code: &'static [&'static str],
    /// The words are joined, and a shell reads them again.
    pub(crate) joins: bool,
    /// The command of it that runs something: `uv run`.
    pub(crate) command: &'static [&'static str],
    /// It runs nothing but that code.
    pub(crate) only_code: bool,
}

const NONE: Wrapper = Wrapper {
    names: &[],
    with_value: &[],
    operands: 0,
    code: &[],
    joins: false,
    command: &[],
    only_code: false,
};

#[rustfmt::skip]
const WRAPPERS: &[Wrapper] = &[
    Wrapper { names: &["env", "genv"], with_value: &["-u", "--unset", "-C", "--chdir"], ..NONE },
    Wrapper { names: &["sudo"], with_value: &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R", "--user", "--group", "--chdir"], ..NONE },
    Wrapper { names: &["doas"], with_value: &["-u", "-C"], ..NONE },
    Wrapper { names: &["su"], with_value: &["-s", "--shell", "-g", "-G"], operands: 1, code: &["-c", "--command", "--session-command"], ..NONE },
    Wrapper { names: &["runuser"], with_value: &["-u", "--user", "-s", "-g", "-G"], code: &["-c", "--command", "--session-command"], ..NONE },
    Wrapper { names: &["pkexec"], with_value: &["--user"], ..NONE },
    Wrapper { names: &["run0"], with_value: &["-u", "-g", "-D", "--user", "--group", "--chdir"], ..NONE },
    Wrapper { names: &["gosu", "su-exec", "setuidgid", "s6-setuidgid", "chpst", "softlimit"], operands: 1, ..NONE },
    Wrapper { names: &["nice", "gnice"], with_value: &["-n", "--adjustment"], ..NONE },
    Wrapper { names: &["ionice"], with_value: &["-c", "-n", "-p", "--class", "--classdata"], ..NONE },
    Wrapper { names: &["chrt"], with_value: &["-T", "-P", "-D"], operands: 1, ..NONE },
    Wrapper { names: &["taskset"], operands: 1, ..NONE },
    Wrapper { names: &["timeout", "gtimeout"], with_value: &["-k", "-s", "--kill-after", "--signal"], operands: 1, ..NONE },
    Wrapper { names: &["time", "gtime"], with_value: &["-f", "-o", "--format", "--output"], ..NONE },
    Wrapper { names: &["xargs", "gxargs"], with_value: &["-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s", "--max-args", "--max-procs", "--delimiter", "--arg-file", "--replace"], ..NONE },
    Wrapper { names: &["parallel"], with_value: &["-j", "--jobs", "-a", "--arg-file", "-I", "-N", "-n", "--colsep", "-S", "--sshlogin", "--joblog", "--delay", "--tmpdir"], joins: true, ..NONE },
    Wrapper { names: &["stdbuf", "gstdbuf"], with_value: &["-i", "-o", "-e", "--input", "--output", "--error"], ..NONE },
    Wrapper { names: &["flock"], with_value: &["-w", "-E", "--wait", "--timeout", "--conflict-exit-code"], operands: 1, code: &["-c", "--command"], ..NONE },
    Wrapper { names: &["script"], with_value: &["-E", "-I", "-O", "-B", "-T", "-o", "-m", "-t"], operands: 1, code: &["-c", "--command"], ..NONE },
    Wrapper { names: &["chroot"], with_value: &["--userspec", "--groups"], operands: 1, ..NONE },
    Wrapper { names: &["unshare", "nsenter"], with_value: &["-t", "--target", "-S", "-G", "--setuid", "--setgid", "-R", "--root", "-w", "--wd"], ..NONE },
    Wrapper { names: &["setpriv"], with_value: &["--reuid", "--regid", "--groups", "--inh-caps", "--ambient-caps", "--bounding-set", "--securebits"], ..NONE },
    Wrapper { names: &["strace", "ltrace"], with_value: &["-o", "-e", "-p", "-u", "-s", "-E", "-a", "-b", "-P", "-S", "-O", "-n", "-l", "-x"], ..NONE },
    Wrapper { names: &["gdb", "lldb"], with_value: &["-ex", "-x", "-iex", "-ix", "-d", "-o"], ..NONE },
    Wrapper { names: &["valgrind", "heaptrack", "rr"], ..NONE },
    Wrapper { names: &["perf"], with_value: &["-e", "-o", "-p", "-F", "-c"], command: &["stat", "record", "trace", "mem"], ..NONE },
    Wrapper { names: &["systemd-run"], with_value: &["-u", "--unit", "-p", "--property", "-E", "--setenv", "-M", "--slice", "--on-active", "--on-calendar", "--uid", "--gid", "--description", "--working-directory"], ..NONE },
    Wrapper { names: &["systemd-inhibit", "dbus-run-session", "dbus-launch"], with_value: &["--what", "--who", "--why", "--mode", "--config-file"], ..NONE },
    Wrapper { names: &["watch"], with_value: &["-n", "--interval", "-q", "--equexit"], joins: true, ..NONE },
    Wrapper { names: &["entr"], ..NONE },
    Wrapper { names: &["watchexec", "nodemon"], with_value: &["-w", "--watch", "-e", "--exts", "-i", "--ignore", "-d", "--ext"], ..NONE },
    Wrapper { names: &["tmux"], with_value: &["-s", "-n", "-c", "-t", "-x", "-y", "-L", "-S", "-f", "-F"], command: &["new-session", "new", "new-window", "neww", "split-window", "splitw", "respawn-pane", "run-shell", "run", "if-shell", "pipe-pane"], joins: true, ..NONE },
    Wrapper { names: &["screen"], with_value: &["-S", "-dmS", "-t", "-c", "-T", "-s", "-h", "-e", "-L"], ..NONE },
    Wrapper { names: &["hyperfine"], with_value: &["-w", "-r", "-n", "-m", "-M", "-S", "--warmup", "--runs"], code: &["-p", "--prepare", "-s", "--setup", "-c", "--cleanup"], joins: true, ..NONE },
    Wrapper { names: &["faketime", "setarch"], operands: 1, ..NONE },
    Wrapper { names: &["prlimit", "choom", "numactl", "cgexec", "firejail", "fakeroot", "xvfb-run", "rlwrap", "unbuffer"], with_value: &["-n", "-p", "-g", "-m", "-N", "-C", "-l", "-i", "-s"], ..NONE },
    Wrapper { names: &["start-stop-daemon"], with_value: &["-p", "--pidfile", "-u", "--user", "-d", "--chdir", "-n", "--name", "-c", "--chuid", "-a", "-x"], ..NONE },
    Wrapper { names: &["proxychains", "proxychains4"], with_value: &["-f"], ..NONE },
    Wrapper { names: &["torsocks", "torify"], ..NONE },
    Wrapper { names: &["busybox", "toybox", "nohup", "setsid", "chronic", "ts", "eatmydata", "catchsegv", "tini", "dumb-init", "daemonize", "caffeinate", "ifne", "linux32", "linux64"], ..NONE },
    Wrapper { names: &["nix-shell"], with_value: &["-p", "--packages", "-E", "--expr", "-A", "--attr", "-I", "--arg", "--argstr", "-i"], code: &["--run", "--command"], only_code: true, ..NONE },
    Wrapper { names: &["nix"], with_value: &["--expr", "--file", "-f", "--profile", "--option"], code: &["--run"], command: &["--command", "-c"], ..NONE },
    Wrapper { names: &["sops"], command: &["exec-env", "exec-file"], operands: 1, joins: true, ..NONE },
    Wrapper { names: &["op", "doppler", "infisical", "poetry", "pipenv", "pdm", "hatch", "rye", "uv", "conda", "mamba", "micromamba", "pixi", "lerna", "dotenvx"], with_value: &["--env-file", "-n", "--name", "--account", "--with", "--project", "-p", "-c", "--config", "--env", "-f", "--python", "--directory"], command: &["run"], ..NONE },
    Wrapper { names: &["direnv"], command: &["exec"], operands: 1, ..NONE },
    Wrapper { names: &["aws-vault", "chamber", "saml2aws", "granted", "assume"], command: &["exec"], operands: 1, ..NONE },
    Wrapper { names: &["bundle", "mise", "rtx", "asdf", "rbenv", "pyenv", "nodenv", "goenv", "opam", "stack", "cabal", "fnm", "volta", "hermit"], with_value: &["--using", "--switch", "-C"], command: &["exec", "x", "run"], ..NONE },
];

/// The dynamic linker runs the program that it is given.
const LINKER: Wrapper =
    Wrapper { with_value: &["--library-path", "--preload", "--audit", "--argv0"], ..NONE };

pub(crate) fn wrapper(base: &str) -> Option<&'static Wrapper> {
    let linker =
        ["ld-linux", "ld-musl", "ld.so", "ld64.so", "ld-2."].iter().any(|name| base.starts_with(name));
    WRAPPERS.iter().find(|one| one.names.contains(&base)).or(linker.then_some(&LINKER))
}

impl Wrapper {
    /// The option takes the next word: by its name, or as the last of several letters.
    pub(crate) fn takes_next(&self, option: &str) -> bool {
        takes_next(self.with_value, option)
    }

    /// Whether the value of the option is code.
    pub(crate) fn takes_code<'t>(&self, option: &'t str) -> Takes<'t> {
        match option.split_once('=') {
            Some((name, value)) if self.code.contains(&name) => Takes::Own(value),
            None if takes_next(self.code, option) => Takes::Next,
            _ => Takes::Nothing,
        }
    }
}

/// Where the code of an option stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes<'t> {
    /// It takes none.
    Nothing,
    /// In the next word.
    Next,
    /// Behind its `=`.
    Own(&'t str),
}

/// `-qc`: a letter that takes a value, and is the last.
fn takes_next(options: &[&str], option: &str) -> bool {
    if options.contains(&option) {
        return true;
    }
    if option.starts_with("--") || !option.starts_with('-') {
        return false;
    }
    let mut letters = option.char_indices().skip(1);
    let taken = letters.find(|(_, letter)| options.contains(&format!("-{letter}").as_str()));
    taken.is_some_and(|(at, letter)| at + letter.len_utf8() == option.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_take_their_values() {
        let of = |name: &str| wrapper(name).unwrap();
        assert!(
            of("sudo").takes_next("-u") && of("sudo").takes_next("-Hu") && !of("sudo").takes_next("-uroot")
        );
        assert_eq!(of("script").takes_code("-qc"), Takes::Next);
        assert_eq!(of("script").takes_code("--command=x"), Takes::Own("x"));
        assert_eq!(of("flock").takes_code("-n"), Takes::Nothing);
        assert_eq!(of("timeout").operands, 1);
        assert!(wrapper("ld-linux-x86-64.so.2").is_some() && wrapper("ls").is_none());
    }

    #[test]
    fn each_is_named_once() {
        let mut names: Vec<&str> = WRAPPERS.iter().flat_map(|one| one.names).copied().collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
