//! Names on the legacy wires: joining and signing in under one, and making a full account of it.
//!
//! A name that is new to a wire makes an account. Its secret is what that wire sends, hashed like every other; it opens
//! nothing but that wire. A name without a secret (datagrams have none) is acted under from the address it was taken from.

pub(crate) mod sale;
pub(crate) mod store;

use auboutique_db::{legacy as db, member as members};
use auboutique_domain::id::{ListingId, MemberId, SessionId};
use auboutique_domain::ledger::Account as Book;
use auboutique_domain::legacy::{Identity, IdentityChanges, IdentityDraft, LegacyName, LegacyWire};
use auboutique_domain::member::{Account, Email, Member, MemberCard, Role, Secret, Username, display_name};
use auboutique_domain::{Command, Event, Refusal, Reply, text};
use sha2::{Digest as _, Sha256};

use crate::caller::Caller;
use crate::credential::{self, Password, Source, Token};
use crate::member::PASSWORD;
use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Market, Outcome, setting};

/// The domain of addresses that nobody has: accounts made over a legacy wire have one there until they are claimed.
const NOWHERE: &str = "legacy.invalid";
/// How many characters an address, or what stands for one, may have.
const MOST_ADDRESS: usize = 254;
/// What is behind a username on a wire where somebody else has it as a name.
const ELSEWHERE: &str = "@aub";

/// A name is free on a wire when nobody there has it, and no full account would be taken for its owner: not by its username,
/// and not by what it is called where somebody else has that.
fn is_free(
    work: &mut Work<'_>,
    wire: LegacyWire,
    name: &LegacyName,
    own: Option<MemberId>,
) -> Result<(), Stop> {
    if db::find(work.db, wire, &name.key())?.is_some_and(|identity| Some(identity.member) != own) {
        return Err(Refusal::UsernameTaken.into());
    }
    // Where people log in by their address too, nobody is called by that of another.
    let addressed =
        if wire.is_logged_in_by_address() { db::find_by_email(work.db, wire, name.as_str())? } else { None };
    if addressed.is_some_and(|other| Some(other.member) != own) || name.key().ends_with(ELSEWHERE) {
        return Err(Refusal::UsernameTaken.into());
    }
    let Ok(username) = Username::parse(name.as_str()) else { return Ok(()) };
    let Some(member) = members::find_by_username(work.db, username.as_str())? else { return Ok(()) };
    let is_full = members::credential(work.db, member.id, PASSWORD)?.is_some();
    if is_full && Some(member.id) != own { Err(Refusal::UsernameTaken.into()) } else { Ok(()) }
}

/// An address as the wires of 003 take it: any line, which need not be one that mail reaches.
fn address(typed: Option<String>) -> Result<Option<String>, Refusal> {
    typed.map(|typed| text::line("email", &typed, 0, MOST_ADDRESS)).transpose()
}

/// Where somebody is reached. On the wire of 004 that is written by the market itself.
fn reached(wire: LegacyWire, contact: Option<String>) -> Result<Option<String>, Refusal> {
    match wire {
        LegacyWire::Auction004 => Ok(contact),
        _ => address(contact),
    }
}

fn is_free_address(
    work: &mut Work<'_>,
    wire: LegacyWire,
    email: Option<&str>,
    own: Option<MemberId>,
) -> Result<(), Stop> {
    let Some(email) = email.filter(|_| wire.has_unique_emails()) else { return Ok(()) };
    match db::find_by_email(work.db, wire, email)? {
        Some(other) if Some(other.member) != own => Err(Refusal::EmailTaken.into()),
        _ => Ok(()),
    }
}

fn free_username(work: &mut Work<'_>, wire: LegacyWire, name: &LegacyName) -> Result<Username, Stop> {
    for attempt in 0.. {
        let Some(username) = name.username(wire, attempt) else { break };
        let taken = members::find_by_username(work.db, username.as_str())?.is_some();
        if !taken && crate::store::is_no_store(work, &username, None).is_ok() {
            return Ok(username);
        }
    }
    Err(Refusal::UsernameTaken.into())
}

fn keep(
    work: &mut Work<'_>,
    (wire, member): (LegacyWire, MemberId),
    draft: IdentityDraft,
    secret: Option<&Secret>,
) -> Outcome {
    let IdentityDraft { name, email, contact, source, .. } = draft;
    let (email, contact) = (address(email)?, reached(wire, contact)?);
    let identity = Identity { wire, name, member, email, contact, source };
    db::insert(work.db, &identity, work.now)?;
    if let Some(secret) = secret {
        members::set_credential(work.db, member, wire.name(), secret, work.now)?;
    }
    Ok(Reply::Identity(identity))
}

pub(crate) fn join(
    work: &mut Work<'_>,
    wire: LegacyWire,
    draft: IdentityDraft,
    secret: Option<&Secret>,
) -> Outcome {
    work.node()?;
    is_free(work, wire, &draft.name, None)?;
    is_free_address(work, wire, draft.email.as_deref(), None)?;
    if let Some(email) = draft.email.as_deref() {
        Email::parse(email)?.allowed_by(&setting::find(work)?)?;
    }
    let username = free_username(work, wire, &draft.name)?;
    let id = work.id(MemberId::new);
    let member = Member {
        id,
        username,
        email: Email::parse(&format!("{id}@{NOWHERE}"))?,
        name: draft.shown.clone(),
        role: Role::Member,
        registered_at: work.now,
        version: 1,
    };
    members::insert(work.db, &member)?;
    work.tell(Event::MemberRegistered { member: id });
    keep(work, (wire, id), draft, secret)
}

pub(crate) fn add(
    work: &mut Work<'_>,
    wire: LegacyWire,
    draft: IdentityDraft,
    secret: Option<&Secret>,
) -> Outcome {
    let member = work.member()?;
    is_free(work, wire, &draft.name, Some(member.id))?;
    is_free_address(work, wire, draft.email.as_deref(), Some(member.id))?;
    if db::find_by_member(work.db, wire, member.id)?.is_some() {
        return Err(Refusal::UsernameTaken.into());
    }
    work.tell(Event::IdentityChanged { member: member.id });
    keep(work, (wire, member.id), draft, secret)
}

/// The identity a member has on a wire.
fn own(work: &mut Work<'_>, wire: LegacyWire) -> Result<Identity, Stop> {
    let member = work.member()?;
    Ok(db::find_by_member(work.db, wire, member.id)?.ok_or_else(|| Refusal::not_found("identity"))?)
}

pub(crate) fn change(
    work: &mut Work<'_>,
    wire: LegacyWire,
    changes: IdentityChanges,
    secret: Option<&Secret>,
) -> Outcome {
    let old = own(work, wire)?;
    if let Some(name) = &changes.name {
        is_free(work, wire, name, Some(old.member))?;
    }
    is_free_address(work, wire, changes.email.as_deref(), Some(old.member))?;
    let IdentityChanges { name, email, contact } = changes;
    let (email, contact) = (address(email)?, reached(wire, contact)?);
    let identity = Identity {
        name: name.unwrap_or_else(|| old.name.clone()),
        email: email.or_else(|| old.email.clone()),
        contact: contact.or_else(|| old.contact.clone()),
        ..old.clone()
    };
    if identity != old {
        db::save(work.db, &identity)?;
    }
    if let Some(secret) = secret {
        members::set_credential(work.db, old.member, wire.name(), secret, work.now)?;
    }
    // Where datagrams go is nobody's news.
    if identity.name != old.name || identity.email != old.email || secret.is_some() {
        work.tell(Event::IdentityChanged { member: old.member });
    }
    Ok(Reply::Identity(identity))
}

pub(crate) fn remove(work: &mut Work<'_>, wire: LegacyWire) -> Outcome {
    let identity = own(work, wire)?;
    let is_full = members::credential(work.db, identity.member, PASSWORD)?.is_some();
    if !is_full {
        // It would be the last way into the account.
        return Err(Refusal::AccountInUse.into());
    }
    db::delete(work.db, wire, identity.member)?;
    work.tell(Event::IdentityChanged { member: identity.member });
    Ok(Reply::Done)
}

fn named(work: &mut Work<'_>, wire: LegacyWire, name: &LegacyName) -> Result<Identity, Stop> {
    let found = db::find(work.db, wire, &name.key())?;
    Ok(found.ok_or(Refusal::WrongCredentials)?)
}

pub(crate) fn link(
    work: &mut Work<'_>,
    to: MemberId,
    wire: LegacyWire,
    name: &LegacyName,
    forgive: &[String],
) -> Outcome {
    credential::forgive(work, forgive)?;
    let identity = named(work, wire, name)?;
    let from = identity.member;
    if from == to {
        return Ok(Reply::Identity(identity));
    }
    let is_full = members::credential(work.db, from, PASSWORD)?.is_some();
    let wallet = crate::ledger::purse(work.db, Book::Wallet(from))?;
    if is_full || db::is_busy(work.db, from)? || wallet.iter().any(|money| money.minor != 0) {
        return Err(Refusal::AccountInUse.into());
    }
    if db::find_by_member(work.db, wire, to)?.is_some() {
        return Err(Refusal::UsernameTaken.into());
    }
    let secret = members::credential(work.db, from, wire.name())?;
    db::give(work.db, &identity, to)?;
    db::delete_credential(work.db, wire, from)?;
    if let Some(secret) = secret {
        members::set_credential(work.db, to, wire.name(), &secret, work.now)?;
    }
    // Whoever is signed in under it is so as somebody else.
    for session in auboutique_db::session::end_all(work.db, from, work.now)? {
        work.tell(Event::SessionEnded { member: from, session });
    }
    work.tell(Event::IdentityChanged { member: to });
    Ok(Reply::Identity(Identity { member: to, ..identity }))
}

pub(crate) fn claim(
    work: &mut Work<'_>,
    wire: LegacyWire,
    name: &LegacyName,
    email: Email,
    password: &Secret,
    forgive: &[String],
) -> Outcome {
    credential::forgive(work, forgive)?;
    let identity = named(work, wire, name)?;
    if members::credential(work.db, identity.member, PASSWORD)?.is_some() {
        // It has been claimed: whoever did has its password.
        return Err(Refusal::UsernameTaken.into());
    }
    email.allowed_by(&setting::find(work)?)?;
    if members::find_by_email(work.db, email.as_str())?.is_some() {
        return Err(Refusal::EmailTaken.into());
    }
    let member = members::find(work.db, identity.member)?.ok_or(Refusal::WrongCredentials)?;
    let member = Member { email, ..member };
    members::save(work.db, &member)?;
    members::set_credential(work.db, member.id, PASSWORD, password, work.now)?;
    work.tell(Event::EmailChanged { member: member.id });
    work.tell(Event::PasswordChanged { member: member.id });
    Ok(Reply::Account(member.account()))
}

pub(crate) fn set_secret(
    work: &mut Work<'_>,
    wire: LegacyWire,
    name: &LegacyName,
    secret: &Secret,
) -> Outcome {
    work.operator()?;
    let identity = db::find(work.db, wire, &name.key())?.ok_or_else(|| Refusal::not_found("name"))?;
    members::set_credential(work.db, identity.member, wire.name(), secret, work.now)?;
    // Whoever was signed in by the old one.
    for session in auboutique_db::session::end_all(work.db, identity.member, work.now)? {
        work.tell(Event::SessionEnded { member: identity.member, session });
    }
    work.tell(Event::IdentityChanged { member: identity.member });
    Ok(Reply::Identity(identity))
}

/// What a wire's client sends when a person types this password.
fn as_sent(wire: LegacyWire, typed: &Password) -> Password {
    match wire {
        LegacyWire::Text000 => {
            Password::typed(&data_encoding::HEXLOWER.encode(&Sha256::digest(typed.reveal().as_bytes())))
        }
        _ => typed.clone(),
    }
}

impl Market {
    /// Somebody joins over a legacy wire. `shown` is the name other wires show.
    ///
    /// # Errors
    ///
    /// [`Refusal::UsernameTaken`] when the name is taken there or belongs to a full account, [`Refusal::EmailTaken`] on wires
    /// where addresses are unique, [`Refusal::TooManyTries`] when too many joined from that source.
    pub async fn join_over(
        &self,
        wire: LegacyWire,
        draft: IdentityDraft,
        secret: Option<&Password>,
        source: &Source,
    ) -> Result<Identity, No> {
        let shown = display_name(&draft.shown)?;
        let draft = IdentityDraft { shown, source: source.name().to_owned(), ..draft };
        let subjects = vec![format!("join:{wire}:{}", source.name())];
        self.run(Caller::NODE, Command::CountTry { subjects }).await?;
        let secret = self.hash_some(secret).await?;
        self.identity_of(Command::JoinOver { wire, draft, secret }, Caller::NODE).await
    }

    /// Signs in under a name of a legacy wire, by what that wire's client sends. Without a secret a name is acted under from
    /// the address it was taken from alone.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] when nobody has the name, [`Refusal::WrongCredentials`], [`Refusal::TooManyTries`].
    pub async fn log_in_over(
        &self,
        wire: LegacyWire,
        name: &str,
        secret: Option<&Password>,
        source: &Source,
    ) -> Result<(SessionId, Identity), No> {
        let (identity, subjects) = self.prove(wire, name, secret, source).await?;
        let token = Token::new(self.shared.env.as_ref());
        let device = format!("An older program ({wire})");
        let command = Command::StartSession {
            member: identity.member,
            token: Secret::new(token.hash()),
            device,
            forgive: subjects,
        };
        match self.run(Caller::NODE, command).await? {
            Reply::Session(session) => Ok((session.session, identity)),
            other => Err(self.unexpected(&other)),
        }
    }

    /// The identity of that name, if this proves it: and the tries that are to be forgiven.
    async fn prove(
        &self,
        wire: LegacyWire,
        name: &str,
        secret: Option<&Password>,
        source: &Source,
    ) -> Result<(Identity, Vec<String>), No> {
        let name = name.to_owned();
        let find = move |view: &mut View<'_>| {
            let Some(identity) = view.identity(wire, &name)? else { return Ok(None) };
            let hash = members::credential(view.db, identity.member, wire.name());
            let hash = view.settle(hash.map_err(Stop::from))?;
            Ok(Some((identity, hash)))
        };
        let found = self.ask(Caller::VISITOR, find).await?;
        let Some((identity, hash)) = found else { return Err(Refusal::not_found("member").into()) };
        match (secret, hash) {
            (None, None) if identity.source == source.name() => Ok((identity, Vec::new())),
            (Some(secret), Some(hash)) => {
                let subjects =
                    vec![format!("account:{}", identity.member), format!("source:{}", source.name())];
                self.check(secret, Some(hash), &subjects).await?;
                Ok((identity, subjects))
            }
            _ => Err(Refusal::WrongCredentials.into()),
        }
    }

    /// A member can be reached by older programs as well. The password is as a person types it there.
    ///
    /// # Errors
    ///
    /// As [`Market::join_over`]; [`Refusal::UsernameTaken`] also when the member has a name on that wire.
    pub async fn add_identity(
        &self,
        caller: Caller,
        wire: LegacyWire,
        draft: IdentityDraft,
        typed: &Password,
    ) -> Result<Identity, No> {
        let secret = Some(self.hash(&as_sent(wire, typed)).await?);
        self.identity_of(Command::AddIdentity { wire, draft, secret }, caller).await
    }

    /// A member is known otherwise on a legacy wire. A new secret comes with the current one, both as the wire sends them.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongCredentials`], [`Refusal::TooManyTries`], [`Refusal::UsernameTaken`], [`Refusal::EmailTaken`].
    pub async fn change_identity(
        &self,
        caller: Caller,
        wire: LegacyWire,
        changes: IdentityChanges,
        secret: Option<(&Password, &Password)>,
        source: &Source,
    ) -> Result<Identity, No> {
        let mut new = None;
        if let Some((current, wanted)) = secret {
            let name = self.ask(caller.clone(), move |view| {
                let member = view.member()?.card();
                view.name_over(wire, &member)
            });
            let name = name.await?;
            let (_, subjects) = self.prove(wire, &name, Some(current), source).await?;
            self.run(Caller::NODE, Command::ForgiveTries { subjects }).await?;
            new = Some(self.hash(wanted).await?);
        }
        self.identity_of(Command::ChangeIdentity { wire, changes, secret: new }, caller).await
    }

    /// A member proves that a name on a legacy wire is theirs as well. It stands for their own account from then on.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongCredentials`] also when nobody has the name; [`Refusal::AccountInUse`] when the account it stood for
    /// has business of its own; [`Refusal::UsernameTaken`] when the member has another name there.
    pub async fn link_identity(
        &self,
        caller: Caller,
        wire: LegacyWire,
        name: &str,
        typed: Option<&Password>,
        source: &Source,
    ) -> Result<Identity, No> {
        let account = self.ask(caller, |view| view.account()).await?;
        let (identity, forgive) = self.prove_typed(wire, name, typed, source).await?;
        let command = Command::LinkIdentity { member: account.id, wire, name: identity.name, forgive };
        self.identity_of(command, Caller::NODE).await
    }

    /// Who joined over a legacy wire makes of that a full account, with an e-mail address and a password for everything else.
    ///
    /// # Errors
    ///
    /// [`Refusal::WrongCredentials`] also when nobody has the name; [`Refusal::UsernameTaken`] when it was claimed before; what
    /// makes the address or the password impossible.
    pub async fn claim_account(
        &self,
        (wire, name): (LegacyWire, &str),
        typed: Option<&Password>,
        (email, password): (&str, &Password),
        source: &Source,
    ) -> Result<Account, No> {
        let email = Email::parse(email)?;
        password.check_new(&[name, email.as_str(), "auboutique"])?;
        let (identity, forgive) = self.prove_typed(wire, name, typed, source).await?;
        let password = self.hash(password).await?;
        let command = Command::ClaimAccount { wire, name: identity.name, email, password, forgive };
        match self.run(Caller::NODE, command).await? {
            Reply::Account(account) => Ok(account),
            other => Err(self.unexpected(&other)),
        }
    }

    /// As [`Market::prove`], by what a person types. Here it is not told whether there is such a name.
    async fn prove_typed(
        &self,
        wire: LegacyWire,
        name: &str,
        typed: Option<&Password>,
        source: &Source,
    ) -> Result<(Identity, Vec<String>), No> {
        let sent = typed.map(|typed| as_sent(wire, typed));
        match self.prove(wire, name, sent.as_ref(), source).await {
            Err(No::Refused(Refusal::NotFound { .. })) => {
                // As long as it would have taken.
                let subjects = vec![format!("source:{}", source.name())];
                self.check(&Password::typed(""), None, &subjects).await?;
                Err(Refusal::WrongCredentials.into())
            }
            proved => proved,
        }
    }

    async fn hash_some(&self, secret: Option<&Password>) -> Result<Option<Secret>, No> {
        match secret {
            Some(secret) => self.hash(secret).await.map(Some),
            None => Ok(None),
        }
    }

    async fn identity_of(&self, command: Command, caller: Caller) -> Result<Identity, No> {
        match self.run(caller, command).await? {
            Reply::Identity(identity) => Ok(identity),
            other => Err(self.unexpected(&other)),
        }
    }
}

impl View<'_> {
    /// Who has that name on a legacy wire.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn identity(&mut self, wire: LegacyWire, name: &str) -> Result<Option<Identity>, No> {
        let Ok(name) = LegacyName::parse(name) else { return Ok(None) };
        let found = db::find(self.db, wire, &name.key());
        self.settle(found.map_err(Stop::from))
    }

    /// Who gave that e-mail address on a legacy wire, the first of them.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn identity_by_email(&mut self, wire: LegacyWire, email: &str) -> Result<Option<Identity>, No> {
        let Ok(email) = text::line("email", email, 0, MOST_ADDRESS) else { return Ok(None) };
        let found = db::find_by_email(self.db, wire, &email);
        self.settle(found.map_err(Stop::from))
    }

    /// What a member is known as on a legacy wire, if they took a name there.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn identity_of(&mut self, wire: LegacyWire, member: MemberId) -> Result<Option<Identity>, No> {
        let found = db::find_by_member(self.db, wire, member);
        self.settle(found.map_err(Stop::from))
    }

    /// The asker's names on legacy wires.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`] for a visitor.
    pub fn identities(&mut self) -> Result<Vec<Identity>, No> {
        let member = self.member()?;
        let found = db::of_member(self.db, member.id);
        self.settle(found.map_err(Stop::from))
    }

    /// So many who have a name on a legacy wire, behind that one in the alphabet.
    ///
    /// # Errors
    ///
    /// A refusal for who is not the node: names come with addresses.
    pub fn identities_of_wire(
        &mut self,
        wire: LegacyWire,
        behind: &str,
        most: i64,
    ) -> Result<Vec<Identity>, No> {
        self.node()?;
        let found = db::of_wire(self.db, wire, behind, most);
        self.settle(found.map_err(Stop::from))
    }

    /// The member whom that name means on a legacy wire: who took it there, or who has it as a username.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn member_over(&mut self, wire: LegacyWire, name: &str) -> Result<Option<MemberCard>, No> {
        let member = match self.identity(wire, name)? {
            Some(identity) => members::find(self.db, identity.member),
            None => match Username::parse(name.strip_suffix(ELSEWHERE).unwrap_or(name)) {
                Ok(username) => members::find_by_username(self.db, username.as_str()),
                Err(_) => Ok(None),
            },
        };
        Ok(self.settle(member.map_err(Stop::from))?.map(|member| member.card()))
    }

    /// What a member is called on a legacy wire: by the name taken there, or else by the username, which says where it is
    /// from when somebody else has it there.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn name_over(&mut self, wire: LegacyWire, member: &MemberCard) -> Result<String, No> {
        if let Some(identity) = self.identity_of(wire, member.id)? {
            return Ok(identity.name.as_str().to_owned());
        }
        let username = member.username.as_str();
        let other = self.identity(wire, username)?;
        Ok(if other.is_some() { format!("{username}{ELSEWHERE}") } else { username.to_owned() })
    }

    /// The number of a listing: small, and its own for ever. Older programs know listings by it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`].
    pub fn listing_number(&mut self, listing: ListingId) -> Result<i64, No> {
        let found = db::number(self.db, listing);
        let number = self.settle(found.map_err(Stop::from))?;
        number.ok_or_else(|| Refusal::not_found("listing").into())
    }

    /// The listing of that number.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn listing_by_number(&mut self, number: i64) -> Result<Option<ListingId>, No> {
        let found = db::listing(self.db, number);
        self.settle(found.map_err(Stop::from))
    }
}
