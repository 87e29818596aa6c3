//! Stores on their older wire: one opens with a name there, by an invitation of another; the house has the first.

use auboutique_db::{legacy as names, listing as shelf, order as orders, store as db};
use auboutique_domain::id::{InvitationId, ListingId, StoreId};
use auboutique_domain::legacy::{Identity, IdentityChanges, IdentityDraft, LegacyName, LegacyWire};
use auboutique_domain::listing::{ListingState, ListingView, MOST_COPIES};
use auboutique_domain::member::{Email, Secret};
use auboutique_domain::money::Money;
use auboutique_domain::store::{
    self, Invitation, InvitationCode, Invited, NewInvitation, Store, StoreCard, StoreChanges, StoreDraft,
    StoreName, StoreView,
};
use auboutique_domain::{Command, Event, Refusal, Reply};

use crate::caller::Caller;
use crate::credential::{self, Password, Source};
use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Market, Outcome};

/// The wire on which stores have names.
const WIRE: LegacyWire = LegacyWire::Merchant003;
/// What is kept with the name of the house's store, so that it is found when it is called something else.
const HOUSE: &str = "house";
/// Where mail reaches a store whose address on the older wire is none.
const NO_ADDRESS: &str = "nobody@legacy.invalid";
/// The most names that are looked through for the house's.
const MOST_NAMES: i64 = 10_000;

/// Against what a wrong code counts. All who come from one address share it, as they share what wrong passwords count
/// against.
fn subject(invited: &Invited) -> String {
    format!("source:invitation:{}", invited.source)
}

/// The invitation of that code, if the store that made it is called so.
fn find(work: &mut Work<'_>, invited: &Invited) -> Result<Option<Invitation>, Stop> {
    let found = db::find_invitation_of_code(work.db, &crate::store::hash(&invited.code))?;
    let inviter = db::find_by_handle(work.db, &store::handle(&invited.by))?.map(|store| store.owner);
    Ok(found.filter(|found| found.inviter.is_some() && found.inviter == inviter))
}

pub(crate) fn open(
    work: &mut Work<'_>,
    draft: IdentityDraft,
    secret: Option<&Secret>,
    store: StoreDraft,
    invited: Option<&Invited>,
) -> Outcome {
    work.node()?;
    let id = work.id(StoreId::new);
    let invitation = match invited {
        // No store opens without one: this the house makes for itself.
        None => {
            let code = InvitationCode::short(work.random());
            let invitation = Invitation::new(work.id(InvitationId::new), None, work.now);
            db::insert_invitation(work.db, &invitation, &crate::store::hash(&code))?;
            work.tell(Event::InvitationMade { invitation: invitation.id, by: None });
            invitation.open(id, work.now)?
        }
        Some(invited) => {
            let subject = subject(invited);
            credential::may_try(work, &subject)?;
            let found = find(work, invited)?.ok_or(Refusal::InvitationInvalid);
            let opened = found.and_then(|found| found.open(id, work.now));
            if opened.is_err() {
                work.count_if_refused(subject);
            }
            opened?
        }
    };
    // What the wire was told as an address is kept with the name, whether or not it is one.
    let email = draft.email.clone();
    let is_address = email.as_deref().is_some_and(|email| Email::parse(email).is_ok());
    let checked = draft.email.clone().filter(|_| is_address && invited.is_some());
    let contact = invited.is_none().then(|| HOUSE.to_owned());
    let draft = IdentityDraft { email: checked, contact, ..draft };
    let Reply::Identity(identity) = super::join(work, WIRE, draft, secret)? else {
        return Err(Stop::Wrong("who joined has no name".to_owned()));
    };
    let identity = Identity { email: super::address(email)?, ..identity };
    names::save(work.db, &identity)?;
    crate::store::is_free(work, store.name(), identity.member)?;
    let (store, event) = Store::open(store, id, identity.member, work.now);
    // Nobody asks on that wire how many copies one buyer may have.
    db::insert(work.db, &Store { limit: MOST_COPIES, ..store })?;
    db::save_invitation(work.db, &invitation)?;
    work.tell(event);
    Ok(Reply::Identity(identity))
}

pub(crate) fn edit(work: &mut Work<'_>, changes: StoreChanges, known: IdentityChanges) -> Outcome {
    // What cannot be an address of a store's is one on the wire all the same.
    if changes != StoreChanges::default() {
        crate::store::edit(work, changes)?;
    }
    super::change(work, WIRE, known, None)
}

pub(crate) fn spend(work: &mut Work<'_>, invited: &Invited) -> Outcome {
    work.node()?;
    let invitation = find(work, invited)?.ok_or(Refusal::InvitationInvalid)?.revoke(work.now)?;
    db::save_invitation(work.db, &invitation)?;
    let (invitation, by) = (invitation.id, invitation.inviter);
    work.tell(Event::InvitationRevoked { invitation, by });
    Ok(Reply::Done)
}

/// What a store says of itself on the older wire; an address that is none has no place among the store's own.
fn draft(name: &str, description: &str, email: &str) -> Result<StoreDraft, Refusal> {
    let email = if Email::parse(email).is_ok() { email } else { NO_ADDRESS };
    StoreDraft::new(name, description, email)
}

/// Somebody who opens a store over the older wire.
#[derive(Debug)]
pub struct Opening<'a> {
    /// What it shall be called, and its owner.
    pub name: &'a str,
    /// What there is to know.
    pub description: &'a str,
    /// Where mail reaches it, as it was typed.
    pub email: &'a str,
    /// The secret, as the wire sends it.
    pub password: &'a Password,
    /// What the store is called that invites.
    pub by: &'a str,
    /// The code of the invitation.
    pub code: &'a str,
}

impl Market {
    /// A store opens over the older wire. The invitation is used up also when the name is taken.
    ///
    /// # Errors
    ///
    /// [`Refusal::InvitationInvalid`], whatever is wrong with it; [`Refusal::UsernameTaken`] or [`Refusal::StoreNameTaken`];
    /// what makes one of the texts impossible; [`Refusal::TooManyTries`].
    pub async fn open_store_over(&self, opening: &Opening<'_>, source: &Source) -> Result<Identity, No> {
        let invited = Invited {
            by: opening.by.to_owned(),
            code: InvitationCode::exact(opening.code),
            source: source.name().to_owned(),
        };
        let subjects = vec![format!("join:{WIRE}:{}", source.name())];
        self.run(Caller::NODE, Command::CountTry { subjects }).await?;
        let draft = draft(opening.name, opening.description, opening.email);
        let command = match (draft, LegacyName::parse(opening.name)) {
            (Ok(store), Ok(name)) => Command::OpenStoreOver {
                draft: IdentityDraft {
                    shown: name.as_str().to_owned(),
                    name,
                    email: Some(opening.email.to_owned()),
                    contact: None,
                    source: source.name().to_owned(),
                },
                secret: Some(self.hash(opening.password).await?),
                store,
                invited: Some(invited.clone()),
            },
            // The invitation comes first: without one nothing is told of names.
            (store, name) => {
                let refused = store.err().or(name.err()).unwrap_or(Refusal::StoreNameInvalid);
                self.invitation_holds(&invited).await?;
                if refused == Refusal::StoreNameTaken {
                    self.run(Caller::NODE, Command::SpendInvitation { invited }).await?;
                }
                return Err(refused.into());
            }
        };
        match self.run(Caller::NODE, command).await {
            Ok(Reply::Identity(identity)) => Ok(identity),
            Ok(other) => Err(self.unexpected(&other)),
            Err(No::Refused(taken @ (Refusal::UsernameTaken | Refusal::StoreNameTaken))) => {
                self.run(Caller::NODE, Command::SpendInvitation { invited }).await?;
                Err(taken.into())
            }
            Err(no) => Err(no),
        }
    }

    /// Whether an invitation could be used now. It counts as a try.
    async fn invitation_holds(&self, invited: &Invited) -> Result<(), No> {
        self.run(Caller::NODE, Command::CountTry { subjects: vec![subject(invited)] }).await?;
        let invited = invited.clone();
        let holds = move |view: &mut View<'_>| {
            let hash = crate::store::hash(&invited.code);
            let found = db::find_invitation_of_code(view.db, &hash);
            let found = view.settle(found.map_err(Stop::from))?;
            let inviter = db::find_by_handle(view.db, &store::handle(&invited.by));
            let inviter = view.settle(inviter.map_err(Stop::from))?.map(|store| store.owner);
            let state = found.filter(|found| found.inviter.is_some() && found.inviter == inviter);
            Ok(state.is_some_and(|found| found.state(view.now) == store::InvitationState::Open))
        };
        let holds = self.ask(Caller::VISITOR, holds).await?;
        if holds { Ok(()) } else { Err(Refusal::InvitationInvalid.into()) }
    }

    /// The code of a new invitation, as the older wire has it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] for who owns no store; [`Refusal::TooManyInvitations`].
    pub async fn invite_over(&self, caller: Caller) -> Result<String, No> {
        match self.run(caller, Command::CreateShortInvitation).await? {
            Reply::NewInvitation(NewInvitation { code: Some(code), .. }) => {
                Ok(code.secret().reveal().to_owned())
            }
            other => Err(self.unexpected(&other)),
        }
    }

    /// A store is called otherwise, on the older wire and everywhere else.
    ///
    /// # Errors
    ///
    /// [`Refusal::StoreNameTaken`], [`Refusal::UsernameTaken`], what makes the name impossible.
    pub async fn rename_store_over(&self, caller: Caller, name: &str) -> Result<Identity, No> {
        let old = self.ask(caller.clone(), |view| view.own_store_over()).await?;
        let house = StoreName::house();
        let is_house = old.1.contact.as_deref() == Some(HOUSE);
        let wanted = match StoreName::parse(name) {
            _ if is_house && store::handle(name) == house.handle() => house,
            wanted => wanted?,
        };
        let mut changes = StoreChanges::default();
        changes.name = Some(wanted);
        let known = IdentityChanges { name: Some(LegacyName::parse(name)?), ..IdentityChanges::default() };
        self.identity_of(Command::EditStoreOver { changes, known }, caller).await
    }

    /// A store's mail goes elsewhere.
    ///
    /// # Errors
    ///
    /// [`No`].
    pub async fn change_store_email_over(&self, caller: Caller, email: &str) -> Result<Identity, No> {
        let mut changes = StoreChanges::default();
        changes.email = Email::parse(email).ok();
        let known = IdentityChanges { email: Some(email.to_owned()), ..IdentityChanges::default() };
        self.identity_of(Command::EditStoreOver { changes, known }, caller).await
    }

    /// The house has a store on the older wire, the root of all invitations there. Without a secret nobody signs in as it;
    /// the operator gives it one.
    ///
    /// # Errors
    ///
    /// What keeps it from being there: somebody had the name before.
    pub async fn open_house_store(&self) -> Result<(), No> {
        let is_there = |view: &mut View<'_>| {
            let found = view.identities_of_wire(WIRE, "", MOST_NAMES)?;
            Ok(found.iter().any(|identity| identity.contact.as_deref() == Some(HOUSE)))
        };
        if self.ask(Caller::NODE, is_there).await? {
            return Ok(());
        }
        let store = StoreDraft::house()?;
        let name = LegacyName::parse(store.name().as_str())?;
        let draft = IdentityDraft {
            shown: name.as_str().to_owned(),
            name,
            email: Some("cybermarket@cybermarket.com".to_owned()),
            contact: None,
            source: Source::console().name().to_owned(),
        };
        let command = Command::OpenStoreOver { draft, secret: None, store, invited: None };
        self.run(Caller::NODE, command).await.map(drop)
    }

    /// The operator gives a name on a legacy wire another secret, which is typed as a person there would.
    ///
    /// # Errors
    ///
    /// [`Refusal::RoleNeeded`], [`Refusal::NotFound`], [`Refusal::PasswordWeak`] and what else makes it a bad one.
    pub async fn set_legacy_password(
        &self,
        caller: Caller,
        wire: LegacyWire,
        name: &str,
        typed: &Password,
    ) -> Result<Identity, No> {
        // Hashing is work that only an operator may ask for.
        self.ask(caller.clone(), |view| Ok(view.operator()?)).await?;
        typed.check_new(&[name, "auboutique", "cybermarket"])?;
        let name = LegacyName::parse(name)?;
        let secret = self.hash(&super::as_sent(wire, typed)).await?;
        self.identity_of(Command::SetLegacySecret { wire, name, secret }, caller).await
    }
}

impl View<'_> {
    /// The asker's own store, and what it is known as on the older wire.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] for who has none.
    pub fn own_store_over(&mut self) -> Result<(Store, Identity), No> {
        let member = self.member()?.id;
        let found = db::find_by_owner(self.db, member);
        let store = self.settle(found.map_err(Stop::from))?.ok_or_else(|| Refusal::not_found("store"))?;
        let identity = self.identity_of(WIRE, member)?.ok_or_else(|| Refusal::not_found("name"))?;
        Ok((store, identity))
    }

    /// The stores that opened last, so many, the oldest of them first; each with the address for mail that its owner gave
    /// on the older wire.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn newest_stores(&mut self, most: i64) -> Result<Vec<StoreView>, No> {
        let found = db::newest(self.db, WIRE, most);
        let found = self.settle(found.map_err(Stop::from))?;
        let mut rows: Vec<_> = found.into_iter().map(|(store, owner)| store.view(owner)).collect();
        rows.reverse();
        Ok(rows)
    }

    /// Everything a store sells that was not withdrawn, sold out or not: the newest so many, the oldest of them first.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] when there is no such store.
    pub fn newest_products(&mut self, name: &str, most: i64) -> Result<(StoreCard, Vec<ListingView>), No> {
        let handle = store::handle(name);
        let found = db::find_by_handle(self.db, &handle);
        let store = self.settle(found.map_err(Stop::from))?.ok_or_else(|| Refusal::not_found("store"))?;
        let rows = shelf::shown(self.db, store.id, most);
        let mut rows = self.settle(rows.map_err(Stop::from))?;
        rows.reverse();
        Ok((store.card(), rows.into_iter().map(|(listing, beside)| listing.view(beside)).collect()))
    }

    /// Whether there is such a listing for everybody to see.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn is_offered(&mut self, listing: ListingId) -> Result<bool, No> {
        let found = shelf::find(self.db, listing);
        let found = self.settle(found.map_err(Stop::from))?;
        Ok(found.is_some_and(|found| matches!(found.state(), ListingState::OnSale | ListingState::Sold)))
    }

    /// What was sold from the asker's own store and not called off, at the prices it was sold at.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] for who has no store.
    pub fn sold_for(&mut self) -> Result<Vec<Money>, No> {
        let (store, _) = self.own_store_over()?;
        let found = orders::sold_for(self.db, store.id);
        self.settle(found.map_err(Stop::from))
    }
}
