//! Listings: offering, changing, withdrawing, finding.

use auboutique_db::{listing as db, member, pickup, picture};
use auboutique_domain::id::{ListingId, MemberId, MovementId, PickupPointId, StoreId};
use auboutique_domain::listing::{
    Actor, Beside, Browse, Listing, ListingChanges, ListingDraft, ListingView, MOST_ON_SALE, OwnListing,
    PAGE, Page, PickupPointName, PriceRange, Sort,
};
use auboutique_domain::member::{Member, STRIKE_LIFE, may_trade};
use auboutique_domain::{Event, Refusal, Reply, text};

use crate::Outcome;
use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;

/// The longest part of a title that is looked for.
const MOST_PART: usize = 200;

/// Whether the member may buy and sell at the moment.
pub(crate) fn may_trade_now(work: &mut Work<'_>, member: &Member) -> Result<(), Stop> {
    let strikes = member::strikes(work.db, member.id, work.now.minus(STRIKE_LIFE))?;
    Ok(may_trade(&strikes, work.now)?)
}

/// The pickup point a listing can be collected at: the one the seller chose, or the market's first.
pub(crate) fn open_point(
    work: &mut Work<'_>,
    chosen: Option<PickupPointId>,
) -> Result<PickupPointName, Stop> {
    let point = match chosen {
        Some(id) => {
            let point = pickup::find(work.db, id)?.ok_or_else(|| Refusal::not_found("pickup point"))?;
            if point.closed_at.is_some() {
                return Err(Refusal::PickupPointClosed.into());
            }
            point
        }
        None => pickup::first_open(work.db)?.ok_or_else(|| Refusal::not_found("pickup point"))?,
    };
    Ok(PickupPointName { id: point.id, name: point.name })
}

fn room_for_one_more(work: &mut Work<'_>, seller: MemberId) -> Result<(), Stop> {
    if db::count_on_sale(work.db, seller)? >= MOST_ON_SALE {
        return Err(Refusal::TooManyListings { most: MOST_ON_SALE }.into());
    }
    Ok(())
}

/// Keeps a new listing of a member's, and what tells of it where things are looked for.
fn make(
    work: &mut Work<'_>,
    seller: &Member,
    draft: ListingDraft,
) -> Result<(Listing, PickupPointName, Event), Stop> {
    let point = open_point(work, draft.pickup_point())?;
    let pictures = crate::picture::chosen(work, seller, None, draft.pictures())?;
    let (id, number) = (work.id(ListingId::new), work.listing_number()?);
    let (listing, event) = Listing::publish(draft, (id, number), seller.id, (point.id, pictures), work.now)?;
    let movement = work.id(MovementId::new);
    db::insert(work.db, &listing, movement)?;
    if !listing.pictures.is_empty() {
        picture::put_on(work.db, listing.id, &listing.pictures, work.now)?;
    }
    Ok((listing, point, event))
}

/// Keeps a new listing that is to be the lot of an auction: it never was on a shelf, and nobody is told that it was.
pub(crate) fn keep_new(work: &mut Work<'_>, seller: &Member, draft: ListingDraft) -> Result<Listing, Stop> {
    let (listing, _, _) = make(work, seller, draft)?;
    Ok(Listing { withdrawn_at: Some(work.now), ..listing })
}

pub(crate) fn add(work: &mut Work<'_>, draft: ListingDraft) -> Outcome {
    let seller = work.member()?;
    may_trade_now(work, &seller)?;
    room_for_one_more(work, seller.id)?;
    let (listing, point, event) = make(work, &seller, draft)?;
    work.tell(event);
    let beside = Beside { seller: seller.card(), pickup_point: point, store: None };
    Ok(Reply::Listing(listing.view(beside)))
}

/// A listing, what stands beside it, and who wants to do something to it.
fn find(work: &mut Work<'_>, id: ListingId) -> Result<(Listing, Beside, Member, Option<StoreId>), Stop> {
    let member = work.member()?;
    let found = db::find_with_seller(work.db, id)?;
    let (listing, beside) = found.ok_or_else(|| Refusal::not_found("listing"))?;
    let store = crate::store::acting_for(work, &member, &listing)?;
    Ok((listing, beside, member, store))
}

pub(crate) fn edit(work: &mut Work<'_>, id: ListingId, changes: ListingChanges) -> Outcome {
    let (listing, mut beside, member, store) = find(work, id)?;
    let by = Actor { member: &member, store };
    if let Some(auction) = listing.auction {
        listing.owned_by(by)?;
        crate::auction::may_edit(work, auction, changes.category)?;
    }
    let product = listing.stocked.as_ref().map(|stocked| stocked.product);
    let pictures = match changes.chosen_pictures() {
        // The pictures of a product are on its first variant.
        Some(pictures) if listing.owned_by(by).is_ok() => {
            Some(crate::picture::chosen(work, &member, Some(product.unwrap_or(id)), pictures)?)
        }
        _ => None,
    };
    let changed = pictures.is_some();
    let (listing, event) = listing.edit(by, changes.clone(), pictures.clone())?;
    if let Some(chosen) = changes.pickup_point {
        beside.pickup_point = open_point(work, Some(chosen))?;
    }
    db::save(work.db, &listing)?;
    work.tell(event);
    if changed {
        picture::put_on(work.db, product.unwrap_or(id), &listing.pictures, work.now)?;
    }
    // What is said of a product is said of every variant; the price is that of one.
    if let Some((product, shared)) = product.zip(changes.shared()) {
        let variants = db::of_product(work.db, product)?;
        for (variant, _) in variants.into_iter().filter(|(other, _)| other.id != id) {
            let (variant, event) = variant.edit(by, shared.clone(), pictures.clone())?;
            db::save(work.db, &variant)?;
            work.tell(event);
        }
    }
    Ok(Reply::Listing(listing.view(beside)))
}

pub(crate) fn withdraw(work: &mut Work<'_>, id: ListingId) -> Outcome {
    let (listing, beside, member, store) = find(work, id)?;
    let (listing, event) = listing.withdraw(Actor { member: &member, store }, work.now)?;
    db::save(work.db, &listing)?;
    work.tell(event);
    crate::store::settle_of(work, &listing)?;
    Ok(Reply::Listing(listing.view(beside)))
}

pub(crate) fn publish(work: &mut Work<'_>, id: ListingId) -> Outcome {
    let (listing, beside, member, store) = find(work, id)?;
    let (listing, event) = listing.publish_again(Actor { member: &member, store })?;
    // Whoever acts for a store sells for its owner.
    let seller = member::find(work.db, listing.seller)?.ok_or_else(|| Refusal::not_found("listing"))?;
    may_trade_now(work, &seller)?;
    room_for_one_more(work, listing.seller)?;
    open_point(work, Some(listing.pickup_point))?;
    db::save(work.db, &listing)?;
    work.tell(event);
    crate::store::settle_of(work, &listing)?;
    Ok(Reply::Listing(listing.view(beside)))
}

/// Where a page starts and how long it is: `after` is what the page before gave as `next`.
pub(crate) fn cut(after: Option<&str>, limit: Option<i64>) -> Result<(i64, i64), Refusal> {
    let below = match after {
        None => i64::MAX,
        Some(cursor) => cursor.parse().map_err(|_| Refusal::not_found("page"))?,
    };
    Ok((below, limit.unwrap_or(PAGE.0).clamp(1, PAGE.1)))
}

/// Where a page in the order of prices starts: beyond the price and the number that the page before gave as `next`.
fn beyond(after: Option<&str>, range: PriceRange, sort: Sort) -> Result<(i64, i64), Refusal> {
    let (lowest, highest) = range.bounds();
    let Some(cursor) = after else {
        return Ok(if sort == Sort::Dearest { (highest, i64::MAX) } else { (lowest, 0) });
    };
    let read = || {
        let (price, number) = cursor.split_once('-')?;
        let (price, number): (i64, i64) = (price.parse().ok()?, number.parse().ok()?);
        // A cursor of another range would begin with prices that nobody asked for.
        ((lowest..=highest).contains(&price) && number > 0).then_some((price, number))
    };
    read().ok_or_else(|| Refusal::not_found("page"))
}

/// A page out of one row more than it holds.
pub(crate) fn page<T>(rows: Vec<(i64, T)>, limit: i64) -> Page<T> {
    page_by(rows, limit, |number, _| number.to_string())
}

/// The same with another cursor.
fn page_by<T>(mut rows: Vec<(i64, T)>, limit: i64, cursor: impl Fn(i64, &T) -> String) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(|(number, row)| cursor(*number, row)) } else { None };
    Page { rows: rows.into_iter().map(|(_, row)| row).collect(), next }
}

impl View<'_> {
    /// One listing.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] when there is none, or it is withdrawn and not the asker's.
    pub fn listing(&mut self, id: ListingId) -> Result<ListingView, No> {
        let found = db::find_with_seller(self.db, id);
        let found = self.settle(found.map_err(Stop::from))?;
        let missing = || Refusal::not_found("listing");
        let (listing, beside) = found.ok_or_else(missing)?;
        if !listing.is_seen_by(self.viewer.as_ref()) && !self.serves(&listing)? {
            return Err(missing().into());
        }
        Ok(listing.view(beside))
    }

    /// Whether the asker acts for the store that sells it, and so sees what is withdrawn.
    pub(crate) fn serves(&mut self, listing: &Listing) -> Result<bool, No> {
        let store = listing.stocked.as_ref().map(|stocked| stocked.store);
        let Some((store, viewer)) = store.zip(self.viewer.as_ref()) else { return Ok(false) };
        let served = auboutique_db::store::served(self.db, store, viewer.id);
        Ok(self.settle(served.map_err(Stop::from))?.is_some())
    }

    /// What is on sale and is looked for, in the order that is asked for.
    ///
    /// # Errors
    ///
    /// What [`Browse::check`] says; [`Refusal::NotFound`] for a cursor that is none of this order's.
    pub fn browse(
        &mut self,
        browse: &Browse,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<ListingView>, No> {
        browse.check()?;
        let Some(range) = browse.price.filter(|_| browse.sort != Sort::Newest) else {
            let (below, limit) = cut(after, limit)?;
            let rows = db::newest(self.db, browse, below, limit + 1);
            return Ok(page(self.settle(rows.map_err(Stop::from))?, limit));
        };
        let (_, limit) = cut(None, limit)?;
        let beyond = beyond(after, range, browse.sort)?;
        let rows = db::by_price(self.db, browse, range, beyond, limit + 1);
        let rows = self.settle(rows.map_err(Stop::from))?;
        Ok(page_by(rows, limit, |number, row| format!("{}-{number}", row.price.minor)))
    }

    /// What a member has on sale or has sold, newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] when there is no such member, or for a cursor that is none.
    pub fn listings_of(
        &mut self,
        username: &str,
        after: Option<&str>,
        limit: Option<i64>,
    ) -> Result<Page<ListingView>, No> {
        let seller = self.member_card(username)?;
        let (below, limit) = cut(after, limit)?;
        let rows = db::by_seller(self.db, seller.id, below, limit + 1);
        Ok(page(self.settle(rows.map_err(Stop::from))?, limit))
    }

    /// The newest listings on sale, each with its number; newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn newest_numbered(&mut self, most: i64) -> Result<Vec<(i64, ListingView)>, No> {
        let rows = db::newest(self.db, &Browse::default(), i64::MAX, most);
        self.settle(rows.map_err(Stop::from))
    }

    /// What a member has on sale or has sold, each with its number, below that number; newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn numbered_of(
        &mut self,
        seller: MemberId,
        below: i64,
        most: i64,
    ) -> Result<Vec<(i64, ListingView)>, No> {
        let rows = db::by_seller(self.db, seller, below, most);
        self.settle(rows.map_err(Stop::from))
    }

    /// What has that title and is not withdrawn: what is on sale first, and of it the oldest.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn titled(&mut self, title: &str, most: i64) -> Result<Vec<(i64, ListingView)>, No> {
        let rows = db::titled(self.db, title, most);
        self.settle(rows.map_err(Stop::from))
    }

    /// What is on sale and has that somewhere in its title; newest first.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn titled_like(&mut self, part: &str, most: i64) -> Result<Vec<(i64, ListingView)>, No> {
        // Letters that no title has are in none.
        let Ok(part) = text::line("title", part, 0, MOST_PART) else { return Ok(Vec::new()) };
        let rows = db::titled_like(self.db, &part, most);
        self.settle(rows.map_err(Stop::from))
    }

    /// The asker's own listings with their buyers, newest first.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`] for a visitor; [`Refusal::NotFound`] for a cursor that is none.
    pub fn own_listings(&mut self, after: Option<&str>, limit: Option<i64>) -> Result<Page<OwnListing>, No> {
        let member = self.member()?;
        let (below, limit) = cut(after, limit)?;
        let rows = db::own(self.db, member.id, below, limit + 1);
        Ok(page(self.settle(rows.map_err(Stop::from))?, limit))
    }
}
