//! As whom the servers run.
//!
//! An ordinary user runs them as itself. Root must not run PostgreSQL (it refuses), and should not
//! leave root's files in a directory of somebody else, so root runs a server as the owner of its
//! data, and new PostgreSQL data gets an unprivileged owner.

use super::DevError;
use nix::unistd::{Gid, Uid, User, geteuid};
use std::{
    fs::{self, Metadata},
    io,
    os::unix::fs::{MetadataExt, chown, lchown},
    path::{Path, PathBuf},
};

/// Who owns new PostgreSQL data when root makes it, where the machine knows that user.
const PREFERRED: &str = "postgres";
/// `nobody` on Linux, and the overflow uid of the kernel: exists even without a passwd entry.
const NOBODY: u32 = 65534;

/// Another user as whom root runs a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerUser {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) name: String,
}

impl ServerUser {
    /// The user for PostgreSQL on `cluster`, which may not exist yet; `None` is the current user.
    pub(super) fn for_postgres(cluster: &Path) -> Result<Option<Self>, DevError> {
        let owner = match fs::metadata(cluster) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(explain_denied("read", cluster, cluster, source)),
        };
        let euid = geteuid();
        match owner {
            Some(owner) if euid.is_root() && owner.uid() == 0 => Err(DevError::RootData {
                path: cluster.to_path_buf(),
            }),
            Some(owner) if euid.is_root() => Ok(Some(Self::owning(&owner))),
            Some(owner) if owner.uid() != euid.as_raw() => Err(foreign(cluster, owner.uid())),
            None if euid.is_root() => Ok(Some(Self::unprivileged())),
            _ => Ok(None),
        }
    }

    /// The user for a server that has no objection to root, with its data in `dir`.
    pub(super) fn for_data_in(dir: &Path) -> Result<Option<Self>, DevError> {
        let owner = fs::metadata(dir).map_err(DevError::file("read", dir))?;
        Ok((geteuid().is_root() && owner.uid() != 0).then(|| Self::owning(&owner)))
    }

    fn owning(metadata: &Metadata) -> Self {
        Self {
            uid: metadata.uid(),
            gid: metadata.gid(),
            name: name_of(metadata.uid()),
        }
    }

    fn unprivileged() -> Self {
        match User::from_name(PREFERRED) {
            Ok(Some(user)) if !user.uid.is_root() => Self {
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
                name: user.name,
            },
            _ => Self {
                uid: NOBODY,
                gid: Gid::from_raw(NOBODY).as_raw(),
                name: name_of(NOBODY),
            },
        }
    }

    /// Makes this user the owner of `path`.
    pub(super) fn take(&self, path: &Path) -> Result<(), DevError> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(DevError::file("chown", path))
    }

    /// Whether the permission bits let this user search every directory on the way to `path` and,
    /// where `path` itself exists, read and execute it. Access control lists are not looked at: they
    /// can only make the answer wrong in favour of the capability, or be reported by the start.
    pub(super) fn reaches(&self, path: &Path) -> bool {
        let real = path.canonicalize();
        let path: PathBuf = real.unwrap_or_else(|_| path.to_path_buf());
        path.ancestors().enumerate().all(|(level, part)| {
            let wanted = if level == 0 { 0o5 } else { 0o1 };
            fs::metadata(part).map_or(level == 0, |metadata| {
                let shift = if metadata.uid() == self.uid {
                    6
                } else if metadata.gid() == self.gid {
                    3
                } else {
                    0
                };
                (metadata.mode() >> shift) & wanted == wanted
            })
        })
    }
}

/// What root creates in somebody's directory is to be that somebody's, who could otherwise not use
/// it on the next run.
pub(super) fn hand_to_owner_of_parent(path: &Path) -> Result<(), DevError> {
    let Some(parent) = path.parent().filter(|_| geteuid().is_root()) else {
        return Ok(());
    };
    let owner = fs::metadata(parent).map_err(DevError::file("read", parent))?;
    if owner.uid() == 0 {
        return Ok(());
    }
    lchown(path, Some(owner.uid()), Some(owner.gid())).map_err(DevError::file("chown", path))
}

/// Turns "permission denied" on `path` into the reason that it mostly has: `path`, or else
/// `guarded`, was made by another user.
pub(super) fn explain_denied(
    action: &'static str,
    path: &Path,
    guarded: &Path,
    source: io::Error,
) -> DevError {
    if source.kind() == io::ErrorKind::PermissionDenied {
        let current = geteuid().as_raw();
        for candidate in [Some(guarded), Some(path), path.parent()]
            .into_iter()
            .flatten()
        {
            if let Some(owner) = fs::metadata(candidate).ok().map(|metadata| metadata.uid())
                && owner != current
            {
                return foreign(candidate, owner);
            }
        }
    }
    DevError::file(action, path)(source)
}

/// The name of the current user.
pub(super) fn current_name() -> String {
    name_of(geteuid().as_raw())
}

fn foreign(path: &Path, owner: u32) -> DevError {
    DevError::ForeignData {
        path: path.to_path_buf(),
        owner: name_of(owner),
        user: current_name(),
    }
}

fn name_of(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        _ => format!("uid {uid}"),
    }
}
