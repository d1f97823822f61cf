//! Commands of child processes: their process group, user, capabilities, and the signal they get
//! when the parent dies.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use caps::{CapSet, Capability};
use nix::errno::Errno;
use nix::libc;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{getpid, getppid};

use crate::Error;
use crate::log::Log;
use crate::run_as::{self, RunAs};

/// A command without the environment variables that begin with `without_env`, without stdin, and in
/// a process group of its own: Ctrl-C in a terminal goes to the whole foreground group.
pub fn command(program: &Path, without_env: &str) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).process_group(0);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with(without_env) {
            command.env_remove(name);
        }
    }
    command
}

/// A command that is ready to be spawned by the thread that is to be its parent.
#[derive(Debug)]
pub(crate) struct ServerCommand {
    command: Command,
    user: String,
    /// Whether the child needs a capability to reach its program and its data.
    bypass_permissions: bool,
}

impl ServerCommand {
    /// A command that runs as the current user.
    pub(crate) fn new(command: Command) -> Self {
        Self {
            command,
            user: run_as::current_name(),
            bypass_permissions: false,
        }
    }

    /// A command in the directory `dir` that writes to this log; `None` is the current user.
    pub(crate) fn in_dir(
        mut command: Command,
        dir: &Path,
        log: &Log,
        user: Option<&RunAs>,
    ) -> Result<Self, Error> {
        let (stdout, stderr) = log.writers()?;
        command.current_dir(dir).stdout(stdout).stderr(stderr);
        let Some(user) = user else {
            return Ok(Self::new(command));
        };
        // The standard library also drops our supplementary groups when root sets a user.
        command.uid(user.uid).gid(user.gid).env("HOME", dir);
        let program = Path::new(command.get_program());
        Ok(Self {
            bypass_permissions: !(user.can_reach(program) && user.can_reach(dir)),
            user: user.name.clone(),
            command,
        })
    }

    /// Spawns the child, which gets `death_signal` when the parent dies. The calling thread must
    /// live as long as the child: Linux sends that signal when the *thread* that forked ends. The
    /// thread may also be left with altered capability settings, and must spawn nothing else.
    pub(crate) fn spawn(mut self, death_signal: Signal) -> Result<Child, Error> {
        die_with_parent(&mut self.command, death_signal);
        if self.bypass_permissions
            && let Err(error) = keep_capability_across_setuid()
        {
            // A container may withhold the capability. Try without: if the program cannot be
            // reached, the error below says so.
            tracing::debug!(
                error.message = %error,
                "cannot lend a capability to a development server"
            );
        }
        self.command.spawn().map_err(|source| Error::Spawn {
            path: self.command.get_program().into(),
            user: self.user,
            source,
        })
    }
}

/// Has the kernel send `signal` to the child when we die, by SIGKILL too.
#[allow(unsafe_code)]
pub(crate) fn die_with_parent(command: &mut Command, signal: Signal) {
    let parent = getpid();
    let in_child = move || -> io::Result<()> {
        // The standard library has changed the user by now, which would have cleared this.
        prctl::set_pdeathsig(signal)?;
        // We may have died before the line above; then the signal is never sent.
        if getppid() != parent {
            return Err(Errno::ESRCH.into());
        }
        Ok(())
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. The closure makes two
    // system calls (prctl, getppid), allocates nothing and takes no lock; it captures two plain
    // integers.
    unsafe {
        command.pre_exec(in_child);
    }
}

/// Lets a child of this thread pass directories and programs that are open to root only, though it
/// runs as another user: a project below /root (mode 0700) must work.
///
/// An ambient capability survives exec, but leaving uid 0 clears it, and with it the effective set
/// that the path lookup of exec needs; hence NO_SETUID_FIXUP. That bit also survives exec and must:
/// without it access(2), by which `initdb` looks for `postgres`, disregards the capability for
/// everybody but root.
///
/// All of this belongs to the calling thread and its children, not to the process.
#[allow(unsafe_code)]
fn keep_capability_across_setuid() -> io::Result<()> {
    let capability = Capability::CAP_DAC_OVERRIDE;
    caps::raise(None, CapSet::Inheritable, capability).map_err(io::Error::other)?;
    // SAFETY: both options take and return plain integers and touch no memory of ours.
    let changed = unsafe {
        let bits = libc::prctl(libc::PR_GET_SECUREBITS, 0, 0, 0, 0);
        Errno::result(bits).and_then(|bits| {
            let bits = bits | libc::SECBIT_NO_SETUID_FIXUP;
            Errno::result(libc::prctl(libc::PR_SET_SECUREBITS, bits, 0, 0, 0))
        })
    };
    changed?;
    caps::raise(None, CapSet::Ambient, capability).map_err(io::Error::other)
}
