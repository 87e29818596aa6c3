//! The auctions of the demo: what is put up in the last days of the story, and who goes on bidding while a visitor looks.
//!
//! What belongs to the story is written down in an agenda like that of the stores. What comes after it is bid by [`Bots`]:
//! members of the campus who come in by the same door as everybody, a little slower than people would.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use auboutique_domain::auction::{AuctionDraft, AuctionView, BrowseAuctions, Ends, Lot};
use auboutique_domain::id::AuctionId;
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::money::{Currency, Money, Price};
use auboutique_domain::time::{Moment, Span};
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::{Caller, Market, No};
use tokio::sync::watch;
use tokio::time::sleep;

use super::campus::{self, Dice};
use super::{Draw, Story, drawing, drawings};

/// What is put up, on which terms, and what happens to it in the story. Amounts are in minor units; people stand here by
/// their place in [`campus::people`], of whom Rana is the first and Karim the second.
struct Put {
    title: &'static str,
    description: &'static str,
    shelf: (Category, Condition),
    currency: Currency,
    starting_price: i64,
    reserve: Option<i64>,
    buy_now: Option<i64>,
    seller: usize,
    /// For how many minutes it has been open when the story ends, and how many are left then; less than none are over.
    minutes: (i64, i64),
    /// Who bid how much at most, spread evenly over the time.
    bids: &'static [(usize, i64)],
    watched_by: &'static [usize],
    note: &'static str,
}

/// A lot that nothing was said about beyond what it is.
const fn put(
    title: &'static str,
    description: &'static str,
    shelf: (Category, Condition),
    (currency, starting_price): (Currency, i64),
    seller: usize,
    minutes: (i64, i64),
) -> Put {
    Put {
        title,
        description,
        shelf,
        currency,
        starting_price,
        reserve: None,
        buy_now: None,
        seller,
        minutes,
        bids: &[],
        watched_by: &[],
        note: "",
    }
}

use Category::{Art, Books, Clothing, Electronics, Games, Kitchen, Music, Plants, Sports, Study};
use Condition::{Fair, Good, LikeNew};
use Currency::{Lbp, Usd};

/// How many of them run when the story ends.
#[cfg(test)]
const RUNNING: usize = 15;

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

const LOTS: [Put; 17] = [
    Put {
        bids: &[(14, 1_500), (22, 1_850), (9, 2_600), (14, 2_450)],
        watched_by: &[0, 31],
        ..put(
            "Vinyl: Fairuz live at Baalbek, first pressing",
            "From my grandfather's shelf. Sleeve worn at the corners, the record itself was played on Sundays only.",
            (Music, Good),
            (Usd, 1_000),
            4,
            (20 * HOUR, 5),
        )
    },
    Put {
        bids: &[(33, 2_200), (41, 2_900)],
        ..put(
            "Graphing calculator, TI-84 Plus, with its manual",
            "Survived four semesters of calculus. So did I.",
            (Study, Good),
            (Usd, 2_000),
            6,
            (9 * HOUR, 11),
        )
    },
    Put {
        bids: &[(25, 900), (12, 1_300), (36, 1_250), (52, 1_800)],
        ..put(
            "Handheld console, yellow, with six cartridges",
            "Two of the cartridges need a breath of air before they start. The yellow has not faded.",
            (Games, Good),
            (Usd, 800),
            10,
            (6 * HOUR, 18),
        )
    },
    Put {
        bids: &[(17, 4_000), (0, 4_700), (38, 5_600)],
        watched_by: &[20],
        ..put(
            "Mechanical keyboard, built by hand, walnut case",
            "Soldered it over a winter break. Lubed switches, quiet enough for the library.",
            (Electronics, LikeNew),
            (Usd, 3_500),
            13,
            (DAY, 34),
        )
    },
    Put {
        bids: &[(44, 1_200_000), (7, 1_600_000), (51, 2_400_000)],
        ..put(
            "Rakwe set in hammered copper, six cups",
            "From the souk in Tripoli. The handle of the largest one is new.",
            (Kitchen, Good),
            (Lbp, 900_000),
            16,
            (DAY, 55),
        )
    },
    Put {
        buy_now: Some(9_000),
        watched_by: &[18, 40, 46],
        ..put(
            "Road bicycle, steel, 1986, rides like a letter",
            "Twelve gears, of which eleven work. New brake cables this summer, small enough for Bliss Street's potholes.",
            (Sports, Fair),
            (Usd, 5_500),
            19,
            (90, 100),
        )
    },
    Put {
        reserve: Some(12_000),
        bids: &[(11, 6_000), (28, 7_500), (39, 8_000), (11, 9_500)],
        watched_by: &[0, 2, 29],
        note: "Several of you asked: the pegs were replaced last year by a maker in Zahlé, and it holds its tuning.",
        ..put(
            "Oud in walnut and spruce, eleven strings",
            "A warm low register and a crack in the rose that nobody hears. With its case and a risha of eagle quill.",
            (Music, Good),
            (Usd, 5_000),
            23,
            (2 * DAY, 3 * HOUR),
        )
    },
    Put {
        bids: &[(35, 1_700), (0, 3_000), (48, 2_100)],
        ..put(
            "The Prophet, printed in 1926, with a dedication",
            "“To Salma, who reads faster than I write.” Cloth binding, foxed, complete.",
            (Books, Fair),
            (Usd, 1_500),
            26,
            (DAY, 5 * HOUR),
        )
    },
    Put {
        buy_now: Some(6_000),
        reserve: Some(4_500),
        bids: &[(21, 2_500), (30, 3_000)],
        ..put(
            "Watercolor of the Corniche before the storm, framed",
            "Mine, from last year's exhibition in West Hall. The frame is cedar.",
            (Art, LikeNew),
            (Usd, 2_000),
            32,
            (30 * HOUR, 8 * HOUR),
        )
    },
    put(
        "Beech studio easel, folds flat",
        "Holds canvases up to 120 cm. Paint of four graduating classes on it, which is its charm.",
        (Art, Fair),
        (Usd, 2_500),
        1,
        (26 * HOUR, 22 * HOUR),
    ),
    Put {
        bids: &[(45, 2_000), (50, 2_600)],
        watched_by: &[8],
        ..put(
            "Backgammon set, inlaid, with bone dice",
            "Mosaic of walnut, lemon wood and mother-of-pearl. One checker is a replacement: find it if you can.",
            (Games, Good),
            (Usd, 1_800),
            34,
            (DAY, 14 * HOUR),
        )
    },
    Put {
        watched_by: &[5],
        ..put(
            "Leather suitcase that has seen the Taurus Express",
            "Labels of hotels in Aleppo and Konya. The left lock wants patience.",
            (Clothing, Fair),
            (Usd, 2_000),
            37,
            (10 * HOUR, 2 * DAY),
        )
    },
    Put {
        bids: &[(15, 1_500)],
        ..put(
            "Monstera, two metres tall, needs a ceiling",
            "I move into a room with a sloped roof. It comes with its moss pole and my apologies.",
            (Plants, Good),
            (Usd, 1_200),
            42,
            (8 * HOUR, 3 * DAY),
        )
    },
    Put {
        reserve: Some(15_000),
        buy_now: Some(22_000),
        bids: &[(3, 8_000), (24, 9_500)],
        ..put(
            "Machine à expresso à levier, 1974, révisée",
            "Joints neufs, chromes d'époque. Le café qu'elle fait excuse tout le reste.",
            (Kitchen, Good),
            (Usd, 8_000),
            47,
            (14 * HOUR, 5 * DAY),
        )
    },
    Put {
        bids: &[(27, 3_200)],
        ..put(
            "Darbuka with mother-of-pearl, cast in Cairo",
            "Loud. My neighbours recommend it to somebody who lives further away.",
            (Music, LikeNew),
            (Usd, 3_000),
            49,
            (5 * HOUR, 9 * DAY),
        )
    },
    // Over: not sold, and Karim can still do something about it; and sold to Rana, who has to pay.
    Put {
        reserve: Some(9_000),
        bids: &[(43, 4_500), (56, 5_200), (43, 6_000)],
        watched_by: &[56],
        ..put(
            "Classical guitar by a maker from Zahlé",
            "Cedar top, played in two weddings. Cases are for people who do not play; it has none.",
            (Music, Good),
            (Usd, 4_000),
            1,
            (3 * DAY, -5 * HOUR),
        )
    },
    Put {
        bids: &[(53, 1_900), (0, 3_400), (57, 2_750)],
        ..put(
            "Échiquier d'olivier, pièces sculptées à Bcharré",
            "Une reine a été recollée. Elle gagne encore.",
            (Games, Good),
            (Usd, 1_500),
            2,
            (2 * DAY, -2 * HOUR),
        )
    },
];

impl Put {
    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }

    fn listing(&self) -> Result<ListingDraft, Refusal> {
        let price = Price::new(self.buy_now.unwrap_or(self.starting_price * 2), self.currency)?;
        ListingDraft::new(self.title, self.description, price, self.shelf.0, self.shelf.1, None)
    }

    fn terms(&self, ends: Ends) -> Result<AuctionDraft, Refusal> {
        let [reserve, buy_now] =
            [self.reserve, self.buy_now].map(|minor| minor.map(|minor| self.money(minor)));
        AuctionDraft::new(self.money(self.starting_price), reserve, buy_now, None, ends)
    }
}

// ---- what belongs to the story ----

/// What is to be done when its moment has come.
#[derive(Clone, Copy)]
enum Deed {
    /// It is put up.
    Open,
    /// That person watches it.
    Watch(usize),
    /// That person bids so much at most.
    Bid(usize, i64),
    /// Its seller adds something.
    Note(&'static str),
}

/// Everything that happens in the auctions of the story.
pub(super) struct Room {
    /// What happens when, to which lot: the next is the last.
    agenda: Vec<(Moment, usize, Deed)>,
    opened: [Option<AuctionId>; LOTS.len()],
    drawings: crossbeam_channel::IntoIter<Vec<u8>>,
    end: Moment,
}

impl Room {
    /// Writes down what happens until the end, and begins to draw what is put up.
    pub(super) fn plan((seed, end): (u64, Moment), draw: Draw) -> anyhow::Result<Self> {
        let mut agenda = Vec::new();
        for (number, lot) in LOTS.iter().enumerate() {
            let (open, left) = lot.minutes;
            let opened = end.minus(Span::minutes(open));
            let mut deeds = vec![Deed::Open];
            deeds.extend(lot.watched_by.iter().map(|person| Deed::Watch(*person)));
            deeds.extend(lot.bids.iter().map(|(person, maximum)| Deed::Bid(*person, *maximum)));
            deeds.extend((!lot.note.is_empty()).then_some(Deed::Note(lot.note)));
            // Whatever is left, what is done is done before the end of the bidding and of the story.
            let pause = (open + left.min(0)) * 60 / i64::try_from(deeds.len()).unwrap_or(1);
            for (place, deed) in (0_i64..).zip(deeds) {
                agenda.push((opened.plus(Span::seconds(place * pause)), number, deed));
            }
        }
        agenda.sort_by_key(|(moment, ..)| *moment);
        let wanted = agenda.iter().filter(|(.., deed)| matches!(deed, Deed::Open));
        let wanted = wanted.map(|(_, lot, _)| (LOTS[*lot].title, LOTS[*lot].shelf.0)).collect();
        let drawings = drawings(wanted, seed.wrapping_add(2), draw)?;
        agenda.reverse();
        Ok(Self { agenda, opened: [None; LOTS.len()], drawings, end })
    }

    /// Does what has to be done by that moment.
    pub(super) fn go_on(&mut self, story: &Story<'_>, until: Moment) -> anyhow::Result<()> {
        while let Some((moment, number, deed)) = self.agenda.pop_if(|(moment, ..)| *moment <= until) {
            story.wait_until(moment)?;
            self.act(story, number, deed).with_context(|| LOTS[number].title)?;
        }
        Ok(())
    }

    fn act(&mut self, story: &Story<'_>, number: usize, deed: Deed) -> anyhow::Result<()> {
        let lot = &LOTS[number];
        let seller = story.caller(lot.seller);
        let Some(auction) = self.opened[number] else {
            let picture = story.add_picture(seller, self.drawings.next())?;
            let draft = lot.terms(Ends::At(self.end.plus(Span::minutes(lot.minutes.1))))?;
            let lot = Lot::New(lot.listing()?.with_pictures(vec![picture])?);
            return match story.run(seller, Command::OpenAuction { lot, draft })? {
                Reply::Auction(view) => {
                    self.opened[number] = Some(view.auction);
                    Ok(())
                }
                other => Err(anyhow!("an auction became {other:?}")),
            };
        };
        let (caller, command) = match deed {
            Deed::Open => return Ok(()),
            Deed::Watch(person) => (story.caller(person), Command::WatchAuction { auction }),
            Deed::Bid(person, maximum) => {
                (story.caller(person), Command::PlaceBid { auction, maximum: lot.money(maximum) })
            }
            Deed::Note(text) => (seller, Command::AddAuctionNote { auction, text: text.to_owned() }),
        };
        story.run(caller, command).map(drop)
    }
}

// ---- while a visitor looks ----

/// Who bids along: members of the campus whom no visitor is asked to be.
const BOTS: std::ops::Range<usize> = 2..60;
/// How many auctions run at least.
const LEAST_RUNNING: usize = 13;
/// How many minutes bidding lasts on what bots put up: so many, and up to so many more.
const LASTS: (i64, usize) = (12, 40);
/// How long a bot waits before somebody bids again, in milliseconds: so long, and up to so much longer.
const WAITS: (u64, usize) = (1_800, 2_600);

/// Members who bid now and then while the demo is open, so that a visitor sees how it goes.
pub struct Bots {
    market: Market,
    callers: Vec<Caller>,
    dice: Dice,
    /// Which lot is put up next.
    next: usize,
}

impl Bots {
    /// Signs them in.
    ///
    /// # Errors
    ///
    /// When they are not there.
    pub fn sign_in(market: &Market, seed: u64) -> anyhow::Result<Self> {
        let mut callers = Vec::new();
        // A dozen is enough for a crowd.
        for person in campus::people().get(BOTS).unwrap_or_default().iter().step_by(5) {
            let card = market
                .ask_now(Caller::CONSOLE, |view| view.member_card(person.username))
                .map_err(|no| anyhow!("{} is not on the demo's campus: {no}", person.username))?;
            callers.push(Caller::member(market.start_session_at_console(card.id)?.0.session));
        }
        Ok(Self { market: market.clone(), callers, dice: Dice(seed), next: 0 })
    }

    /// Bids until the market closes.
    pub async fn bid(mut self, mut closing: watch::Receiver<bool>) {
        loop {
            let wait = WAITS.0 + u64::try_from(self.dice.below(WAITS.1)).unwrap_or(0);
            tokio::select! {
                () = sleep(Duration::from_millis(wait)) => {}
                _ = closing.wait_for(|closing| *closing) => return,
            }
            match self.step().await {
                Ok(()) | Err(No::Refused(_) | No::Busy(_)) => {}
                Err(no) => {
                    tracing::warn!(%no, "nobody bids along any more");
                    return;
                }
            }
        }
    }

    fn somebody(&mut self) -> Option<Caller> {
        let place = self.dice.below(self.callers.len().max(1));
        self.callers.get(place).cloned()
    }

    /// Somebody puts something up if there is little, and somebody bids if it is time.
    async fn step(&mut self) -> Result<(), No> {
        let running = |view: &mut auboutique_market::View<'_>| {
            view.auctions(&BrowseAuctions::default(), None, Some(100))
        };
        let mut rows = self.market.ask(Caller::VISITOR, running).await?.rows;
        if rows.len() < LEAST_RUNNING {
            self.put_up().await?;
        }
        let Some(caller) = self.somebody() else { return Ok(()) };
        // Whoever finds nothing to bid on looks at the next.
        while !rows.is_empty() {
            let auction = rows.swap_remove(self.dice.below(rows.len())).auction;
            let seen = self.market.ask(caller.clone(), move |view| view.auction(auction)).await?;
            if let Some(maximum) = self.worth(&seen) {
                let bid = Command::PlaceBid { auction, maximum };
                return self.market.run(caller, bid).await.map(drop);
            }
        }
        Ok(())
    }

    /// What a bot would bid at most on that, if anything: what it is worth grows with the time that is gone, so that there
    /// is something to see until the end. What nobody wanted in half of the time is left alone.
    fn worth(&mut self, seen: &AuctionView) -> Option<Money> {
        let minimum = seen.minimum?;
        let own = seen.selling.is_some() || seen.you.as_ref().is_some_and(|you| you.leads);
        let (gone, all) = (seen.now.since(seen.opened_at), seen.scheduled_end.since(seen.opened_at));
        let gone = i128::from(gone.micros().clamp(0, all.micros()));
        let all = i128::from(all.micros().max(1));
        if own || (seen.bids == 0 && gone * 2 >= all) {
            return None;
        }
        // Twice to four times what it begins with, the same for everybody.
        let wanted = seen.auction.to_string().bytes().map(i128::from).sum::<i128>() % 5;
        let start = i128::from(seen.starting_price.minor);
        let most = start + start * (2 + wanted) * gone / (2 * all);
        if i128::from(minimum.minor) > most {
            return None;
        }
        let more = i64::try_from(self.dice.below(3)).unwrap_or(0) * seen.increment.minor;
        Some(Money::new(minimum.minor + more, minimum.currency))
    }

    /// A bot puts up something like what others had.
    async fn put_up(&mut self) -> Result<(), No> {
        let Some(caller) = self.somebody() else { return Ok(()) };
        let lot = &LOTS[self.next % LOTS.len()];
        self.next += 1;
        let number = u64::try_from(self.next).unwrap_or(0) + 100;
        #[expect(
            clippy::disallowed_methods,
            reason = "drawing takes the processor for a while and asks nothing of the market"
        )]
        let drawn = tokio::task::spawn_blocking(move || drawing::draw(lot.title, lot.shelf.0, number));
        let Ok(drawn) = drawn.await else { return Ok(()) };
        let picture = self.market.add_picture(caller.clone(), drawn).await?.picture;
        let minutes = LASTS.0 + i64::try_from(self.dice.below(LASTS.1)).unwrap_or(0);
        let draft = lot.terms(Ends::After(Span::minutes(minutes)))?;
        let lot = Lot::New(lot.listing()?.with_pictures(vec![picture])?);
        self.market.run(caller, Command::OpenAuction { lot, draft }).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lot_can_be_put_up_on_its_terms_and_fifteen_of_them_run_when_the_story_ends() {
        for lot in &LOTS {
            assert!(lot.listing().is_ok() && lot.terms(Ends::After(Span::days(1))).is_ok(), "{}", lot.title);
            assert!(drawing::is_known(lot.title), "nobody draws {}", lot.title);
            assert!(lot.bids.iter().all(|(person, _)| *person != lot.seller), "{}", lot.title);
        }
        assert_eq!(LOTS.iter().filter(|lot| lot.minutes.1 > 0).count(), RUNNING);
    }
}
