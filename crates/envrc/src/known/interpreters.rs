//! Programs that run code which is an argument, and how they read their options.

/// How an interpreter reads its options.
#[derive(Debug)]
pub(crate) struct Interpreter {
    names: &'static [&'static str],
    /// Its code is bash, or near to it: `-c` says that the first operand is code.
    pub(crate) shell: bool,
    /// Letters that take code: the next word, or the rest of theirs.
    pub(crate) code: &'static str,
    /// Long options that take code.
    pub(crate) code_long: &'static [&'static str],
    /// Letters that take another value.
    pub(crate) values: &'static str,
    /// Letters that take the rest of their word, if there is any.
    pub(crate) attached: &'static str,
    /// Long options that take another value.
    pub(crate) values_long: &'static [&'static str],
    /// Options, letters or long, whose value is a file that runs first.
    pub(crate) files: &'static [&'static str],
}

const NONE: Interpreter = Interpreter {
    names: &[],
    shell: false,
    code: "",
    code_long: &[],
    values: "",
    attached: "",
    values_long: &[],
    files: &[],
};

#[rustfmt::skip]
const INTERPRETERS: &[Interpreter] = &[
    Interpreter { names: &["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "rbash", "yash"], shell: true, code: "c", values: "oO", values_long: &["--rcfile", "--init-file"], files: &["--rcfile", "--init-file"], ..NONE },
    Interpreter { names: &["fish"], code: "cC", code_long: &["--command", "--init-command"], values: "dDo", ..NONE },
    Interpreter { names: &["python", "pypy"], code: "c", values: "mWXQ", values_long: &["--check-hash-based-pycs"], ..NONE },
    Interpreter { names: &["perl", "raku"], code: "eE", values: "MmI", attached: "iFxDVd", ..NONE },
    Interpreter { names: &["ruby", "jruby"], code: "e", values: "rICE", attached: "FxKWT0i", files: &["-r"], ..NONE },
    Interpreter { names: &["node", "nodejs"], code: "ep", code_long: &["--eval", "--print"], values: "rC", values_long: &["--require", "--import", "--loader", "--experimental-loader", "--conditions"], files: &["-r", "--require", "--import", "--loader", "--experimental-loader"], ..NONE },
    Interpreter { names: &["bun"], code: "ep", code_long: &["--eval", "--print"], values: "rd", values_long: &["--preload", "--require", "--cwd", "--config"], files: &["-r", "--preload", "--require"], ..NONE },
    Interpreter { names: &["php"], code: "rBRE", values: "dczSt", files: &["-f", "-F"], ..NONE },
    Interpreter { names: &["lua", "luajit"], code: "e", values: "lj", ..NONE },
    Interpreter { names: &["osascript"], code: "e", values: "ls", ..NONE },
    Interpreter { names: &["julia"], code: "eE", code_long: &["--eval", "--print"], values: "LpJtCOHm", values_long: &["--project", "--load", "--procs", "--threads"], files: &["-L", "--load"], ..NONE },
    Interpreter { names: &["Rscript", "R", "groovy", "scala", "racket", "clojure", "clj", "elixir", "ghc"], code: "e", code_long: &["--eval"], values: "f", ..NONE },
    Interpreter { names: &["guile"], code: "c", values: "Llx", files: &["-l"], ..NONE },
    Interpreter { names: &["sbcl", "emacs"], code: "", code_long: &["--eval", "--execute"], values_long: &["--load", "--script"], files: &["--load", "--script"], ..NONE },
];

impl Interpreter {
    /// `-m` names a module that runs.
    pub(crate) fn runs_modules(&self) -> bool {
        self.names.contains(&"python")
    }
}

/// The interpreter of this name; a version behind it does not count.
pub(crate) fn interpreter(base: &str) -> Option<&'static Interpreter> {
    let name = base.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    INTERPRETERS.iter().find(|one| one.names.contains(&name))
}

/// Its code is bash, or near to it.
pub(crate) fn is_shell(base: &str) -> bool {
    interpreter(base).is_some_and(|one| one.shell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_do_not_count() {
        assert!(interpreter("python3.12").is_some() && interpreter("ls").is_none());
        assert!(is_shell("dash") && is_shell("bash") && !is_shell("python3") && !is_shell("fish"));
    }
}
