//! A version of the program under test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use dev_servers::output;
use serde_json::Value;

use crate::app::Role;

/// Time limit for commands other than `serve` and `worker`.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// Version of a program: major, minor, patch.
type Version = (u64, u64, u64);

/// The last version whose prepared statements fail with a 500 after a column is added to a table.
const FAILS_AFTER_DDL: Version = (0, 3, 0);

/// The first version with the feed of events, and with several hosts in `database.url`.
const HAS_FEED: Version = (0, 5, 0);

/// A version of the program.
#[derive(Debug, Clone)]
pub struct Release {
    program: PathBuf,
    /// Whether it is known to respond 500 after a schema change, until it is restarted.
    pub fails_after_ddl: bool,
    /// Whether it fulfils orders with items, through partners.
    pub has_items: bool,
    /// Whether it has the feed of events.
    pub has_feed: bool,
}

impl Release {
    /// The release under test, without known faults.
    pub async fn tested(program: &Path) -> Result<Self> {
        let release = Self::previous(program).await?;
        Ok(Self {
            fails_after_ddl: false,
            ..release
        })
    }

    /// An earlier release, with the known faults of its version.
    pub async fn previous(program: &Path) -> Result<Self> {
        let program = program.canonicalize().with_context(|| {
            let path = program.display();
            format!("{path} does not exist; build it with `cargo build --bin orders`")
        })?;
        let printed = printed(&program, "--version").await?;
        let version = version(&printed).with_context(|| format!("no version in {printed:?}"))?;
        let commands = self::printed(&program, "--help").await?;
        let sandbox = Role::Sandbox.command();
        Ok(Self {
            has_items: commands.split_whitespace().any(|word| word == sandbox),
            program,
            has_feed: version >= HAS_FEED,
            fails_after_ddl: version <= FAILS_AFTER_DDL,
        })
    }

    /// Runs it in the foreground as this command.
    pub fn command(&self, command: &str) -> Command {
        let mut running = dev_servers::command(&self.program, "ORDERS__");
        running.arg(command);
        running
    }

    /// Applies its migrations.
    pub async fn migrate(&self, database_url: &str) -> Result<()> {
        let mut command = self.command("migrate");
        command.arg("up").env("ORDERS__DATABASE__URL", database_url);
        output("orders migrate up", command, COMMAND_LIMIT).await?;
        Ok(())
    }

    /// Creates an API key that allows everything.
    pub async fn create_api_key(&self, database_url: &str) -> Result<String> {
        let mut command = self.command("keys");
        command
            .args(["create", "--name", "chaos", "--scope", "orders:admin"])
            .args(["--all-customers", "--json"])
            .env("ORDERS__DATABASE__URL", database_url);
        let created = output("orders keys create", command, COMMAND_LIMIT).await?;
        let created: Value = serde_json::from_str(&created)?;
        let key = created["key"].as_str().map(str::to_owned);
        key.context("`orders keys create` printed no key")
    }
}

/// What the program prints with this argument.
async fn printed(program: &Path, argument: &str) -> Result<String> {
    let mut command = Command::new(program);
    command.arg(argument);
    Ok(output(&format!("orders {argument}"), command, COMMAND_LIMIT).await?)
}

/// The version in `orders 0.3.0`.
fn version(said: &str) -> Option<Version> {
    let mut numbers = said.trim().rsplit(' ').next()?.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_parsed() {
        assert_eq!(version("orders 0.2.0\n"), Some((0, 2, 0)));
        assert_eq!(version("orders 1.12.3"), Some((1, 12, 3)));
        assert_eq!(version("orders"), None);
        assert!((0, 2, 9) < FAILS_AFTER_DDL && (0, 4, 0) > FAILS_AFTER_DDL);
    }
}
