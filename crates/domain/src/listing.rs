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
//!
//! A listing of a store has as many copies as the store has: it is sold while none is left, and on sale again once more
//! come in. What a store sells is a product in one variant or several (sizes, colors), and each variant is a listing of its
//! own, with its price, its stock and its SKU. One of them stands for the product where things are looked for: the first
//! that is on sale, see [`shelved`].

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::event::Event;
use crate::id::{AuctionId, ListingId, MemberId, OrderId, PickupPointId, PictureId, StoreId};
use crate::member::{Member, MemberCard, Role};
use crate::money::{Currency, Money, Price};
use crate::picture::{self, PictureView};
use crate::refusal::Refusal;
use crate::store::StoreCard;
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

    /// What of it is said of every variant of a product: all but the price. Nothing when there is no such thing.
    #[must_use]
    pub fn shared(&self) -> Option<Self> {
        let shared = Self { price: None, ..self.clone() };
        (shared != Self::default()).then_some(shared)
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
/// The most copies anybody has of anything, or buys at once (`promises.md` S5).
pub const MOST_COPIES: i64 = 1_000_000;
/// The most variants a product has.
pub const MOST_VARIANTS: usize = 50;

/// A number of copies somebody asks for: 1 to [`MOST_COPIES`].
///
/// # Errors
///
/// [`Refusal::QuantityOutOfRange`].
pub fn quantity(copies: i64) -> Result<i64, Refusal> {
    if (1..=MOST_COPIES).contains(&copies) {
        Ok(copies)
    } else {
        Err(Refusal::QuantityOutOfRange { most: MOST_COPIES })
    }
}

/// Why a count was put right, in a line: 3 to 200 characters.
///
/// # Errors
///
/// [`Refusal::TextLength`], [`Refusal::TextUnprintable`].
pub fn reason(raw: &str) -> Result<String, Refusal> {
    text::line("reason", raw, 3, 200)
}

/// What makes one form of a product differ from the others: checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VariantDraft {
    label: String,
    sku: String,
    price: Price,
    copies: i64,
    low_stock: i64,
}

impl VariantDraft {
    /// Checks what a store says of a variant: up to 40 characters for what it is called (nothing when it is the only one),
    /// up to 40 for the SKU, how many copies there are, and at how many the store wants to be warned (0: never).
    ///
    /// # Errors
    ///
    /// [`Refusal::TextLength`], [`Refusal::TextUnprintable`], [`Refusal::QuantityOutOfRange`].
    pub fn new(label: &str, sku: &str, price: Price, copies: i64, low_stock: i64) -> Result<Self, Refusal> {
        if !(0..=MOST_COPIES).contains(&copies) || !(0..=MOST_COPIES).contains(&low_stock) {
            return Err(Refusal::QuantityOutOfRange { most: MOST_COPIES });
        }
        Ok(Self {
            label: text::line("label", label, 0, 40)?,
            sku: text::line("sku", sku, 0, 40)?,
            price,
            copies,
            low_stock,
        })
    }

    /// What one copy of it costs.
    #[must_use]
    pub const fn price(&self) -> Price {
        self.price
    }

    /// What it is called; empty when it is the only one.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The store's own code for it; empty when it has none.
    #[must_use]
    pub fn sku(&self) -> &str {
        &self.sku
    }
}

/// Whether these variants can be those of one product.
///
/// # Errors
///
/// [`Refusal::VariantCount`] for none or too many; [`Refusal::VariantTaken`] when two have one name;
/// [`Refusal::SkuTaken`] when two have one SKU.
pub fn check_variants(variants: &[VariantDraft]) -> Result<(), Refusal> {
    if variants.is_empty() || variants.len() > MOST_VARIANTS {
        return Err(Refusal::VariantCount { most: MOST_VARIANTS });
    }
    for (place, variant) in variants.iter().enumerate() {
        let others = variants.get(place + 1..).unwrap_or_default();
        if others.iter().any(|other| other.label == variant.label) {
            return Err(Refusal::VariantTaken);
        }
        if !variant.sku.is_empty() && others.iter().any(|other| other.sku == variant.sku) {
            return Err(Refusal::SkuTaken);
        }
    }
    Ok(())
}

/// What a store wants changed of a variant; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VariantChanges {
    label: Option<String>,
    sku: Option<String>,
    low_stock: Option<i64>,
}

impl VariantChanges {
    /// Checks what shall change.
    ///
    /// # Errors
    ///
    /// As [`VariantDraft::new`].
    pub fn new(label: Option<&str>, sku: Option<&str>, low_stock: Option<i64>) -> Result<Self, Refusal> {
        if low_stock.is_some_and(|mark| !(0..=MOST_COPIES).contains(&mark)) {
            return Err(Refusal::QuantityOutOfRange { most: MOST_COPIES });
        }
        Ok(Self {
            label: label.map(|raw| text::line("label", raw, 0, 40)).transpose()?,
            sku: sku.map(|raw| text::line("sku", raw, 0, 40)).transpose()?,
            low_stock,
        })
    }
}

impl VariantChanges {
    /// The SKU it shall have, if that changes.
    #[must_use]
    pub fn sku(&self) -> Option<&str> {
        self.sku.as_deref()
    }
}

/// How a listing belongs to a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stocked {
    /// Which store sells it.
    pub store: StoreId,
    /// The product it is a variant of, named by its first variant.
    pub product: ListingId,
    /// What the variant is called; empty when it is the only one.
    pub label: String,
    /// The store's own code for it; empty when it has none.
    pub sku: String,
    /// At how many copies the store wants to be warned; 0 for never.
    pub low_stock: i64,
}

/// Who wants to do something to a listing: a member, and the store they act for, if it is a store's.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// The member.
    pub member: &'a Member,
    /// The store they own, or are staff of, as far as it matters here.
    pub store: Option<StoreId>,
}

impl<'a> Actor<'a> {
    /// A member who acts for themself.
    #[must_use]
    pub const fn alone(member: &'a Member) -> Self {
        Self { member, store: None }
    }
}

/// One seller's offer of a thing at a price, with stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Which listing.
    pub id: ListingId,
    /// Its place in the order of publication, unique. Newer is larger; pages are cut by it, and people who use an older
    /// program type it. (In a market from before it was counted from one it is the microsecond of publication.)
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
    /// How it belongs to a store; nothing for a member's single thing.
    pub stocked: Option<Stocked>,
    /// The auction it is the lot of, while it is: it is withdrawn meanwhile, and everybody sees it there.
    pub auction: Option<AuctionId>,
    /// Whether it stands where things are looked for: of a product one variant does.
    pub shelved: bool,
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
    /// It is up for auction.
    AtAuction,
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
    /// How many copies can be bought.
    #[serde(default)]
    #[schema(required = true)]
    pub available: i64,
    /// The store that sells it; nothing for a member's single thing.
    #[serde(default)]
    #[schema(required = true)]
    pub store: Option<StoreCard>,
    /// The product it is a variant of, named by its first variant; nothing for a member's single thing.
    #[serde(default)]
    #[schema(required = true)]
    pub product: Option<ListingId>,
    /// What the variant is called; empty when it is the only one.
    #[serde(default)]
    #[schema(required = true)]
    pub variant: String,
    /// The auction it is the lot of, while it is up for auction.
    #[serde(default)]
    #[schema(required = true)]
    pub auction: Option<AuctionId>,
}

/// What stands beside a listing: who sells it, in which store, and where it is collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// Who sells.
    pub seller: MemberCard,
    /// Where it is collected.
    pub pickup_point: PickupPointName,
    /// In which store.
    pub store: Option<StoreCard>,
}

/// A listing of a store as those see it who act for the store: with its stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StockView {
    /// What everybody sees.
    #[serde(flatten)]
    pub listing: ListingView,
    /// The store's own code for it; empty when it has none.
    pub sku: String,
    /// Copies the store has, sold ones not yet collected included.
    pub on_hand: i64,
    /// Copies that are promised to orders.
    pub committed: i64,
    /// At how many copies that can be bought the store wants to be warned; 0 for none.
    pub low_stock: i64,
    /// Whether so few are left, or none.
    pub is_low: bool,
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
            stocked: None,
            auction: None,
            shelved: true,
            published_at: now,
            withdrawn_at: None,
            sold_at: None,
            version: 1,
        };
        let event = Event::ListingPublished { listing: id, seller, price: listing.price.money() };
        Ok((listing, event))
    }

    /// Puts a variant of a product on sale. The first one names the product.
    ///
    /// # Errors
    ///
    /// [`Refusal::PictureNeeded`] when the category of the product wants one.
    pub fn stock(
        product: (&ListingDraft, Option<ListingId>),
        variant: VariantDraft,
        (id, number): (ListingId, i64),
        (store, seller): (StoreId, MemberId),
        (pickup_point, pictures): (PickupPointId, Vec<PictureView>),
        now: Moment,
    ) -> Result<(Self, Event), Refusal> {
        let (draft, first) = product;
        let draft = ListingDraft { price: variant.price, ..draft.clone() };
        let (listing, event) = Self::publish(draft, (id, number), seller, (pickup_point, pictures), now)?;
        let VariantDraft { label, sku, copies, low_stock, .. } = variant;
        let stocked = Stocked { store, product: first.unwrap_or(id), label, sku, low_stock };
        let listing = Self {
            on_hand: copies,
            stocked: Some(stocked),
            shelved: first.is_none(),
            sold_at: (copies == 0).then_some(now),
            ..listing
        };
        Ok((listing, event))
    }

    /// Another variant of the same product: what both share is taken from this one.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotStock`] for a single thing of a member.
    pub fn another(
        &self,
        variant: VariantDraft,
        (id, number): (ListingId, i64),
        now: Moment,
    ) -> Result<(Self, Event), Refusal> {
        let stocked = self.stocked.as_ref().ok_or(Refusal::NotStock)?;
        let VariantDraft { label, sku, price, copies, low_stock } = variant;
        let listing = Self {
            id,
            number,
            price,
            on_hand: copies,
            committed: 0,
            stocked: Some(Stocked { label, sku, low_stock, ..stocked.clone() }),
            shelved: false,
            published_at: now,
            withdrawn_at: None,
            sold_at: (copies == 0).then_some(now),
            version: 1,
            ..self.clone()
        };
        let event = Event::ListingPublished { listing: id, seller: self.seller, price: price.money() };
        Ok((listing, event))
    }

    /// What it is called on an order: with its variant.
    #[must_use]
    pub fn full_title(&self) -> String {
        match self.stocked.as_ref().map_or("", |stocked| stocked.label.as_str()) {
            "" => self.title.clone(),
            label => format!("{} ({label})", self.title),
        }
    }

    /// How many copies can be bought.
    #[must_use]
    pub const fn available(&self) -> i64 {
        self.on_hand - self.committed
    }

    /// The same listing with so many copies more in the house, or fewer: sold while none can be bought, on sale once some
    /// can.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotStock`] for a single thing of a member; [`Refusal::StockShort`] when fewer would be left than are
    /// promised to orders; [`Refusal::QuantityOutOfRange`] when more would be there than anybody has.
    pub fn move_in(mut self, copies: i64, now: Moment) -> Result<(Self, Event), Refusal> {
        if self.stocked.is_none() {
            return Err(Refusal::NotStock);
        }
        let out_of_range = Refusal::QuantityOutOfRange { most: MOST_COPIES };
        let on_hand = self.on_hand.checked_add(copies).ok_or(out_of_range.clone())?;
        if copies == 0 || on_hand > MOST_COPIES {
            return Err(out_of_range);
        }
        if on_hand < self.committed {
            return Err(Refusal::StockShort { available: self.available() });
        }
        self.on_hand = on_hand;
        self.sold_at = if self.available() > 0 { None } else { self.sold_at.or(Some(now)) };
        let event =
            Event::StockChanged { listing: self.id, seller: self.seller, available: self.available() };
        Ok((self, event))
    }

    /// Changes what a variant is called, its SKU, and when its store is warned. `others` are the other variants of the
    /// product.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`], [`Refusal::NotFound`], [`Refusal::NotStock`], [`Refusal::VariantTaken`].
    pub fn edit_variant(
        mut self,
        by: Actor<'_>,
        changes: VariantChanges,
        others: &[Self],
    ) -> Result<(Self, Event), Refusal> {
        self.owned_by(by)?;
        let stocked = self.stocked.as_mut().ok_or(Refusal::NotStock)?;
        stocked.label = changes.label.unwrap_or(std::mem::take(&mut stocked.label));
        stocked.sku = changes.sku.unwrap_or(std::mem::take(&mut stocked.sku));
        stocked.low_stock = changes.low_stock.unwrap_or(stocked.low_stock);
        let taken = |other: &Self| other.stocked.as_ref().is_some_and(|other| other.label == stocked.label);
        if others.iter().any(taken) {
            return Err(Refusal::VariantTaken);
        }
        let event = Event::ListingEdited { listing: self.id, seller: self.seller, price: self.price.money() };
        Ok((self, event))
    }

    /// Whether it was sold for good: a store can have more of what is sold, a member cannot.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        self.stocked.is_none() && self.sold_at.is_some()
    }

    /// Where the listing is in its life. A single thing that is sold is sold, whether or not it was withdrawn later; what a
    /// store withdrew is withdrawn, whether or not copies are left.
    #[must_use]
    pub const fn state(&self) -> ListingState {
        if self.auction.is_some() && !self.is_gone() {
            ListingState::AtAuction
        } else if self.withdrawn_at.is_some() && !self.is_gone() {
            ListingState::Withdrawn
        } else if self.sold_at.is_some() {
            ListingState::Sold
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

    /// Whether the actor may touch it: its owner, or whoever acts for the store that sells it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`]; [`Refusal::NotFound`] when it is not for their eyes.
    pub fn owned_by(&self, by: Actor<'_>) -> Result<(), Refusal> {
        let store = self.stocked.as_ref().map(|stocked| stocked.store);
        if self.seller == by.member.id || (store.is_some() && store == by.store) {
            return Ok(());
        }
        Err(if self.is_seen_by(Some(by.member)) { Refusal::NotYours } else { Refusal::not_found("listing") })
    }

    /// Changes what the seller says of it. Possible until it is sold, also while it is withdrawn. `pictures` are those it
    /// shall have, if they change.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`], [`Refusal::NotFound`], [`Refusal::ListingSold`], [`Refusal::PictureNeeded`], in this order.
    pub fn edit(
        mut self,
        by: Actor<'_>,
        changes: ListingChanges,
        pictures: Option<Vec<PictureView>>,
    ) -> Result<(Self, Event), Refusal> {
        self.owned_by(by)?;
        if self.is_gone() {
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
    pub fn withdraw(mut self, by: Actor<'_>, now: Moment) -> Result<(Self, Event), Refusal> {
        if by.member.role < Role::Moderator {
            self.owned_by(by)?;
        }
        if self.is_gone() {
            return Err(Refusal::ListingSold);
        }
        self.not_at_auction()?;
        if self.withdrawn_at.is_some() {
            return Err(Refusal::ListingWithdrawn);
        }
        self.withdrawn_at = Some(now);
        let event = Event::ListingWithdrawn { listing: self.id, seller: self.seller, by: by.member.id };
        Ok((self, event))
    }

    fn not_at_auction(&self) -> Result<(), Refusal> {
        self.auction.map_or(Ok(()), |auction| Err(Refusal::AtAuction { auction }))
    }

    /// Makes it the lot of an auction: off its shelf, whether or not it was withdrawn.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`], [`Refusal::NotFound`], [`Refusal::ListingSold`], [`Refusal::AtAuction`];
    /// [`Refusal::NotSingle`] for what a store has in stock.
    pub fn put_up(
        mut self,
        by: Actor<'_>,
        auction: AuctionId,
        now: Moment,
    ) -> Result<(Self, Option<Event>), Refusal> {
        self.owned_by(by)?;
        if self.is_gone() {
            return Err(Refusal::ListingSold);
        }
        self.not_at_auction()?;
        if self.stocked.is_some() {
            return Err(Refusal::NotSingle);
        }
        let event = Event::ListingWithdrawn { listing: self.id, seller: self.seller, by: by.member.id };
        let was_on_sale = self.withdrawn_at.is_none();
        self.withdrawn_at = self.withdrawn_at.or(Some(now));
        self.auction = Some(auction);
        Ok((self, was_on_sale.then_some(event)))
    }

    /// Puts a withdrawn listing back on sale, where it stood.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotYours`], [`Refusal::NotFound`], [`Refusal::ListingSold`], [`Refusal::ListingPublished`].
    pub fn publish_again(mut self, by: Actor<'_>) -> Result<(Self, Event), Refusal> {
        self.owned_by(by)?;
        if self.is_gone() {
            return Err(Refusal::ListingSold);
        }
        self.not_at_auction()?;
        if self.withdrawn_at.is_none() {
            return Err(Refusal::ListingPublished);
        }
        self.withdrawn_at = None;
        let event =
            Event::ListingPublished { listing: self.id, seller: self.seller, price: self.price.money() };
        Ok((self, event))
    }

    /// Whether this member can buy it at the price they saw.
    ///
    /// # Errors
    ///
    /// In this order: [`Refusal::NotFound`], [`Refusal::ListingSold`], [`Refusal::AtAuction`], [`Refusal::OwnListing`],
    /// [`Refusal::PriceChanged`], [`Refusal::StockShort`].
    pub fn can_be_bought(&self, buyer: MemberId, seen: Money, quantity: i64) -> Result<(), Refusal> {
        match self.state() {
            ListingState::Sold => return Err(Refusal::ListingSold),
            ListingState::Withdrawn if buyer == self.seller => return Err(Refusal::ListingWithdrawn),
            ListingState::Withdrawn => return Err(Refusal::not_found("listing")),
            ListingState::AtAuction => self.not_at_auction()?,
            ListingState::OnSale => {}
        }
        if buyer == self.seller {
            return Err(Refusal::OwnListing);
        }
        if seen != self.price.money() {
            return Err(Refusal::PriceChanged { price: self.price.money() });
        }
        if quantity > self.available() {
            return Err(Refusal::StockShort { available: self.available() });
        }
        Ok(())
    }

    /// What everybody sees.
    #[must_use]
    pub fn view(self, beside: Beside) -> ListingView {
        let Beside { seller, pickup_point, store } = beside;
        let state = self.state();
        let available = if state == ListingState::OnSale { self.available() } else { 0 };
        let (product, variant) =
            self.stocked.map_or((None, String::new()), |stocked| (Some(stocked.product), stocked.label));
        ListingView {
            listing: self.id,
            state,
            available,
            store,
            product,
            variant,
            auction: self.auction,
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

impl Listing {
    /// What those see who act for its store.
    #[must_use]
    pub fn stock_view(self, beside: Beside) -> StockView {
        let (on_hand, committed, available) = (self.on_hand, self.committed, self.available());
        let (sku, low_stock) = self
            .stocked
            .as_ref()
            .map_or((String::new(), 0), |stocked| (stocked.sku.clone(), stocked.low_stock));
        let is_marked = low_stock > 0 && available <= low_stock;
        let is_low = is_marked || (available == 0 && self.withdrawn_at.is_none());
        StockView { listing: self.view(beside), sku, on_hand, committed, low_stock, is_low }
    }
}

/// Which of a product's variants stands where things are looked for: the first that is on sale; when none is, the first that
/// is sold out and not withdrawn; and the first of all when there is nothing to see. `variants` are in the order in which
/// they were added.
#[must_use]
pub fn shelved(variants: &[Listing]) -> Option<ListingId> {
    let first = |state| variants.iter().find(|variant| variant.state() == state);
    let shown = first(ListingState::OnSale).or_else(|| first(ListingState::Sold));
    shown.or_else(|| variants.first()).map(|variant| variant.id)
}

/// What happened to stock. Movements are append-only; `on_hand` and `committed` are their sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// Copies come in: `on_hand` rises.
    Receive,
    /// A count was put right, with a reason: `on_hand` rises or falls.
    Adjust,
    /// Copies are promised to an order: `committed` rises.
    Commit,
    /// The promise is lifted: `committed` falls.
    Uncommit,
    /// The copies left the house: both fall.
    Collect,
    /// Copies are set aside for a checkout; nobody else can have them until it is over.
    Hold,
    /// They are no longer set aside: bought, or left.
    Release,
    /// Copies that were sold came back to their store: `on_hand` rises.
    Return,
}

impl Movement {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Receive,
        Self::Adjust,
        Self::Commit,
        Self::Uncommit,
        Self::Collect,
        Self::Hold,
        Self::Release,
        Self::Return,
    ];

    /// The kind's name in lower case, as the database keeps it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receive => "receive",
            Self::Adjust => "adjust",
            Self::Commit => "commit",
            Self::Uncommit => "uncommit",
            Self::Collect => "collect",
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Return => "return",
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
            let bare =
                listing.clone().edit(Actor::alone(&owner), ListingChanges::default(), Some(Vec::new()));
            assert_eq!(bare.map(drop), expected, "{category:?}");
            let kept = listing.edit(Actor::alone(&owner), ListingChanges::default(), None).unwrap().0;
            assert_eq!(kept.pictures, [picture()]);
        }
        let to_lamps = ListingChanges { category: Some(Category::Furniture), ..ListingChanges::default() };
        assert_eq!(
            listing().edit(Actor::alone(&owner), to_lamps, None).map(drop),
            Err(Refusal::PictureNeeded)
        );
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
        assert_eq!(
            sold.clone().edit(Actor::alone(&owner), ListingChanges::default(), None),
            Err(Refusal::ListingSold)
        );
        assert_eq!(sold.clone().withdraw(Actor::alone(&owner), now), Err(Refusal::ListingSold));
        assert_eq!(sold.clone().publish_again(Actor::alone(&owner)), Err(Refusal::ListingSold));
        let price = sold.price.money();
        assert_eq!(sold.can_be_bought(member(2, Role::Member).id, price, 1), Err(Refusal::ListingSold));
    }

    #[test]
    fn only_the_owner_edits_and_only_the_owner_or_a_moderator_withdraws() {
        let (other, moderator) = (member(2, Role::Member), member(3, Role::Moderator));
        let now = Moment::from_micros(10);
        assert_eq!(
            listing().edit(Actor::alone(&other), ListingChanges::default(), None),
            Err(Refusal::NotYours)
        );
        assert_eq!(
            listing().edit(Actor::alone(&moderator), ListingChanges::default(), None),
            Err(Refusal::NotYours)
        );
        assert_eq!(listing().withdraw(Actor::alone(&other), now), Err(Refusal::NotYours));
        assert!(listing().withdraw(Actor::alone(&moderator), now).is_ok());
    }

    #[test]
    fn a_withdrawn_listing_is_missing_for_others_and_comes_back_for_its_owner() {
        let (owner, other) = (member(1, Role::Member), member(2, Role::Member));
        let withdrawn = listing().withdraw(Actor::alone(&owner), Moment::from_micros(10)).unwrap().0;
        let missing = Refusal::not_found("listing");
        assert_eq!(
            withdrawn.clone().edit(Actor::alone(&other), ListingChanges::default(), None),
            Err(missing.clone())
        );
        assert_eq!(withdrawn.can_be_bought(other.id, withdrawn.price.money(), 1), Err(missing));
        assert!(!withdrawn.is_seen_by(None));
        assert_eq!(withdrawn.publish_again(Actor::alone(&owner)).unwrap().0.state(), ListingState::OnSale);
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
        assert_eq!(listing.can_be_bought(listing.seller, listing.price.money(), 1), Err(Refusal::OwnListing));
        let buyer = member(2, Role::Member).id;
        let price = listing.price.money();
        assert_eq!(
            listing.can_be_bought(buyer, Money::new(1_249, Currency::Usd), 1),
            Err(Refusal::PriceChanged { price })
        );
        assert_eq!(
            listing.can_be_bought(buyer, Money::new(1_250, Currency::Lbp), 1),
            Err(Refusal::PriceChanged { price })
        );
        assert_eq!(listing.can_be_bought(buyer, price, 1), Ok(()));
    }
}
