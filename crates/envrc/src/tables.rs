//! What names mean: builtins, direnv's functions, programs that run others, programs that reach the network.

/// Builtins of bash 5.2.
const BUILTINS: &[&str] = &[
    ".",
    ":",
    "[",
    "alias",
    "bg",
    "bind",
    "break",
    "builtin",
    "caller",
    "cd",
    "command",
    "compgen",
    "complete",
    "compopt",
    "continue",
    "declare",
    "dirs",
    "disown",
    "echo",
    "enable",
    "eval",
    "exec",
    "exit",
    "export",
    "false",
    "fc",
    "fg",
    "getopts",
    "hash",
    "help",
    "history",
    "jobs",
    "kill",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "read",
    "readarray",
    "readonly",
    "return",
    "set",
    "shift",
    "shopt",
    "source",
    "suspend",
    "test",
    "times",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "unalias",
    "unset",
    "wait",
];

/// Functions of direnv's standard library, 2.32; `use_*` and `layout_*` beside them.
const STDLIB: &[&str] = &[
    "MANPATH_add",
    "PATH_add",
    "PATH_rm",
    "direnv_apply_dump",
    "direnv_layout_dir",
    "direnv_load",
    "direnv_version",
    "dotenv",
    "dotenv_if_exists",
    "env_vars_required",
    "expand_path",
    "fetchurl",
    "find_up",
    "has",
    "join_args",
    "layout",
    "load_prefix",
    "log_error",
    "log_status",
    "on_git_branch",
    "path_add",
    "path_rm",
    "require_allowed",
    "rvm",
    "semver_search",
    "source_env",
    "source_env_if_exists",
    "source_up",
    "source_up_if_exists",
    "source_url",
    "strict_env",
    "unstrict_env",
    "use",
    "user_rel_path",
    "watch_dir",
    "watch_file",
    "layout_anaconda",
    "layout_go",
    "layout_julia",
    "layout_node",
    "layout_opam",
    "layout_perl",
    "layout_php",
    "layout_pipenv",
    "layout_pyenv",
    "layout_python",
    "layout_python2",
    "layout_python3",
    "layout_ruby",
    "use_flake",
    "use_flox",
    "use_guix",
    "use_julia",
    "use_nix",
    "use_node",
    "use_nodenv",
    "use_rbenv",
    "use_vim",
];

pub(crate) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

pub(crate) fn is_stdlib(name: &str) -> bool {
    STDLIB.contains(&name)
}

/// A program that runs the words after its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wrapper {
    /// Options that take the next word.
    pub(crate) with_value: &'static [&'static str],
    /// Words of its own before the program.
    pub(crate) operands: usize,
}

pub(crate) fn wrapper(base: &str) -> Option<Wrapper> {
    let (with_value, operands): (&'static [&'static str], usize) = match base {
        "env" => (&["-u", "--unset", "-C", "--chdir"], 0),
        "sudo" => (&["-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R"], 0),
        "doas" => (&["-u", "-C"], 0),
        "nice" => (&["-n", "--adjustment"], 0),
        "ionice" => (&["-c", "-n", "-p"], 0),
        "timeout" | "gtimeout" => (&["-k", "-s", "--kill-after", "--signal"], 1),
        "time" => (&["-f", "-o"], 0),
        "xargs" => (&["-I", "-n", "-P", "-L", "-d", "-a", "-E", "-s"], 0),
        "stdbuf" => (&["-i", "-o", "-e"], 0),
        "flock" => (&["-w", "-E"], 1),
        "strace" | "ltrace" => (&["-o", "-e", "-p", "-u", "-s"], 0),
        "chroot" | "taskset" | "chrt" | "gosu" | "faketime" | "fakechroot" => (&[], 1),
        "nohup" | "setsid" | "busybox" | "toybox" | "unshare" | "chronic" | "watch" | "torsocks"
        | "proxychains" | "proxychains4" | "fakeroot" | "unbuffer" | "rlwrap" | "valgrind" | "caffeinate"
        | "catchsegv" | "xvfb-run" | "dbus-run-session" | "prlimit" | "setarch" | "linux64" | "winpty"
        | "daemonize" | "systemd-run" | "firejail" | "proot" | "systemd-inhibit" => (&[], 0),
        _ => return None,
    };
    Some(Wrapper { with_value, operands })
}

/// Where the words begin that a program with commands of its own runs: behind `--`, or behind this command of its own.
pub(crate) fn runs_from(base: &str, words: &[Option<&str>]) -> Option<usize> {
    let (command, operands): (&[&str], usize) = match base {
        "op" | "doppler" | "infisical" | "poetry" | "pipenv" | "uv" | "pdm" | "hatch" | "rye" | "dotenvx" => {
            (&["run"], 0)
        }
        "mise" | "asdf" | "rbenv" | "pyenv" | "bundle" | "npm" | "pnpm" | "devbox" | "rtx" | "teller" => {
            (&["exec", "x", "run"], 0)
        }
        "aws-vault" | "chamber" | "direnv" | "saml2aws" => (&["exec"], 1),
        _ => return None,
    };
    let at = words.iter().position(|word| word.is_some_and(|word| command.contains(&word)))?;
    let dashes = words.iter().skip(at).position(|word| *word == Some("--"));
    if let Some(dashes) = dashes {
        return Some(at + dashes + 1);
    }
    // Without it only where no option stands between, whose values nobody can tell from words.
    let plain = words.get(at + 1..)?.first()?.is_none_or(|word| !word.starts_with('-'));
    plain.then_some(at + 1 + operands)
}

/// The options behind which a program takes a line that a shell runs.
pub(crate) fn line_options(base: &str) -> &'static [&'static str] {
    match base {
        "su" | "runuser" | "script" | "sg" | "flock" | "newgrp" => &["-c", "--command", "-qc", "-lc"],
        "nix-shell" => &["--run", "--command"],
        "watchexec" | "entr" | "hyperfine" => &["-s", "--shell"],
        _ => &[],
    }
}

/// The letter of the option after which an interpreter takes code.
pub(crate) fn interpreter(base: &str) -> Option<&'static str> {
    let versioned = base.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    match versioned {
        "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "mksh" | "fish" | "rbash" | "python" | "pypy" => {
            Some("c")
        }
        "perl" | "ruby" | "node" | "nodejs" | "lua" | "luajit" | "osascript" | "bun" | "elixir"
        | "Rscript" | "julia" | "guile" | "tclsh" | "groovy" | "jshell" => Some("e"),
        "php" => Some("r"),
        _ => None,
    }
}

/// Its code is bash, or near to it.
pub(crate) fn is_shell(base: &str) -> bool {
    matches!(base, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "mksh" | "rbash")
}

/// What it prints comes from the network.
pub(crate) fn is_network(base: &str) -> bool {
    matches!(
        base,
        "curl"
            | "wget"
            | "wget2"
            | "curlie"
            | "xh"
            | "xhs"
            | "http"
            | "https"
            | "httpie"
            | "aria2c"
            | "axel"
            | "lynx"
            | "links"
            | "w3m"
            | "fetch"
            | "nc"
            | "ncat"
            | "netcat"
            | "socat"
            | "telnet"
            | "ftp"
            | "tftp"
            | "lftp"
            | "sftp"
            | "scp"
            | "rsync"
            | "ssh"
            | "dig"
            | "nslookup"
            | "host"
            | "drill"
            | "openssl"
            | "websocat"
    )
}

/// Prints what stands in the files that it names.
pub(crate) fn reads_files(base: &str) -> bool {
    matches!(
        base,
        "base64"
            | "base32"
            | "xxd"
            | "od"
            | "hexdump"
            | "grep"
            | "sed"
            | "awk"
            | "gawk"
            | "mawk"
            | "cut"
            | "tr"
            | "sort"
            | "uniq"
            | "rev"
            | "gzip"
            | "gunzip"
            | "zcat"
            | "xz"
            | "tar"
            | "zip"
            | "strings"
            | "jq"
            | "yq"
            | "nl"
            | "dd"
            | "less"
            | "more"
            | "envsubst"
            | "fold"
            | "paste"
    )
}

/// It prints a secret that is kept for somebody.
pub(crate) fn prints_secret(base: &str, words: &[&str]) -> bool {
    let begins = |start: &[&str]| words.get(..start.len()) == Some(start);
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    match base {
        "op" => has(&["read", "get", "inject", "signin", "run"]) || begins(&["document"]),
        "pass" | "gopass" => !begins(&["ls"]) && !begins(&["list"]),
        "security" => has(&["dump-keychain", "export"]) || words.iter().any(|word| word.starts_with("find-")),
        "secret-tool" => has(&["lookup", "search"]),
        "keyctl" => has(&["print", "read", "pipe"]),
        "vault" => begins(&["kv", "get"]) || begins(&["read"]) || begins(&["print"]) || begins(&["token"]),
        "aws" => has(&[
            "secretsmanager",
            "ssm",
            "sts",
            "sso",
            "get",
            "export-credentials",
            "get-login-password",
            "get-authorization-token",
        ]),
        "gcloud" => {
            has(&["secrets", "application-default"]) || words.iter().any(|word| word.starts_with("print-"))
        }
        "az" => has(&["get-access-token", "keyvault", "list-keys", "get-credentials"]),
        "gh" | "glab" | "fly" | "flyctl" | "heroku" | "doctl" => {
            has(&["token", "auth:token", "--show-token", "-t"]) && (has(&["auth", "auth:token", "token"]))
        }
        "git" => has(&["credential", "credential-cache", "credential-store", "credential-osxkeychain"]),
        "npm" => has(&["token"]) || words.iter().any(|word| word.contains("_authToken")),
        "bw" | "lpass" => has(&["get", "show", "list", "export"]),
        "sops" => has(&["-d", "--decrypt", "decrypt", "exec-env"]),
        "gpg" | "gpg2" | "age" | "rage" => {
            has(&["-d", "--decrypt", "--export-secret-keys", "--export-secret-subkeys"])
        }
        "ssh-keygen" => has(&["-p", "-e"]),
        "kubectl" => has(&["token", "secret", "secrets"]) || has(&["config"]) && has(&["--raw"]),
        "docker" => has(&["secret"]),
        "chamber" | "doppler" | "infisical" | "teller" | "aws-vault" | "saml2aws" | "berglas"
        | "envchain" | "kwallet-query" | "keepassxc-cli" | "rbw" | "ssh-to-age" => true,
        "printenv" => words.iter().any(|name| names_secret(name)),
        _ => base.starts_with("docker-credential-") || base.starts_with("git-credential-"),
    }
}

/// A variable by whose name one expects a secret.
pub(crate) fn names_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let part = [
        "SECRET",
        "TOKEN",
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "CREDENTIAL",
        "PRIVATE_KEY",
        "API_KEY",
        "APIKEY",
    ];
    part.iter().any(|part| name.contains(part))
        || ["_KEY", "_PAT", "_PASS", "_PW"].iter().any(|end| name.ends_with(end))
        || name.starts_with("OP_SESSION")
}

/// A file in which one expects secrets, as [`crate::Text::shape`] writes its path.
pub(crate) fn path_is_secret(shape: &str) -> bool {
    const PARTS: &[&str] = &[
        "/.ssh/",
        "/.aws/",
        "/.gnupg/",
        "/.kube/",
        "/.docker/config",
        "/.netrc",
        "/.npmrc",
        "/.pypirc",
        "/.git-credentials",
        "/.config/gh/",
        "/.config/gcloud/",
        "/.config/op/",
        "/.azure/",
        "/.password-store/",
        "/.vault-token",
        "/.pgpass",
        "/.cargo/credentials",
        "/.bash_history",
        "/.zsh_history",
        "/etc/shadow",
        "/.mozilla/",
        "/.config/google-chrome",
        "/Library/Keychains/",
        "/proc/self/environ",
        "/.local/share/keyrings/",
        "/.config/sops/",
        "/.terraform.d/credentials",
        "/.config/chromium",
        "/Google/Chrome",
        "/.config/BraveSoftware",
        "/.thunderbird/",
        "/.config/rclone",
        "/.s3cfg",
        "/.boto",
        "/.my.cnf",
        "/.config/hub",
        "/.config/doctl",
        "/.fly/",
        "/.oci/",
        "/.authinfo",
        "/.msmtprc",
        "/.config/1Password",
        "/.config/Bitwarden",
        "/.config/anthropic",
        "/.claude/",
        "/.claude.json",
        "/.codex/",
        "/.config/openai",
        "/.electrum",
        "/.bitcoin",
        "/.ethereum",
        "/.config/solana",
        "/.gnome2/keyrings",
        "/.config/Slack",
        "/.config/discord",
        "/.config/glab",
        "/.config/containers/auth.json",
        "/.gem/credentials",
        "/.composer/auth.json",
        "/.config/pip/pip.conf",
        "/.m2/settings",
        "/.local/share/fish/fish_history",
        "/.python_history",
        "/.psql_history",
        "/.mysql_history",
        "/.node_repl_history",
        "/Cookies",
        "/Login Data",
        "/Login\\ Data",
        "/.config/sops/age/keys",
    ];
    // What is made to be known: public keys, and whom ssh knows.
    let public = shape.contains(".pub") || shape.contains("/known_hosts") || shape.ends_with("/.ssh/config");
    !public && (PARTS.iter().any(|part| shape.contains(part)) || shape.ends_with("/environ"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_named() {
        for name in [
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "DB_PASSWORD",
            "OP_SESSION_x",
            "STRIPE_KEY",
            "npm_token",
        ] {
            assert!(names_secret(name), "{name}");
        }
        for name in ["PATH", "KEYBOARD", "GOPATH", "PASSENGER_HOME", "EDITOR"] {
            assert!(!names_secret(name), "{name}");
        }
        assert!(path_is_secret("${HOME}/.ssh/id_rsa") && !path_is_secret("${PWD}/.env.example"));
        assert!(prints_secret("op", &["read", "op://a/b/c"]) && !prints_secret("op", &["account", "list"]));
        assert!(
            prints_secret("kubectl", &["config", "view", "--raw"])
                && !prints_secret("kubectl", &["get", "pods"])
        );
        assert!(!path_is_secret("${HOME}/.ssh/id_rsa.pub"));
    }

    #[test]
    fn interpreters_take_code() {
        assert_eq!(
            (interpreter("python3.12"), interpreter("bash"), interpreter("ls")),
            (Some("c"), Some("c"), None)
        );
        assert!(is_shell("dash") && !is_shell("python3"));
        assert_eq!(wrapper("timeout").map(|wrapper| wrapper.operands), Some(1));
    }
}
