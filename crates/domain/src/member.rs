//! Members: who has an account here, and what their sessions and roles allow.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{MemberId, OrderId, SessionId};
use crate::refusal::Refusal;
use crate::setting::{Settings, is_domain};
use crate::text;
use crate::time::{Moment, Span};

/// What a member may do beyond trading. Each role includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Buys, sells and talks.
    Member,
    /// Keeps the community in order: may withdraw any listing.
    Moderator,
    /// Keeps the server running: settings, pickup points, roles.
    Operator,
}

impl Role {
    /// Every role, least first.
    pub const ALL: [Self; 3] = [Self::Member, Self::Moderator, Self::Operator];

    /// The role's name in lower case, as it stands on wires and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Operator => "operator",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A unique handle: 3 to 30 of `a-z`, `0-9` and `_`, not reserved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Username(String);

/// Names that would let somebody pass for the house, or that stand for something on a wire.
const RESERVED: [&str; 34] = [
    "admin",
    "administrator",
    "anonymous",
    "api",
    "aub",
    "auboutique",
    "billing",
    "cybermarket",
    "deleted",
    "desk",
    "everyone",
    "help",
    "house",
    "info",
    "market",
    "me",
    "mod",
    "moderator",
    "nobody",
    "null",
    "office",
    "official",
    "operator",
    "post_office",
    "postmaster",
    "root",
    "security",
    "staff",
    "store",
    "support",
    "system",
    "timekeeper",
    "undefined",
    "visitor",
];

impl Username {
    /// Reads a username as typed: trimmed and in lower case.
    ///
    /// # Errors
    ///
    /// [`Refusal::UsernameInvalid`] for another form, [`Refusal::UsernameReserved`] for a name kept for the house.
    pub fn parse(raw: &str) -> Result<Self, Refusal> {
        let name = raw.trim().to_ascii_lowercase();
        let allowed = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if !(3..=30).contains(&name.len()) || !name.chars().all(allowed) {
            return Err(Refusal::UsernameInvalid);
        }
        if RESERVED.binary_search(&name.as_str()).is_ok() {
            return Err(Refusal::UsernameReserved);
        }
        Ok(Self(name))
    }

    /// The name nobody has and nobody can take: who asks for it is told what they are told of any unknown member.
    #[must_use]
    pub fn nobody() -> Self {
        Self("nobody".to_owned())
    }

    /// The username, in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// An e-mail address, trimmed and in lower case so that it is unique whatever the case it was typed in.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Reads an address: one `@`, something sane before it, a domain with a dot behind it, 254 characters at most.
    ///
    /// # Errors
    ///
    /// [`Refusal::EmailInvalid`].
    pub fn parse(raw: &str) -> Result<Self, Refusal> {
        let address = raw.trim().to_lowercase();
        let (local, domain) = address.rsplit_once('@').ok_or(Refusal::EmailInvalid)?;
        let allowed = |letter: char| letter.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(letter);
        let sane = (1..=64).contains(&local.len())
            && address.len() <= 254
            && local.chars().all(allowed)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && is_domain(domain);
        if sane { Ok(Self(address)) } else { Err(Refusal::EmailInvalid) }
    }

    /// The address in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the settings let this address join.
    ///
    /// # Errors
    ///
    /// [`Refusal::EmailDomainNotAllowed`] with the domains that may.
    pub fn allowed_by(&self, settings: &Settings) -> Result<(), Refusal> {
        let domain = self.0.rsplit_once('@').map_or("", |(_, domain)| domain);
        if settings.email_domains.is_empty() || settings.email_domains.iter().any(|allowed| allowed == domain)
        {
            return Ok(());
        }
        Err(Refusal::EmailDomainNotAllowed { domains: settings.email_domains.clone() })
    }
}

impl fmt::Debug for Email {
    /// Addresses stay out of logs.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Email(…)")
    }
}

/// The name a member shows: 1 to 80 characters.
///
/// # Errors
///
/// [`Refusal::TextLength`], [`Refusal::TextUnprintable`].
pub fn display_name(raw: &str) -> Result<String, Refusal> {
    text::line("name", raw, 1, 80)
}

/// A secret that never prints: a password hash or the hash of a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }
    /// The secret itself, for the one place that compares or keeps it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(…)")
    }
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub id: MemberId,
    /// The unique handle.
    pub username: Username,
    /// Where mail reaches the member; shown to nobody else.
    pub email: Email,
    /// The name shown.
    pub name: String,
    /// What the member may do beyond trading.
    pub role: Role,
    /// When the account was made.
    pub registered_at: Moment,
    /// Counts the changes to the row, so that a write can state what it read.
    pub version: i64,
}

/// What everybody may see of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MemberCard {
    /// Who.
    pub id: MemberId,
    /// The unique handle.
    pub username: Username,
    /// The name shown.
    pub name: String,
}

/// What a member sees of their own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Who.
    pub id: MemberId,
    /// The unique handle.
    pub username: Username,
    /// The name shown.
    pub name: String,
    /// Where mail reaches the member.
    pub email: Email,
    /// What the member may do beyond trading.
    pub role: Role,
    /// When the account was made.
    pub registered_at: Moment,
}

/// What a member sees of themself: the account, and what their client has to know from the start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The account.
    #[serde(flatten)]
    pub account: Account,
    /// Whether they hide when they are here.
    pub presence_hidden: bool,
    /// How many messages of others they have not read, in all of their conversations.
    pub unread: i64,
    /// The pickup points whose desk they serve.
    pub attends: Vec<crate::listing::PickupPointName>,
}

impl Member {
    /// What everybody may see.
    #[must_use]
    pub fn card(&self) -> MemberCard {
        MemberCard { id: self.id, username: self.username.clone(), name: self.name.clone() }
    }

    /// What the member sees.
    #[must_use]
    pub fn account(&self) -> Account {
        Account {
            id: self.id,
            username: self.username.clone(),
            name: self.name.clone(),
            email: self.email.clone(),
            role: self.role,
            registered_at: self.registered_at,
        }
    }

    /// Whether the member has at least this role.
    ///
    /// # Errors
    ///
    /// [`Refusal::RoleNeeded`] when not.
    pub fn needs(&self, role: Role) -> Result<(), Refusal> {
        if self.role >= role { Ok(()) } else { Err(Refusal::RoleNeeded { role }) }
    }
}

/// A member signed in on some wire, as the member sees it in the list of sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// Which session.
    pub session: SessionId,
    /// When it was started.
    pub started_at: Moment,
    /// When it ends by itself.
    pub expires_at: Moment,
    /// When it was last resumed.
    pub last_seen_at: Moment,
    /// What it was started with, as the client described itself.
    pub device: String,
    /// Whether it is the session that asks.
    pub current: bool,
}

/// How long a session lasts after it was started or last resumed.
pub const SESSION_LIFE: Span = Span::days(30);

/// Why a member was given a strike (`rules.md` 5.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrikeReason {
    /// The seller did not drop the thing off in time.
    NoDropOff,
    /// The buyer did not collect it in time.
    NoPickup,
    /// The seller canceled without being asked to.
    SellerCanceled,
    /// The winner of an auction did not pay.
    NotPaid,
}

impl StrikeReason {
    /// The reason's name in snake case, as the database keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoDropOff => "no_drop_off",
            Self::NoPickup => "no_pickup",
            Self::SellerCanceled => "seller_canceled",
            Self::NotPaid => "not_paid",
        }
    }
}

/// A mark against a member who let somebody down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    /// Who is struck.
    pub member: MemberId,
    /// In which order it happened.
    pub order: OrderId,
    /// What happened.
    pub reason: StrikeReason,
}

/// How long a member counts as one who has just joined, unless the operator set another number of days.
pub const NEW_FOR_DAYS: i64 = 7;

/// How long a strike counts (`rules.md` 5.8).
pub const STRIKE_LIFE: Span = Span::days(180);
const STRIKES_OUT: usize = 3;
const OUT_FOR: Span = Span::days(30);

/// Whether a member with these strikes may buy and sell: three within 180 days cost 30 days, counted from the third.
///
/// # Errors
///
/// [`Refusal::StruckOut`] with the day it ends.
pub fn may_trade(strikes: &[Moment], now: Moment) -> Result<(), Refusal> {
    let mut live: Vec<Moment> = strikes.iter().copied().filter(|&at| now < at.plus(STRIKE_LIFE)).collect();
    live.sort_unstable();
    match live.last() {
        Some(last) if live.len() >= STRIKES_OUT && now < last.plus(OUT_FOR) => {
            Err(Refusal::StruckOut { strikes: live.len(), until: last.plus(OUT_FOR) })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserved_names_are_sorted_so_that_they_are_found() {
        assert!(RESERVED.is_sorted());
        assert_eq!(Username::parse("Operator"), Err(Refusal::UsernameReserved));
        assert_eq!(Username::parse(Username::nobody().as_str()), Err(Refusal::UsernameReserved));
    }

    #[test]
    fn a_username_is_three_to_thirty_plain_characters() {
        assert_eq!(Username::parse(" Rana_99 ").map(|name| name.to_string()), Ok("rana_99".to_owned()));
        for raw in ["", "ab", "rana!", "رنا", "raña", "a b", &"a".repeat(31)] {
            assert_eq!(Username::parse(raw), Err(Refusal::UsernameInvalid), "{raw}");
        }
    }

    #[test]
    fn an_address_is_kept_in_lower_case_and_odd_ones_are_refused() {
        assert_eq!(Email::parse(" Rana@Mail.AUB.edu ").unwrap().as_str(), "rana@mail.aub.edu");
        for raw in [
            "",
            "rana",
            "@aub.edu",
            "rana@",
            "rana@aub",
            "ra na@aub.edu",
            "a@b@",
            "a..b@aub.edu",
            "a@-b.edu",
            "a\n@b.edu",
        ] {
            assert!(Email::parse(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn only_allowed_domains_join_when_some_are_named() {
        let settings = Settings { email_domains: vec!["mail.aub.edu".to_owned()], ..Settings::default() };
        assert!(Email::parse("rana@mail.aub.edu").unwrap().allowed_by(&settings).is_ok());
        assert!(Email::parse("rana@evil-mail.aub.edu").unwrap().allowed_by(&settings).is_err());
        assert!(Email::parse("rana@gmail.com").unwrap().allowed_by(&Settings::default()).is_ok());
    }

    #[test]
    fn three_strikes_in_half_a_year_cost_thirty_days() {
        let day = |count| Moment::from_micros(0).plus(Span::days(count));
        assert!(may_trade(&[day(0), day(1)], day(2)).is_ok());
        assert!(may_trade(&[day(0), day(1), day(2)], day(3)).is_err());
        assert!(may_trade(&[day(0), day(1), day(2)], day(32)).is_ok());
        assert!(may_trade(&[day(0), day(1), day(190)], day(191)).is_ok());
    }

    #[test]
    fn secrets_do_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2".to_owned())), "Secret(…)");
    }
}
