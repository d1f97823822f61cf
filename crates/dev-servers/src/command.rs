//! How a child is born: its process group, its user, its capabilities and the signal it gets when
//! we die.

use super::{DevError, log::Log, user::ServerUser};
use nix::sys::signal::Signal;
use std::{
    env,
    ffi::OsString,
    io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// All that is needed to start one program.
#[derive(Debug)]
pub(super) struct Spawn<'a> {
    /// Its name in messages.
    pub(super) name: &'static str,
    /// The program file, absolute.
    pub(super) program: &'a Path,
    pub(super) args: Vec<OsString>,
    /// Its working directory, absolute.
    pub(super) dir: &'a Path,
    /// Where its output goes.
    pub(super) log: &'a Log,
    /// Environment variables of this prefix would change what it does, and are taken away.
    pub(super) without_env: &'static str,
    /// `None`: the current user.
    pub(super) user: Option<&'a ServerUser>,
    /// What ends it at once, without a process left behind: sent when it is dropped and, on Linux,
    /// when we die.
    pub(super) last_signal: Signal,
}

impl Spawn<'_> {
    /// The command, ready to be spawned by whatever thread is to be its parent.
    pub(super) fn prepare(self) -> Result<Birth, DevError> {
        let failed = DevError::file("write", self.dir.join("its log"));
        let (stdout, stderr) = match (self.log.writer(), self.log.writer()) {
            (Ok(stdout), Ok(stderr)) => (stdout, stderr),
            (Err(error), _) | (_, Err(error)) => return Err(failed(error)),
        };
        let mut command = Command::new(self.program);
        command
            .args(&self.args)
            .current_dir(self.dir)
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(stderr)
            // A Ctrl-C in the terminal goes to the whole foreground process group. In a group of
            // its own the child does not see it.
            .process_group(0);
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with(self.without_env) {
                command.env_remove(name);
            }
        }
        let mut reach_everything = false;
        let mut user = super::user::current_name();
        if let Some(server_user) = self.user {
            // Also drops our supplementary groups: the standard library does so for root.
            command
                .uid(server_user.uid)
                .gid(server_user.gid)
                .env("HOME", self.dir);
            reach_everything =
                !(server_user.reaches(self.program) && server_user.reaches(self.dir));
            user.clone_from(&server_user.name);
        }
        #[cfg(target_os = "linux")]
        linux::die_with_parent(&mut command, self.last_signal);
        Ok(Birth {
            command,
            reach_everything,
            program: self.program.to_path_buf(),
            user,
        })
    }
}

/// Has the kernel end a program that `command` starts when we end, however that happens. Only on
/// Linux; the thread that spawns must live as long as we do.
pub fn end_with_us(command: &mut Command) {
    #[cfg(target_os = "linux")]
    linux::die_with_parent(command, Signal::SIGKILL);
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// A command on its way to the thread that spawns it.
#[derive(Debug)]
pub(super) struct Birth {
    command: Command,
    reach_everything: bool,
    program: PathBuf,
    user: String,
}

impl Birth {
    /// Spawns the child. The calling thread must live as long as the child: Linux sends the
    /// parent-death signal when the *thread* that forked ends. It may also be left with altered
    /// capability settings, and is therefore to spawn nothing else.
    pub(super) fn spawn(mut self) -> Result<Child, DevError> {
        if self.reach_everything {
            #[cfg(target_os = "linux")]
            if let Err(error) = linux::keep_reach_across_setuid() {
                // A container may withhold the capability. Try without: should the program be out
                // of reach, the error below says so.
                tracing::debug!(
                    error.message = %error,
                    "cannot lend a capability to a development server"
                );
            }
        }
        self.command
            .spawn()
            .map_err(|source: io::Error| DevError::Spawn {
                path: self.program,
                user: self.user,
                source,
            })
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use caps::{CapSet, Capability};
    use nix::{
        errno::Errno,
        libc,
        sys::{prctl, signal::Signal},
        unistd::{getpid, getppid},
    };
    use std::{io, os::unix::process::CommandExt, process::Command};

    /// Has the kernel send `signal` to the child when we die, by SIGKILL too.
    #[allow(unsafe_code)]
    pub(super) fn die_with_parent(command: &mut Command, signal: Signal) {
        let parent = getpid();
        let in_child = move || -> io::Result<()> {
            // The standard library has changed the user by now, which would have cleared this.
            prctl::set_pdeathsig(signal)?;
            // We may have died before the line above; then nobody will send anything.
            if getppid() != parent {
                return Err(Errno::ESRCH.into());
            }
            Ok(())
        };
        // SAFETY: between fork and exec only async-signal-safe calls are allowed. The closure makes
        // two system calls (prctl, getppid), allocates nothing and takes no lock; it captures two
        // plain integers.
        unsafe {
            command.pre_exec(in_child);
        }
    }

    /// Lets a child of this thread pass directories and programs that are open to root only, though
    /// it runs as another user: a project below /root (mode 0700) must work.
    ///
    /// An ambient capability survives exec, but leaving uid 0 clears it, and with it the effective
    /// set that the path lookup of exec needs; hence NO_SETUID_FIXUP. That bit also outlives exec
    /// and has to: without it access(2), by which `initdb` looks for `postgres`, disregards the
    /// capability for everybody but root.
    ///
    /// All of this belongs to the calling thread and its children, not to the process.
    #[allow(unsafe_code)]
    pub(super) fn keep_reach_across_setuid() -> io::Result<()> {
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
}
