//! Variables by which programs load code, find other machines, or decide whom they believe.

use proofmark_core::Severity;

/// What a variable decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decides {
    /// Which code programs load or run.
    Code,
    /// Which other machine is asked, or where packages come from.
    Service,
    /// Whom programs believe: certificates, keys, signatures.
    Trust,
    /// Who one is, and where programs keep what they trust.
    Identity,
}

/// When a value of it is worth a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// Whatever it is, unless it is empty: High.
    Any,
    /// It names a file of the tree or of a folder that others write, or is a command line: High. Else nothing.
    Program,
    /// Whatever it is, unless it is empty: this severity.
    Always(Severity),
    /// It holds one of these words: this severity. Else nothing.
    Holds(&'static [&'static str], Severity),
    /// One of these options in it names a file that is loaded: by what that is.
    Loads(&'static [&'static str]),
    /// One of these options in it names a program: as for `Program`.
    Option(&'static [&'static str]),
    /// It names a module of Python that is imported: by which.
    Imports,
    /// It names a file or folder of the tree, or one that others write: this severity.
    Inside(Severity),
    /// It names another machine: this severity; without encryption: High.
    Remote(Severity),
    /// It is one of these values: this severity.
    Is(&'static [&'static str], Severity),
    /// It is empty or unset as well: High.
    EvenEmpty,
}

/// A row of the table. A `*` stands for any characters.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    pub(crate) decides: Decides,
    pub(crate) when: When,
    /// What it does, as a sentence goes on after "it".
    pub(crate) what: &'static str,
}

pub(super) const fn row(name: &'static str, decides: Decides, when: When, what: &'static str) -> Variable {
    Variable { name, decides, when, what }
}

use Decides::Code;
#[cfg(test)]
use Decides::Service;
use Severity::{High, Low, Medium};
use When::{Always, Any, Holds, Imports, Inside, Is, Loads, Program, Remote};

pub(super) const OFF: &[&str] = &["0", "false", "no", "off", "False", "FALSE"];
pub(super) const ON: &[&str] = &["1", "true", "yes", "on", "True", "TRUE"];
const CONNECTS: &[&str] =
    &["ProxyCommand", "ProxyUseFdpass", "PKCS11Provider", "LocalCommand", "KnownHostsCommand"];
/// What makes Node load a file, or listen.
const NODE: &[&str] =
    &["--require", "-r", "--import", "--loader", "--experimental-loader", "--openssl-config"];
const LISTENS: &[&str] = &["--inspect=0.0.0.0", "--inspect-brk=0.0.0.0", "--inspect=:", "--inspect-brk=:"];
/// What makes Java load an agent.
const JAVA: &[&str] =
    &["-javaagent", "-agentpath", "-agentlib", "-Xbootclasspath/a", "-Xbootclasspath/p", "-Xbootclasspath"];
const ERRORS: &[&str] = &["-XX:OnError", "-XX:OnOutOfMemoryError"];
const PROXIES: &[&str] =
    &["-Djava.security", "-Dhttp.proxyHost", "-Dhttps.proxyHost", "-Djavax.net.ssl.trustStore"];
const COMMANDS: &[&str] = &["$(", "`", "${…}"];

#[rustfmt::skip]
const VARIABLES: &[Variable] = &[
    // The dynamic linker and the C library.
    row("LD_PRELOAD", Code, Any, "puts a library into every program"),
    row("LD_AUDIT", Code, Any, "puts a library into every program"),
    row("DYLD_INSERT_LIBRARIES", Code, Any, "puts a library into every program"),
    row("DYLD_FRAMEWORK_PATH", Code, Inside(Medium), "decides which libraries programs load"),
    row("DYLD_FALLBACK_*", Code, Inside(Medium), "decides which libraries programs load"),
    row("LOCPATH", Code, Inside(Medium), "decides how programs read text"),
    row("DYLD_LIBRARY_PATH", Code, Inside(Medium), "decides which libraries programs load"),
    row("LD_LIBRARY_PATH", Code, Inside(Low), "decides which libraries programs load"),
    row("GCONV_PATH", Code, Any, "decides which libraries programs load"),
    row("OPENSSL_CONF", Code, Inside(Medium), "can name engines, which are libraries that programs load"),
    row("OPENSSL_MODULES", Code, Inside(High), "decides which libraries programs load"),
    row("OPENSSL_ENGINES", Code, Inside(High), "decides which libraries programs load"),
    // Shells.
    row("BASH_ENV", Code, Any, "is run by every script of bash"),
    row("ENV", Code, Program, "is run by every interactive sh"),
    row("PROMPT_COMMAND", Code, Any, "is run before every prompt"),
    row("PS0", Code, Holds(COMMANDS, High), "is expanded before every command, and runs what stands in it"),
    row("PS1", Code, Holds(COMMANDS, Low), "is expanded for every prompt, and direnv does not hand it on"),
    row("PS2", Code, Holds(COMMANDS, High), "is expanded for every prompt, and runs what stands in it"),
    row("PS4", Code, Holds(COMMANDS, High), "is expanded for every traced command, and runs what stands in it"),
    row("BASH_FUNC_*", Code, Any, "is a function to every bash"),
    row("SHELLOPTS", Code, Any, "sets options of every bash"),
    row("BASHOPTS", Code, Any, "sets options of every bash"),
    row("EXECIGNORE", Code, Any, "hides programs from bash"),
    row("ZDOTDIR", Code, Any, "decides which files zsh runs as it starts"),
    row("FPATH", Code, Inside(High), "decides from where zsh loads functions"),
    row("INPUTRC", Code, Inside(High), "binds keys to commands"),
    row("CDPATH", Code, Always(Low), "decides where cd goes"),
    row("SHELL", Code, Program, "is the shell that programs start"),
    row("FCEDIT", Code, Program, "is run by fc"),
    // Interpreters.
    row("PYTHONSTARTUP", Code, Any, "is run by every interactive Python"),
    row("PYTHONHOME", Code, Inside(High), "decides which library Python has"),
    row("PYTHONUSERBASE", Code, Inside(Medium), "decides from where Python loads code as it starts"),
    row("PYTHONBREAKPOINT", Code, Imports, "names the function that breakpoint() calls"),
    row("PYTHONPATH", Code, Inside(Low), "decides from where Python loads modules"),
    row("PYTHONPYCACHEPREFIX", Code, Inside(Low), "is where Python keeps the code that it has compiled"),
    row("PYTHONWARNINGS", Code, Imports, "makes Python import a module"),
    row("PERL5OPT", Code, Any, "gives every Perl options, with them modules"),
    row("PERL5DB", Code, Any, "is run by the debugger of Perl"),
    row("PERL5LIB", Code, Inside(Medium), "decides from where Perl loads modules"),
    row("PERLLIB", Code, Inside(Medium), "decides from where Perl loads modules"),
    row("RUBYOPT", Code, Holds(&["-r", "-I", "-e", "-x"], High), "makes every Ruby load a file"),
    row("RUBYLIB", Code, Inside(Medium), "decides from where Ruby loads files"),
    row("NODE_OPTIONS", Code, Loads(NODE), "makes every Node load a file"),
    row("NODE_OPTIONS", Code, Holds(LISTENS, High), "lets others debug every Node"),
    row("NODE_PATH", Code, Inside(Low), "decides from where Node loads modules"),
    row("DENO_*_HOOK", Code, Any, "makes every Deno load a file"),
    row("BUN_OPTIONS", Code, Any, "gives every Bun options"),
    row("JAVA_TOOL_OPTIONS", Code, Loads(JAVA), "makes every Java load an agent"),
    row("_JAVA_OPTIONS", Code, Loads(JAVA), "makes every Java load an agent"),
    row("JDK_JAVA_OPTIONS", Code, Loads(JAVA), "makes every Java load an agent"),
    row("JDK_JAVA_OPTIONS", Code, Loads(&["@"]), "gives every Java the options of a file"),
    row("MAVEN_OPTS", Code, Loads(JAVA), "makes Maven load an agent"),
    row("J*_OPTIONS", Code, Holds(ERRORS, High), "makes every Java run a command"),
    row("J*_OPTIONS", Code, Holds(PROXIES, Medium), "decides whom every Java believes"),
    row("MAVEN_ARGS", Code, Holds(&["-s", "--settings", "-D"], High), "gives Maven other settings"),
    row("GRADLE_OPTS", Code, Loads(JAVA), "makes Gradle load an agent"),
    row("GRADLE_USER_HOME", Code, Inside(Medium), "holds scripts that Gradle runs as it starts"),
    row("CLASSPATH", Code, Inside(Low), "decides from where Java loads classes"),
    row("DOTNET_STARTUP_HOOKS", Code, Any, "puts code into every .NET program"),
    row("COR*_PROFILER*", Code, Any, "puts code into every .NET program"),
    row("DOTNET_ADDITIONAL_DEPS", Code, Any, "puts code into every .NET program"),
    row("PHPRC", Code, Inside(High), "is the configuration of PHP, which can load files"),
    row("PHP_INI_SCAN_DIR", Code, Inside(High), "is the configuration of PHP, which can load files"),
    row("LUA_INIT*", Code, Any, "is run by every Lua"),
    row("LUA_PATH*", Code, Inside(Low), "decides from where Lua loads files"),
    row("R_PROFILE*", Code, Any, "is run by every R"),
    row("R_ENVIRON*", Code, Inside(Medium), "sets variables of every R"),
    row("JULIA_DEPOT_PATH", Code, Inside(Low), "decides from where Julia loads code"),
    row("ERL_*FLAGS", Code, Holds(&["-eval", "-run", "-s ", "-pa"], High), "makes every Erlang run code"),
    row("ELIXIR_ERL_OPTIONS", Code, Holds(&["-eval", "-run", "-s ", "-pa"], High), "makes every Elixir run code"),
    row("GUILE_LOAD_PATH", Code, Inside(Low), "decides from where Guile loads code"),
    row("TCLLIBPATH", Code, Inside(Medium), "decides from where Tcl loads code"),
    row("VIMINIT", Code, Any, "is run by every Vim"),
    row("EXINIT", Code, Any, "is run by every ex and vi"),
    row("GVIMINIT", Code, Any, "is run by every Vim"),
    row("MYVIMRC", Code, Program, "is run by Vim"),
    row("VIMRUNTIME", Code, Inside(High), "decides which scripts Vim runs"),
    row("EMACSLOADPATH", Code, Inside(High), "decides from where Emacs loads code"),
    // git.
    row("GIT_SSH_COMMAND", Code, Holds(CONNECTS, High), "is run whenever git connects"),
    row("GIT_SSH_COMMAND", Code, Program, "is run whenever git connects"),
    row("GIT_SSH", Code, Program, "is run whenever git connects"),
    row("GIT_PROXY_COMMAND", Code, Any, "is run whenever git connects"),
    row("GIT_EXEC_PATH", Code, Any, "holds the programs that git runs"),
    row("GIT_TEMPLATE_DIR", Code, Inside(High), "holds the hooks of every new clone"),
    row("GIT_EXTERNAL_DIFF", Code, Program, "is run by git diff"),
        row("GIT_CONFIG_PARAMETERS", Code, Any, "sets git's configuration, which names programs"),
    row("GIT_CONFIG_GLOBAL", Code, Inside(High), "is git's configuration, which names programs"),
    row("GIT_CONFIG_SYSTEM", Code, Inside(High), "is git's configuration, which names programs"),
    row("GIT_CONFIG", Code, Inside(High), "is git's configuration, which names programs"),
    row("GIT_DIR", Code, Inside(Medium), "is the repository, with its hooks, that git works on"),
    row("GIT_PAGER", Code, Program, "is run by git"),
    row("GIT_EDITOR", Code, Program, "is run by git"),
    row("GIT_SEQUENCE_EDITOR", Code, Program, "is run by git"),
    row("GIT_ASKPASS", Code, Program, "is told the passwords that git asks for"),
    row("HGRCPATH", Code, Inside(High), "is the configuration of Mercurial, which names programs"),
    row("HG", Code, Program, "is run by Mercurial"),
    row("SVN_SSH", Code, Program, "is run whenever Subversion connects"),
    row("RSYNC_RSH", Code, Program, "is run whenever rsync connects"),
    row("CVS_RSH", Code, Program, "is run whenever CVS connects"),
    // Programs that others start.
    row("SSH_ASKPASS", Code, Program, "is told the passwords that ssh asks for"),
    row("SUDO_ASKPASS", Code, Program, "is told the password that sudo asks for"),
    row("EDITOR", Code, Program, "is run wherever something is edited"),
    row("VISUAL", Code, Program, "is run wherever something is edited"),
    row("*_EDITOR", Code, Program, "is run wherever something is edited"),
    row("PAGER", Code, Program, "is run wherever something is shown"),
    row("*_PAGER", Code, Program, "is run wherever something is shown"),
    row("MANPAGER", Code, Program, "is run wherever something is shown"),
    row("BROWSER", Code, Program, "is run wherever a page is opened"),
    row("*_BROWSER", Code, Program, "is run wherever a page is opened"),
    row("LESSOPEN", Code, Holds(&["${PWD}", "./", "/tmp/", "sh -c", "curl", "wget", ";", "$("], High), "is run by less for every file"),
    row("LESSCLOSE", Code, Any, "is run by less for every file"),
    row("LESSKEY*", Code, Inside(High), "binds keys of less to commands"),
    row("TAR_OPTIONS", Code, Holds(&["checkpoint-action", "--to-command", "-I", "--use-compress", "--rsh"], High), "makes every tar run a command"),
    row("ZIPOPT", Code, Holds(&["-T", "-TT"], High), "makes zip run a command"),
    row("MAKEFLAGS", Code, Holds(&["--eval", "-f", "SHELL="], High), "makes every make run something"),
    row("GNUMAKEFLAGS", Code, Holds(&["--eval", "-f", "SHELL="], High), "makes every make run something"),
    row("MAKEFILES", Code, Any, "is read by every make"),
    row("KUBECTL_EXTERNAL_DIFF", Code, Program, "is run by kubectl diff"),
    row("MAILCAPS", Code, Inside(High), "decides which programs open files"),
    row("WGETRC", Code, Inside(High), "is the configuration of wget"),
    row("CURL_HOME", Code, Inside(High), "holds the configuration of curl"),
    row("SCREENRC", Code, Inside(High), "is run by screen"),
    row("TERMINFO", Code, Inside(Low), "describes the terminal to every program"),
    row("RIPGREP_CONFIG_PATH", Code, Inside(Medium), "gives ripgrep options, one of which runs a program"),
    row("FZF_DEFAULT_COMMAND", Code, Holds(&["curl", "wget", "sh -c", "${PWD}", "./"], High), "is run by fzf"),
    row("FZF_DEFAULT_OPTS", Code, Holds(&["execute", "become", "--preview", "reload"], High), "makes fzf run commands"),
    row("BAT_PAGER", Code, Program, "is run by bat"),
    // Compilers and build tools.
    row("RUSTC_WRAPPER", Code, Program, "is run in the place of rustc"),
    row("RUSTC_WORKSPACE_WRAPPER", Code, Program, "is run in the place of rustc"),
    row("CARGO_BUILD_RUSTC*", Code, Program, "is run in the place of rustc"),
    row("RUSTC", Code, Program, "is run in the place of rustc"),
    row("RUSTDOC", Code, Program, "is run in the place of rustdoc"),
    row("CARGO_TARGET_*_RUNNER", Code, Program, "is run in the place of every test and program"),
    row("CARGO_TARGET_*_LINKER", Code, Program, "is run in the place of the linker"),
    row("CARGO_*_CREDENTIAL_PROVIDER", Code, Any, "is run for the token of a registry"),
    row("CARGO_HOME", Code, Inside(Low), "holds cargo's configuration, which names programs and registries"),
    row("*RUSTFLAGS", Code, When::Option(&["linker=", "-Zcodegen-backend=", "codegen-backend="]), "decides which linker rustc runs"),
    row("RUSTDOCFLAGS", Code, When::Option(&["--test-runtool=", "--runtool=", "linker="]), "decides what rustdoc runs"),
    row("GOFLAGS", Code, Holds(&["-toolexec", "-exec", "-overlay"], High), "makes every go run a program, or read other files"),
    row("GOFLAGS", Code, Holds(&["-modfile"], Low), "makes every go read another list of modules"),
    row("CC", Code, Program, "is run in the place of the compiler"),
    row("CPP", Code, Program, "is run in the place of the compiler"),
    row("FC", Code, Program, "is run in the place of the compiler"),
    row("AS", Code, Program, "is run in the place of the assembler"),
    row("AR", Code, Program, "is run by every build"),
    row("NM", Code, Program, "is run by every build"),
    row("RANLIB", Code, Program, "is run by every build"),
    row("STRIP", Code, Program, "is run by every build"),
    row("OBJCOPY", Code, Program, "is run by every build"),
    row("PKG_CONFIG", Code, Program, "is run by every build"),
    row("MAKE", Code, Program, "is run in the place of make"),
    row("CFLAGS", Code, Holds(&["-fplugin", "-specs=", "-wrapper"], High), "makes the compiler load or run something"),
    row("CXXFLAGS", Code, Holds(&["-fplugin", "-specs=", "-wrapper"], High), "makes the compiler load or run something"),
    row("LDFLAGS", Code, Holds(&["-fplugin", "-specs=", "-plugin"], High), "makes the linker load something"),
    row("CXX", Code, Program, "is run in the place of the compiler"),
    row("LD", Code, Program, "is run in the place of the linker"),
    row("CMAKE_*_LAUNCHER", Code, Program, "is run in the place of the compiler"),
    row("*_COMPILER_LAUNCHER", Code, Program, "is run in the place of the compiler"),
    row("CMAKE_TOOLCHAIN_FILE", Code, Inside(Low), "is run by CMake"),
    row("NPM_CONFIG_SCRIPT_SHELL", Code, Program, "is run for every script of npm"),
    row("NPM_CONFIG_USERCONFIG", Code, Inside(Medium), "is the configuration of npm"),
    row("NPM_CONFIG_GLOBALCONFIG", Code, Inside(Medium), "is the configuration of npm"),
    row("NPM_CONFIG_NODE_OPTIONS", Code, Loads(NODE), "makes every Node load a file"),
    row("NPM_CONFIG_GIT", Code, Program, "is run in the place of git"),
    row("YARN_YARN_PATH", Code, Any, "is run in the place of Yarn"),
    row("YARN_RC_FILENAME", Code, Any, "is the configuration of Yarn"),
    row("YARN_PLUGINS", Code, Any, "is loaded by Yarn"),
    row("PIP_CONFIG_FILE", Code, Inside(Medium), "is the configuration of pip"),
    row("UV_CONFIG_FILE", Code, Inside(Low), "is the configuration of uv"),
    row("BUNDLE_GEMFILE", Code, Inside(Low), "decides what Bundler loads"),
    row("GEM_HOME", Code, Inside(Low), "decides from where Ruby loads gems"),
    row("GEM_PATH", Code, Inside(Low), "decides from where Ruby loads gems"),
    row("STARSHIP_CONFIG", Code, Inside(Low), "is read for every prompt, and can name programs"),
    row("NODE_VERSIONS", Code, Inside(Medium), "holds the programs that `use node` puts into PATH"),
    row("JULIA_VERSIONS", Code, Inside(Medium), "holds the programs that `use julia` puts into PATH"),
    row("DIRENV_EXTRA_VIMRC", Code, Inside(Low), "is run by Vim"),
    row("KUBECONFIG", Code, Inside(Low), "can name a program that gives credentials"),
    row("XDG_DATA_DIRS", Code, Inside(Low), "is where programs find what belongs to them"),
    row("CMAKE_PREFIX_PATH", Code, Inside(Low), "decides from where CMake takes packages"),
    row("TF_CLI_ARGS*", Code, Holds(&["-plugin-dir", "-backend-config", "-chdir"], Medium), "gives every Terraform options"),
    row("ANSIBLE_CONFIG", Code, Inside(Low), "is the configuration of Ansible"),
    row("ANSIBLE_LIBRARY", Code, Inside(Low), "holds code that Ansible loads"),
    row("ANSIBLE_VAULT_PASSWORD_FILE", Code, Inside(Low), "is run by Ansible where it is a program"),
    row("SSLKEYLOGFILE", Code, Always(Medium), "keeps the keys of every connection"),
    row("HELM_PLUGINS", Code, Inside(Medium), "holds programs that helm runs"),
    row("HELM_POST_RENDERER", Code, Program, "is run by helm"),
    row("KREW_ROOT", Code, Inside(Medium), "holds programs that kubectl runs"),
    row("TF_CLI_CONFIG_FILE", Code, Inside(Medium), "names helpers and mirrors that Terraform runs"),
    row("TERRAGRUNT_TFPATH", Code, Program, "is run in the place of Terraform"),
    row("ANSIBLE_*_PLUGINS", Code, Inside(Low), "holds code that Ansible loads"),
    row("PACKER_PLUGIN_PATH", Code, Inside(Medium), "holds programs that Packer runs"),
    row("VAULT_TOKEN_HELPER", Code, Program, "is told the token of Vault"),
    row("AWS_CONFIG_FILE", Code, Inside(Low), "can name a program that gives credentials"),
    row("AWS_CREDENTIAL_PROCESS", Code, Any, "is run for credentials"),
    row("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", Code, Is(ON, High), "lets a file of credentials run programs"),
    row("CLOUDSDK_PYTHON", Code, Program, "is run by gcloud"),
    row("CLOUDSDK_CONFIG", Code, Inside(Low), "holds what gcloud is logged in as"),
    row("DOCKER_CLI_PLUGIN*", Code, Inside(High), "holds programs that docker runs"),
    row("GH_CONFIG_DIR", Code, Inside(Medium), "holds aliases that gh runs"),
    row("PRE_COMMIT_HOME", Code, Inside(Low), "holds the hooks that pre-commit runs"),
    row("NIX_PATH", Code, Remote(Medium), "decides from where Nix takes expressions"),
    row("GUIX_PACKAGE_PATH", Code, Inside(Low), "decides from where Guix takes packages"),
    row("TEXTDOMAINDIR", Code, Inside(High), "holds translations, which replace strings of scripts"),
    row("NLSPATH", Code, Inside(Medium), "holds translations, which replace strings of programs"),
];

/// The rows that speak of this name: npm takes its variables in both cases, and so do proxies.
pub(crate) fn rows(name: &str) -> impl Iterator<Item = &'static Variable> {
    let lower = name.starts_with("npm_config_") || name.ends_with("_proxy");
    let name = if lower { name.to_ascii_uppercase() } else { name.to_owned() };
    let all = VARIABLES.iter().chain(super::services::SERVICES).chain(super::believed::BELIEVED);
    all.filter(move |row| matches(row.name, &name))
}

/// `*` stands for any characters.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(before) else { return false };
    if after.is_empty() {
        return true;
    }
    rest.char_indices().map(|(at, _)| at).chain([rest.len()]).any(|at| matches(after, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_their_patterns() {
        let decides = |name: &str| rows(name).next().map(|row| row.decides);
        assert_eq!(decides("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER"), Some(Code));
        assert_eq!(decides("https_proxy"), Some(Service));
        assert_eq!(decides("npm_config_registry"), Some(Service));
        assert_eq!(decides("AWS_ENDPOINT_URL_S3"), Some(Service));
        assert_eq!(decides("COR_PROFILER_PATH"), Some(Code));
        assert_eq!(decides("XDG_DATA_DIRS"), Some(Code));
        assert_eq!(decides("APP_HOME"), None);
    }
}
