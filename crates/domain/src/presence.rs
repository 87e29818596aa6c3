//! Presence: who is here now, and who types. It is known to the running market and never enters the log.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::member::MemberCard;
use crate::time::{Moment, Span};

/// How often a client that listens lets itself be heard of.
pub const HEARTBEAT: Span = Span::millis(1_500);
/// How long a connection may be silent until its member counts as gone, when no other of theirs is heard of. Within five
/// seconds of a pulled cable nobody believes that they are still here.
pub const SILENCE: Span = Span::seconds(4);
/// How often a client tells at most that its member types.
pub const TYPING_TOLD: Span = Span::seconds(3);
/// Told again within this, the other is not: it is on their screen.
pub const TYPING_KNOWN: Span = Span::seconds(2);
/// How long it is on the screen when nothing more is told.
pub const TYPING_SHOWN: Span = Span::seconds(5);
/// How many members can be asked for at once.
pub const MOST_ASKED: usize = 100;

/// Whether a member is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PresenceView {
    /// Who.
    pub member: MemberCard,
    /// Whether they are here now; never, while they hide it.
    pub online: bool,
    /// When they were last here, unless they are, or hide it.
    #[schema(required = true)]
    pub last_seen_at: Option<Moment>,
}
