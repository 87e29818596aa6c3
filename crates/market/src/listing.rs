//! Listings: offering, changing, withdrawing, finding.

use auboutique_db::{listing as db, member, pickup, picture};
use auboutique_domain::id::{ListingId, MovementId, PickupPointId};
use auboutique_domain::listing::{
    Browse, Listing, ListingChanges, ListingDraft, ListingView, MOST_ON_SALE, OwnListing, PAGE, Page,
    PickupPointName, PriceRange, Sort,
};
use auboutique_domain::member::{Member, MemberCard, STRIKE_LIFE, may_trade};
use auboutique_domain::{Refusal, Reply};

use crate::Outcome;
use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;

/// Whether the member may buy and sell at the moment.
pub(crate) fn may_trade_now(work: &mut Work<'_>, member: &Member) -> Result<(), Stop> {
    let strikes = member::strikes(work.db, member.id, work.now.minus(STRIKE_LIFE))?;
    Ok(may_trade(&strikes, work.now)?)
}

/// The pickup point a listing can be collected at: the one the seller chose, or the market's first.
fn open_point(work: &mut Work<'_>, chosen: Option<PickupPointId>) -> Result<PickupPointName, Stop> {
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

fn room_for_one_more(work: &mut Work<'_>, seller: &Member) -> Result<(), Stop> {
    if db::count_on_sale(work.db, seller.id)? >= MOST_ON_SALE {
        return Err(Refusal::TooManyListings { most: MOST_ON_SALE }.into());
    }
    Ok(())
}

pub(crate) fn add(work: &mut Work<'_>, draft: ListingDraft) -> Outcome {
    let seller = work.member()?;
    may_trade_now(work, &seller)?;
    room_for_one_more(work, &seller)?;
    let point = open_point(work, draft.pickup_point())?;
    let pictures = crate::picture::chosen(work, &seller, None, draft.pictures())?;
    let (id, number) = (work.id(ListingId::new), work.number());
    let (listing, event) = Listing::publish(draft, (id, number), seller.id, (point.id, pictures), work.now)?;
    let movement = work.id(MovementId::new);
    db::insert(work.db, &listing, movement)?;
    if !listing.pictures.is_empty() {
        picture::put_on(work.db, listing.id, listing.seller, &listing.pictures, work.now)?;
    }
    work.tell(event);
    Ok(Reply::Listing(listing.view(seller.card(), point)))
}

fn find(work: &mut Work<'_>, id: ListingId) -> Result<(Listing, MemberCard, PickupPointName), Stop> {
    let found = db::find_with_seller(work.db, id)?;
    Ok(found.ok_or_else(|| Refusal::not_found("listing"))?)
}

pub(crate) fn edit(work: &mut Work<'_>, id: ListingId, changes: ListingChanges) -> Outcome {
    let member = work.member()?;
    let (listing, seller, point) = find(work, id)?;
    let chosen = changes.pickup_point;
    let pictures = match changes.chosen_pictures() {
        Some(pictures) if member.id == listing.seller => {
            Some(crate::picture::chosen(work, &member, Some(id), pictures)?)
        }
        _ => None,
    };
    let changed = pictures.is_some();
    let (listing, event) = listing.edit(&member, changes, pictures)?;
    let point = if chosen.is_some() { open_point(work, chosen)? } else { point };
    db::save(work.db, &listing)?;
    if changed {
        picture::put_on(work.db, listing.id, listing.seller, &listing.pictures, work.now)?;
    }
    work.tell(event);
    Ok(Reply::Listing(listing.view(seller, point)))
}

pub(crate) fn withdraw(work: &mut Work<'_>, id: ListingId) -> Outcome {
    let member = work.member()?;
    let (listing, seller, point) = find(work, id)?;
    let (listing, event) = listing.withdraw(&member, work.now)?;
    db::save(work.db, &listing)?;
    work.tell(event);
    Ok(Reply::Listing(listing.view(seller, point)))
}

pub(crate) fn publish(work: &mut Work<'_>, id: ListingId) -> Outcome {
    let member = work.member()?;
    let (listing, seller, point) = find(work, id)?;
    let (listing, event) = listing.publish_again(&member)?;
    may_trade_now(work, &member)?;
    room_for_one_more(work, &member)?;
    open_point(work, Some(listing.pickup_point))?;
    db::save(work.db, &listing)?;
    work.tell(event);
    Ok(Reply::Listing(listing.view(seller, point)))
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
fn page<T>(rows: Vec<(i64, T)>, limit: i64) -> Page<T> {
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
        let seen = found.filter(|(listing, _, _)| listing.is_seen_by(self.viewer.as_ref()));
        let (listing, seller, point) = seen.ok_or_else(|| Refusal::not_found("listing"))?;
        Ok(listing.view(seller, point))
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
