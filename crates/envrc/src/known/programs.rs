//! Programs whose name must mean the program, and what bash and direnv themselves rest on.

/// Programs that are told secrets, or decide what is believed: a stand-in for one of them sees or forges everything.
const PROTECTED: &[&str] = &[
    "age",
    "apk",
    "apt",
    "apt-get",
    "aws",
    "az",
    "bash",
    "brew",
    "bw",
    "cargo",
    "cat",
    "code",
    "cosign",
    "crane",
    "curl",
    "direnv",
    "dnf",
    "docker",
    "doas",
    "gcloud",
    "gh",
    "git",
    "glab",
    "go",
    "gpg",
    "gpg2",
    "gsutil",
    "helm",
    "java",
    "kubectl",
    "less",
    "ls",
    "make",
    "man",
    "mise",
    "nano",
    "nerdctl",
    "nix",
    "nix-build",
    "nix-env",
    "nix-shell",
    "nixos-rebuild",
    "node",
    "npm",
    "npx",
    "op",
    "openssl",
    "pass",
    "passwd",
    "perl",
    "pip",
    "pip3",
    "pkexec",
    "pnpm",
    "podman",
    "psql",
    "python",
    "python3",
    "rsync",
    "ruby",
    "rustc",
    "scp",
    "security",
    "sh",
    "sha256sum",
    "sops",
    "ssh",
    "ssh-add",
    "ssh-agent",
    "ssh-keygen",
    "su",
    "sudo",
    "systemctl",
    "tar",
    "terraform",
    "tofu",
    "uv",
    "vault",
    "vim",
    "vi",
    "wget",
    "which",
    "yarn",
    "zsh",
    "ansible",
    "pulumi",
    "env",
    "proofmark",
    "rm",
    "cp",
    "mv",
    "devbox",
    "devenv",
    "grep",
    "sed",
    "id",
    "whoami",
    "date",
];

/// Functions and builtins on which reading a file rests.
const BUILTINS: &[&str] = &[
    ".", "alias", "builtin", "cd", "command", "declare", "echo", "enable", "eval", "exec", "exit", "export",
    "hash", "local", "printf", "pwd", "read", "return", "set", "shopt", "source", "test", "trap", "type",
    "typeset", "unset", "[",
];

/// direnv's functions that a file does not replace: `use_…` and `layout_…` are made to be added to.
const CORE: &[&str] = &[
    "__main__",
    "direnv",
    "direnv_apply_dump",
    "direnv_layout_dir",
    "direnv_load",
    "dotenv",
    "dotenv_if_exists",
    "env_vars_required",
    "expand_path",
    "fetchurl",
    "find_up",
    "has",
    "layout",
    "load_prefix",
    "MANPATH_add",
    "PATH_add",
    "PATH_rm",
    "path_add",
    "path_rm",
    "require_allowed",
    "rvm",
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
    "direnv_version",
    "semver_search",
    "on_git_branch",
    "join_args",
    "__dump_at_exit",
    "__env_strictness",
    "__source_env",
];

pub(crate) fn is_protected(name: &str) -> bool {
    PROTECTED.contains(&name)
}

/// Every protected name, to be looked for in a folder.
pub(crate) fn protected() -> &'static [&'static str] {
    PROTECTED
}

pub(crate) fn is_basic_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

pub(crate) fn is_core(name: &str) -> bool {
    CORE.contains(&name)
}

/// Programs that make text out of text in which nobody can read it.
pub(crate) fn decodes(base: &str) -> bool {
    matches!(
        base,
        "base64"
            | "base32"
            | "basenc"
            | "xxd"
            | "od"
            | "hexdump"
            | "openssl"
            | "gunzip"
            | "gzip"
            | "zcat"
            | "xz"
            | "xzcat"
            | "unxz"
            | "bzip2"
            | "bunzip2"
            | "bzcat"
            | "zstd"
            | "zstdcat"
            | "lz4"
            | "lzma"
            | "brotli"
            | "uudecode"
            | "rev"
            | "tac"
            | "ascii85"
            | "strings"
            | "uncompress"
            | "7z"
            | "unzip"
            | "funzip"
            | "iconv"
            | "dd"
    )
}

/// Programs that say who one is and on which machine.
pub(crate) fn says_who(base: &str) -> bool {
    matches!(
        base,
        "whoami"
            | "hostname"
            | "id"
            | "uname"
            | "logname"
            | "who"
            | "w"
            | "last"
            | "ifconfig"
            | "ip"
            | "hostnamectl"
            | "ps"
            | "ls"
            | "history"
            | "dscl"
            | "getent"
            | "git"
            | "find"
            | "tar"
            | "zip"
            | "sw_vers"
            | "lsb_release"
            | "pwd"
    )
}

/// Variables that say the same.
pub(crate) fn is_who(name: &str) -> bool {
    matches!(
        name,
        "USER"
            | "LOGNAME"
            | "HOSTNAME"
            | "HOST"
            | "HOME"
            | "PWD"
            | "OLDPWD"
            | "SSH_CONNECTION"
            | "SSH_CLIENT"
            | "EMAIL"
            | "UID"
    )
}
