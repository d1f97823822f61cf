//! One owner per data directory.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::{Error, run_as};

/// How long to retry while the lock is held: a holder that was killed a moment ago may not be quite
/// gone.
const RETRY_LIMIT: Duration = Duration::from_millis(500);
const POLL: Duration = Duration::from_millis(20);
/// How often a process that waits looks again.
const WAIT_POLL: Duration = Duration::from_secs(2);

/// Keeps every other process out of a data directory until it is dropped or this process ends,
/// however it ends: the kernel releases the lock (`flock`), so there is no stale lock to clear.
///
/// The lock file itself stays. Removing it would let two processes hold locks on two files of the
/// same name.
#[derive(Debug)]
pub struct DataDirLock {
    file: File,
}

impl DataDirLock {
    /// Creates `dir` if need be and locks it.
    pub fn acquire(dir: &Path) -> Result<Self, Error> {
        fs::create_dir_all(dir).map_err(Error::file("create", dir))?;
        Self::acquire_file(&dir.join("dev.lock"), dir)
    }

    /// The same, but waits while another process has it, and says so to `waiting`.
    pub async fn wait(dir: &Path, waiting: impl Fn(&Error)) -> Self {
        loop {
            match Self::acquire(dir) {
                Ok(lock) => return lock,
                Err(error) => waiting(&error),
            }
            tokio::time::sleep(WAIT_POLL).await;
        }
    }

    /// Locks `file`, which stands for `guarded` in messages.
    pub(crate) fn acquire_file(path: &Path, guarded: &Path) -> Result<Self, Error> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|source| run_as::explain_denied("open", path, guarded, source))?;
        run_as::give_to_owner_of_parent(path)?;
        let deadline = Instant::now() + RETRY_LIMIT;
        while let Err(error) = file.try_lock() {
            match error {
                TryLockError::WouldBlock if Instant::now() < deadline => thread::sleep(POLL),
                TryLockError::WouldBlock => {
                    let mut holder = String::new();
                    // The message is correct without the pid, too.
                    let _ = file.read_to_string(&mut holder);
                    return Err(Error::InUse {
                        path: guarded.to_path_buf(),
                        pid: holder.trim().parse().ok(),
                    });
                }
                TryLockError::Error(source) => return Err(Error::file("lock", path)(source)),
            }
        }
        write_pid(&mut file).map_err(Error::file("write", path))?;
        Ok(Self { file })
    }
}

impl Drop for DataDirLock {
    fn drop(&mut self) {
        // Closing the file is not enough: a child that another thread is about to start has a copy
        // of it from fork to exec, and the lock goes with the last copy. Unlocking works for all
        // copies.
        let _ = self.file.unlock();
    }
}

fn write_pid(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_names_the_holder_and_dropping_the_first_frees_it() {
        let dir = std::env::temp_dir().join(format!("orders-lock-{}", std::process::id()));
        let first = DataDirLock::acquire(&dir).unwrap();
        let message = DataDirLock::acquire(&dir).unwrap_err().to_string();
        drop(first);
        let again = DataDirLock::acquire(&dir);
        fs::remove_dir_all(&dir).unwrap();
        assert!(
            message.contains(&format!("(pid {})", std::process::id())),
            "{message}"
        );
        again.unwrap();
    }
}
