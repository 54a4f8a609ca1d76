//! What is asked of the disk.

/// What kind of thing a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link; only where links are not followed.
    Link,
    /// A pipe, a device, a socket.
    Other,
}

/// What is known of a path beside its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFacts {
    /// What it is.
    pub kind: FileKind,
    /// The user whose it is.
    pub owner: u32,
    /// The low twelve bits of its mode.
    pub mode: u32,
}

impl FileFacts {
    /// Everybody may write to it. The sticky bit of a folder keeps others from replacing what is in it.
    pub const fn is_everybodys(&self) -> bool {
        self.mode & 0o002 != 0 && !(matches!(self.kind, FileKind::Folder) && self.mode & 0o1000 != 0)
    }

    /// Its group may write to it.
    pub const fn is_groups(&self) -> bool {
        self.mode & 0o020 != 0 && !(matches!(self.kind, FileKind::Folder) && self.mode & 0o1000 != 0)
    }
}

/// An answer of the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiskAnswer<T> {
    /// This.
    Is(T),
    /// There is nothing at that path.
    Absent,
    /// It could not be looked at, and why: permissions, more than was asked for, a path that is a loop.
    Failed(String),
}

/// The files that direnv would see. Paths are bytes; relative ones are of the working directory.
pub trait Disk {
    /// The names in a folder, in any order; `Failed` where there are more than `max`.
    fn list(&self, folder: &[u8], max: usize) -> DiskAnswer<Vec<Vec<u8>>>;

    /// What a path is; with `follow`, what it leads to, and `Absent` for a link that leads nowhere.
    fn facts(&self, path: &[u8], follow: bool) -> DiskAnswer<FileFacts>;

    /// The path without links, as it is reached in the end.
    fn real(&self, path: &[u8]) -> DiskAnswer<Vec<u8>>;

    /// The bytes of a regular file, links followed; `Failed` where there are more than `max`, or it is no regular file.
    fn read(&self, path: &[u8], max: u64) -> DiskAnswer<Vec<u8>>;
}
