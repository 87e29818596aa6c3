//! People: what is seen of them, and who is here.

use serde::Deserialize;

/// What everybody may see of a member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Card {
    /// Who.
    pub id: String,
    /// The handle.
    pub username: String,
    /// The name shown.
    pub name: String,
}

/// What a member sees of their own account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Who.
    pub id: String,
    /// The handle.
    pub username: String,
    /// The name shown.
    pub name: String,
    /// Where mail reaches the member.
    pub email: String,
    /// What the member may do beyond trading.
    pub role: String,
}

/// Whether somebody is here.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Presence {
    /// Who.
    pub member: Card,
    /// Whether they are here.
    pub online: bool,
    /// When they were, unless they hide it.
    #[serde(default)]
    pub last_seen_at: Option<String>,
}

/// A session of the member.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Session {
    /// Which.
    pub session: String,
    /// When it was started.
    pub started_at: String,
    /// When it was last used to sign in.
    pub last_seen_at: String,
    /// What it was started with.
    #[serde(default)]
    pub device: String,
    /// Whether it is this one.
    pub current: bool,
}
