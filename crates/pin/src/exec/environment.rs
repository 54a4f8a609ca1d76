//! The environment that a pinned executable gets: without what would load other code into it.
//!
//! A right executable that loads a stranger's library is the stranger's program. What is taken out makes a dynamic linker, a C library, a
//! shell or an interpreter load code as it starts (reference: ld.so(8), bash(1), and the manuals of each interpreter). What names other
//! programs to run (`EDITOR`, `GIT_SSH_COMMAND`) stays: it is what users set, and `envrc-hijack-variable` is about it.

use std::ffi::{OsStr, OsString};

/// The variables of a process, in their order.
pub type Variables = Vec<(OsString, OsString)>;

/// A variable that is taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dropped {
    /// Its name.
    pub name: OsString,
    /// What it would do, as a sentence goes on after "it".
    pub why: &'static str,
}

/// A row: a name, or the beginning of names where it ends with `*`; for one tool alone where it names one.
struct Row {
    name: &'static str,
    tool: Option<&'static str>,
    why: &'static str,
}

const fn row(name: &'static str, why: &'static str) -> Row {
    Row { name, tool: None, why }
}

const fn of(tool: &'static str, name: &'static str, why: &'static str) -> Row {
    Row { name, tool: Some(tool), why }
}

const LIBRARIES: &str = "decides which libraries programs load";
const JAVA: &str = "makes every Java load an agent";
const DOTNET: &str = "puts code into every .NET program";
const PERL: &str = "decides which code Perl runs";
const PYTHON: &str = "decides which code Python runs";
const RUBY: &str = "makes every Ruby load a file";
const LUA: &str = "decides which code Lua runs";
const PHP: &str = "is the configuration of PHP, which can load files";
const ERLANG: &str = "makes every Erlang run code";
const CONNECT: &str = "makes op ask a server in the place of your account";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // The dynamic linker and the C library: LD_PRELOAD, LD_AUDIT, LD_LIBRARY_PATH, LD_ORIGIN_PATH, …
    row("LD_*", LIBRARIES),
    row("DYLD_*", LIBRARIES),
    row("GLIBC_TUNABLES", "changes the C library (CVE-2023-4911)"),
    row("GCONV_PATH", LIBRARIES),
    row("LOCPATH", "decides which locales the C library loads"),
    row("NLSPATH", "decides which messages the C library loads"),
    row("GETCONF_DIR", "decides which program getconf runs"),
    row("OPENSSL_CONF", "can name engines, which are libraries that programs load"),
    row("OPENSSL_MODULES", LIBRARIES),
    row("OPENSSL_ENGINES", LIBRARIES),
    row("SSLKEYLOGFILE", "makes programs write down the keys of their connections"),
    // Shells.
    row("BASH_ENV", "is run by every script of bash"),
    row("ENV", "is run by every interactive sh"),
    row("BASH_FUNC_*", "is a function to every bash"),
    row("SHELLOPTS", "sets options of every bash"),
    row("BASHOPTS", "sets options of every bash"),
    row("PROMPT_COMMAND", "is run before every prompt"),
    row("PS4", "is expanded for every traced command, and runs what stands in it"),
    row("EXECIGNORE", "hides programs from bash"),
    row("ZDOTDIR", "decides which files zsh runs as it starts"),
    row("FPATH", "decides from where zsh loads functions"),
    // Interpreters.
    row("NODE_OPTIONS", "makes every Node load a file"),
    row("NODE_PATH", "decides from where Node loads modules"),
    row("DENO_*", "makes every Deno load a file"),
    row("BUN_OPTIONS", "gives every Bun options"),
    row("ELECTRON_RUN_AS_NODE", "makes Electron run a file as Node"),
    row("PYTHONSTARTUP", PYTHON), row("PYTHONHOME", PYTHON), row("PYTHONPATH", PYTHON), row("PYTHONUSERBASE", PYTHON),
    row("PYTHONBREAKPOINT", PYTHON), row("PYTHONWARNINGS", PYTHON), row("PYTHONINSPECT", PYTHON),
    row("PYTHONEXECUTABLE", PYTHON), row("PYTHONPLATLIBDIR", PYTHON), row("PYTHONPYCACHEPREFIX", PYTHON),
    row("PERL5OPT", PERL), row("PERL5DB", PERL), row("PERL5LIB", PERL), row("PERLLIB", PERL),
    row("RUBYOPT", RUBY), row("RUBYLIB", RUBY),
    row("JAVA_TOOL_OPTIONS", JAVA), row("_JAVA_OPTIONS", JAVA), row("JDK_JAVA_OPTIONS", JAVA),
    row("CLASSPATH", "decides from where Java loads classes"),
    row("DOTNET_STARTUP_HOOKS", DOTNET), row("DOTNET_ADDITIONAL_DEPS", DOTNET), row("DOTNET_SHARED_STORE", DOTNET),
    row("CORECLR_PROFILER*", DOTNET), row("COR_PROFILER*", DOTNET), row("CORECLR_ENABLE_PROFILING", DOTNET),
    row("COR_ENABLE_PROFILING", DOTNET),
    row("PHPRC", PHP), row("PHP_INI_SCAN_DIR", PHP),
    row("LUA_INIT*", LUA), row("LUA_PATH*", LUA), row("LUA_CPATH*", LUA),
    row("R_PROFILE*", "is run by every R"), row("R_ENVIRON*", "sets variables of every R"),
    row("JULIA_DEPOT_PATH", "decides from where Julia loads code"),
    row("JULIA_LOAD_PATH", "decides from where Julia loads code"),
    row("ERL_FLAGS", ERLANG), row("ERL_AFLAGS", ERLANG), row("ERL_ZFLAGS", ERLANG), row("ERL_LIBS", ERLANG),
    row("ELIXIR_ERL_OPTIONS", "makes every Elixir run code"),
    row("GUILE_LOAD_PATH", "decides from where Guile loads code"),
    row("GUILE_LOAD_COMPILED_PATH", "decides from where Guile loads code"),
    row("TCLLIBPATH", "decides from where Tcl loads code"),
    // Tools with secrets. Vendor's documentation: OP_CONNECT_HOST and OP_CONNECT_TOKEN come before OP_SERVICE_ACCOUNT_TOKEN.
    of("op", "OP_CONNECT_*", CONNECT),
];

impl Row {
    fn is_of(&self, tool: &str, name: &str) -> bool {
        self.tool.is_none_or(|only| only == tool)
            && match self.name.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => self.name == name,
            }
    }
}

/// What the variable would do to `tool`, if it is taken out.
pub fn hijack(tool: &str, name: &OsStr) -> Option<&'static str> {
    // A name that is no text can begin as one: LD_\xff is still LD_*.
    let name = name.to_string_lossy();
    ROWS.iter().find(|row| row.is_of(tool, &name)).map(|row| row.why)
}

/// The environment for `tool`, and what was taken out of it. Names in `kept` stay, as the policy allows; each is a whole name.
pub fn clean(tool: &str, variables: Variables, kept: &[String]) -> (Variables, Vec<Dropped>) {
    let (mut clean, mut dropped) = (Vec::with_capacity(variables.len()), Vec::new());
    for (name, value) in variables {
        match hijack(tool, &name) {
            Some(why) if !kept.iter().any(|kept| name == kept.as_str()) => {
                dropped.push(Dropped { name, why });
            }
            _ => clean.push((name, value)),
        }
    }
    (clean, dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(names: &[&str]) -> Variables {
        names.iter().map(|name| (OsString::from(name), OsString::from("x"))).collect()
    }

    fn left(tool: &str, names: &[&str], kept: &[&str]) -> Vec<String> {
        let kept: Vec<String> = kept.iter().map(|name| (*name).to_owned()).collect();
        let (clean, dropped) = clean(tool, variables(names), &kept);
        assert_eq!(clean.len() + dropped.len(), names.len());
        clean.into_iter().map(|(name, _)| name.into_string().unwrap()).collect()
    }

    #[test]
    fn what_loads_code_is_taken_out() {
        let bad = [
            "LD_PRELOAD",
            "LD_AUDIT",
            "LD_LIBRARY_PATH",
            "LD_X",
            "DYLD_INSERT_LIBRARIES",
            "GLIBC_TUNABLES",
            "GCONV_PATH",
            "BASH_ENV",
            "ENV",
            "BASH_FUNC_op%%",
            "SHELLOPTS",
            "NODE_OPTIONS",
            "PYTHONPATH",
            "PERL5OPT",
            "RUBYOPT",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "DOTNET_STARTUP_HOOKS",
            "CORECLR_PROFILER_PATH_64",
            "LUA_INIT_5_4",
            "OPENSSL_CONF",
        ];
        assert!(left("op", &bad, &[]).is_empty(), "{:?}", left("op", &bad, &[]));
    }

    #[test]
    fn everything_else_stays_in_its_order() {
        let good = [
            "PATH",
            "HOME",
            "TERM",
            "LANG",
            "EDITOR",
            "OP_SERVICE_ACCOUNT_TOKEN",
            "LD",
            "ENVIRONMENT",
            "NODE_ENV",
            "GIT_SSH_COMMAND",
            "xLD_PRELOAD",
            "ld_preload",
            "HTTPS_PROXY",
            "",
            "PYTHONUNBUFFERED",
        ];
        assert_eq!(left("op", &good, &[]), good);
    }

    #[test]
    fn what_is_taken_from_one_tool_alone() {
        let names = ["OP_CONNECT_HOST", "OP_CONNECT_TOKEN"];
        assert!(left("op", &names, &[]).is_empty());
        assert_eq!(left("kubectl", &names, &[]), names);
    }

    #[test]
    fn what_the_policy_allows_stays_by_its_whole_name() {
        let names = ["OP_CONNECT_HOST", "OP_CONNECT_TOKEN", "NODE_OPTIONS", "LD_PRELOAD"];
        assert_eq!(
            left("op", &names, &["OP_CONNECT_HOST", "NODE_OPTIONS", "LD_"]),
            ["OP_CONNECT_HOST", "NODE_OPTIONS"]
        );
    }

    #[test]
    #[cfg(unix)]
    fn a_name_that_is_no_text_is_judged_by_its_beginning() {
        use std::os::unix::ffi::OsStrExt as _;
        assert!(hijack("op", OsStr::from_bytes(b"LD_\xff")).is_some());
        assert!(hijack("op", OsStr::from_bytes(b"\xff")).is_none());
    }

    #[test]
    fn the_same_name_twice_goes_twice() {
        let (clean, dropped) = clean("op", variables(&["LD_PRELOAD", "A", "LD_PRELOAD"]), &[]);
        assert_eq!((clean.len(), dropped.len()), (1, 2));
    }
}
