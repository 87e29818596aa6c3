//! The five verbs of this repository: `cargo xtask check`, `test`, `bench`, `sim`, `docs`.
//!
//! The build machines run the same verbs (`.ci/run`), so what passes here passes there. Each verb is one or more
//! ordinary commands, printed before they run: whoever prefers can type them by hand.

#![expect(
    clippy::print_stdout,
    reason = "this program's whole purpose is to tell what it runs and how that went"
)]

mod command;
mod machine;
mod steps;

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::command::{cargo, run, target_folder};
use crate::steps::Steps;

/// The five verbs of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Formatting, lints, documentation, licences: everything but the tests.
    Check,
    /// Makes this machine ready, then runs every test, then shows that planted defects are found.
    Test {
        /// Passed to `cargo test`, for example a test's name. The planted defects are then left out.
        #[arg(last = true)]
        cargo_test: Vec<OsString>,
    },
    /// Builds with optimizations and measures.
    Bench {
        /// Passed to the load generator; `--help` says what it understands.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        load: Vec<OsString>,
    },
    /// Plays a random market against the model. A failing run prints the seed that repeats it.
    Sim {
        /// The seed to play; the test's own if absent.
        seed: Option<u64>,
        /// How many steps to play.
        #[arg(long)]
        steps: Option<u64>,
    },
    /// Builds the documentation of all crates.
    Docs {
        /// Opens it in a browser.
        #[arg(long)]
        open: bool,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().verb {
        Verb::Check => return check(),
        Verb::Test { cargo_test } => test(cargo_test),
        Verb::Bench { load } => bench(load),
        Verb::Sim { seed, steps } => simulate(seed, steps),
        Verb::Docs { open } => docs(open),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs every check, also after one has failed: better one list of complaints than one complaint at a time.
fn check() -> ExitCode {
    let mut steps = Steps::default();
    steps.run("format", cargo(["fmt", "--all", "--check"]));
    steps.run("lints", cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]));
    let mut documentation = cargo(["doc", "--workspace", "--no-deps"]);
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    steps.run("documentation", documentation);
    if machine::has_cargo_deny() {
        steps.run("dependencies", cargo_deny());
    } else {
        steps.leave_out("dependencies", "cargo-deny is not installed (cargo install --locked cargo-deny)");
    }
    steps.summary()
}

/// Looks at advisories only where a copy of their database is present: a check must not need the network.
fn cargo_deny() -> Command {
    if machine::has_advisories() {
        cargo(["deny", "check", "--disable-fetch", "advisories", "licenses", "bans", "sources"])
    } else {
        cargo(["deny", "check", "licenses", "bans", "sources"])
    }
}

fn test(cargo_test: Vec<OsString>) -> Result<()> {
    machine::make_ready_for_tests()?;
    let everything = cargo_test.is_empty();
    run(cargo(["test", "--workspace"]).args(cargo_test))?;
    if everything {
        run(&mut cargo(["test", "--package", "auboutique", "--features", "plants", "--test", "plants"]))?;
        let market =
            ["test", "--package", "auboutique-market", "--features", "plants", "--test", "it", "planted"];
        run(&mut cargo(market))?;
    }
    Ok(())
}

fn bench(load: Vec<OsString>) -> Result<()> {
    run(cargo(["run", "--release", "--package", "auboutique-bench", "--"]).args(load))
}

fn simulate(seed: Option<u64>, steps: Option<u64>) -> Result<()> {
    let mut simulation =
        cargo(["test", "--package", "auboutique", "--test", "it", "simulation", "--", "--nocapture"]);
    for (variable, value) in [("AUBOUTIQUE_SEED", seed), ("AUBOUTIQUE_STEPS", steps)] {
        if let Some(value) = value {
            simulation.env(variable, value.to_string());
        }
    }
    run(&mut simulation)
}

fn docs(open: bool) -> Result<()> {
    let mut documentation = cargo(["doc", "--workspace", "--no-deps"]);
    if open {
        documentation.arg("--open");
    }
    run(&mut documentation)?;
    println!("Start reading at {}", target_folder().join("doc/auboutique_domain/index.html").display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_follows_the_two_dashes_of_test_is_for_cargo_test() {
        let words = ["xtask", "test", "--", "auction", "--", "--nocapture"];
        let Verb::Test { cargo_test } = Arguments::parse_from(words).verb else {
            panic!("not the verb `test`")
        };
        assert_eq!(cargo_test, ["auction", "--", "--nocapture"]);
    }

    #[test]
    fn what_follows_bench_is_for_the_load_generator() {
        let words = ["xtask", "bench", "bids", "--seconds", "5"];
        let Verb::Bench { load } = Arguments::parse_from(words).verb else { panic!("not the verb `bench`") };
        assert_eq!(load, ["bids", "--seconds", "5"]);
    }
}
