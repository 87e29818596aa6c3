//! The three kinds of no. Each wire maps exactly these, in one place.

use auboutique_db::DbError;
use auboutique_domain::ledger::{StepError, Unbalanced};
use auboutique_domain::{Refusal, Reply};
use serde::{Deserialize, Serialize};

/// What comes back for a command.
pub type Answer = Result<Reply, No>;

/// No, in one of three ways.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// The rules said no. The same request will be refused again until something changes.
    #[error("{0}")]
    Refused(Refusal),
    /// Not now. The same request, under the same key, may go through later.
    #[error("{0}")]
    Busy(Busy),
    /// Something is wrong with the market itself. Whoever runs it should look.
    #[error("{0}")]
    Broken(Broken),
}

impl No {
    /// Which of the three it is, in a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Busy(_) => "busy",
            Self::Broken(_) => "broken",
        }
    }
}

/// Why not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Busy {
    /// More is asked than can be done.
    #[error("The market is busy. Try again in a moment.")]
    Overloaded,
    /// Others changed the same thing again and again.
    #[error("Others are changing the same thing. Try again in a moment.")]
    Contended,
    /// The disk is full; nothing was changed.
    #[error(
        "The market's disk is full. Nothing was changed. The operator has to free space; try again later."
    )]
    DiskFull,
    /// The database cannot be written at the moment; nothing was changed.
    #[error("The market cannot be written to at the moment. Nothing was changed. Try again later.")]
    ReadOnly,
    /// The machine's clock is behind what was committed before: no end can be trusted to it.
    #[error(
        "The market's clock is behind. No bid is taken until it is right again; nothing was changed. Tell the operator."
    )]
    ClockBehind,
    /// The connection to the database was lost before anything was changed.
    #[error("The market lost its database for a moment. Nothing was changed. Try again.")]
    Disconnected,
    /// The connection was lost while the change was being made durable: whether it was done is not known. Asking again
    /// under the same key tells.
    #[error(
        "It is not known whether this was done. Ask again under the same key: it will not be done twice."
    )]
    OutcomeUnknown,
    /// The market is being shut down.
    #[error("The market is closing. Connect again in a moment.")]
    Closing,
}

impl Busy {
    /// After how many milliseconds asking again makes sense.
    #[must_use]
    pub const fn retry_after_ms(self) -> i64 {
        match self {
            Self::Overloaded | Self::Contended => 200,
            Self::Disconnected | Self::OutcomeUnknown | Self::Closing => 1_000,
            Self::DiskFull | Self::ReadOnly | Self::ClockBehind => 30_000,
        }
    }

    /// The stable code, as it stands on every wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Overloaded => "overloaded",
            Self::Contended => "contended",
            Self::DiskFull => "disk_full",
            Self::ReadOnly => "read_only",
            Self::ClockBehind => "clock_behind",
            Self::Disconnected => "disconnected",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Closing => "closing",
        }
    }
}

/// Something is wrong. The log has the details under the incident's name; the asker learns no more than that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "Something is wrong on our side. It was noted as {incident}; tell the operator if it keeps happening."
)]
pub struct Broken {
    /// The name under which the log has it.
    pub incident: String,
}

impl No {
    /// The writer is no longer there.
    pub(crate) const fn stopped() -> Self {
        Self::Busy(Busy::Closing)
    }
}

impl From<Refusal> for No {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Why a handler stops before its reply.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// The rules say no.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The database says no.
    #[error("{0}")]
    Db(#[from] DbError),
    /// Not now.
    #[error("{0}")]
    Busy(Busy),
    /// What can only be a mistake of ours.
    #[error("{0}")]
    Wrong(String),
}

impl From<Unbalanced> for Stop {
    fn from(error: Unbalanced) -> Self {
        Self::Wrong(error.to_string())
    }
}

impl From<StepError> for Stop {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Refused(refusal) => Self::Refused(refusal),
            StepError::Unbalanced(_) => Self::Wrong(error.to_string()),
        }
    }
}
