//! Reads `/proc`, for processes that are not necessarily our children.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The processes whose parent is `pid`, in the order of their ids.
pub fn child_pids(pid: i32) -> Vec<i32> {
    let mut children = all();
    children.retain(|child| parent(*child) == Some(pid));
    children.sort_unstable();
    children
}

pub(crate) fn all() -> Vec<i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

fn parent(pid: i32) -> Option<i32> {
    parent_in(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The fourth field of `/proc/PID/stat`.
fn parent_in(stat: &str) -> Option<i32> {
    // The name, in parentheses, may contain anything.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// Empty for a process that has ended, reaped or not.
fn command_line(pid: i32) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
}

pub(crate) fn has_argument(pid: i32, wanted: &Path) -> bool {
    command_line(pid)
        .split(|&byte| byte == 0)
        .any(|argument| argument == wanted.as_os_str().as_bytes())
}

pub(crate) fn is_postgres(pid: i32) -> bool {
    let command = command_line(pid);
    let program = command.split(|&byte| byte == 0).next().unwrap_or_default();
    // A child process of PostgreSQL calls itself `postgres: checkpointer` and the like.
    program.starts_with(b"postgres:")
        || Path::new(OsStr::from_bytes(program)).file_name() == Some(OsStr::new("postgres"))
}

/// Every process of PostgreSQL stays in its data directory, which the title of a child process does
/// not name.
pub(crate) fn works_in(pid: i32, dir: &Path) -> bool {
    match (
        fs::read_link(format!("/proc/{pid}/cwd")),
        dir.canonicalize(),
    ) {
        (Ok(current), Ok(dir)) => current == dir,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_may_contain_anything() {
        assert_eq!(parent_in("42 (a) b (c)) S 7 42 42 0 -1"), Some(7));
    }
}
