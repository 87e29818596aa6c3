//! Steps that all run, whatever becomes of each, and a summary at the end.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::command::run;

/// What has run so far.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<(&'static str, Outcome)>,
}

enum Outcome {
    Passed(Duration),
    Failed(Duration),
    LeftOut(&'static str),
}

impl Steps {
    /// Announces a step, runs it, and says how long it took.
    #[expect(clippy::disallowed_methods, reason = "how long a step took is for the reader's eyes only")]
    pub(crate) fn run(&mut self, name: &'static str, mut command: Command) {
        println!("\n=== {name}");
        let began = Instant::now();
        let result = run(&mut command);
        let took = began.elapsed();
        let outcome = match result {
            Ok(()) => Outcome::Passed(took),
            Err(error) => {
                println!("{error:#}");
                Outcome::Failed(took)
            }
        };
        println!("=== {name}: {}", in_words(&outcome));
        self.done.push((name, outcome));
    }

    /// Notes a step that cannot run on this machine, and why.
    pub(crate) fn leave_out(&mut self, name: &'static str, why: &'static str) {
        println!("\n=== {name}: not checked: {why}");
        self.done.push((name, Outcome::LeftOut(why)));
    }

    /// Prints every step and what became of it; the exit code says whether any failed.
    pub(crate) fn summary(&self) -> ExitCode {
        println!();
        for (name, outcome) in &self.done {
            println!("{name:14} {}", in_words(outcome));
        }
        if self.any_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn any_failed(&self) -> bool {
        self.done.iter().any(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
    }
}

fn in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed(took) => format!("passed in {} s", took.as_secs()),
        Outcome::Failed(took) => format!("FAILED after {} s", took.as_secs()),
        Outcome::LeftOut(why) => format!("not checked: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_does_not_keep_the_next_from_running() {
        let mut steps = Steps::default();
        steps.run("first", Command::new("false"));
        steps.run("second", Command::new("true"));
        assert!(matches!(steps.done[..], [("first", Outcome::Failed(_)), ("second", Outcome::Passed(_))]));
        assert!(steps.any_failed());
    }

    #[test]
    fn a_step_left_out_is_not_a_failure() {
        let mut steps = Steps::default();
        steps.leave_out("first", "its program is not installed");
        assert!(!steps.any_failed());
    }
}
