//! The functions of direnv's standard library, 2.32 to 2.37: the one place where they are named.

/// One of them.
struct Function {
    name: &'static str,
    /// Reading a file rests on it: a file does not declare it again. `use_…` and `layout_…` are made to be added to.
    core: bool,
    /// Programs that it asks `PATH` for, beside those that it is given.
    asks: &'static [&'static str],
}

const fn core(name: &'static str, asks: &'static [&'static str]) -> Function {
    Function { name, core: true, asks }
}

const fn other(name: &'static str, asks: &'static [&'static str]) -> Function {
    Function { name, core: false, asks }
}

#[rustfmt::skip]
const FUNCTIONS: &[Function] = &[
    core("MANPATH_add", &["man"]),
    core("PATH_add", &[]),
    core("PATH_rm", &[]),
    core("__dump_at_exit", &[]),
    core("__env_strictness", &["mktemp", "grep", "rm"]),
    core("__main__", &[]),
    core("_source_up", &["cygpath"]),
    core("direnv_apply_dump", &[]),
    core("direnv_layout_dir", &[]),
    core("direnv_load", &["mktemp", "touch", "rm"]),
    core("direnv_version", &[]),
    core("dotenv", &[]),
    core("dotenv_if_exists", &[]),
    core("env_vars_required", &["env"]),
    core("expand_path", &[]),
    core("fetchurl", &[]),
    core("find_up", &[]),
    core("has", &[]),
    core("join_args", &[]),
    core("layout", &[]),
    core("load_prefix", &["man"]),
    core("on_git_branch", &["git"]),
    core("path_add", &[]),
    core("path_rm", &[]),
    core("realpath.absolute", &[]),
    core("realpath.basename", &[]),
    core("realpath.dirname", &[]),
    core("require_allowed", &[]),
    core("rvm", &[]),
    core("semver_search", &["find", "sort", "head"]),
    core("source_env", &["cygpath"]),
    core("source_env_if_exists", &["cygpath"]),
    core("source_up", &["cygpath"]),
    core("source_up_if_exists", &["cygpath"]),
    core("source_url", &[]),
    core("strict_env", &["mktemp", "grep", "rm"]),
    core("unstrict_env", &["mktemp", "grep", "rm"]),
    core("use", &[]),
    core("user_rel_path", &[]),
    core("watch_dir", &[]),
    core("watch_file", &[]),
    other("layout_anaconda", &["conda", "grep"]),
    other("layout_go", &[]),
    other("layout_julia", &[]),
    other("layout_node", &[]),
    other("layout_opam", &["opam"]),
    other("layout_perl", &[]),
    other("layout_php", &[]),
    other("layout_pipenv", &["pipenv"]),
    other("layout_pyenv", &["pyenv"]),
    other("layout_python", &["python"]),
    other("layout_python2", &["python2"]),
    other("layout_python3", &["python3"]),
    other("layout_ruby", &["ruby"]),
    other("log_error", &[]),
    other("log_status", &[]),
    other("use_flake", &["mkdir", "nix"]),
    other("use_flox", &["flox"]),
    other("use_guix", &["guix"]),
    other("use_julia", &["find", "sort", "head", "julia"]),
    other("use_nix", &["mktemp", "nix-shell"]),
    other("use_node", &["find", "sort", "head", "node"]),
    other("use_nodenv", &["nodenv", "node"]),
    other("use_rbenv", &["rbenv"]),
    other("use_vim", &[]),
];

fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

pub(crate) fn is_stdlib(name: &str) -> bool {
    function(name).is_some()
}

/// A function on which direnv rests, or the program itself.
pub(crate) fn is_core(name: &str) -> bool {
    name == "direnv" || function(name).is_some_and(|function| function.core)
}

/// The programs that it looks for in `PATH`.
pub(crate) fn asks(name: &str) -> &'static [&'static str] {
    function(name).map_or(&[], |function| function.asks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_named_once() {
        for (at, one) in FUNCTIONS.iter().enumerate() {
            assert!(FUNCTIONS[at + 1..].iter().all(|other| other.name != one.name), "{}", one.name);
        }
        assert!(is_stdlib("use_nix") && !is_core("use_nix") && is_core("source_env") && is_core("direnv"));
        assert!(is_core("__main__") && !is_core("use_mine") && asks("source_env") == ["cygpath"]);
    }
}
