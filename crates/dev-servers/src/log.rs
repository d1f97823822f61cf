//! The file that a program writes its output to.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::{Error, run_as};

/// How much of the end of a log goes into an error message.
const TAIL_LINES: usize = 6;
const TAIL_LENGTH: usize = 400;

/// An open log. Earlier content is kept, but never read.
#[derive(Debug)]
pub(crate) struct Log {
    file: File,
    path: Option<PathBuf>,
    start: u64,
}

impl Log {
    /// Opens or creates `path`, to be appended to.
    pub(crate) fn append(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(|source| run_as::explain_denied("open", path, path, source))?;
        run_as::give_to_owner_of_parent(path)?;
        let start = file.metadata().map_err(Error::file("read", path))?.len();
        Ok(Self {
            file,
            path: Some(path.to_path_buf()),
            start,
        })
    }

    /// A log in memory, for a server that keeps nothing: its failure can still be explained.
    pub(crate) fn in_memory() -> Result<Self, Error> {
        let file = memfd_create(c"server.log", MFdFlags::MFD_CLOEXEC);
        let file = file.map_err(|error| Error::file("create", "a log in memory")(error.into()))?;
        Ok(Self {
            file: file.into(),
            path: None,
            start: 0,
        })
    }

    /// Handles for a child to write to, as stdout and stderr.
    pub(crate) fn writers(&self) -> Result<(File, File), Error> {
        let clone = || self.file.try_clone();
        let failed = Error::file("open", self.path.clone().unwrap_or_default());
        clone()
            .and_then(|stdout| Ok((stdout, clone()?)))
            .map_err(failed)
    }

    /// The output since this log was opened; empty if it cannot be read, since the caller is
    /// usually reporting a more important error.
    pub(crate) fn read(&self) -> String {
        let read = || -> io::Result<Vec<u8>> {
            let length = self.file.metadata()?.len().saturating_sub(self.start);
            let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
            self.file.read_exact_at(&mut bytes, self.start)?;
            Ok(bytes)
        };
        String::from_utf8_lossy(&read().unwrap_or_default()).into_owned()
    }

    /// Where the log is and its last lines, on one line, for an error message.
    pub(crate) fn summary(&self) -> String {
        let tail = match last_lines(&self.read()).as_str() {
            "" => "is empty for this run".to_owned(),
            lines => format!("ends: {lines}"),
        };
        match &self.path {
            Some(path) => format!("its log {} {tail}", path.display()),
            None => format!("its log {tail}"),
        }
    }
}

/// The last lines of a text that are not empty, on one line; of each, its beginning.
pub(crate) fn last_lines(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines
        .map(|line| &line[..line.floor_char_boundary(TAIL_LENGTH)])
        .collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join(" | ")
}
