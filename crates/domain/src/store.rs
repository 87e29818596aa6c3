//! Stores: a member's public shopfront, who may act for it, and the invitations by which stores come into being.
//!
//! ```text
//!  invitation ──open_store──▶ used        store: open ⇄ away (closed dates: nothing is sold until they are over)
//!      ├── 30 days ──▶ expired
//!      └── revoke ──▶ revoked
//! ```
//!
//! A store is opened with an invitation by the owner of another store; the operator makes the first. What a store sells are
//! listings with a stock: see `listing.rs`.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::event::Event;
use crate::id::{InvitationId, MemberId, PictureId, StoreId};
use crate::member::{Email, MemberCard, Secret, Username};
use crate::picture::PictureView;
use crate::refusal::Refusal;
use crate::text;
use crate::time::{Date, Moment, Span};

/// How long an invitation can be used.
pub const INVITATION_LIFE: Span = Span::days(30);
/// How many invitations of one member can be open at once.
pub const MOST_INVITATIONS: i64 = 20;
/// How many members may act for a store beside its owner.
pub const MOST_STAFF: i64 = 50;

/// The name of a store, and the handle that stands for it in addresses and at the login: the name's words, folded, with
/// dashes between. Two names that read the same have one handle, and a handle belongs to one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreName {
    name: String,
    handle: String,
}

impl StoreName {
    /// Reads a name as typed: 2 to 60 characters with a letter or a digit among them.
    ///
    /// # Errors
    ///
    /// [`Refusal::TextLength`], [`Refusal::TextUnprintable`], [`Refusal::StoreNameInvalid`], [`Refusal::StoreNameTaken`].
    pub fn parse(raw: &str) -> Result<Self, Refusal> {
        let name = text::line("name", raw, 2, 60)?;
        let handle = handle(&name);
        if handle.is_empty() {
            return Err(Refusal::StoreNameInvalid);
        }
        // What no member may be called for being mistaken for the house, no store may.
        if Username::parse(&handle.replace('-', "_")) == Err(Refusal::UsernameReserved) {
            return Err(Refusal::StoreNameTaken);
        }
        Ok(Self { name, handle })
    }

    /// The name of the store of the house on the older wire of stores.
    #[must_use]
    pub fn house() -> Self {
        Self { name: "Cybermarket".to_owned(), handle: "cybermarket".to_owned() }
    }

    /// What was kept of one.
    #[must_use]
    pub const fn kept(name: String, handle: String) -> Self {
        Self { name, handle }
    }

    /// The name as people read it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The handle.
    #[must_use]
    pub fn handle(&self) -> &str {
        &self.handle
    }
}

/// The handle of what somebody typed: empty when there is no letter and no digit in it.
#[must_use]
pub fn handle(raw: &str) -> String {
    text::fold(raw).collect::<Vec<_>>().join("-")
}

/// How many copies of one thing a store sells one buyer at once, unless it says otherwise (`rules.md` 5.7).
pub const USUAL_LIMIT: i64 = 10;

/// A member's public shopfront.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    /// Which store.
    pub id: StoreId,
    /// Whose: orders are paid out to this member.
    pub owner: MemberId,
    /// What it is called.
    pub name: StoreName,
    /// What there is to know.
    pub description: String,
    /// Where mail reaches it; everybody sees it.
    pub email: Email,
    /// What it looks like.
    pub picture: Option<PictureView>,
    /// The days it is closed, the first and the last, if it announced any.
    pub away: Option<Away>,
    /// The most copies of one thing it sells one buyer at once.
    pub limit: i64,
    /// When it opened.
    pub opened_at: Moment,
    /// Counts the changes to the row.
    pub version: i64,
}

/// Days on which a store sells nothing, both included, in the time zone of the pickup point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = StoreAway)]
pub struct Away {
    /// The first day.
    #[schema(value_type = String, format = Date)]
    pub from: Date,
    /// The last day.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
}

/// What a member says of a store: checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoreDraft {
    name: StoreName,
    description: String,
    email: Email,
}

impl StoreDraft {
    /// Checks what a member says of a store.
    ///
    /// # Errors
    ///
    /// What [`StoreName::parse`] and [`Email::parse`] say; [`Refusal::TextLength`] and [`Refusal::TextUnprintable`] for a
    /// description of more than 2,000 characters.
    pub fn new(name: &str, description: &str, email: &str) -> Result<Self, Refusal> {
        Ok(Self {
            name: StoreName::parse(name)?,
            description: text::lines("description", description, 0, 2_000)?,
            email: Email::parse(email)?,
        })
    }

    /// The store of the house on the older wire of stores: the root of all invitations there. No member may open one of
    /// its name.
    ///
    /// # Errors
    ///
    /// None: it is known to be right.
    pub fn house() -> Result<Self, Refusal> {
        Ok(Self {
            name: StoreName::house(),
            description: "Cybermarket official store".to_owned(),
            email: Email::parse("cybermarket@cybermarket.com")?,
        })
    }

    /// What it shall be called.
    #[must_use]
    pub const fn name(&self) -> &StoreName {
        &self.name
    }
}

/// What an owner wants changed of a store; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct StoreChanges {
    /// Another name.
    pub name: Option<StoreName>,
    /// Another description, checked by [`StoreChanges::describe`].
    description: Option<String>,
    /// Another address for mail.
    pub email: Option<Email>,
    /// Another picture; the inner nothing takes the picture away.
    pub picture: Option<Option<PictureId>>,
    /// Other closed days; the inner nothing opens the store.
    pub away: Option<Option<Away>>,
    /// Another limit of copies, checked by [`StoreChanges::limit`].
    limit: Option<i64>,
}

impl StoreChanges {
    /// Sets and checks another description.
    ///
    /// # Errors
    ///
    /// [`Refusal::TextLength`], [`Refusal::TextUnprintable`].
    pub fn describe(mut self, description: Option<&str>) -> Result<Self, Refusal> {
        self.description = description.map(|raw| text::lines("description", raw, 0, 2_000)).transpose()?;
        Ok(self)
    }
}

impl StoreChanges {
    /// Sets and checks the most copies of one thing that one buyer may have at once: 1 to
    /// [`MOST_COPIES`](crate::listing::MOST_COPIES).
    ///
    /// # Errors
    ///
    /// [`Refusal::QuantityOutOfRange`].
    pub fn limit(mut self, limit: Option<i64>) -> Result<Self, Refusal> {
        self.limit = limit.map(crate::listing::quantity).transpose()?;
        Ok(self)
    }
}

impl Store {
    /// Opens a store.
    #[must_use]
    pub fn open(draft: StoreDraft, id: StoreId, owner: MemberId, now: Moment) -> (Self, Event) {
        let StoreDraft { name, description, email } = draft;
        let store = Self {
            id,
            owner,
            name,
            description,
            email,
            picture: None,
            away: None,
            limit: USUAL_LIMIT,
            opened_at: now,
            version: 1,
        };
        (store, Event::StoreOpened { store: id, owner })
    }

    /// Changes what it says of itself. `picture` is the one it shall have, if it changes. Only its owner gets here.
    ///
    /// # Errors
    ///
    /// [`Refusal::DayInvalid`] when the closed days end before they begin, or before today.
    pub fn edit(
        mut self,
        changes: StoreChanges,
        picture: Option<Option<PictureView>>,
        today: Date,
    ) -> Result<(Self, Event), Refusal> {
        if let Some(Some(away)) = changes.away
            && (away.until < away.from || away.until < today)
        {
            return Err(Refusal::DayInvalid);
        }
        self.name = changes.name.unwrap_or(self.name);
        self.description = changes.description.unwrap_or(self.description);
        self.email = changes.email.unwrap_or(self.email);
        self.away = changes.away.unwrap_or(self.away);
        self.limit = changes.limit.unwrap_or(self.limit);
        self.picture = picture.unwrap_or(self.picture);
        let event = Event::StoreChanged { store: self.id, owner: self.owner };
        Ok((self, event))
    }

    /// Whether it sells today.
    ///
    /// # Errors
    ///
    /// [`Refusal::StoreAway`] with the last of its closed days.
    pub fn sells(&self, today: Date) -> Result<(), Refusal> {
        match self.away {
            Some(away) if (away.from..=away.until).contains(&today) => {
                Err(Refusal::StoreAway { until: away.until.to_string() })
            }
            _ => Ok(()),
        }
    }

    /// What stands beside its listings.
    #[must_use]
    pub fn card(&self) -> StoreCard {
        StoreCard {
            store: self.id,
            name: self.name.as_str().to_owned(),
            handle: self.name.handle().to_owned(),
        }
    }

    /// What everybody sees.
    #[must_use]
    pub fn view(self, owner: MemberCard) -> StoreView {
        StoreView {
            store: self.id,
            name: self.name.name,
            handle: self.name.handle,
            description: self.description,
            email: self.email,
            picture: self.picture,
            away: self.away,
            limit: self.limit,
            owner,
            opened_at: self.opened_at,
        }
    }
}

/// A store as it stands beside what it sells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoreCard {
    /// Which store.
    pub store: StoreId,
    /// What it is called.
    pub name: String,
    /// What stands for it in addresses.
    pub handle: String,
}

/// A store as everybody sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoreView {
    /// Which store.
    pub store: StoreId,
    /// What it is called.
    pub name: String,
    /// What stands for it in addresses, and at the login.
    pub handle: String,
    /// What there is to know.
    pub description: String,
    /// Where mail reaches it.
    pub email: Email,
    /// What it looks like.
    #[schema(required = true)]
    pub picture: Option<PictureView>,
    /// The days it is closed, if it announced any.
    #[schema(required = true)]
    pub away: Option<Away>,
    /// The most copies of one thing it sells one buyer at once.
    #[serde(default = "usual_limit")]
    #[schema(required = true)]
    pub limit: i64,
    /// Whose it is.
    pub owner: MemberCard,
    /// When it opened.
    pub opened_at: Moment,
}

/// Answers that were remembered before stores had a limit say nothing of it.
const fn usual_limit() -> i64 {
    USUAL_LIMIT
}

/// The code that opens a store: 80 random bits in 16 letters and digits, in groups of four. It never prints.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationCode(String);

impl InvitationCode {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// The code made of this randomness.
    #[must_use]
    pub fn new(random: [u8; 10]) -> Self {
        let bits = random.iter().fold(0_u128, |bits, &byte| (bits << 8) | u128::from(byte));
        let letter = |place: usize| {
            let five = usize::try_from((bits >> (75 - 5 * place)) & 31).unwrap_or(0);
            char::from(Self::ALPHABET[five])
        };
        Self((0..16).map(letter).collect())
    }

    /// The code made of this randomness as the older wire of stores has it: 71 bits in 12 letters and digits, upper and
    /// lower case being two.
    #[must_use]
    pub fn short(random: [u8; 16]) -> Self {
        const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut rest = u128::from_be_bytes(random);
        let letter = |_| {
            let place = usize::try_from(rest % 62).unwrap_or(0);
            rest /= 62;
            char::from(LETTERS[place])
        };
        Self((0..12).map(letter).collect())
    }

    /// A code to the letter, as programs send it.
    #[must_use]
    pub fn exact(raw: &str) -> Self {
        Self(raw.trim().chars().take(40).collect())
    }

    /// Reads a code as a person types it: in any case, with blanks or dashes anywhere, and with the letters that look like
    /// a digit taken for it. What cannot be a code is read as one that opens nothing.
    #[must_use]
    pub fn typed(raw: &str) -> Self {
        let letters = raw.chars().filter(|letter| letter.is_ascii_alphanumeric()).take(40);
        let read = letters.map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            'U' => 'V',
            other => other,
        });
        Self(read.collect())
    }

    /// The code in groups of four, to be shown once to whoever invites.
    #[must_use]
    pub fn reveal(&self) -> String {
        let groups: Vec<&str> =
            (0..self.0.len()).step_by(4).filter_map(|at| self.0.get(at..at + 4)).collect();
        groups.join("-")
    }

    /// What is hashed to find its invitation.
    #[must_use]
    pub fn secret(&self) -> Secret {
        Secret::new(self.0.clone())
    }
}

impl fmt::Debug for InvitationCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("InvitationCode(…)")
    }
}

/// What somebody shows who was invited over the older wire of stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Invited {
    /// What the store that invited is called.
    pub by: String,
    /// The code.
    #[serde(skip)]
    pub code: InvitationCode,
    /// The address it came from: wrong codes count against it.
    pub source: String,
}

/// The right to open a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Which one.
    pub id: InvitationId,
    /// Who made it; nobody when the operator did.
    pub inviter: Option<MemberId>,
    /// When it was made.
    pub made_at: Moment,
    /// Until when it opens a store.
    pub expires_at: Moment,
    /// When it was taken back.
    pub revoked_at: Option<Moment>,
    /// When it was used.
    pub used_at: Option<Moment>,
    /// Which store it opened.
    pub store: Option<StoreId>,
    /// Counts the changes to the row.
    pub version: i64,
}

/// Where an invitation is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// It opens a store.
    Open,
    /// It did.
    Used,
    /// It was taken back.
    Revoked,
    /// Its time is over.
    Expired,
}

impl Invitation {
    /// A new one.
    #[must_use]
    pub const fn new(id: InvitationId, inviter: Option<MemberId>, now: Moment) -> Self {
        let expires_at = now.plus(INVITATION_LIFE);
        Self {
            id,
            inviter,
            made_at: now,
            expires_at,
            revoked_at: None,
            used_at: None,
            store: None,
            version: 1,
        }
    }

    /// Where it is in its life.
    #[must_use]
    pub fn state(&self, now: Moment) -> InvitationState {
        if self.used_at.is_some() {
            InvitationState::Used
        } else if self.revoked_at.is_some() {
            InvitationState::Revoked
        } else if self.expires_at <= now {
            InvitationState::Expired
        } else {
            InvitationState::Open
        }
    }

    /// Opens that store with it.
    ///
    /// # Errors
    ///
    /// [`Refusal::InvitationInvalid`], whatever the reason: who guesses learns nothing.
    pub fn open(mut self, store: StoreId, now: Moment) -> Result<Self, Refusal> {
        if self.state(now) != InvitationState::Open {
            return Err(Refusal::InvitationInvalid);
        }
        self.used_at = Some(now);
        self.store = Some(store);
        Ok(self)
    }

    /// Takes it back. Only who made it gets here.
    ///
    /// # Errors
    ///
    /// [`Refusal::InvitationOver`] when it is used, revoked or expired.
    pub fn revoke(mut self, now: Moment) -> Result<Self, Refusal> {
        if self.state(now) != InvitationState::Open {
            return Err(Refusal::InvitationOver);
        }
        self.revoked_at = Some(now);
        Ok(self)
    }

    /// What who made it sees of it.
    #[must_use]
    pub fn view(&self, store: Option<StoreCard>, now: Moment) -> InvitationView {
        InvitationView {
            invitation: self.id,
            state: self.state(now),
            made_at: self.made_at,
            expires_at: self.expires_at,
            used_at: self.used_at,
            store,
        }
    }
}

/// An invitation as who made it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvitationView {
    /// Which one.
    pub invitation: InvitationId,
    /// Where it is in its life.
    pub state: InvitationState,
    /// When it was made.
    pub made_at: Moment,
    /// Until when it opens a store.
    pub expires_at: Moment,
    /// When it was used.
    #[schema(required = true)]
    pub used_at: Option<Moment>,
    /// The store it opened.
    #[schema(required = true)]
    pub store: Option<StoreCard>,
}

/// An invitation that was just made, with its code. The code is shown this once and kept nowhere: who asks again under the
/// same key gets the invitation without it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInvitation {
    /// The invitation.
    pub invitation: InvitationView,
    /// Its code.
    #[serde(skip)]
    pub code: Option<InvitationCode>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> Moment {
        Moment::from_micros(0).plus(Span::days(days))
    }
    fn invitation() -> Invitation {
        Invitation::new(InvitationId::new(at(0), [1; 10]), None, at(0))
    }
    fn store_id() -> StoreId {
        StoreId::new(at(0), [2; 10])
    }

    #[test]
    fn names_that_read_the_same_have_one_handle() {
        for (name, handle) in [
            ("Engineering Club", "engineering-club"),
            ("  ENGINEERING   club! ", "engineering-club"),
            ("Café Mathaf", "cafe-mathaf"),
            ("مكتبة الجامعة", "مكتبه-الجامعه"),
        ] {
            assert_eq!(StoreName::parse(name).unwrap().handle(), handle, "{name}");
        }
        assert_eq!(StoreName::parse("!?"), Err(Refusal::StoreNameInvalid));
        assert_eq!(StoreName::parse("AUBoutique!"), Err(Refusal::StoreNameTaken));
        assert!(StoreName::parse("x").is_err() && StoreName::parse(&"x".repeat(61)).is_err());
    }

    #[test]
    fn a_code_is_sixteen_letters_of_80_bits_and_is_read_as_people_type_it() {
        let code = InvitationCode::new([0, 1, 2, 3, 4, 5, 6, 7, 8, 255]);
        let shown = code.reveal();
        assert_eq!((shown.len(), shown.matches('-').count()), (19, 3));
        assert_eq!(InvitationCode::typed(&shown.to_lowercase().replace('-', "  ")), code);
        assert_eq!(InvitationCode::typed(&shown.replace('0', "o").replace('1', "l")), code);
        let codes: std::collections::BTreeSet<String> = (0..80_u32)
            .map(|bit| {
                let mut random = [0_u8; 10];
                random[usize::try_from(bit / 8).unwrap()] = 1 << (bit % 8);
                InvitationCode::new(random).reveal()
            })
            .collect();
        assert_eq!(codes.len(), 80, "every bit of the randomness is in the code");
        assert_eq!(format!("{code:?}"), "InvitationCode(…)");
    }

    #[test]
    fn a_short_code_is_twelve_letters_and_digits_to_the_letter() {
        let codes: std::collections::BTreeSet<String> =
            (0..=255).map(|byte| InvitationCode::short([byte; 16]).secret().reveal().to_owned()).collect();
        assert_eq!(codes.len(), 256);
        assert!(codes.iter().all(|code| code.len() == 12 && code.bytes().all(|c| c.is_ascii_alphanumeric())));
        assert_eq!(InvitationCode::exact(" aB3dE6gH9jK2\n").secret().reveal(), "aB3dE6gH9jK2");
        assert_ne!(InvitationCode::exact("aB3dE6gH9jK2"), InvitationCode::exact("AB3dE6gH9jK2"));
    }

    #[test]
    fn an_invitation_opens_one_store_unless_it_is_over() {
        let used = invitation().open(store_id(), at(1)).unwrap();
        assert_eq!(used.state(at(1)), InvitationState::Used);
        let revoked = invitation().revoke(at(1)).unwrap();
        for over in [used, revoked] {
            assert_eq!(over.clone().open(store_id(), at(2)), Err(Refusal::InvitationInvalid));
            assert_eq!(over.revoke(at(2)), Err(Refusal::InvitationOver));
        }
        assert!(invitation().open(store_id(), at(29)).is_ok());
        assert_eq!(invitation().open(store_id(), at(30)), Err(Refusal::InvitationInvalid));
        assert_eq!(invitation().state(at(30)), InvitationState::Expired);
    }

    #[test]
    fn a_store_sells_nothing_on_its_closed_days() {
        let day = |day| jiff::civil::date(2026, 12, day);
        let draft = StoreDraft::new("Engineering Club", "", "club@aub.edu").unwrap();
        let owner = MemberId::new(at(0), [3; 10]);
        let (store, _) = Store::open(draft, store_id(), owner, at(0));
        let away = |from, until| StoreChanges {
            away: Some(Some(Away { from: day(from), until: day(until) })),
            ..StoreChanges::default()
        };
        let (closed, _) = store.clone().edit(away(10, 12), None, day(9)).unwrap();
        for (today, sells) in [(9, true), (10, false), (12, false), (13, true)] {
            assert_eq!(closed.sells(day(today)).is_ok(), sells, "{today}");
        }
        assert_eq!(closed.sells(day(11)), Err(Refusal::StoreAway { until: "2026-12-12".to_owned() }));
        assert_eq!(store.clone().edit(away(12, 11), None, day(9)).map(drop), Err(Refusal::DayInvalid));
        assert_eq!(store.clone().edit(away(7, 8), None, day(9)).map(drop), Err(Refusal::DayInvalid));
        let open = StoreChanges { away: Some(None), ..StoreChanges::default() };
        assert!(closed.edit(open, None, day(11)).unwrap().0.sells(day(11)).is_ok());
    }
}
