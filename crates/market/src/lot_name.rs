//! Lots under names of one word: how auctions are known on the wire of system 004, and what that wire asks of them.

use std::future::Future;

use auboutique_db::{auction as auctions, lot_name as db, member as members};
use auboutique_domain::auction::{AuctionDraft, Lot};
use auboutique_domain::id::{AuctionId, MemberId};
use auboutique_domain::legacy::{Identity, LegacyWire};
use auboutique_domain::listing::ListingDraft;
use auboutique_domain::money::{Currency, Money};
use auboutique_domain::{Refusal, Reply, text};

use crate::caller::Caller;
use crate::member::PASSWORD;
use crate::no::{No, Stop};
use crate::reader::View;
use crate::writer::Work;
use crate::{Market, Outcome, auction};

/// Something is put up under a name that nothing had before.
pub(crate) fn put_up(work: &mut Work<'_>, name: &str, lot: ListingDraft, draft: &AuctionDraft) -> Outcome {
    let name = text::line("name", name, 1, 120)?;
    if db::named(work.db, &name)?.is_some() {
        return Err(Refusal::LotNameTaken.into());
    }
    let reply = auction::open(work, Lot::New(lot), draft)?;
    if let Reply::Auction(opened) = &reply {
        db::insert(work.db, &name, opened.auction)?;
    }
    Ok(reply)
}

/// What a wire with names for members tells of an auction.
#[derive(Debug, Clone)]
pub struct Room {
    /// The name of its lot.
    pub name: String,
    /// Who sells it.
    pub seller: MemberId,
    /// In what it is bid.
    pub currency: Currency,
    /// What bidding starts at, while nobody has bid.
    pub starting_price: Option<Money>,
    /// Who watches it and has a name on that wire.
    pub watchers: Vec<Identity>,
}

/// What a member is called on a wire, and how they can be reached.
#[derive(Debug, Clone)]
pub struct Known {
    /// What they are called there.
    pub name: String,
    /// The name they took there, if they did.
    pub identity: Option<Identity>,
    /// Whether they have an account of their own, and with it the pages.
    pub is_full: bool,
}

impl View<'_> {
    /// The auction of that name: the one that was put up under it, or else the one that runs and whose title is it with `_`
    /// for the blanks. A name is read as it was when it was given: letters that look the same are.
    ///
    /// # Errors
    ///
    /// What the database says.
    pub fn auction_named(&mut self, name: &str) -> Result<Option<AuctionId>, No> {
        let Ok(name) = text::line("name", name, 1, 120) else { return Ok(None) };
        let found = db::find(self.db, &name);
        self.settle(found.map_err(Stop::from))
    }

    /// The name of an auction's lot.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`].
    pub fn lot_name(&mut self, auction: AuctionId) -> Result<String, No> {
        let found = db::of(self.db, auction);
        let found = self.settle(found.map_err(Stop::from))?;
        found.ok_or_else(|| Refusal::not_found("auction").into())
    }
}

impl Market {
    /// What a wire tells of an auction, for the one who tells everybody.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`]; busy, or broken.
    pub fn room(
        &self,
        wire: LegacyWire,
        auction: AuctionId,
    ) -> impl Future<Output = Result<Room, No>> + Send + use<> {
        self.ask(Caller::NODE, move |view| {
            let name = view.lot_name(auction)?;
            let found = auctions::find(view.db, auction);
            let found = view.settle(found.map_err(Stop::from))?;
            let found = found.ok_or_else(|| Refusal::not_found("auction"))?;
            let watchers = db::watchers(view.db, auction, wire);
            let watchers = view.settle(watchers.map_err(Stop::from))?;
            let starting_price = found.standing.lead.is_none().then(|| found.price());
            let (seller, currency) = (found.seller, found.terms.currency);
            Ok(Room { name, seller, currency, starting_price, watchers })
        })
    }

    /// Who bids under that number in an auction, and what they are called on that wire: by the number, if they have no name
    /// there, for who bids elsewhere is known to others by it alone.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`]; busy, or broken.
    pub fn bidder_over(
        &self,
        wire: LegacyWire,
        auction: AuctionId,
        number: i64,
    ) -> impl Future<Output = Result<(MemberId, String), No>> + Send + use<> {
        self.ask(Caller::NODE, move |view| {
            let found = db::bidder(view.db, auction, number);
            let found = view.settle(found.map_err(Stop::from))?;
            let member = found.ok_or_else(|| Refusal::not_found("bidder"))?;
            let name = view.identity_of(wire, member)?.map(|identity| identity.name.as_str().to_owned());
            Ok((member, name.unwrap_or_else(|| format!("bidder_{number}"))))
        })
    }

    /// What a member is called on a wire, and how they can be reached.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`]; busy, or broken.
    pub fn known_over(
        &self,
        wire: LegacyWire,
        member: MemberId,
    ) -> impl Future<Output = Result<Known, No>> + Send + use<> {
        self.ask(Caller::NODE, move |view| {
            let found = members::find(view.db, member);
            let found = view.settle(found.map_err(Stop::from))?;
            let found = found.ok_or_else(|| Refusal::not_found("member"))?;
            let password = members::credential(view.db, member, PASSWORD);
            let is_full = view.settle(password.map_err(Stop::from))?.is_some();
            let (name, identity) = (view.name_over(wire, &found.card())?, view.identity_of(wire, member)?);
            Ok(Known { name, identity, is_full })
        })
    }
}
