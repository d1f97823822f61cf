//! Finds the programs of the two servers.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::Error;

/// Where Debian and Ubuntu put the version we want; it is not on their PATH.
const DEBIAN_POSTGRES: &str = "/usr/lib/postgresql/18/bin";

/// The programs of the two servers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tools {
    /// `postgres`, the server.
    pub postgres: PathBuf,
    /// `initdb` beside that very `postgres`: the two must be of one version.
    pub initdb: PathBuf,
    /// `temporal`, the command line that contains the dev server.
    pub temporal: PathBuf,
    /// The folder of Temporal's own server, its schema tool and its schema; `./justw cluster` builds
    /// it.
    pub temporal_server: Option<PathBuf>,
}

impl Tools {
    /// Finds each program in the first place that has it: `dir`, the directory that the environment
    /// variable `ORDERS_TOOLS_DIR` names, `.tools` in the current directory or the nearest one
    /// above that has it, PATH.
    pub fn locate(dir: Option<&Path>) -> Result<Self, Error> {
        Self::locate_in(
            dir,
            env::var_os("ORDERS_TOOLS_DIR").filter(|dir| !dir.is_empty()),
            env::current_dir().ok(),
            env::var_os("PATH"),
        )
    }

    /// [`Tools::locate`] with the environment as arguments.
    fn locate_in(
        dir: Option<&Path>,
        variable: Option<OsString>,
        current_dir: Option<PathBuf>,
        path: Option<OsString>,
    ) -> Result<Self, Error> {
        let roots: Vec<PathBuf> = [
            dir.map(Path::to_path_buf),
            variable.map(PathBuf::from),
            current_dir.and_then(|dir| {
                dir.ancestors()
                    .map(|dir| dir.join(".tools"))
                    .find(|tools| tools.is_dir())
            }),
        ]
        .into_iter()
        .flatten()
        .collect();
        let on_path: Vec<PathBuf> = path
            .map(|path| env::split_paths(&path).collect())
            .unwrap_or_default();

        let postgres_bin = roots
            .iter()
            .map(|root| root.join("postgresql/bin"))
            .chain(on_path.iter().cloned())
            .chain([PathBuf::from(DEBIAN_POSTGRES)])
            .find(|bin| bin.join("postgres").is_file() && bin.join("initdb").is_file());
        let temporal_bin = roots
            .iter()
            .map(|root| root.join("bin"))
            .chain(on_path)
            .find(|bin| bin.join("temporal").is_file());

        let mut servers = roots.iter().map(|root| root.join("temporal-server"));
        let temporal_server = servers.find(|dir| dir.is_dir());

        let missing = |program| Error::MissingTool {
            program,
            looked_in: roots
                .iter()
                .map(|root| root.display().to_string())
                .chain(["PATH".to_owned()])
                .collect::<Vec<_>>()
                .join(", "),
        };
        let postgres_bin = postgres_bin.ok_or_else(|| missing("PostgreSQL (postgres, initdb)"))?;
        let temporal_bin = temporal_bin.ok_or_else(|| missing("Temporal (temporal)"))?;
        Ok(Self {
            postgres: real(postgres_bin.join("postgres"))?,
            initdb: real(postgres_bin.join("initdb"))?,
            temporal: real(temporal_bin.join("temporal"))?,
            temporal_server: temporal_server.map(real).transpose()?,
        })
    }
}

/// The program itself: it starts in another directory, perhaps as another user, so neither a relative path
/// nor a symbolic link will do.
fn real(path: PathBuf) -> Result<PathBuf, Error> {
    path.canonicalize().map_err(Error::file("resolve", &path))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_error_of_a_missing_tool_says_how_to_install_it() {
        let error = Tools::locate_in(Some(Path::new("/nowhere")), None, None, None).unwrap_err();
        let message = error.to_string();
        // A machine may have Debian's PostgreSQL; Temporal is then the first that is missing.
        assert!(message.starts_with("cannot find "), "{message}");
        assert!(message.contains("run ./justw run"), "{message}");
        assert!(message.contains("/nowhere, PATH"), "{message}");
    }

    #[test]
    fn tools_are_found_from_a_directory_below_the_project() {
        let project = env::temp_dir().join(format!("orders-tools-{}", std::process::id()));
        let below = project.join("src/deep");
        for (dir, names) in [
            ("postgresql/bin", &["postgres", "initdb"][..]),
            ("bin", &["temporal"][..]),
        ] {
            let dir = project.join(".tools").join(dir);
            fs::create_dir_all(&dir).unwrap();
            for name in names {
                fs::write(dir.join(name), "").unwrap();
            }
        }
        fs::create_dir_all(&below).unwrap();

        let tools = Tools::locate_in(None, None, Some(below), None);
        let expected = project.canonicalize().unwrap().join(".tools/bin/temporal");
        fs::remove_dir_all(&project).unwrap();
        assert_eq!(tools.unwrap().temporal, expected);
    }
}
