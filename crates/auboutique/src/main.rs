//! `auboutique`: the market, its tools and its clients in one binary.

use std::process::ExitCode;

use auboutique::call::Status;
use auboutique::config::{Cli, Verb};
use auboutique::{call, card, doctor, maintenance, operator, serve, sheet, terminal};
use clap::Parser as _;

fn main() -> ExitCode {
    // A reader that went away (`auboutique … | head`) is no reason to panic: the write fails and says so.
    let outcome = run(&Cli::parse());
    match outcome {
        Ok(status) => ExitCode::from(status as u8),
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the person at the terminal reads here what went wrong")]
            {
                eprintln!("auboutique: {error:#}");
            }
            ExitCode::from(Status::Broken as u8)
        }
    }
}

fn run(cli: &Cli) -> anyhow::Result<Status> {
    let clean = |yes| if yes { Status::Answered } else { Status::Refused };
    match &cli.verb {
        Verb::Serve(options) => serve::run(options).map(|()| Status::Answered),
        Verb::CardSandbox(options) => card::sandbox::run(options).map(|()| Status::Answered),
        Verb::Call(options) => call::run(options),
        Verb::Terminal(options) => terminal::run(options).map(|()| Status::Answered),
        Verb::Operator(options) => operator::run(options),
        Verb::Import(options) => sheet::import(options),
        Verb::Export(options) => sheet::export(options),
        Verb::Verify(place) => maintenance::verify(place).map(clean),
        Verb::Replay { file } => maintenance::replay(file).map(clean),
        Verb::Backup { file, place } => maintenance::back_up(file, place).map(|()| Status::Answered),
        Verb::Restore { file, place } => maintenance::restore(file, place).map(|()| Status::Answered),
        Verb::Doctor(options) => doctor::run(options).map(clean),
    }
}
