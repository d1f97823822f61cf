//! The file that a server writes its output to.

use super::{DevError, user};
use std::{
    env,
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process,
    time::{SystemTime, UNIX_EPOCH},
};

/// How much of the end of a log goes into an error message.
const TAIL_LINES: usize = 6;
/// How much of the end of a log is read to find those lines, in bytes.
const TAIL_BYTES: u64 = 16 * 1024;

/// An open log. What was in it before this run is kept, but is never quoted.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    path: Option<PathBuf>,
    start: u64,
}

impl Log {
    /// Opens or creates `path`, to be appended to.
    pub(super) fn append(path: &Path) -> Result<Self, DevError> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(|source| user::explain_denied("open", path, path, source))?;
        user::hand_to_owner_of_parent(path)?;
        let start = file.metadata().map_err(DevError::file("read", path))?.len();
        Ok(Self {
            file,
            path: Some(path.to_path_buf()),
            start,
        })
    }

    /// A log without a name, which goes when its last writer does: for a server that keeps nothing,
    /// so that its failure can be explained all the same.
    pub(super) fn unnamed() -> Result<Self, DevError> {
        let nanos = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        let path = env::temp_dir().join(format!("orders-dev-{}-{nanos}.log", process::id()));
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(DevError::file("create", &path))?;
        fs::remove_file(&path).map_err(DevError::file("remove", &path))?;
        Ok(Self {
            file,
            path: None,
            start: 0,
        })
    }

    /// A handle for a child to write to.
    pub(super) fn writer(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// The end of what was written since this log was opened; empty where it cannot be read, since
    /// whoever asks already reports something worse.
    pub(super) fn recent(&self) -> String {
        let Ok(end) = self.file.metadata().map(|metadata| metadata.len()) else {
            return String::new();
        };
        let from = self.start.max(end.saturating_sub(TAIL_BYTES));
        let Ok(length) = usize::try_from(end.saturating_sub(from)) else {
            return String::new();
        };
        let mut bytes = vec![0; length];
        match self.file.read_exact_at(&mut bytes, from) {
            Ok(()) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(_) => String::new(),
        }
    }

    /// Where the log is and its last lines, on one line, for an error message.
    pub(super) fn summary(&self) -> String {
        let recent = self.recent();
        let lines: Vec<&str> = recent
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let tail = match lines.len() {
            0 => "is empty for this run".to_owned(),
            count => {
                let last = &lines[count.saturating_sub(TAIL_LINES)..];
                format!("ends: {}", last.join(" | "))
            }
        };
        match &self.path {
            Some(path) => format!("its log {} {tail}", path.display()),
            None => format!("its log {tail}"),
        }
    }
}
