//! The group of an executable that runs with its group's rights: root's to give.

/// A group that can be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group(#[cfg_attr(not(unix), expect(dead_code, reason = "there are no groups"))] u32);

/// The group, if this process can give it; else a sentence that says why not, and what to do.
#[cfg(unix)]
pub(super) fn grantable(group: Option<&str>) -> Result<Group, String> {
    let Some(name) = group else {
        return Err("which group it runs as is not known, so that it is installed without".to_owned());
    };
    if !rustix::process::geteuid().is_root() {
        return Err(format!(
            "only root gives it the group {name}: without, it works, and cannot talk to its desktop app; run this as root, with --to"
        ));
    }
    let text = crate::files::read_bounded(std::path::Path::new("/etc/group"), MAX_FILE).unwrap_or_default();
    of_file(&String::from_utf8_lossy(&text), name).map(Group).ok_or_else(|| {
        format!("there is no group {name} on this machine: groupadd -f {name}, then run this again")
    })
}

/// Elsewhere there is none.
#[cfg(not(unix))]
pub(super) fn grantable(_group: Option<&str>) -> Result<Group, String> {
    Err("this system has no groups of executables".to_owned())
}

/// Bytes of `/etc/group`.
#[cfg(unix)]
const MAX_FILE: u64 = 4 << 20;

/// `name:password:gid:members` (group(5)).
#[cfg(unix)]
fn of_file(text: &str, name: &str) -> Option<u32> {
    let mut lines = text.lines().map(|line| line.split(':').collect::<Vec<&str>>());
    lines.find(|fields| fields.first() == Some(&name))?.get(2)?.parse().ok()
}

/// Gives a file its group.
#[cfg(unix)]
pub(super) fn give(file: &std::fs::File, group: Group) -> std::io::Result<()> {
    std::os::unix::fs::fchown(file, None, Some(group.0))
}

/// None is grantable.
#[cfg(not(unix))]
pub(super) fn give(_file: &std::fs::File, _group: Group) -> std::io::Result<()> {
    Err(std::io::Error::from(std::io::ErrorKind::Unsupported))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_the_file() {
        let text = "root:x:0:\nonepassword-cli:x:998:alice\nbroken\nop:x:nine:\n";
        assert_eq!(of_file(text, "onepassword-cli"), Some(998));
        assert_eq!(of_file(text, "root"), Some(0));
        for absent in ["onepassword", "broken", "op", "alice", ""] {
            assert_eq!(of_file(text, absent), None, "{absent}");
        }
    }
}
