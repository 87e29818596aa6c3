//! Names on the legacy wires: under which name an older program knows a member, and how a name becomes an account.
//!
//! There is one table of accounts. A name that is new to a wire makes an account that can be used over that wire alone,
//! with the secret that this wire sends, until its owner claims it on the pages.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::MemberId;
use crate::member::Username;
use crate::refusal::Refusal;
use crate::text;

/// A legacy wire, as far as names go: each has its own, and its own secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LegacyWire {
    /// System 000: a hand-shake in plain text, then JSON.
    #[serde(rename = "000")]
    Text000,
    /// System 001: requests in JSON, bare replies.
    #[serde(rename = "001")]
    Bare001,
    /// System 003, as one who buys.
    #[serde(rename = "003")]
    Client003,
    /// System 003, as a store.
    #[serde(rename = "003-merchant")]
    Merchant003,
    /// System 004: auctions in datagrams.
    #[serde(rename = "004")]
    Auction004,
}

impl LegacyWire {
    /// Every wire.
    pub const ALL: [Self; 5] =
        [Self::Text000, Self::Bare001, Self::Client003, Self::Merchant003, Self::Auction004];

    /// What the wire is called in the database and in logs. It is also the kind of its secrets.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text000 => "000",
            Self::Bare001 => "001",
            Self::Client003 => "003",
            Self::Merchant003 => "003-merchant",
            Self::Auction004 => "004",
        }
    }

    /// The wire of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wire| wire.name() == name)
    }

    /// Whether people log in there by their e-mail address as well as by their name.
    #[must_use]
    pub const fn is_logged_in_by_address(self) -> bool {
        matches!(self, Self::Client003 | Self::Merchant003)
    }

    /// Whether an e-mail address stands for one name only there.
    #[must_use]
    pub const fn has_unique_emails(self) -> bool {
        matches!(self, Self::Text000 | Self::Bare001)
    }
}

impl fmt::Display for LegacyWire {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A name on a legacy wire: a line of 1 to 80 characters, kept as it was written. Two that read the same are one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LegacyName(String);

impl LegacyName {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// [`Refusal::TextLength`], [`Refusal::TextUnprintable`].
    pub fn parse(raw: &str) -> Result<Self, Refusal> {
        text::line("name", raw, 1, 80).map(Self)
    }

    /// The name, as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the name is known by: in lower case.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// The username an account of this name would have, at the given try: the name itself where it can be one, then one
    /// that says where it comes from. `None` when there are no more to try.
    #[must_use]
    pub fn username(&self, wire: LegacyWire, attempt: usize) -> Option<Username> {
        let exact = Username::parse(&self.0).ok();
        let key = self.key();
        let letters = key.chars().filter_map(|letter| match letter {
            'a'..='z' | '0'..='9' | '_' => Some(letter),
            ' ' | '-' | '.' => Some('_'),
            _ => None,
        });
        let stem: String = letters.take(16).collect();
        let stem = if stem.is_empty() { "member".to_owned() } else { stem };
        let wire = wire.name().replace('-', "_");
        match (attempt, exact) {
            (0, Some(username)) => Some(username),
            (0 | 1, _) => Username::parse(&format!("{stem}_{wire}")).ok(),
            (2..100, _) => {
                Username::parse(&format!("{}_{}_{attempt}", &stem[..stem.len().min(12)], &wire[..3])).ok()
            }
            _ => None,
        }
    }
}

/// What somebody says who takes a name on a legacy wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdentityDraft {
    /// The name.
    pub name: LegacyName,
    /// The name shown on other wires.
    pub shown: String,
    /// The e-mail address, as it was typed. It is not known to be theirs.
    pub email: Option<String>,
    /// What else the wire keeps with a name, in its own words, such as where datagrams go.
    pub contact: Option<String>,
    /// The address it came from. Without a secret, nobody acts under the name from elsewhere.
    pub source: String,
}

/// What changes of a name on a legacy wire. What is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct IdentityChanges {
    /// Another name.
    pub name: Option<LegacyName>,
    /// Another e-mail address.
    pub email: Option<String>,
    /// What else the wire keeps with it.
    pub contact: Option<String>,
}

/// The name of a member on a legacy wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// On which wire.
    pub wire: LegacyWire,
    /// The name.
    pub name: LegacyName,
    /// Whose it is.
    pub member: MemberId,
    /// The e-mail address given there.
    pub email: Option<String>,
    /// What else the wire keeps with it.
    pub contact: Option<String>,
    /// The address it was taken from.
    pub source: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_the_username_it_can_be() {
        let username = |name: &str, attempt| {
            let username = LegacyName::parse(name).unwrap().username(LegacyWire::Text000, attempt);
            username.map(|username| username.to_string())
        };
        assert_eq!(username("Rana", 0).as_deref(), Some("rana"));
        assert_eq!(username("Rana", 1).as_deref(), Some("rana_000"));
        assert_eq!(username("rana", 7).as_deref(), Some("rana_000_7"));
        assert_eq!(username("Rana Haddad", 0).as_deref(), Some("rana_haddad_000"));
        assert_eq!(username("رنا", 0).as_deref(), Some("member_000"));
        assert_eq!(username("x", 0).as_deref(), Some("x_000"));
        assert_eq!(username("operator", 0).as_deref(), Some("operator_000"));
        assert_eq!(username("rana", 100), None);
    }

    #[test]
    fn every_wire_and_every_try_gives_a_valid_username_whatever_the_name() {
        for wire in LegacyWire::ALL {
            for name in ["a", "a_very_long_name_of_somebody_who_likes_names", "--", "Ünïcode", "日本"] {
                for attempt in 0..100 {
                    let username = LegacyName::parse(name).unwrap().username(wire, attempt);
                    assert!(username.is_some(), "{name} on {wire} at {attempt}");
                }
            }
        }
    }
}
