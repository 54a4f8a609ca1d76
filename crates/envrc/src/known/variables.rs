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
    /// It holds one of these words: High. Else nothing.
    Holds(&'static [&'static str]),
    /// It holds one of these words: High; Medium where what holds them is one of the usual places.
    HoldsBut(&'static [&'static str], &'static [&'static str]),
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

const fn row(name: &'static str, decides: Decides, when: When, what: &'static str) -> Variable {
    Variable { name, decides, when, what }
}

use Decides::{Code, Identity, Service, Trust};
use Severity::{High, Low, Medium};
use When::{Any, Holds, HoldsBut, Inside, Is, Program, Remote};

const OFF: &[&str] = &["0", "false", "no", "off", "False", "FALSE"];
const ON: &[&str] = &["1", "true", "yes", "on", "True", "TRUE"];
const CONNECTS: &[&str] =
    &["ProxyCommand", "ProxyUseFdpass", "PKCS11Provider", "LocalCommand", "KnownHostsCommand"];
const NODE: &[&str] = &[
    "--require",
    "-r ",
    "-r=",
    "--import",
    "--loader",
    "--experimental-loader",
    "--inspect-brk",
    "--inspect=0.0.0.0",
    "--env-file",
    "--openssl-config",
];
const JAVA: &[&str] = &[
    "-javaagent",
    "-agentlib",
    "-agentpath",
    "-Xbootclasspath",
    "-XX:OnError",
    "-XX:OnOutOfMemoryError",
    "-Djava.security",
    "-Dhttp.proxyHost",
    "-Dhttps.proxyHost",
    "@",
];
/// Where Nix's own packages come from: everybody's channels, and the archives of one repository.
const NIXPKGS: &[&str] = &[
    "channel:nixos-",
    "channel:nixpkgs-",
    "https://channels.nixos.org/",
    "https://nixos.org/channels/",
    "https://github.com/NixOS/nixpkgs/archive/",
    "https://github.com/nixos/nixpkgs/archive/",
    "https://github.com/NixOS/nixpkgs-channels/archive/",
];
const COMMANDS: &[&str] = &["$(", "`", "${…}"];

#[rustfmt::skip]
const VARIABLES: &[Variable] = &[
    // The dynamic linker and the C library.
    row("LD_PRELOAD", Code, Any, "puts a library into every program"),
    row("LD_AUDIT", Code, Any, "puts a library into every program"),
    row("DYLD_INSERT_LIBRARIES", Code, Any, "puts a library into every program"),
    row("DYLD_LIBRARY_PATH", Code, Inside(Medium), "decides which libraries programs load"),
    row("LD_LIBRARY_PATH", Code, Inside(Low), "decides which libraries programs load"),
    row("GCONV_PATH", Code, Any, "decides which libraries programs load"),
    row("OPENSSL_CONF", Code, Inside(High), "can name engines, which are libraries that programs load"),
    row("OPENSSL_MODULES", Code, Inside(High), "decides which libraries programs load"),
    row("OPENSSL_ENGINES", Code, Inside(High), "decides which libraries programs load"),
    // Shells.
    row("BASH_ENV", Code, Any, "is run by every script of bash"),
    row("ENV", Code, Program, "is run by every interactive sh"),
    row("PROMPT_COMMAND", Code, Any, "is run before every prompt"),
    row("PS0", Code, Holds(COMMANDS), "is expanded before every command, and runs what stands in it"),
    row("PS1", Code, Holds(COMMANDS), "is expanded for every prompt, and runs what stands in it"),
    row("PS2", Code, Holds(COMMANDS), "is expanded for every prompt, and runs what stands in it"),
    row("PS4", Code, Holds(COMMANDS), "is expanded for every traced command, and runs what stands in it"),
    row("BASH_FUNC_*", Code, Any, "is a function to every bash"),
    row("SHELLOPTS", Code, Any, "sets options of every bash"),
    row("BASHOPTS", Code, Any, "sets options of every bash"),
    row("EXECIGNORE", Code, Any, "hides programs from bash"),
    row("ZDOTDIR", Code, Any, "decides which files zsh runs as it starts"),
    row("FPATH", Code, Inside(High), "decides from where zsh loads functions"),
    row("INPUTRC", Code, Inside(High), "binds keys to commands"),
    row("CDPATH", Code, Inside(High), "decides where cd goes"),
    row("SHELL", Code, Program, "is the shell that programs start"),
    row("FCEDIT", Code, Program, "is run by fc"),
    // Interpreters.
    row("PYTHONSTARTUP", Code, Any, "is run by every interactive Python"),
    row("PYTHONHOME", Code, Inside(High), "decides which library Python has"),
    row("PYTHONUSERBASE", Code, Inside(Medium), "decides from where Python loads code as it starts"),
    row("PYTHONBREAKPOINT", Code, Holds(&[".", "os", "pty"]), "names the function that breakpoint() calls"),
    row("PYTHONWARNINGS", Code, Holds(&["antigravity"]), "can make Python import a module"),
    row("PERL5OPT", Code, Any, "gives every Perl options, with them modules"),
    row("PERL5DB", Code, Any, "is run by the debugger of Perl"),
    row("PERL5LIB", Code, Inside(Medium), "decides from where Perl loads modules"),
    row("PERLLIB", Code, Inside(Medium), "decides from where Perl loads modules"),
    row("RUBYOPT", Code, Holds(&["-r", "-I", "-e", "-x"]), "makes every Ruby load a file"),
    row("RUBYLIB", Code, Inside(Medium), "decides from where Ruby loads files"),
    row("NODE_OPTIONS", Code, Holds(NODE), "makes every Node load a file"),
    row("NODE_PATH", Code, Inside(Low), "decides from where Node loads modules"),
    row("DENO_*_HOOK", Code, Any, "makes every Deno load a file"),
    row("BUN_OPTIONS", Code, Any, "gives every Bun options"),
    row("JAVA_TOOL_OPTIONS", Code, Holds(JAVA), "makes every Java load an agent"),
    row("_JAVA_OPTIONS", Code, Holds(JAVA), "makes every Java load an agent"),
    row("JDK_JAVA_OPTIONS", Code, Holds(JAVA), "makes every Java load an agent"),
    row("MAVEN_OPTS", Code, Holds(JAVA), "makes Maven load an agent"),
    row("MAVEN_ARGS", Code, Holds(&["-s", "--settings", "-D"]), "gives Maven other settings"),
    row("GRADLE_OPTS", Code, Holds(JAVA), "makes Gradle load an agent"),
    row("GRADLE_USER_HOME", Code, Inside(Medium), "holds scripts that Gradle runs as it starts"),
    row("CLASSPATH", Code, Inside(Low), "decides from where Java loads classes"),
    row("DOTNET_STARTUP_HOOKS", Code, Any, "puts code into every .NET program"),
    row("COR*_PROFILER*", Code, Any, "puts code into every .NET program"),
    row("DOTNET_ADDITIONAL_DEPS", Code, Any, "puts code into every .NET program"),
    row("PHPRC", Code, Inside(High), "is the configuration of PHP, which can load files"),
    row("PHP_INI_SCAN_DIR", Code, Inside(High), "is the configuration of PHP, which can load files"),
    row("LUA_INIT*", Code, Any, "is run by every Lua"),
    row("LUA_PATH*", Code, Inside(Low), "decides from where Lua loads files"),
    row("R_PROFILE*", Code, Inside(Medium), "is run by every R"),
    row("R_ENVIRON*", Code, Inside(Medium), "sets variables of every R"),
    row("JULIA_DEPOT_PATH", Code, Inside(Low), "decides from where Julia loads code"),
    row("ERL_*FLAGS", Code, Holds(&["-eval", "-run", "-s ", "-pa"]), "makes every Erlang run code"),
    row("ELIXIR_ERL_OPTIONS", Code, Holds(&["-eval", "-run", "-s ", "-pa"]), "makes every Elixir run code"),
    row("GUILE_LOAD_PATH", Code, Inside(Low), "decides from where Guile loads code"),
    row("TCLLIBPATH", Code, Inside(Medium), "decides from where Tcl loads code"),
    row("VIMINIT", Code, Any, "is run by every Vim"),
    row("EXINIT", Code, Any, "is run by every ex and vi"),
    row("GVIMINIT", Code, Any, "is run by every Vim"),
    row("MYVIMRC", Code, Program, "is run by Vim"),
    row("VIMRUNTIME", Code, Inside(High), "decides which scripts Vim runs"),
    row("EMACSLOADPATH", Code, Inside(High), "decides from where Emacs loads code"),
    // git.
    row("GIT_SSH_COMMAND", Code, Holds(CONNECTS), "is run whenever git connects"),
    row("GIT_SSH_COMMAND", Code, Program, "is run whenever git connects"),
    row("GIT_SSH", Code, Program, "is run whenever git connects"),
    row("GIT_PROXY_COMMAND", Code, Any, "is run whenever git connects"),
    row("GIT_EXEC_PATH", Code, Any, "holds the programs that git runs"),
    row("GIT_TEMPLATE_DIR", Code, Inside(High), "holds the hooks of every new clone"),
    row("GIT_EXTERNAL_DIFF", Code, Program, "is run by git diff"),
    row("GIT_CONFIG_COUNT", Code, Any, "sets git's configuration, which names programs"),
    row("GIT_CONFIG_KEY_*", Code, Any, "sets git's configuration, which names programs"),
    row("GIT_CONFIG_VALUE_*", Code, Any, "sets git's configuration, which names programs"),
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
    row("LESSOPEN", Code, Holds(&["${PWD}", "./", "/tmp/", "sh -c", "curl", "wget", ";", "$("]), "is run by less for every file"),
    row("LESSCLOSE", Code, Any, "is run by less for every file"),
    row("LESSKEY*", Code, Inside(High), "binds keys of less to commands"),
    row("TAR_OPTIONS", Code, Holds(&["checkpoint-action", "--to-command", "-I", "--use-compress", "--rsh"]), "makes every tar run a command"),
    row("ZIPOPT", Code, Holds(&["-T", "-TT"]), "makes zip run a command"),
    row("MAKEFLAGS", Code, Holds(&["--eval", "-f", "SHELL="]), "makes every make run something"),
    row("GNUMAKEFLAGS", Code, Holds(&["--eval", "-f", "SHELL="]), "makes every make run something"),
    row("MAKEFILES", Code, Any, "is read by every make"),
    row("KUBECTL_EXTERNAL_DIFF", Code, Program, "is run by kubectl diff"),
    row("MAILCAPS", Code, Inside(High), "decides which programs open files"),
    row("WGETRC", Code, Inside(High), "is the configuration of wget"),
    row("CURL_HOME", Code, Inside(High), "holds the configuration of curl"),
    row("SCREENRC", Code, Inside(High), "is run by screen"),
    row("TERMINFO", Code, Inside(Low), "describes the terminal to every program"),
    row("RIPGREP_CONFIG_PATH", Code, Inside(Medium), "gives ripgrep options, one of which runs a program"),
    row("FZF_DEFAULT_COMMAND", Code, Holds(&["curl", "wget", "sh -c", "${PWD}", "./"]), "is run by fzf"),
    row("FZF_DEFAULT_OPTS", Code, Holds(&["execute", "become", "--preview", "reload"]), "makes fzf run commands"),
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
    row("RUSTFLAGS", Code, Holds(&["linker=", "link-self", "-Zcodegen-backend", "--sysroot"]), "decides which linker rustc runs"),
    row("GOFLAGS", Code, Holds(&["-toolexec", "-insecure", "-overlay", "-modfile", "-exec"]), "makes every go run a program, or check less"),
    row("CC", Code, Program, "is run in the place of the compiler"),
    row("CXX", Code, Program, "is run in the place of the compiler"),
    row("LD", Code, Program, "is run in the place of the linker"),
    row("CMAKE_*_LAUNCHER", Code, Program, "is run in the place of the compiler"),
    row("*_COMPILER_LAUNCHER", Code, Program, "is run in the place of the compiler"),
    row("CMAKE_TOOLCHAIN_FILE", Code, Inside(Low), "is run by CMake"),
    row("NPM_CONFIG_SCRIPT_SHELL", Code, Program, "is run for every script of npm"),
    row("NPM_CONFIG_USERCONFIG", Code, Inside(Medium), "is the configuration of npm"),
    row("NPM_CONFIG_GLOBALCONFIG", Code, Inside(Medium), "is the configuration of npm"),
    row("NPM_CONFIG_NODE_OPTIONS", Code, Holds(NODE), "makes every Node load a file"),
    row("NPM_CONFIG_GIT", Code, Program, "is run in the place of git"),
    row("YARN_YARN_PATH", Code, Any, "is run in the place of Yarn"),
    row("YARN_RC_FILENAME", Code, Any, "is the configuration of Yarn"),
    row("YARN_PLUGINS", Code, Any, "is loaded by Yarn"),
    row("PIP_CONFIG_FILE", Code, Inside(Medium), "is the configuration of pip"),
    row("UV_CONFIG_FILE", Code, Inside(Low), "is the configuration of uv"),
    row("BUNDLE_GEMFILE", Code, Inside(Low), "decides what Bundler loads"),
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
    row("NIX_PATH", Code, HoldsBut(&["http://", "https://", "tarball", "git+", "channel:"], NIXPKGS), "decides from where Nix takes expressions"),
    row("GUIX_PACKAGE_PATH", Code, Inside(Low), "decides from where Guix takes packages"),
    row("TEXTDOMAINDIR", Code, Inside(High), "holds translations, which replace strings of scripts"),
    row("NLSPATH", Code, Inside(Medium), "holds translations, which replace strings of programs"),
    // Programs whose settings are files of the tree, or commands.
    row("NIX_USER_CONF_FILES", Code, Inside(Low), "is Nix's configuration, which names builders and programs"),
    row("AIRFLOW__*_CMD", Code, Program, "is run by Airflow"),
    row("AIRFLOW__CORE__PLUGINS_FOLDER", Code, Inside(Low), "holds code that Airflow loads"),
    row("*_COMMAND_PROCESS", Code, Program, "is run for credentials"),
    row("ANSIBLE_SSH_EXECUTABLE", Code, Program, "is run whenever Ansible connects"),
    row("DOCKER_CREDENTIAL_*", Code, Program, "is told the passwords of registries"),
    row("MODULEPATH", Code, Inside(Low), "decides which modules a cluster loads"),
    row("MODULERCFILE", Code, Inside(Low), "decides which modules a cluster loads"),
    row("LMOD_*", Code, Inside(Low), "decides which modules a cluster loads"),
    row("IPYTHONDIR", Code, Inside(Low), "holds scripts that IPython runs as it starts"),
    row("JUPYTER_CONFIG_*", Code, Inside(Low), "is run by Jupyter as it starts"),
    row("STARSHIP_CONFIG", Code, Inside(Low), "names commands that the prompt runs"),
    row("PYTHONPATH", Code, Inside(Severity::Info), "decides from where Python loads code"),
    row("ERL_EPMD_ADDRESS", Code, Is(&["0.0.0.0", "::"], High), "lets every machine run code in an Erlang"),
    // Other machines.
    row("BAZELISK_BASE_URL", Service, Remote(Medium), "is where Bazel comes from"),
    row("TFENV_REMOTE", Service, Remote(Medium), "is where Terraform comes from"),
    row("T*ENV_*_REMOTE*", Service, Remote(Medium), "is where Terraform comes from"),
    row("TENV_*URL*", Service, Remote(Medium), "is where Terraform comes from"),
    row("SDKMAN_*_API", Service, Remote(Medium), "is where Java and scripts of sdkman come from"),
    row("TURBO_API", Service, Remote(Medium), "is where what was built comes from"),
    row("NX_*_REMOTE_CACHE*", Service, Remote(Medium), "is where what was built comes from"),
    row("SCCACHE_ENDPOINT", Service, Remote(Medium), "is where what was built comes from"),
    row("BAZEL_REMOTE_CACHE", Service, Remote(Medium), "is where what was built comes from"),
    row("GRADLE_ENTERPRISE_*", Service, Remote(Medium), "is where what was built comes from"),
    row("PIPENV_PYPI_MIRROR", Service, Remote(Medium), "is where packages come from"),
    row("ANSIBLE_GALAXY_SERVER*", Service, Remote(Medium), "is where roles and collections come from"),
    row("COMPOSER_REPO_PACKAGIST", Service, Remote(Medium), "is where packages come from"),
    row("MAVEN_REPO*", Service, Remote(Medium), "is where packages come from"),
    row("MVNW_REPOURL", Service, Remote(Medium), "is where Maven comes from"),
    row("DENO_*_REGISTRY", Service, Remote(Medium), "is where packages come from"),
    row("JULIA_PKG_SERVER", Service, Remote(Medium), "is where packages come from"),
    row("CONAN_*REMOTE*", Service, Remote(Medium), "is where packages come from"),
    row("HELM_REPO*", Service, Remote(Medium), "is where charts come from"),
    row("ASDF_*_MIRROR*", Service, Remote(Medium), "is where programs come from"),
    row("MISE_*_MIRROR*", Service, Remote(Medium), "is where programs come from"),
    row("NVM_*_MIRROR", Service, Remote(Medium), "is where Node comes from"),
    row("PLAYWRIGHT_DOWNLOAD_*", Service, Remote(Medium), "is where browsers come from"),
    row("XDEBUG_CONFIG", Service, Remote(Medium), "is who may run code in every request of PHP"),
    row("ARGOCD_OPTS", Service, Remote(Medium), "decides to whom the token of Argo CD is sent"),
    row("ARGOCD_SERVER", Service, Remote(Low), "decides to whom the token of Argo CD is sent"),
    row("TF_CLI_ARGS*", Service, Remote(Medium), "gives every Terraform options, with them where its state is kept"),
    row("VAULT_PROXY_ADDR", Service, Remote(Medium), "sends what Vault says through another machine"),
    row("NOMAD_ADDR", Service, Remote(Low), "decides to whom a token of Nomad is sent"),
    row("CONSUL_HTTP_ADDR", Service, Remote(Low), "decides to whom a token of Consul is sent"),
    row("MLFLOW_TRACKING_URI", Service, Remote(Severity::Info), "is where experiments are sent"),
    row("OTEL_EXPORTER_OTLP_*ENDPOINT", Service, Remote(Severity::Info), "is where traces are sent"),
    row("HTTP_PROXY", Service, Remote(Medium), "sends what programs say through another machine"),
    row("HTTPS_PROXY", Service, Remote(Medium), "sends what programs say through another machine"),
    row("ALL_PROXY", Service, Remote(Medium), "sends what programs say through another machine"),
    row("FTP_PROXY", Service, Remote(Medium), "sends what programs say through another machine"),
    row("*_HTTP_PROXY", Service, Remote(Medium), "sends what a program says through another machine"),
    row("*_HTTPS_PROXY", Service, Remote(Medium), "sends what a program says through another machine"),
    row("NPM_CONFIG_PROXY", Service, Remote(Medium), "sends what npm says through another machine"),
    row("AWS_ENDPOINT_URL*", Service, Remote(Medium), "sends requests that are signed with your keys elsewhere"),
    row("AWS_CONTAINER_CREDENTIALS_FULL_URI", Service, Remote(High), "takes credentials from another machine"),
    row("AWS_CONTAINER_AUTHORIZATION_TOKEN*", Service, Any, "takes credentials from another machine"),
    row("AWS_EC2_METADATA_SERVICE_ENDPOINT", Service, Remote(High), "takes credentials from another machine"),
    row("GCE_METADATA_HOST", Service, Any, "takes credentials from another machine"),
    row("CLOUDSDK_API_ENDPOINT_OVERRIDES_*", Service, Remote(High), "sends what gcloud says elsewhere"),
    row("GH_HOST", Service, Any, "decides to whom gh sends its token"),
    row("GITHUB_API_URL", Service, Remote(High), "decides to whom a token of GitHub is sent"),
    row("VAULT_ADDR", Service, Remote(Low), "decides to whom a token of Vault is sent"),
    row("*ANTHROPIC_BASE_URL", Service, Remote(Medium), "decides to whom an API key and every prompt are sent"),
    row("*OPENAI_BASE_URL", Service, Remote(Medium), "decides to whom an API key and every prompt are sent"),
    row("*OPENAI_API_BASE", Service, Remote(Medium), "decides to whom an API key and every prompt are sent"),
    row("DOCKER_HOST", Service, Remote(Medium), "is the daemon that gets every build and secret"),
    row("CONTAINER_HOST", Service, Remote(Medium), "is the daemon that gets every build and secret"),
    row("BUILDKIT_HOST", Service, Remote(Medium), "is the daemon that gets every build and secret"),
    row("PIP_INDEX_URL", Service, Remote(Medium), "is where packages come from"),
    row("PIP_EXTRA_INDEX_URL", Service, Remote(Medium), "is where packages come from, beside the usual index"),
    row("PIP_FIND_LINKS", Service, Remote(Medium), "is where packages come from"),
    row("PIP_TRUSTED_HOST", Service, Any, "is believed without a certificate"),
    row("UV_*INDEX*", Service, Remote(Medium), "is where packages come from"),
    row("UV_INSECURE_HOST", Service, Any, "is believed without a certificate"),
    row("POETRY_REPOSITORIES_*_URL", Service, Remote(Medium), "is where packages come from"),
    row("NPM_CONFIG_REGISTRY", Service, Remote(Medium), "is where packages come from"),
    row("NPM_CONFIG_*_REGISTRY", Service, Remote(Medium), "is where packages come from"),
    row("YARN_*REGISTRY*", Service, Remote(Medium), "is where packages come from"),
    row("BUN_CONFIG_REGISTRY", Service, Remote(Medium), "is where packages come from"),
    row("COREPACK_NPM_REGISTRY", Service, Remote(Medium), "is where packages come from"),
    row("JSR_URL", Service, Remote(Medium), "is where packages come from"),
    row("GOPROXY", Service, Remote(Medium), "is where modules come from"),
    row("CARGO_REGISTRIES_*_INDEX", Service, Remote(Low), "is where crates come from"),
    row("CARGO_SOURCE_*", Service, Any, "replaces where crates come from"),
    row("CARGO_REGISTRY_DEFAULT", Service, Any, "replaces where crates come from"),
    row("RUSTUP_DIST_SERVER", Service, Remote(Medium), "is where compilers come from"),
    row("RUSTUP_UPDATE_ROOT", Service, Remote(Medium), "is where rustup itself comes from"),
    row("*NODEJS_ORG_MIRROR", Service, Remote(Medium), "is where Node comes from"),
    row("*NODE_MIRROR*", Service, Remote(Medium), "is where Node comes from"),
    row("PYENV_MIRROR_URL", Service, Remote(Medium), "is where Python comes from"),
    row("PYTHON_BUILD_MIRROR_URL", Service, Remote(Medium), "is where Python comes from"),
    row("UV_PYTHON_INSTALL_MIRROR", Service, Remote(Medium), "is where Python comes from"),
    row("RUBY_BUILD_MIRROR_URL", Service, Remote(Medium), "is where Ruby comes from"),
    row("HOMEBREW_*_DOMAIN", Service, Remote(Medium), "is where Homebrew's packages come from"),
    row("HOMEBREW_*_GIT_REMOTE", Service, Remote(Medium), "is where Homebrew itself comes from"),
    row("BUNDLE_MIRROR*", Service, Remote(Medium), "is where gems come from"),
    row("RUBYGEMS_HOST", Service, Remote(Medium), "is where gems go to"),
    row("HEX_MIRROR*", Service, Remote(Medium), "is where packages come from"),
    row("HEX_UNSAFE_*", Service, Any, "switches a check of packages off"),
    row("CONDA_CHANNEL*", Service, Remote(Medium), "is where packages come from"),
    row("HF_ENDPOINT", Service, Remote(Medium), "is where models come from"),
    row("*_DOWNLOAD_HOST", Service, Remote(Medium), "is where programs come from"),
    row("ELECTRON_MIRROR", Service, Remote(Medium), "is where programs come from"),
    row("*_BINARY_MIRROR", Service, Remote(Medium), "is where programs come from"),
    row("NIX_REMOTE", Service, Remote(Medium), "is the machine that builds for Nix"),
    row("NIX_CONFIG", Service, Holds(&["substituters", "trusted-public-keys", "require-sigs", "post-build-hook", "builders", "http"]), "decides whose binaries Nix takes"),
    row("GONOSUMCHECK", Service, Any, "switches the check of modules off"),
    row("GONOSUMDB", Service, Is(&["*", "*/*"], High), "switches the check of modules off"),
    row("GONOSUMDB", Service, Any, "leaves modules out of the check"),
    row("GOINSECURE", Service, Any, "lets modules come without a certificate"),
    row("GOSUMDB", Service, Any, "decides who vouches for modules"),
    row("GOFLAGS", Service, Holds(&["-insecure"]), "lets modules come without a certificate"),
    // Whom programs believe.
    row("SIGSTORE_*", Trust, Any, "decides which signatures are believed"),
    row("COSIGN_REPOSITORY", Trust, Any, "is where signatures are looked for"),
    row("COSIGN_*MIRROR", Trust, Any, "is where trusted keys come from"),
    row("COSIGN_*ROOT*", Trust, Any, "decides which signatures are believed"),
    row("COSIGN_*INSECURE*", Trust, Any, "switches a check of signatures off"),
    row("TUF_*", Trust, Any, "is where trusted keys come from"),
    row("REKOR_*", Trust, Any, "decides which log is believed"),
    row("FULCIO_*", Trust, Any, "decides which authority is believed"),
    row("SSL_CERT_FILE", Trust, Inside(High), "replaces the authorities that every program believes"),
    row("SSL_CERT_DIR", Trust, Inside(High), "replaces the authorities that every program believes"),
    row("NIX_SSL_CERT_FILE", Trust, Inside(High), "replaces the authorities that Nix believes"),
    row("CURL_CA_BUNDLE", Trust, Inside(High), "replaces the authorities that curl believes"),
    row("GIT_SSL_CAINFO", Trust, Inside(High), "replaces the authorities that git believes"),
    row("GIT_SSL_CAPATH", Trust, Inside(High), "replaces the authorities that git believes"),
    row("REQUESTS_CA_BUNDLE", Trust, Inside(Medium), "replaces the authorities that Python believes"),
    row("AWS_CA_BUNDLE", Trust, Inside(Medium), "replaces the authorities that the AWS tools believe"),
    row("NODE_EXTRA_CA_CERTS", Trust, Inside(Medium), "adds an authority that every Node believes"),
    row("DENO_CERT", Trust, Inside(Medium), "adds an authority that Deno believes"),
    row("NPM_CONFIG_CAFILE", Trust, Inside(Medium), "replaces the authorities that npm believes"),
    row("PIP_CERT", Trust, Inside(Medium), "replaces the authorities that pip believes"),
    row("CARGO_HTTP_CAINFO", Trust, Inside(Medium), "replaces the authorities that cargo believes"),
    row("NODE_TLS_REJECT_UNAUTHORIZED", Trust, Is(OFF, Medium), "switches the check of certificates off"),
    row("GIT_SSL_NO_VERIFY", Trust, Is(ON, High), "switches git's check of certificates off"),
    row("PYTHONHTTPSVERIFY", Trust, Is(OFF, High), "switches the check of certificates off"),
    row("NPM_CONFIG_STRICT_SSL", Trust, Is(OFF, High), "switches npm's check of certificates off"),
    row("VAULT_SKIP_VERIFY", Trust, Is(ON, Medium), "switches the check of certificates off"),
    row("DOCKER_CONTENT_TRUST", Trust, Is(OFF, Medium), "switches the check of images off"),
    row("DOCKER_CONFIG", Trust, Inside(Medium), "names helpers and registries that docker believes"),
    row("GNUPGHOME", Trust, Inside(Medium), "decides which keys are believed"),
    row("SSH_AUTH_SOCK", Trust, Inside(High), "is the agent that is asked for keys"),
    row("GPG_AGENT_INFO", Trust, Any, "is the agent that is asked for keys"),
    row("AWS_SHARED_CREDENTIALS_FILE", Trust, Inside(Low), "holds credentials"),
    row("KUBERNETES_SERVICE_HOST", Trust, Any, "is the cluster that is believed"),
    // Who one is.
    row("OP_CONNECT_HOST", Identity, Any, "decides to whom op sends what it is asked for"),
    row("OP_CONNECT_TOKEN", Identity, Any, "makes op ask a server in the place of your account"),
    row("OP_SESSION*", Identity, Any, "makes op work for somebody else's account"),
    row("OP_CONFIG_DIR", Identity, Any, "decides for which accounts op works"),
    row("OP_SERVICE_ACCOUNT_TOKEN", Identity, Any, "makes op work for this account in the place of yours"),
    row("HOME", Identity, When::EvenEmpty, "is where every program finds its configuration and keys"),
    row("XDG_CONFIG_HOME", Identity, Any, "is where direnv and others find their configuration"),
    row("XDG_DATA_HOME", Identity, Any, "is where direnv keeps its approvals"),
    row("XDG_CACHE_HOME", Identity, Any, "is where direnv keeps the code that it has downloaded"),
    row("XDG_STATE_HOME", Identity, Inside(Low), "is where programs keep what they remember"),
    row("XDG_RUNTIME_DIR", Identity, Inside(High), "holds the sockets of agents"),
    row("XDG_CONFIG_DIRS", Identity, Inside(Medium), "is where programs find their configuration"),
    row("USER", Identity, When::EvenEmpty, "says who you are"),
    row("LOGNAME", Identity, When::EvenEmpty, "says who you are"),
];

/// The rows that speak of this name: npm takes its variables in both cases, and so do proxies.
pub(crate) fn rows(name: &str) -> impl Iterator<Item = &'static Variable> {
    let lower = name.starts_with("npm_config_") || name.ends_with("_proxy");
    let name = if lower { name.to_ascii_uppercase() } else { name.to_owned() };
    VARIABLES.iter().filter(move |row| matches(row.name, &name))
}

/// `*` stands for any characters.
fn matches(pattern: &str, name: &str) -> bool {
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
        assert_eq!(decides("XDG_DATA_DIRS"), None);
        assert_eq!(decides("APP_HOME"), None);
    }
}
