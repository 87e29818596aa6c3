//! What `verify` finds: the numbers it re-derived, and every row that does not agree with the log it stems from.

use serde::{Deserialize, Serialize};

/// The outcome of re-deriving everything from the logs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// How many rows of each kind were checked, in the order they were.
    pub checked: Vec<(String, i64)>,
    /// What is wrong; empty when the market is clean.
    pub findings: Vec<Finding>,
}

/// A row that disagrees with the log it is derived from, or that the rules could never have written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{table} {row}: {problem}")]
pub struct Finding {
    /// The table of the row.
    pub table: String,
    /// The key of the row.
    pub row: String,
    /// What is wrong with it, as a sentence.
    pub problem: String,
}

impl Verdict {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Notes a wrong row.
    pub fn find(&mut self, table: &str, row: impl std::fmt::Display, problem: impl Into<String>) {
        self.findings.push(Finding {
            table: table.to_owned(),
            row: row.to_string(),
            problem: problem.into(),
        });
    }
}
