//! Stores: opening one by invitation, who acts for it, what it has on its shelves and in stock.

use auboutique_db::listing as shelf;
use auboutique_db::{member as members, pickup, store as db};
use auboutique_domain::id::{InvitationId, ListingId, MemberId, MovementId, OrderId, StoreId};
use auboutique_domain::listing::{
    self, Actor, Beside, Listing, ListingDraft, ListingView, MOST_ON_SALE, Movement, Page, StockView,
    VariantChanges, VariantDraft,
};
use auboutique_domain::member::{Member, MemberCard, Username};
use auboutique_domain::order::{OrderView, Side};
use auboutique_domain::store::{
    self, Invitation, InvitationCode, InvitationView, MOST_INVITATIONS, MOST_STAFF, NewInvitation, Store,
    StoreCard, StoreChanges, StoreDraft, StoreName, StoreView,
};
use auboutique_domain::time::{Date, parse_day};
use auboutique_domain::{Event, Refusal, Reply};
use sha2::{Digest as _, Sha256};

use crate::caller::Who;
use crate::listing::{cut, may_trade_now, open_point, page};
use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Outcome, credential, member, picture};

// ---- invitations ----

pub(crate) fn hash(code: &InvitationCode) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(code.secret().reveal().as_bytes()))
}

/// Who may invite: the owner of a store, and whoever keeps the server running.
fn inviter(work: &mut Work<'_>) -> Result<Option<MemberId>, Stop> {
    if work.who == Who::Console {
        return Ok(None);
    }
    let member = work.member()?;
    if db::find_by_owner(work.db, member.id)?.is_none() && work.operator().is_err() {
        return Err(Refusal::not_found("store").into());
    }
    Ok(Some(member.id))
}

pub(crate) fn invite(work: &mut Work<'_>) -> Outcome {
    let code = InvitationCode::new(work.random());
    invite_with(work, code)
}

pub(crate) fn invite_shortly(work: &mut Work<'_>) -> Outcome {
    let code = InvitationCode::short(work.random());
    invite_with(work, code)
}

fn invite_with(work: &mut Work<'_>, code: InvitationCode) -> Outcome {
    let inviter = inviter(work)?;
    if let Some(member) = inviter
        && db::count_open_invitations(work.db, member, work.now)? >= MOST_INVITATIONS
    {
        return Err(Refusal::TooManyInvitations { most: MOST_INVITATIONS }.into());
    }
    let invitation = Invitation::new(work.id(InvitationId::new), inviter, work.now);
    db::insert_invitation(work.db, &invitation, &hash(&code))?;
    work.tell(Event::InvitationMade { invitation: invitation.id, by: inviter });
    let invitation = invitation.view(None, work.now);
    Ok(Reply::NewInvitation(NewInvitation { invitation, code: Some(code) }))
}

pub(crate) fn revoke(work: &mut Work<'_>, id: InvitationId) -> Outcome {
    let inviter = inviter(work)?;
    let found = db::find_invitation(work.db, id)?.filter(|found| found.inviter == inviter);
    let invitation = found.ok_or_else(|| Refusal::not_found("invitation"))?.revoke(work.now)?;
    db::save_invitation(work.db, &invitation)?;
    work.tell(Event::InvitationRevoked { invitation: id, by: inviter });
    Ok(Reply::Invitation(invitation.view(None, work.now)))
}

// ---- stores ----

/// Whether a store may be called so: by no other store, and by no member who is not its owner, since both names are typed
/// into one field at the login.
pub(crate) fn is_free(work: &mut Work<'_>, name: &StoreName, owner: MemberId) -> Result<(), Stop> {
    let other_store = db::find_by_handle(work.db, name.handle())?.is_some_and(|store| store.owner != owner);
    let username = name.handle().replace('-', "_");
    let other_member =
        members::find_by_username(work.db, &username)?.is_some_and(|member| member.id != owner);
    if other_store || other_member { Err(Refusal::StoreNameTaken.into()) } else { Ok(()) }
}

/// Whether no store has a username for its handle, but the member's own.
pub(crate) fn is_no_store(
    work: &mut Work<'_>,
    username: &Username,
    member: Option<MemberId>,
) -> Result<(), Stop> {
    match db::find_by_handle(work.db, &store::handle(&username.as_str().replace('_', " ")))? {
        Some(store) if Some(store.owner) != member => Err(Refusal::UsernameTaken.into()),
        _ => Ok(()),
    }
}

/// Opens a store. A wrong code counts against the member, whatever is wrong with it. Nothing is counted against everybody
/// together: 80 bits are not guessed from a thousand accounts either, and one of them could keep all others from opening.
pub(crate) fn open(work: &mut Work<'_>, code: &InvitationCode, draft: StoreDraft) -> Outcome {
    let owner = work.member()?;
    let subject = credential::invitation_subject(owner.id);
    credential::may_try(work, &subject)?;
    let id = work.id(StoreId::new);
    let found = db::find_invitation_of_code(work.db, &hash(code))?;
    let opened = found.ok_or(Refusal::InvitationInvalid).and_then(|found| found.open(id, work.now));
    if opened.is_err() {
        work.count_if_refused(subject);
    }
    let invitation = opened?;
    may_trade_now(work, &owner)?;
    if db::find_by_owner(work.db, owner.id)?.is_some() {
        return Err(Refusal::StoreOwned.into());
    }
    is_free(work, draft.name(), owner.id)?;
    let (store, event) = Store::open(draft, id, owner.id, work.now);
    db::insert(work.db, &store)?;
    db::save_invitation(work.db, &invitation)?;
    work.tell(event);
    Ok(Reply::Store(store.view(owner.card())))
}

/// The asker's own store.
fn own(work: &mut Work<'_>) -> Result<(Store, Member), Stop> {
    let owner = work.member()?;
    let store = db::find_by_owner(work.db, owner.id)?.ok_or_else(|| Refusal::not_found("store"))?;
    Ok((store, owner))
}

pub(crate) fn edit(work: &mut Work<'_>, changes: StoreChanges) -> Outcome {
    let (store, owner) = own(work)?;
    if let Some(name) = &changes.name {
        is_free(work, name, owner.id)?;
    }
    let picture = match changes.picture {
        Some(Some(id)) => Some(Some(picture::chosen_for_store(work, &owner, store.id, id)?)),
        Some(None) => Some(None),
        None => None,
    };
    let looks_different = picture.is_some();
    let today = today(work)?;
    let (store, event) = store.edit(changes, picture, today)?;
    db::save(work.db, &store)?;
    if looks_different {
        auboutique_db::picture::put_on_store(work.db, store.id, store.picture.as_ref(), work.now)?;
    }
    work.tell(event);
    Ok(Reply::Store(store.view(owner.card())))
}

/// The day it is where things are collected; without an open pickup point, in the world at large.
fn today(work: &mut Work<'_>) -> Result<Date, Stop> {
    let point = pickup::first_open(work.db)?;
    let zone = point.and_then(|point| auboutique_domain::time::zone(&point.time_zone));
    Ok(work.now.timestamp().to_zoned(zone.unwrap_or(auboutique_domain::time::UTC)).date())
}

pub(crate) fn appoint(work: &mut Work<'_>, username: &Username) -> Outcome {
    let (store, owner) = own(work)?;
    let member = member::find(work, username)?;
    if member.id == owner.id {
        return Err(Refusal::Yourself.into());
    }
    if db::count_staff(work.db, store.id)? >= MOST_STAFF {
        return Err(Refusal::TooMuchStaff { most: MOST_STAFF }.into());
    }
    if db::appoint(work.db, store.id, member.id, work.now)? {
        work.tell(Event::StaffAppointed { store: store.id, owner: owner.id, member: member.id });
    }
    Ok(Reply::Member(member.card()))
}

pub(crate) fn dismiss(work: &mut Work<'_>, id: StoreId, username: &Username) -> Outcome {
    let asker = work.member()?;
    let missing = || Refusal::not_found("store");
    let store = db::find(work.db, id)?.ok_or_else(missing)?;
    let leaves = asker.username == *username;
    if store.owner != asker.id && !leaves {
        return Err(missing().into());
    }
    let member = if leaves { asker } else { member::find(work, username)? };
    if !db::dismiss(work.db, store.id, member.id)? {
        return Err(Refusal::not_found("member of staff").into());
    }
    work.tell(Event::StaffDismissed { store: store.id, owner: store.owner, member: member.id });
    Ok(Reply::Member(member.card()))
}

// ---- products and their stock ----

/// The store of that id, when the asker acts for it, and who asks. To everybody else it is not there.
fn served(work: &mut Work<'_>, id: StoreId) -> Result<(Store, Member), Stop> {
    let member = work.member()?;
    let missing = || Refusal::not_found("store");
    db::served(work.db, id, member.id)?.ok_or_else(missing)?;
    Ok((db::find(work.db, id)?.ok_or_else(missing)?, member))
}

/// The store a member acts for, as far as it is the one that sells a listing.
pub(crate) fn acting_for(
    work: &mut Work<'_>,
    member: &Member,
    listing: &Listing,
) -> Result<Option<StoreId>, Stop> {
    let Some(store) = listing.stocked.as_ref().map(|stocked| stocked.store) else { return Ok(None) };
    Ok(db::served(work.db, store, member.id)?.map(|card| card.store))
}

/// A listing of a store, with what stands beside it, for whoever acts for the store.
fn stocked(work: &mut Work<'_>, id: ListingId) -> Result<(Listing, Beside, Member), Stop> {
    let member = work.member()?;
    let found = shelf::find_with_seller(work.db, id)?;
    let (listing, beside) = found.ok_or_else(|| Refusal::not_found("listing"))?;
    let store = acting_for(work, &member, &listing)?;
    listing.owned_by(Actor { member: &member, store })?;
    if listing.stocked.is_none() {
        return Err(Refusal::NotStock.into());
    }
    Ok((listing, beside, member))
}

fn room_for(work: &mut Work<'_>, owner: MemberId, more: usize) -> Result<(), Stop> {
    let more = i64::try_from(more).unwrap_or(MOST_ON_SALE);
    if shelf::count_on_sale(work.db, owner)? + more > MOST_ON_SALE {
        return Err(Refusal::TooManyListings { most: MOST_ON_SALE }.into());
    }
    Ok(())
}

/// Whether that SKU is free in a store, or is that of the listing.
fn sku_is_free(work: &mut Work<'_>, store: StoreId, sku: &str, mine: Option<ListingId>) -> Result<(), Stop> {
    if sku.is_empty() {
        return Ok(());
    }
    match shelf::with_sku(work.db, store, sku)? {
        Some(other) if Some(other) != mine => Err(Refusal::SkuTaken.into()),
        _ => Ok(()),
    }
}

pub(crate) fn add_product(
    work: &mut Work<'_>,
    store: StoreId,
    draft: &ListingDraft,
    variants: Vec<VariantDraft>,
) -> Outcome {
    let (store, member) = served(work, store)?;
    listing::check_variants(&variants)?;
    let owner = members::find(work.db, store.owner)?.ok_or_else(|| Refusal::not_found("store"))?;
    may_trade_now(work, &owner)?;
    room_for(work, owner.id, variants.len())?;
    let point = open_point(work, draft.pickup_point())?;
    let pictures = picture::chosen(work, &member, None, draft.pictures())?;
    let beside = Beside { seller: owner.card(), pickup_point: point.clone(), store: Some(store.card()) };
    let mut first: Option<Listing> = None;
    for variant in variants {
        sku_is_free(work, store.id, variant.sku(), None)?;
        let name = (work.id(ListingId::new), work.listing_number()?);
        let looks = (point.id, pictures.clone());
        let product = (draft, first.as_ref().map(|first| first.id));
        let (listing, event) = Listing::stock(product, variant, name, (store.id, owner.id), looks, work.now)?;
        let movement = work.id(MovementId::new);
        shelf::insert(work.db, &listing, movement)?;
        if first.is_none() && !listing.pictures.is_empty() {
            auboutique_db::picture::put_on(work.db, listing.id, &listing.pictures, work.now)?;
        }
        work.tell(event);
        first.get_or_insert(listing);
    }
    let first = first.ok_or(Refusal::VariantCount { most: listing::MOST_VARIANTS })?;
    settle(work, first.id)?;
    Ok(Reply::Stock(first.stock_view(beside)))
}

pub(crate) fn add_variant(work: &mut Work<'_>, product: ListingId, draft: VariantDraft) -> Outcome {
    let (listing, beside, _) = stocked(work, product)?;
    let Some(stocked) = listing.stocked.clone() else { return Err(Refusal::NotStock.into()) };
    let variants = shelf::of_product(work.db, stocked.product)?;
    if variants.len() >= listing::MOST_VARIANTS {
        return Err(Refusal::VariantCount { most: listing::MOST_VARIANTS }.into());
    }
    let same = |(other, _): &(Listing, Beside)| {
        other.stocked.as_ref().is_some_and(|other| other.label == draft.label())
    };
    if variants.iter().any(same) {
        return Err(Refusal::VariantTaken.into());
    }
    sku_is_free(work, stocked.store, draft.sku(), None)?;
    room_for(work, listing.seller, 1)?;
    let name = (work.id(ListingId::new), work.listing_number()?);
    let (added, event) = listing.another(draft, name, work.now)?;
    let movement = work.id(MovementId::new);
    shelf::insert(work.db, &added, movement)?;
    work.tell(event);
    settle(work, stocked.product)?;
    Ok(Reply::Stock(added.stock_view(beside)))
}

pub(crate) fn edit_variant(work: &mut Work<'_>, id: ListingId, changes: VariantChanges) -> Outcome {
    let (listing, beside, member) = stocked(work, id)?;
    let Some(mine) = listing.stocked.clone() else { return Err(Refusal::NotStock.into()) };
    if let Some(sku) = changes.sku() {
        sku_is_free(work, mine.store, sku, Some(id))?;
    }
    let variants = shelf::of_product(work.db, mine.product)?;
    let others: Vec<Listing> =
        variants.into_iter().map(|(other, _)| other).filter(|other| other.id != id).collect();
    let by = Actor { member: &member, store: Some(mine.store) };
    let (listing, event) = listing.edit_variant(by, changes, &others)?;
    shelf::save(work.db, &listing)?;
    work.tell(event);
    Ok(Reply::Stock(listing.stock_view(beside)))
}

pub(crate) fn restock(work: &mut Work<'_>, id: ListingId, copies: i64) -> Outcome {
    let copies = listing::quantity(copies)?;
    move_in(work, id, (Movement::Receive, copies), None)
}

pub(crate) fn adjust(work: &mut Work<'_>, id: ListingId, copies: i64, reason: &str) -> Outcome {
    move_in(work, id, (Movement::Adjust, copies), Some(reason))
}

fn move_in(work: &mut Work<'_>, id: ListingId, moved: (Movement, i64), reason: Option<&str>) -> Outcome {
    let (before, beside, member) = stocked(work, id)?;
    let was = before.state();
    let (listing, event) = before.move_in(moved.1, work.now)?;
    let movement = work.id(MovementId::new);
    let why = shelf::Why { by: Some((member.id, reason)), ..shelf::Why::of(listing.id) };
    shelf::move_in(work.db, &listing, moved, why, movement, work.now)?;
    work.tell(event);
    if listing.state() != was {
        settle_of(work, &listing)?;
    }
    Ok(Reply::Stock(listing.stock_view(beside)))
}

/// Puts the variant on the shelves that stands for its product now.
pub(crate) fn settle_of(work: &mut Work<'_>, listing: &Listing) -> Result<(), Stop> {
    match &listing.stocked {
        Some(stocked) => settle(work, stocked.product),
        None => Ok(()),
    }
}

fn settle(work: &mut Work<'_>, product: ListingId) -> Result<(), Stop> {
    let variants: Vec<Listing> =
        shelf::of_product(work.db, product)?.into_iter().map(|(variant, _)| variant).collect();
    let shown = listing::shelved(&variants);
    // Whoever arranges a product on another node at this moment is told that this one was first.
    if let Some(first) = variants.first().filter(|_| variants.len() > 1) {
        shelf::claim(work.db, first)?;
    }
    for variant in &variants {
        let shall = Some(variant.id) == shown;
        if shall != variant.shelved {
            shelf::shelve(work.db, variant.id, if shall { None } else { Some(work.now) })?;
        }
    }
    Ok(())
}

// ---- what is shown ----

impl View<'_> {
    /// A store as everybody sees it, by its handle or its id.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`].
    pub fn store(&mut self, name: &str) -> Result<StoreView, No> {
        let (store, owner) = self.find_store(name)?;
        Ok(store.view(owner))
    }

    fn find_store(&mut self, name: &str) -> Result<(Store, MemberCard), No> {
        let found = db::find_shown(self.db, name);
        Ok(self.settle(found.map_err(Stop::from))?.ok_or_else(|| Refusal::not_found("store"))?)
    }

    /// All stores by their names.
    ///
    /// # Errors
    ///
    /// [`No::Busy`], [`No::Broken`].
    pub fn stores(&mut self, after: Option<&str>, limit: Option<i64>) -> Result<Page<StoreView>, No> {
        let (_, limit) = cut(None, limit)?;
        let found = db::all(self.db, after.unwrap_or_default(), limit + 1);
        let mut rows = self.settle(found.map_err(Stop::from))?;
        let more = rows.len() > usize::try_from(limit).unwrap_or(0);
        rows.truncate(usize::try_from(limit).unwrap_or(0));
        let next = rows.last().filter(|_| more).map(|(store, _)| store.name.handle().to_owned());
        Ok(Page { rows: rows.into_iter().map(|(store, owner)| store.view(owner)).collect(), next })
    }

    /// What a store shows on its shelves, newest first: of each product the variant that stands for it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] when there is no such store, or for a cursor that is none.
    pub fn store_listings(
        &mut self,
        name: &str,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<ListingView>, No> {
        let (store, _) = self.find_store(name)?;
        let (below, limit) = cut(after, limit)?;
        let rows = shelf::of_store(self.db, store.id, below, limit + 1);
        Ok(page(self.settle(rows.map_err(Stop::from))?, limit))
    }

    /// The variants of a product that can be seen, in the order in which they were added.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] when there is no such product, or nothing of it is for these eyes, or for a cursor that is none.
    pub fn variants(
        &mut self,
        product: ListingId,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<ListingView>, No> {
        let (_, limit) = cut(None, limit)?;
        let beyond: i64 = match after {
            None => 0,
            Some(cursor) => cursor.parse().map_err(|_| Refusal::not_found("page"))?,
        };
        let found = shelf::of_product(self.db, product);
        let found = self.settle(found.map_err(Stop::from))?;
        let serves = match found.first() {
            Some((first, _)) => self.serves(first)?,
            None => false,
        };
        let seen = |listing: &Listing| serves || listing.is_seen_by(self.viewer.as_ref());
        let rows: Vec<(i64, ListingView)> = found
            .into_iter()
            .filter(|(listing, _)| seen(listing))
            .map(|(listing, beside)| (listing.number, listing.view(beside)))
            .collect();
        if rows.is_empty() {
            return Err(Refusal::not_found("listing").into());
        }
        Ok(page(rows.into_iter().filter(|(number, _)| *number > beyond).collect(), limit))
    }

    /// The stores the asker acts for, their own among them.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`].
    pub fn my_stores(&mut self) -> Result<Vec<StoreCard>, No> {
        let member = self.member()?;
        let found = db::served_by(self.db, member.id);
        self.settle(found.map_err(Stop::from))
    }

    /// That store, when the asker acts for it.
    fn served(&mut self, id: StoreId) -> Result<Store, No> {
        let member = self.member()?;
        let missing = || Refusal::not_found("store");
        let served = db::served(self.db, id, member.id);
        self.settle(served.map_err(Stop::from))?.ok_or_else(missing)?;
        let found = db::find(self.db, id);
        Ok(self.settle(found.map_err(Stop::from))?.ok_or_else(missing)?)
    }

    /// Everything a store has, every variant with its stock, newest first; for whoever acts for it.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when it is not theirs, or for a cursor that is none.
    pub fn stock(
        &mut self,
        store: StoreId,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<StockView>, No> {
        let store = self.served(store)?;
        let (below, limit) = cut(after, limit)?;
        let found = shelf::stock(self.db, store.id, below, limit + 1);
        let found = self.settle(found.map_err(Stop::from))?;
        let rows = found.into_iter().map(|(listing, beside)| (listing.number, listing.stock_view(beside)));
        Ok(page(rows.collect(), limit))
    }

    /// Who may act for a store beside its owner; for whoever acts for it.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when it is not theirs.
    pub fn staff(&mut self, store: StoreId) -> Result<Vec<MemberCard>, No> {
        let store = self.served(store)?;
        let found = db::staff(self.db, store.id);
        self.settle(found.map_err(Stop::from))
    }

    /// What a store sold, newest first; for whoever acts for it.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when it is not theirs, or for a cursor that is none.
    pub fn store_orders(
        &mut self,
        store: StoreId,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<OrderView>, No> {
        let store = self.served(store)?;
        let (before, limit) = crate::order::cut(after, limit)?;
        let rows = auboutique_db::order::of_store(self.db, store.id, &before, limit + 1);
        let rows = self.settle(rows.map_err(Stop::from))?;
        self.order_page(rows, Side::Seller, limit)
    }

    /// What is still to be handed over at the desk, the next pickup day first: by the asker, or by a store they act for.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] when the store is not theirs, or for a cursor that is none.
    pub fn to_hand_over(
        &mut self,
        store: Option<StoreId>,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<OrderView>, No> {
        let seller = match store {
            Some(store) => self.served(store)?.owner,
            None => self.member()?.id,
        };
        let (_, limit) = cut(None, limit)?;
        let read = |cursor: &str| {
            let (day, order) = cursor.split_once('.')?;
            Some((parse_day(day).ok()?.to_string(), OrderId::parse(order).ok()?.to_string()))
        };
        let beyond = match after {
            None => (String::new(), String::new()),
            Some(cursor) => read(cursor).ok_or_else(|| Refusal::not_found("page"))?,
        };
        let rows = auboutique_db::order::to_hand_over(self.db, seller, store, &beyond, limit + 1);
        let rows = self.settle(rows.map_err(Stop::from))?;
        let page = self.order_page(rows, Side::Seller, limit)?;
        // The next page begins after a day and an order, and not after an order alone.
        let next = page.next.and(page.rows.last()).map(|row| format!("{}.{}", row.pickup.day, row.order));
        Ok(Page { next, ..page })
    }

    /// The invitations the asker made, newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`]; [`Refusal::NotFound`] for a cursor that is none.
    pub fn invitations(
        &mut self,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<InvitationView>, No> {
        let inviter = if self.who == Who::Console { None } else { Some(self.member()?.id) };
        let before = match after {
            None => "~".to_owned(),
            Some(cursor) => InvitationId::parse(cursor).map_err(|_| Refusal::not_found("page"))?.to_string(),
        };
        let (_, limit) = cut(None, limit)?;
        let found = db::invitations(self.db, inviter, &before, limit + 1);
        let mut rows = self.settle(found.map_err(Stop::from))?;
        let more = rows.len() > usize::try_from(limit).unwrap_or(0);
        rows.truncate(usize::try_from(limit).unwrap_or(0));
        let next = rows.last().filter(|_| more).map(|(invitation, _)| invitation.id.to_string());
        let rows = rows.into_iter().map(|(invitation, store)| invitation.view(store, self.now)).collect();
        Ok(Page { rows, next })
    }
}
