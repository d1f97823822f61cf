//! The user that a server runs as.
//!
//! An ordinary user runs servers as itself. PostgreSQL refuses to run as root, and root should not
//! leave its files in another user's directory, so root runs a server as the owner of its data, and
//! new PostgreSQL data gets an unprivileged owner.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt, chown, lchown};
use std::path::{Path, PathBuf};

use nix::unistd::{Gid, Uid, User, geteuid};

use crate::Error;

/// The owner of new PostgreSQL data that root creates, if this user exists.
const PREFERRED: &str = "postgres";
/// `nobody` on Linux, and the overflow uid of the kernel: exists even without a passwd entry.
const NOBODY: u32 = 65534;

/// Another user, under which root runs a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunAs {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) name: String,
}

impl RunAs {
    /// The user for PostgreSQL on `cluster`, which may not exist yet; `None` is the current user.
    pub(crate) fn for_postgres(cluster: &Path) -> Result<Option<Self>, Error> {
        let owner = match fs::metadata(cluster) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(explain_denied("read", cluster, cluster, source)),
        };
        let euid = geteuid();
        match owner {
            Some(owner) if euid.is_root() && owner.uid() == 0 => Err(Error::RootData {
                path: cluster.to_path_buf(),
            }),
            Some(owner) if euid.is_root() => Ok(Some(Self::owning(&owner))),
            Some(owner) if owner.uid() != euid.as_raw() => Err(foreign(cluster, owner.uid())),
            None if euid.is_root() => Ok(Some(Self::unprivileged())),
            _ => Ok(None),
        }
    }

    /// The user for a server that may run as root, with its data in `dir`.
    pub(crate) fn for_data_in(dir: &Path) -> Result<Option<Self>, Error> {
        let owner = fs::metadata(dir).map_err(Error::file("read", dir))?;
        Ok((geteuid().is_root() && owner.uid() != 0).then(|| Self::owning(&owner)))
    }

    fn owning(metadata: &Metadata) -> Self {
        Self {
            uid: metadata.uid(),
            gid: metadata.gid(),
            name: name_of(metadata.uid()),
        }
    }

    /// A user for a server that refuses to run as root.
    pub(crate) fn unprivileged() -> Self {
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
    pub(crate) fn make_owner_of(&self, path: &Path) -> Result<(), Error> {
        chown(path, Some(self.uid), Some(self.gid)).map_err(Error::file("chown", path))
    }

    /// Whether the permission bits let this user search every directory on the way to `path` and,
    /// where `path` itself exists, read and execute it. Access control lists are ignored: they
    /// can only make the result wrong in favour of the capability, or be reported by the start.
    pub(crate) fn can_reach(&self, path: &Path) -> bool {
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

/// What root creates in another user's directory gets that user as its owner, who could otherwise
/// not use it on the next run.
pub(crate) fn give_to_owner_of_parent(path: &Path) -> Result<(), Error> {
    let Some(parent) = path.parent().filter(|_| geteuid().is_root()) else {
        return Ok(());
    };
    let owner = fs::metadata(parent).map_err(Error::file("read", parent))?;
    if owner.uid() == 0 {
        return Ok(());
    }
    lchown(path, Some(owner.uid()), Some(owner.gid())).map_err(Error::file("chown", path))
}

/// Turns "permission denied" on `path` into its usual reason: `path`, or else `guarded`, belongs to
/// another user.
pub(crate) fn explain_denied(
    action: &'static str,
    path: &Path,
    guarded: &Path,
    source: io::Error,
) -> Error {
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
    Error::file(action, path)(source)
}

/// The name of the current user.
pub(crate) fn current_name() -> String {
    name_of(geteuid().as_raw())
}

fn foreign(path: &Path, owner: u32) -> Error {
    Error::ForeignData {
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
