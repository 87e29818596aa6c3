//! Listings: one seller's offer of a thing at a price, with stock.
//!
//! ```text
//!            publish                 buy                      collect
//!  (draft) ──────────▶ on sale ───────────────▶ sold ─────────────────────▶ gone
//!                      ▲    │                    │
//!              publish │    │ withdraw           │ the order is canceled
//!                      │    ▼                    │
//!                    withdrawn ◀─────────────────┘ or missed by its seller or buyer;
//!                                                  a buyer's cancelation puts it back on sale
//! ```
//!
//! A listing of a member is a one-off: one copy, sold once, ever. Its stock is `on_hand − committed`; an order commits
//! the copy, its end either collects it (`on_hand` falls) or uncommits it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::event::Event;
use crate::id::{ListingId, MemberId, OrderId, PickupPointId, PictureId};
use crate::member::{Member, MemberCard, Role};
use crate::money::{Currency, Money, Price};
use crate::picture::{self, PictureView};
use crate::refusal::Refusal;
use crate::text::{self, Search};
use crate::time::Moment;

macro_rules! named {
    ($(#[doc = $doc:literal])* $name:ident { $($(#[$each:meta])* $variant:ident = $text:literal,)* }, $refusal:ident) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$each])* #[serde(rename = $text)] $variant,)* }

        impl $name {
            /// Every one, in the order they are shown.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name on wires and in the database.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one of that name.
            ///
            /// # Errors
            ///
            /// A refusal that lists those there are.
            pub fn parse(name: &str) -> Result<Self, Refusal> {
                Self::ALL.iter().copied().find(|each| each.name() == name).ok_or_else(|| Refusal::$refusal {
                    known: Self::ALL.iter().map(|each| each.name().to_owned()).collect(),
                })
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(concat!($($doc)*).trim()))
                    .enum_values(Some(Self::ALL.iter().map(|each| each.name())))
                    .into()
            }
        }
    };
}

named! {
    /// The one shelf a listing stands on.
    Category {
        /// Course books, novels, comics.
        Books = "books",
        /// Laptops, phones, calculators.
        Electronics = "electronics",
        /// Desks, chairs, lamps.
        Furniture = "furniture",
        /// Pots, kettles, fridges.
        Kitchen = "kitchen",
        /// Clothes, shoes, bags.
        Clothing = "clothing",
        /// Rackets, balls, bicycles.
        Sports = "sports",
        /// Instruments, scores, records.
        Music = "music",
        /// Games and consoles.
        Games = "games",
        /// Lab coats, drawing sets, notes.
        Study = "study",
        /// Paintings, crafts, decoration.
        Art = "art",
        /// Plants and pots.
        Plants = "plants",
        /// Everything else.
        Other = "other",
    }, CategoryUnknown
}

named! {
    /// How worn the thing is.
    Condition {
        /// Never used.
        New = "new",
        /// Used, and nobody would notice.
        LikeNew = "like_new",
        /// Used, with small marks.
        Good = "good",
        /// Used, with marks, working.
        Fair = "fair",
        /// Not working, or not complete.
        ForParts = "for_parts",
    }, ConditionUnknown
}

named! {
    /// In which order what is on sale is looked through.
    Sort {
        /// What was published last comes first.
        Newest = "newest",
        /// From the lowest price up; at one price the older comes first.
        Cheapest = "cheapest",
        /// From the highest price down; at one price the newer comes first.
        Dearest = "dearest",
    }, SortUnknown
}

#[expect(clippy::derivable_impls, reason = "the macro that makes the type takes no attributes for it")]
impl Default for Sort {
    fn default() -> Self {
        Self::Newest
    }
}

impl Category {
    /// Whether a listing here shows what it is about. A book is known by its title and its edition, notes by their
    /// course, and what stands under "everything else" may be nothing one can see.
    #[must_use]
    pub const fn needs_picture(self) -> bool {
        !matches!(self, Self::Books | Self::Study | Self::Other)
    }

    fn allows(self, pictures: usize) -> Result<(), Refusal> {
        if pictures == 0 && self.needs_picture() { Err(Refusal::PictureNeeded) } else { Ok(()) }
    }
}

/// What a seller says of a thing: checked, ready to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListingDraft {
    title: String,
    description: String,
    price: Price,
    category: Category,
    condition: Condition,
    pickup_point: Option<PickupPointId>,
    pictures: Vec<PictureId>,
}

impl ListingDraft {
    /// Checks what a seller says. Without a pickup point the market's first one serves.
    ///
    /// # Errors
    ///
    /// [`Refusal::TextLength`] or [`Refusal::TextUnprintable`] for title (3 to 120 characters) and description (up to
    /// 4,000).
    pub fn new(
        title: &str,
        description: &str,
        price: Price,
        category: Category,
        condition: Condition,
        pickup_point: Option<PickupPointId>,
    ) -> Result<Self, Refusal> {
        Ok(Self {
            title: text::line("title", title, 3, 120)?,
            description: text::lines("description", description, 0, 4_000)?,
            price,
            category,
            condition,
            pickup_point,
            pictures: Vec::new(),
        })
    }

    /// The same with these pictures; the first is the cover.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooManyPictures`] for more than [`picture::MOST_PER_LISTING`], or one twice.
    pub fn with_pictures(self, pictures: Vec<PictureId>) -> Result<Self, Refusal> {
        Ok(Self { pictures: picture::chosen(pictures)?, ..self })
    }

    /// The pictures, in their order.
    #[must_use]
    pub fn pictures(&self) -> &[PictureId] {
        &self.pictures
    }

    /// Where the buyer shall collect, if the seller chose.
    #[must_use]
    pub const fn pickup_point(&self) -> Option<PickupPointId> {
        self.pickup_point
    }
}

/// What a seller wants changed; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ListingChanges {
    title: Option<String>,
    description: Option<String>,
    /// Another price.
    pub price: Option<Price>,
    /// Another shelf.
    pub category: Option<Category>,
    /// Another condition.
    pub condition: Option<Condition>,
    /// Another pickup point.
    pub pickup_point: Option<PickupPointId>,
    pictures: Option<Vec<PictureId>>,
}

impl ListingChanges {
    /// Sets and checks the texts to change.
    ///
    /// # Errors
    ///
    /// As [`ListingDraft::new`].
    pub fn texts(mut self, title: Option<&str>, description: Option<&str>) -> Result<Self, Refusal> {
        self.title = title.map(|raw| text::line("title", raw, 3, 120)).transpose()?;
        self.description = description.map(|raw| text::lines("description", raw, 0, 4_000)).transpose()?;
        Ok(self)
    }

    /// Sets the pictures it shall have from now on, all of them, the cover first.
    ///
    /// # Errors
    ///
    /// [`Refusal::TooManyPictures`] for more than [`picture::MOST_PER_LISTING`], or one twice.
    pub fn pictures(mut self, pictures: Option<Vec<PictureId>>) -> Result<Self, Refusal> {
        self.pictures = pictures.map(picture::chosen).transpose()?;
        Ok(self)
    }

    /// The pictures it shall have, if they change.
    #[must_use]
    pub fn chosen_pictures(&self) -> Option<&[PictureId]> {
        self.pictures.as_deref()
    }
}

/// Prices that are looked for. Two currencies cannot be compared, so they are all of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceRange {
    /// Only prices in this currency.
    pub currency: Currency,
    /// And none below so many minor units.
    pub least: Option<i64>,
    /// And none above so many.
    pub most: Option<i64>,
}

impl PriceRange {
    /// The range somebody asked for; nothing when any price will do.
    ///
    /// # Errors
    ///
    /// [`Refusal::CurrencyNeeded`] for a bound without a currency.
    pub fn asked(
        currency: Option<Currency>,
        least: Option<i64>,
        most: Option<i64>,
    ) -> Result<Option<Self>, Refusal> {
        match currency {
            Some(currency) => Ok(Some(Self { currency, least, most })),
            None if least.is_some() || most.is_some() => Err(Refusal::CurrencyNeeded),
            None => Ok(None),
        }
    }

    /// The lowest and the highest price in it, in minor units.
    #[must_use]
    pub fn bounds(self) -> (i64, i64) {
        let (lowest, highest) = (*Price::RANGE.start(), *Price::RANGE.end());
        (self.least.unwrap_or(lowest).max(lowest), self.most.unwrap_or(highest).min(highest))
    }
}

/// What somebody wants to see of what is on sale, and in which order. Without anything: all of it, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Browse {
    /// Only what has all these words.
    pub search: Option<Search>,
    /// Only this shelf.
    pub category: Option<Category>,
    /// Only what is this worn.
    pub condition: Option<Condition>,
    /// Only at these prices.
    pub price: Option<PriceRange>,
    /// In this order.
    pub sort: Sort,
}

/// How many of the newest listings that have the words are put in the order of their prices. Words alone are found from the
/// newest down, as far as a page needs them; an order by price has to know all it puts in order.
pub const MOST_SORTED: i64 = 1_000;

impl Browse {
    /// Everything on one shelf, or on all of them.
    #[must_use]
    pub fn shelf(category: Option<Category>) -> Self {
        Self { category, ..Self::default() }
    }

    /// Everything that has these words.
    #[must_use]
    pub fn words(search: Search) -> Self {
        Self { search: Some(search), ..Self::default() }
    }

    /// Whether this can be asked.
    ///
    /// # Errors
    ///
    /// [`Refusal::CurrencyNeeded`] for an order by price without a currency; [`Refusal::PriceRangeInvalid`] for a range with
    /// a negative bound, or one that is upside down.
    pub fn check(&self) -> Result<(), Refusal> {
        let Some(PriceRange { least, most, .. }) = self.price else {
            return if self.sort == Sort::Newest { Ok(()) } else { Err(Refusal::CurrencyNeeded) };
        };
        let upside_down = matches!((least, most), (Some(least), Some(most)) if least > most);
        if upside_down || least.is_some_and(|least| least < 0) || most.is_some_and(|most| most < 0) {
            return Err(Refusal::PriceRangeInvalid);
        }
        Ok(())
    }
}

/// The most listings one member may have on sale.
pub const MOST_ON_SALE: i64 = 2_000;

/// One seller's offer of a thing at a price, with stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Which listing.
    pub id: ListingId,
    /// Its place in the order of publication: the microsecond of it, unique. Newer is larger; pages are cut by it.
    pub number: i64,
    /// Who sells.
    pub seller: MemberId,
    /// What it is, in a line.
    pub title: String,
    /// What there is to know.
    pub description: String,
    /// What one copy costs.
    pub price: Price,
    /// Its shelf.
    pub category: Category,
    /// How worn it is.
    pub condition: Condition,
    /// Where it is collected.
    pub pickup_point: PickupPointId,
    /// What it looks like; the first is the cover.
    pub pictures: Vec<PictureView>,
    /// Copies the seller has, sold ones not yet collected included.
    pub on_hand: i64,
    /// Copies that are promised to orders.
    pub committed: i64,
    /// When it was first published.
    pub published_at: Moment,
    /// When it was withdrawn, while it is.
    pub withdrawn_at: Option<Moment>,
    /// When the last copy was sold, while none is left.
    pub sold_at: Option<Moment>,
    /// Counts the changes to the row.
    pub version: i64,
}

/// Where a listing is in its life, as a viewer sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListingState {
    /// It can be bought.
    OnSale,
    /// No copy is left.
    Sold,
    /// Its owner or a moderator took it away; only the owner sees it.
    Withdrawn,
}

/// A listing as everybody sees it, in lists and alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ListingView {
    /// Which listing.
    pub listing: ListingId,
    /// What it is, in a line.
    pub title: String,
    /// What there is to know.
    pub description: String,
    /// What one copy costs.
    pub price: Money,
    /// Its shelf.
    pub category: Category,
    /// How worn it is.
    pub condition: Condition,
    /// Whether it can be bought.
    pub state: ListingState,
    /// When it was first published.
    pub published_at: Moment,
    /// Who sells.
    pub seller: MemberCard,
    /// Where it is collected.
    pub pickup_point: PickupPointName,
    /// What it looks like; the first is the cover.
    #[serde(default)]
    #[schema(required = true)]
    pub pictures: Vec<PictureView>,
}

/// A pickup point as it stands on a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PickupPointName {
    /// Which point.
    pub id: PickupPointId,
    /// What people call it.
    pub name: String,
}

/// A listing as its owner sees it: with the order it ended in and who bought it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnListing {
    /// What everybody sees.
    #[serde(flatten)]
    pub listing: ListingView,
    /// The order that holds the copy, when it is sold.
    #[schema(required = true)]
    pub order: Option<OrderId>,
    /// Who bought it.
    #[schema(required = true)]
    pub buyer: Option<MemberCard>,
}

/// Some of a longer list, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// Give this as `after` to get the next page; `null` on the last one.
    #[schema(required = true)]
    pub next: Option<String>,
}

/// How many rows a page has when the asker does not say, and at most.
pub const PAGE: (i64, i64) = (20, 100);

impl Listing {
    /// Publishes a draft with its pictures: one copy, on sale from now. `number` is its place in the order of publication.
    ///
    /// # Errors
    ///
    /// [`Refusal::PictureNeeded`] when its category wants one.
    pub fn publish(
        draft: ListingDraft,
        (id, number): (ListingId, i64),
        seller: MemberId,
        (pickup_point, pictures): (PickupPointId, Vec<PictureView>),
        now: Moment,
    ) -> Result<(Self, Event), Refusal> {
        draft.category.allows(pictures.len())?;
        let listing = Self {
            id,
            number,
            seller,
            title: draft.title,
            description: draft.description,
            price: draft.price,
            category: draft.category,
            condition: draft.condition,
            pickup_point,
            pictures,
            on_hand: 1,
            committed: 0,
            published_at: now,
            withdrawn_at: None,
            sold_at: None,
            version: 1,
        };
        let event = Event::ListingPublished { listing: id, seller, price: listing.price.money() };
        Ok((listing, event))
    }

    /// Where the listing is in its life. A sold one is sold, whether or not it was withdrawn later.
    #[must_use]
    pub const fn state(&self) -> ListingState {
        if self.sold_at.is_some() {
            ListingState::Sold
        } else if self.withdrawn_at.is_some() {
            ListingState::Withdrawn
        } else {
            ListingState::OnSale
        }
    }

    /// Whether this viewer may see the listing: a withdrawn one is for its owner and for moderators.
    #[must_use]
    pub fn is_seen_by(&self, viewer: Option<&Member>) -> bool {
        self.state() != ListingState::Withdrawn
            || viewer.is_some_and(|member| member.id == self.seller || member.role >= Role::Moderator)
    }

    fn owned_by(&self, member: &Member) -> Result<(), Refusal> {
        if self.seller == member.id {
            return Ok(());
        }
        Err(if self.is_seen_by(Some(member)) { Refusal::NotYours } else { Refusal::not_found("listing") })
    }

    /// Changes what the seller says of it. Possible until it is sold, also while it is withdrawn. `pictures` are those it
    /// shall have, if they change.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`], [`Refusal::NotFound`], [`Refusal::ListingSold`], [`Refusal::PictureNeeded`], in this order.
    pub fn edit(
        mut self,
        by: &Member,
        changes: ListingChanges,
        pictures: Option<Vec<PictureView>>,
    ) -> Result<(Self, Event), Refusal> {
        self.owned_by(by)?;
        if self.state() == ListingState::Sold {
            return Err(Refusal::ListingSold);
        }
        // A listing from before there were pictures may go on without, until one of these two is touched.
        if pictures.is_some() || changes.category.is_some_and(|category| category != self.category) {
            let count = pictures.as_ref().map_or(self.pictures.len(), Vec::len);
            changes.category.unwrap_or(self.category).allows(count)?;
        }
        self.pictures = pictures.unwrap_or(self.pictures);
        self.title = changes.title.unwrap_or(self.title);
        self.description = changes.description.unwrap_or(self.description);
        self.price = changes.price.unwrap_or(self.price);
        self.category = changes.category.unwrap_or(self.category);
        self.condition = changes.condition.unwrap_or(self.condition);
        self.pickup_point = changes.pickup_point.unwrap_or(self.pickup_point);
        let event = Event::ListingEdited { listing: self.id, seller: self.seller, price: self.price.money() };
        Ok((self, event))
    }

    /// Takes it away: by its owner, or by a moderator.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`], [`Refusal::NotFound`], [`Refusal::ListingSold`], [`Refusal::ListingWithdrawn`].
    pub fn withdraw(mut self, by: &Member, now: Moment) -> Result<(Self, Event), Refusal> {
        if by.role < Role::Moderator {
            self.owned_by(by)?;
        }
        match self.state() {
            ListingState::Sold => Err(Refusal::ListingSold),
            ListingState::Withdrawn => Err(Refusal::ListingWithdrawn),
            ListingState::OnSale => {
                self.withdrawn_at = Some(now);
                let event = Event::ListingWithdrawn { listing: self.id, seller: self.seller, by: by.id };
                Ok((self, event))
            }
        }
    }

    /// Puts a withdrawn listing back on sale, where it stood.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`], [`Refusal::NotFound`], [`Refusal::ListingSold`], [`Refusal::ListingPublished`].
    pub fn publish_again(mut self, by: &Member) -> Result<(Self, Event), Refusal> {
        self.owned_by(by)?;
        match self.state() {
            ListingState::Sold => Err(Refusal::ListingSold),
            ListingState::OnSale => Err(Refusal::ListingPublished),
            ListingState::Withdrawn => {
                self.withdrawn_at = None;
                let event = Event::ListingPublished {
                    listing: self.id,
                    seller: self.seller,
                    price: self.price.money(),
                };
                Ok((self, event))
            }
        }
    }

    /// Whether this member can buy it at the price they saw.
    ///
    /// # Errors
    ///
    /// In this order: [`Refusal::NotFound`], [`Refusal::ListingSold`], [`Refusal::OwnListing`],
    /// [`Refusal::PriceChanged`].
    pub fn can_be_bought(&self, buyer: MemberId, seen: Money) -> Result<(), Refusal> {
        match self.state() {
            ListingState::Sold => return Err(Refusal::ListingSold),
            ListingState::Withdrawn if buyer == self.seller => return Err(Refusal::ListingWithdrawn),
            ListingState::Withdrawn => return Err(Refusal::not_found("listing")),
            ListingState::OnSale => {}
        }
        if buyer == self.seller {
            return Err(Refusal::OwnListing);
        }
        if seen != self.price.money() {
            return Err(Refusal::PriceChanged { price: self.price.money() });
        }
        Ok(())
    }

    /// What everybody sees.
    #[must_use]
    pub fn view(self, seller: MemberCard, pickup_point: PickupPointName) -> ListingView {
        ListingView {
            listing: self.id,
            state: self.state(),
            title: self.title,
            description: self.description,
            price: self.price.money(),
            category: self.category,
            condition: self.condition,
            published_at: self.published_at,
            seller,
            pickup_point,
            pictures: self.pictures,
        }
    }
}

/// What happened to stock. Movements are append-only; `on_hand` and `committed` are their sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// Copies come in: `on_hand` rises.
    Receive,
    /// Copies are promised to an order: `committed` rises.
    Commit,
    /// The promise is lifted: `committed` falls.
    Uncommit,
    /// The copies left the house: both fall.
    Collect,
}

impl Movement {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Receive, Self::Commit, Self::Uncommit, Self::Collect];

    /// The kind's name in lower case, as the database keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Commit => "commit",
            Self::Uncommit => "uncommit",
            Self::Collect => "collect",
        }
    }

    /// What one copy moved adds to `on_hand` and to `committed`.
    #[must_use]
    pub const fn effect(self) -> (i64, i64) {
        match self {
            Self::Receive => (1, 0),
            Self::Commit => (0, 1),
            Self::Uncommit => (0, -1),
            Self::Collect => (-1, -1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::{Email, Username};
    use crate::money::Currency;

    fn member(byte: u8, role: Role) -> Member {
        Member {
            id: MemberId::new(Moment::from_micros(0), [byte; 10]),
            username: Username::parse("somebody").unwrap(),
            email: Email::parse("somebody@aub.edu").unwrap(),
            name: "Somebody".to_owned(),
            role,
            registered_at: Moment::from_micros(0),
            version: 1,
        }
    }

    fn listing() -> Listing {
        let price = Price::new(1_250, Currency::Usd).unwrap();
        let draft = ListingDraft::new("Calculus", "", price, Category::Books, Condition::Good, None).unwrap();
        let id = ListingId::new(Moment::from_micros(0), [0; 10]);
        let point = PickupPointId::new(Moment::from_micros(0), [0; 10]);
        let seller = member(1, Role::Member).id;
        Listing::publish(draft, (id, 5), seller, (point, Vec::new()), Moment::from_micros(5)).unwrap().0
    }

    fn picture() -> PictureView {
        let extent = crate::picture::Extent { width: 4, height: 3, bytes: 100 };
        let picture = PictureId::new(Moment::from_micros(0), [3; 10]);
        PictureView { picture, large: extent, thumbnail: extent }
    }

    #[test]
    fn a_listing_carries_a_picture_unless_its_category_says_otherwise() {
        let price = Price::new(1_250, Currency::Usd).unwrap();
        let id = ListingId::new(Moment::from_micros(0), [0; 10]);
        let point = PickupPointId::new(Moment::from_micros(0), [0; 10]);
        let owner = member(1, Role::Member);
        for &category in Category::ALL {
            let publish = |pictures: Vec<PictureView>| {
                let draft = ListingDraft::new("Thing", "", price, category, Condition::Good, None).unwrap();
                Listing::publish(draft, (id, 5), owner.id, (point, pictures), Moment::from_micros(5))
            };
            let without = publish(Vec::new()).map(drop);
            let expected = if category.needs_picture() { Err(Refusal::PictureNeeded) } else { Ok(()) };
            assert_eq!(without, expected, "{category:?}");
            let (listing, _) = publish(vec![picture()]).unwrap();
            let bare = listing.clone().edit(&owner, ListingChanges::default(), Some(Vec::new()));
            assert_eq!(bare.map(drop), expected, "{category:?}");
            let kept = listing.edit(&owner, ListingChanges::default(), None).unwrap().0;
            assert_eq!(kept.pictures, [picture()]);
        }
        let to_lamps = ListingChanges { category: Some(Category::Furniture), ..ListingChanges::default() };
        assert_eq!(listing().edit(&owner, to_lamps, None).map(drop), Err(Refusal::PictureNeeded));
    }

    #[test]
    fn a_listing_has_at_most_eight_pictures_each_of_them_once() {
        let id = |byte: u8| PictureId::new(Moment::from_micros(0), [byte; 10]);
        assert!(picture::chosen((0..8).map(id).collect()).is_ok());
        assert_eq!(picture::chosen((0..9).map(id).collect()), Err(Refusal::TooManyPictures { most: 8 }));
        assert!(picture::chosen(vec![id(1), id(1)]).is_err());
    }

    #[test]
    fn a_sold_listing_can_no_longer_be_edited_withdrawn_published_or_bought() {
        let owner = member(1, Role::Member);
        let sold = Listing { sold_at: Some(Moment::from_micros(9)), committed: 1, ..listing() };
        let now = Moment::from_micros(10);
        assert_eq!(sold.clone().edit(&owner, ListingChanges::default(), None), Err(Refusal::ListingSold));
        assert_eq!(sold.clone().withdraw(&owner, now), Err(Refusal::ListingSold));
        assert_eq!(sold.clone().publish_again(&owner), Err(Refusal::ListingSold));
        let price = sold.price.money();
        assert_eq!(sold.can_be_bought(member(2, Role::Member).id, price), Err(Refusal::ListingSold));
    }

    #[test]
    fn only_the_owner_edits_and_only_the_owner_or_a_moderator_withdraws() {
        let (other, moderator) = (member(2, Role::Member), member(3, Role::Moderator));
        let now = Moment::from_micros(10);
        assert_eq!(listing().edit(&other, ListingChanges::default(), None), Err(Refusal::NotYours));
        assert_eq!(listing().edit(&moderator, ListingChanges::default(), None), Err(Refusal::NotYours));
        assert_eq!(listing().withdraw(&other, now), Err(Refusal::NotYours));
        assert!(listing().withdraw(&moderator, now).is_ok());
    }

    #[test]
    fn a_withdrawn_listing_is_missing_for_others_and_comes_back_for_its_owner() {
        let (owner, other) = (member(1, Role::Member), member(2, Role::Member));
        let withdrawn = listing().withdraw(&owner, Moment::from_micros(10)).unwrap().0;
        let missing = Refusal::not_found("listing");
        assert_eq!(withdrawn.clone().edit(&other, ListingChanges::default(), None), Err(missing.clone()));
        assert_eq!(withdrawn.can_be_bought(other.id, withdrawn.price.money()), Err(missing));
        assert!(!withdrawn.is_seen_by(None));
        assert_eq!(withdrawn.publish_again(&owner).unwrap().0.state(), ListingState::OnSale);
    }

    #[test]
    fn prices_are_compared_in_one_currency_alone() {
        let usd = |least, most| PriceRange { currency: Currency::Usd, least, most };
        assert_eq!(PriceRange::asked(None, None, None), Ok(None));
        assert_eq!(PriceRange::asked(None, Some(1), None), Err(Refusal::CurrencyNeeded));
        assert_eq!(PriceRange::asked(None, None, Some(1)), Err(Refusal::CurrencyNeeded));
        assert_eq!(PriceRange::asked(Some(Currency::Usd), None, Some(9)), Ok(Some(usd(None, Some(9)))));
        let check = |sort, price, expected| {
            assert_eq!(Browse { price, sort, ..Browse::default() }.check(), expected, "{sort:?} {price:?}");
        };
        check(Sort::Newest, None, Ok(()));
        check(Sort::Cheapest, None, Err(Refusal::CurrencyNeeded));
        check(Sort::Dearest, None, Err(Refusal::CurrencyNeeded));
        check(Sort::Cheapest, Some(usd(None, None)), Ok(()));
        check(Sort::Newest, Some(usd(Some(5), Some(5))), Ok(()));
        check(Sort::Newest, Some(usd(Some(0), Some(i64::MAX))), Ok(()));
        for (least, most) in
            [(Some(6), Some(5)), (Some(-1), None), (None, Some(-1)), (Some(i64::MAX), Some(0))]
        {
            check(Sort::Dearest, Some(usd(least, most)), Err(Refusal::PriceRangeInvalid));
        }
    }

    #[test]
    fn a_range_ends_where_prices_do() {
        let range = |least, most| PriceRange { currency: Currency::Lbp, least, most }.bounds();
        assert_eq!(range(None, None), (1, 1_000_000_000_000));
        assert_eq!(range(Some(0), Some(i64::MAX)), (1, 1_000_000_000_000));
        assert_eq!(range(Some(250), Some(300)), (250, 300));
    }

    #[test]
    fn nobody_buys_their_own_thing_or_at_a_price_they_did_not_see() {
        let listing = listing();
        assert_eq!(listing.can_be_bought(listing.seller, listing.price.money()), Err(Refusal::OwnListing));
        let buyer = member(2, Role::Member).id;
        let price = listing.price.money();
        assert_eq!(
            listing.can_be_bought(buyer, Money::new(1_249, Currency::Usd)),
            Err(Refusal::PriceChanged { price })
        );
        assert_eq!(
            listing.can_be_bought(buyer, Money::new(1_250, Currency::Lbp)),
            Err(Refusal::PriceChanged { price })
        );
        assert_eq!(listing.can_be_bought(buyer, price), Ok(()));
    }
}
