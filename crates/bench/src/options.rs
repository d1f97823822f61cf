//! The options of a run.

use std::collections::HashSet;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::plan::{Build, Plan};
use crate::report::bars::OURS;
use crate::scenarios::Scenario;

/// How to measure.
#[derive(Debug, Args)]
pub struct Options {
    /// Short rounds and little data: tests that everything works, but gives no reliable figures
    #[arg(long)]
    quick: bool,
    /// Only these scenarios
    #[arg(long, value_enum, value_delimiter = ',', value_name = "NAME,...")]
    only: Vec<Scenario>,
    /// Rounds of each comparison; 5, or 2 when quick
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: Option<u16>,
    /// Seconds of each turn in a round; 8, or 3 when quick
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: Option<u16>,
    /// Accept the results of the last run as the baseline, without measuring
    #[arg(long)]
    pub accept: bool,
    /// Keep Temporal's database in a file instead of in memory
    #[arg(long)]
    pub temporal_on_disk: bool,
    /// The program under test
    #[arg(long, default_value = "target/release/orders")]
    pub orders_binary: PathBuf,
    /// Other builds of the program, which take turns with it at full load
    #[arg(long, value_parser = build, value_delimiter = ',', value_name = "NAME=FILE,...")]
    pub against: Vec<Build>,
    /// The folder of the results
    #[arg(long, default_value = "crates/bench/results")]
    pub results: PathBuf,
    /// The folder of the data during a run; use a real disk, because the service waits for it
    #[arg(long, default_value = "target/bench")]
    pub folder: PathBuf,
}

fn build(text: &str) -> Result<Build> {
    let (name, file) = text.split_once('=').context("not of the form NAME=FILE")?;
    // The names of all other subjects contain a space, except for the service.
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if name.is_empty() || !name.bytes().all(is_fit) || name == OURS {
        bail!("a name must consist of letters, digits and hyphens, and must not be {OURS:?}");
    }
    let file = PathBuf::from(file).canonicalize().context("no such file")?;
    let name = name.to_owned();
    Ok(Build { name, file })
}

impl Options {
    /// Fails if two builds have the same name.
    pub fn check(&self) -> Result<()> {
        let mut names = HashSet::new();
        match self.against.iter().find(|build| !names.insert(&build.name)) {
            Some(twice) => bail!("two builds have the name {}", twice.name),
            None => Ok(()),
        }
    }

    /// The plan of the run.
    pub fn plan(&self) -> Plan {
        let quick = self.quick;
        let rounds = self.rounds.unwrap_or(if quick { 2 } else { 5 });
        let seconds = self.seconds.unwrap_or(if quick { 3 } else { 8 });
        Plan {
            quick,
            rounds: rounds.into(),
            seconds: seconds.into(),
            workflow_orders: if quick { 150 } else { 600 },
            burst: if quick { 500 } else { 2000 },
            backlog: if quick { 2_000 } else { 20_000 },
            middleware_requests: if quick { 5_000 } else { 50_000 },
        }
    }

    /// The scenarios, in order.
    pub fn scenarios(&self) -> Vec<Scenario> {
        let all = Scenario::value_variants().iter().copied();
        all.filter(|one| self.only.is_empty() || self.only.contains(one))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_name_or_file_of_a_build_is_rejected() {
        assert!(build("other-2=/").is_ok());
        for unfit in ["/", "=/", "service=/", "a b=/", "a/b=/", "a=/nowhere"] {
            assert!(build(unfit).is_err(), "{unfit}");
        }
    }
}
