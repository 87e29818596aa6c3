//! Auctions in the protocol: what a request says of a lot, of its terms and of a bid, read into the words of the rules.

use auboutique_domain::auction::{AuctionDraft, Ends, Lot};
use auboutique_domain::id::{AuctionId, ListingId, PickupPointId, PictureId};
use auboutique_domain::listing::{Category, Condition, ListingDraft};
use auboutique_domain::money::{Money, Price};
use auboutique_domain::time::Span;
use auboutique_domain::{Moment, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Change, MAX_FRAME, Malformed, Unreadable, line};

/// How many auctions one connection follows at most.
pub const MOST_FOLLOWED: usize = 50;
/// How many bytes of a bid log stand in one line, so that with its id and its quotes it fits.
const LOG_BYTES: usize = MAX_FRAME - 2 * 1_024;

/// What is put up, as a request says it: a listing that is there, or something that is described.
#[derive(Debug, Default, Deserialize)]
pub struct Offered {
    /// A listing of the seller's, as it is described. Then nothing else is said.
    pub listing: Option<ListingId>,
    /// What it is, in a line.
    pub title: Option<String>,
    /// What there is to know.
    pub description: Option<String>,
    /// What it would cost at a fixed price; the buy-now price or the starting price when it is left out.
    pub price: Option<Money>,
    /// Its shelf.
    pub category: Option<String>,
    /// How worn it is.
    pub condition: Option<String>,
    /// Where it is collected.
    pub pickup_point: Option<PickupPointId>,
    /// What it looks like, the cover first.
    pub pictures: Option<Vec<PictureId>>,
}

/// On which terms it is put up, as a request says it.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Asked {
    /// The least the first bid may be.
    pub starting_price: Money,
    /// The secret least the seller accepts.
    pub reserve: Option<Money>,
    /// What ends it at once.
    pub buy_now: Option<Money>,
    /// The seller's own increment.
    pub increment: Option<Money>,
    /// How long bidding lasts.
    pub duration_seconds: Option<i64>,
    /// When it ends. One of the two is said.
    pub ends_at: Option<Moment>,
}

fn bad(field: &str, problem: &str) -> Malformed {
    Malformed::BadField { field: field.to_owned(), problem: problem.to_owned() }
}

impl Offered {
    /// The lot. `asked` says what a fixed price would be when nobody does.
    ///
    /// # Errors
    ///
    /// [`Malformed::BadField`] when a listing is named and something is described, or neither; what
    /// [`ListingDraft::new`] says.
    pub fn lot(self, asked: &Asked) -> Result<Lot, Unreadable> {
        let Self { listing, title, description, price, category, condition, pickup_point, pictures } = self;
        let describes = description.is_some()
            || price.is_some()
            || category.is_some()
            || condition.is_some()
            || pickup_point.is_some()
            || pictures.is_some();
        if let Some(listing) = listing {
            if describes || title.is_some() {
                return Err(bad("listing", "it is described already: leave everything else of it out").into());
            }
            return Ok(Lot::Listing(listing));
        }
        let missing = |field: &str| bad(field, "it is missing: describe what is put up, or name a listing");
        let (title, category, condition) = (
            title.ok_or_else(|| missing("title"))?,
            category.ok_or_else(|| missing("category"))?,
            condition.ok_or_else(|| missing("condition"))?,
        );
        let price = Price::try_from(price.or(asked.buy_now).unwrap_or(asked.starting_price))?;
        let draft = ListingDraft::new(
            &title,
            &description.unwrap_or_default(),
            price,
            Category::parse(&category)?,
            Condition::parse(&condition)?,
            pickup_point,
        )?;
        Ok(Lot::New(draft.with_pictures(pictures.unwrap_or_default())?))
    }
}

impl Asked {
    /// The terms, checked.
    ///
    /// # Errors
    ///
    /// [`Malformed::BadField`] unless exactly one of duration and end is said; what [`AuctionDraft::new`] says.
    pub fn draft(self) -> Result<AuctionDraft, Unreadable> {
        let ends = match (self.duration_seconds, self.ends_at) {
            (Some(seconds), None) => Ends::After(seconds_of(seconds)?),
            (None, Some(moment)) => Ends::At(moment),
            _ => {
                return Err(
                    bad("duration_seconds", "give exactly one of duration_seconds and ends_at").into()
                );
            }
        };
        Ok(AuctionDraft::new(self.starting_price, self.reserve, self.buy_now, self.increment, ends)?)
    }
}

/// That many seconds; more than time has is too long.
fn seconds_of(seconds: i64) -> Result<Span, Refusal> {
    let micros = seconds.checked_mul(1_000_000).ok_or(Refusal::DurationInvalid)?;
    Ok(Span::from_micros(micros))
}

/// What becomes of a reserve price: another, or `null` for none. Left out it is a mistake: nobody shall give one away by
/// misspelling it.
///
/// # Errors
///
/// [`Malformed::BadField`] when it was left out.
pub fn reserve(change: Change<Money>) -> Result<Option<Money>, Malformed> {
    match change {
        Change::Becomes(reserve) => Ok(reserve),
        Change::Stays => Err(bad("reserve", "it is missing: say how much, or null for none")),
    }
}

/// Which auctions somebody follows: each once, and no more than [`MOST_FOLLOWED`].
///
/// # Errors
///
/// [`Malformed::BadField`] when there are more.
pub fn followed(mut auctions: Vec<AuctionId>, field: &str) -> Result<Vec<AuctionId>, Malformed> {
    auctions.sort_unstable();
    auctions.dedup();
    if auctions.len() > MOST_FOLLOWED {
        return Err(bad(field, &format!("at most {MOST_FOLLOWED} auctions are followed at once")));
    }
    Ok(auctions)
}

/// A piece of a bid log as a reply's value: as many lines as fit, from behind the first `after` on.
#[must_use]
pub fn log_piece(auction: AuctionId, log: &str, after: usize) -> Value {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    for text in log.lines().skip(after) {
        // Nothing in a log needs to be escaped but quotes and backslashes, of which it has none.
        bytes += text.len() + 3;
        if bytes > LOG_BYTES && !lines.is_empty() {
            break;
        }
        lines.push(text);
    }
    let upto = after.saturating_add(lines.len());
    let next = (log.lines().nth(upto).is_some()).then_some(upto);
    json!({ "auction": auction, "lines": lines, "next": next })
}

/// The line that tells those who follow an auction how many of them are there.
#[must_use]
pub fn here(auction: AuctionId, listeners: usize) -> Vec<u8> {
    line(&json!({ "here": { "auction": auction, "listeners": listeners } }))
}

#[cfg(test)]
mod tests {
    use auboutique_domain::Command;
    use auboutique_domain::auction::{BrowseAuctions, Which};
    use auboutique_domain::money::Currency;

    use super::super::{Op, Query, ServerLine, decode, decode_server_line};
    use super::*;

    const ID: &str = "auc_01jd9y3t8qf1vaz0w6k2m4n8pr";

    fn id() -> AuctionId {
        AuctionId::parse(ID).unwrap()
    }

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::Usd)
    }

    /// What a request of that operation comes to: what is asked, or the code of the no with its field.
    fn read(op: &str, fields: &str) -> Result<Op, String> {
        let comma = if fields.is_empty() { "" } else { "," };
        match decode(format!(r#"{{"op":"{op}"{comma}{fields}}}"#).as_bytes()) {
            Ok(request) => Ok(request.op),
            Err((_, Unreadable::Malformed(Malformed::BadField { field, .. }))) => Err(field),
            Err((_, Unreadable::Malformed(malformed))) => {
                Err(serde_json::to_value(malformed).unwrap()["code"].as_str().unwrap().to_owned())
            }
            Err((_, Unreadable::Refused(refusal))) => Err(refusal.code()),
        }
    }

    /// The same of an operation that names the auction.
    fn of(op: &str, fields: &str) -> Result<Op, String> {
        let comma = if fields.is_empty() { "" } else { "," };
        read(op, &format!(r#""auction":"{ID}"{comma}{fields}"#))
    }

    #[test]
    fn what_names_an_auction_alone_is_read_and_needs_it() {
        let (auction, after, limit) = (id(), None, None);
        for (op, expected) in [
            ("auction", Op::Query(Query::Auction { auction })),
            ("bids", Op::Query(Query::Bids { auction, after, limit })),
            ("bid_log", Op::Query(Query::BidLog { auction, after: 0 })),
            ("watch", Op::Command(Command::WatchAuction { auction })),
            ("unwatch", Op::Command(Command::UnwatchAuction { auction })),
            ("keep_price", Op::Command(Command::KeepPrice { auction })),
            ("accept_leading_bid", Op::Command(Command::AcceptLeadingBid { auction })),
            ("cancel_auction", Op::Command(Command::CancelAuction { auction, reason: String::new() })),
            ("retract_bid", Op::Command(Command::RetractBid { auction, corrected: None })),
            ("follow", Op::Follow { auction }),
            ("unfollow", Op::Unfollow { auction }),
        ] {
            assert_eq!(of(op, ""), Ok(expected), "{op}");
            assert_eq!(read(op, ""), Err("auction".to_owned()), "{op}");
            for wrong in [r#""lst_01jd9y3t8qf1vaz0w6k2m4n8pr""#, r#""auc_1""#, "7", "null", "[]"] {
                assert_eq!(
                    read(op, &format!(r#""auction":{wrong}"#)),
                    Err("auction".to_owned()),
                    "{op} {wrong}"
                );
            }
        }
    }

    #[test]
    fn an_amount_is_money_of_whole_minor_units_and_nothing_else() {
        let auction = id();
        let good = r#"{"minor":1050,"currency":"USD"}"#;
        for (op, field, expected) in [
            ("place_bid", "maximum", Command::PlaceBid { auction, maximum: usd(1_050) }),
            ("take_buy_now", "price", Command::TakeBuyNow { auction, price: usd(1_050) }),
            ("retract_bid", "corrected", Command::RetractBid { auction, corrected: Some(usd(1_050)) }),
            ("lower_price", "price", Command::LowerPrice { auction, price: usd(1_050) }),
            ("lower_reserve", "reserve", Command::LowerReserve { auction, reserve: Some(usd(1_050)) }),
            ("counter_offer", "price", Command::CounterOffer { auction, price: usd(1_050) }),
            ("offer_to_watchers", "price", Command::OfferToWatchers { auction, price: usd(1_050) }),
            (
                "sell_at_fixed_price",
                "price",
                Command::SellAtFixedPrice { auction, price: Price::new(1_050, Currency::Usd).unwrap() },
            ),
        ] {
            let with = |amount: &str| of(op, &format!(r#""{field}":{amount}"#));
            assert_eq!(with(good), Ok(Op::Command(expected)), "{op}");
            for minor in ["1e3", "10.5", "9223372036854775808", "\"1050\"", "null", "[]", "true", "{}"] {
                let read = with(&format!(r#"{{"minor":{minor},"currency":"USD"}}"#));
                assert_eq!(read, Err(format!("{field}.minor")), "{op} {minor}");
            }
            for amount in ["1050", "\"10.50 USD\"", "[1050]"] {
                assert_eq!(with(amount), Err(field.to_owned()), "{op} {amount}");
            }
            for amount in ["NaN", "Infinity", "-Infinity", "٥", r#"{"minor":1e400,"currency":"USD"}"#] {
                assert_eq!(with(amount), Err("not_json".to_owned()), "{op} {amount}");
            }
            assert_eq!(with(r#"{"minor":5,"currency":"EUR"}"#), Err(format!("{field}.currency")), "{op}");
            assert_eq!(with(r#"{"minor":5,"minor":6,"currency":"USD"}"#), Err("not_json".to_owned()), "{op}");
        }
        // Whatever a bid may be is for the rules to say.
        for minor in [0, -1, i64::MIN, i64::MAX] {
            let fields = format!(r#""maximum":{{"minor":{minor},"currency":"LBP"}}"#);
            let maximum = Money::new(minor, Currency::Lbp);
            assert_eq!(of("place_bid", &fields), Ok(Op::Command(Command::PlaceBid { auction, maximum })));
        }
        assert_eq!(
            of("sell_at_fixed_price", r#""price":{"minor":0,"currency":"USD"}"#),
            Err("price_out_of_range".to_owned())
        );
    }

    #[test]
    fn a_reserve_price_is_given_up_by_null_and_not_by_leaving_it_out() {
        let auction = id();
        let none = Command::LowerReserve { auction, reserve: None };
        assert_eq!(of("lower_reserve", r#""reserve":null"#), Ok(Op::Command(none)));
        assert_eq!(of("lower_reserve", ""), Err("reserve".to_owned()));
        assert_eq!(of("lower_reserve", r#""reserv":null"#), Err("reserve".to_owned()));
    }

    #[test]
    fn a_lot_is_a_listing_or_is_described_and_its_terms_are_checked() {
        const NEW: &str = r#""title":"A brass lamp","category":"furniture","condition":"good""#;
        const OLD: &str = r#""listing":"lst_01jd9y3t8qf1vaz0w6k2m4n8pr""#;
        let money = |minor: i64| format!(r#"{{"minor":{minor},"currency":"USD"}}"#);
        let start = format!(r#""starting_price":{}"#, money(500));
        let code = |fields: &[&str]| read("open_auction", &fields.join(",")).map(drop);
        let hour = r#""duration_seconds":3600"#;

        assert_eq!(code(&[OLD, &start, hour]), Ok(()));
        assert_eq!(code(&[NEW, &start, hour]), Ok(()));
        let moment = r#""ends_at":"2026-12-01T18:00:00Z""#;
        assert_eq!(code(&[NEW, &start, moment]), Ok(()));
        let lot = read("open_auction", &[NEW, &start, hour].join(","));
        let Ok(Op::Command(Command::OpenAuction { lot: Lot::New(draft), draft: terms })) = lot else {
            panic!("{lot:?}")
        };
        // What nobody priced costs what the bids begin at.
        assert_eq!(serde_json::to_value(draft).unwrap()["price"]["minor"], 500);
        assert_eq!(terms.starting_price(), usd(500));

        let no = |code: &str| Err(code.to_owned());
        assert_eq!(code(&[OLD, NEW, &start, hour]), no("listing"));
        assert_eq!(code(&[OLD, r#""description":"old""#, &start, hour]), no("listing"));
        assert_eq!(code(&[&start, hour]), no("title"));
        assert_eq!(code(&[r#""title":"A lamp""#, &start, hour]), no("category"));
        assert_eq!(code(&[OLD, hour]), no("starting_price"));
        assert_eq!(code(&[OLD, &start]), no("duration_seconds"));
        assert_eq!(code(&[OLD, &start, hour, moment]), no("duration_seconds"));
        for seconds in ["0", "59", "-1", "2592001", "9223372036854775807", "-9223372036854775808"] {
            let fields = [OLD, &start, &format!(r#""duration_seconds":{seconds}"#)];
            assert_eq!(code(&fields), no("duration_invalid"), "{seconds}");
        }
        for seconds in ["1.5", "\"60\"", "1e3", "9223372036854775808"] {
            let fields = [OLD, &start, &format!(r#""duration_seconds":{seconds}"#)];
            assert_eq!(code(&fields), no("duration_seconds"), "{seconds}");
        }
        for moment in ["\"tomorrow\"", "1795000000", "\"2026-12-01\""] {
            assert_eq!(code(&[OLD, &start, &format!(r#""ends_at":{moment}"#)]), no("ends_at"), "{moment}");
        }
        let and =
            |field: &str, minor: i64| code(&[OLD, &start, hour, &format!(r#""{field}":{}"#, money(minor))]);
        assert_eq!(and("reserve", 500), Ok(()));
        assert_eq!(and("reserve", 450), no("reserve_too_low"));
        assert_eq!(and("reserve", 525), no("not_cash_unit"));
        assert_eq!(and("buy_now", 650), Ok(()));
        assert_eq!(and("buy_now", 600), no("buy_now_too_low"));
        assert_eq!(and("increment", 0), no("price_out_of_range"));
        let lbp = r#""reserve":{"minor":500000,"currency":"LBP"}"#;
        assert_eq!(code(&[OLD, &start, hour, lbp]), no("auction_currency"));
        assert_eq!(
            code(&[OLD, r#""starting_price":{"minor":-5,"currency":"USD"}"#, hour]),
            no("price_out_of_range")
        );

        let again = |fields: &[&str]| of("relist_auction", &fields.join(",")).map(drop);
        assert_eq!(again(&[&start, hour]), Ok(()));
        assert_eq!(again(&[&start]), no("duration_seconds"));
        assert_eq!(again(&[hour]), no("starting_price"));
    }

    #[test]
    fn lists_are_asked_for_by_name_and_shelf() {
        let list = |fields: &str| match read("auctions", fields)? {
            Op::Query(Query::Auctions { asked, .. }) => Ok(asked),
            other => panic!("{other:?}"),
        };
        assert_eq!(list(""), Ok(BrowseAuctions::default()));
        for which in Which::ALL {
            let asked = BrowseAuctions { which, category: Some(Category::Books) };
            assert_eq!(list(&format!(r#""which":"{}","category":"books""#, which.name())), Ok(asked));
        }
        assert_eq!(list(r#""which":"mine""#), Err("which".to_owned()));
        assert_eq!(list(r#""category":"boats""#), Err("category_unknown".to_owned()));
    }

    #[test]
    fn an_answer_to_an_offer_says_yes_or_no_and_so_does_a_wish() {
        let offer = r#""offer":"ofr_01jd9y3t8qf1vaz0w6k2m4n8pr""#;
        let answer = |fields: &str| read("answer_offer", fields).map(drop);
        assert_eq!(answer(&format!(r#"{offer},"accept":true"#)), Ok(()));
        assert_eq!(answer(offer), Err("accept".to_owned()));
        assert_eq!(answer(&format!(r#"{offer},"accept":"yes""#)), Err("accept".to_owned()));
        assert_eq!(read("want_second_chances", ""), Err("wanted".to_owned()));
        let no = Command::WantSecondChances { wanted: false };
        assert_eq!(read("want_second_chances", r#""wanted":false"#), Ok(Op::Command(no)));
        assert_eq!(of("add_auction_note", r#""text":"x""#), Err("text_length".to_owned()));
    }

    #[test]
    fn a_listener_names_each_auction_once_and_fifty_at_most() {
        let listen = |auctions: &[String]| match read(
            "listen",
            &format!(r#""auctions":{}"#, serde_json::to_string(auctions).unwrap()),
        )? {
            Op::Listen { auctions, .. } => Ok(auctions.len()),
            other => panic!("{other:?}"),
        };
        assert_eq!(read("listen", ""), Ok(Op::Listen { after: None, auctions: Vec::new() }));
        assert_eq!(listen(&[ID.to_owned(), ID.to_owned()]), Ok(1));
        let many: Vec<String> = (0..=50_u8)
            .map(|number| {
                let at = Moment::from_micros(i64::from(number) * 1_000_000);
                AuctionId::new(at, [number; 10]).to_string()
            })
            .collect();
        assert_eq!(listen(&many[..50]), Ok(50));
        assert_eq!(listen(&many), Err("auctions".to_owned()));
        assert_eq!(listen(&["auc_1".to_owned()]), Err("auctions[0]".to_owned()));
    }

    #[test]
    fn a_log_of_any_length_comes_in_pieces_that_fit_and_join_to_it() {
        let hash = "6f0c".repeat(16);
        for count in [1, 2, 400, 2_000] {
            let lines: Vec<String> = (1..=count)
                .map(|number| format!("{number} 1795000000000000 bid bidder={number} maximum=2000 #{hash}"))
                .collect();
            let log = lines.join("\n") + "\n";
            let (mut joined, mut after, mut pieces) = (String::new(), 0, 0);
            loop {
                let piece = log_piece(id(), &log, after);
                assert!(super::super::reply(&super::super::Id::number(u64::MAX), &piece).len() <= MAX_FRAME);
                for text in piece["lines"].as_array().unwrap() {
                    joined.push_str(text.as_str().unwrap());
                    joined.push('\n');
                }
                pieces += 1;
                let Some(next) = piece["next"].as_u64() else { break };
                after = usize::try_from(next).unwrap();
            }
            assert_eq!(joined, log);
            assert_eq!(pieces > 1, count >= 2_000, "{count} lines in {pieces} pieces");
        }
        let beyond = log_piece(id(), "a\nb\n", usize::MAX);
        assert_eq!(beyond, json!({ "auction": ID, "lines": [], "next": null }));
    }

    #[test]
    fn how_many_follow_is_a_line_of_its_own() {
        let line = here(id(), 7);
        let expected = json!({ "auction": ID, "listeners": 7 });
        assert_eq!(decode_server_line(&line), Ok(ServerLine::Here(expected)));
    }
}
