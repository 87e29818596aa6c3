//! Carts and checkouts: gathered, set aside, paid, placed; all of it or nothing, and never more than there is.

use std::collections::BTreeMap;
use std::thread;

use auboutique_domain::cart::{CartView, MOST_LINES};
use auboutique_domain::checkout::{CheckoutView, PayBy, State as Checkout};
use auboutique_domain::id::{CheckoutId, ListingId, StoreId};
use auboutique_domain::listing::ListingChanges;
use auboutique_domain::money::Rate;
use auboutique_domain::order::{Means, OrderView, State};
use auboutique_domain::store::{Away, StoreChanges};
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Currency, Money, Price, Refusal, Reply};
use auboutique_market::{Answer, No};

use crate::stage::{Person, Stage, cents, day, key, refused, usd};

pub(crate) fn cart_in(reply: Reply) -> CartView {
    match reply {
        Reply::Cart(cart) => cart,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn checkout_in(reply: Reply) -> CheckoutView {
    match reply {
        Reply::Checkout(checkout) => checkout,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn orders_in(reply: Reply) -> Vec<OrderView> {
    match reply {
        Reply::Orders(orders) => orders,
        other => panic!("{other:?}"),
    }
}

impl Stage {
    pub(crate) fn puts(&self, buyer: &Person, listing: ListingId, quantity: i64) -> CartView {
        cart_in(self.does(buyer, Command::AddToCart { listing, quantity }))
    }

    pub(crate) fn cart(&self, buyer: &Person) -> CartView {
        self.sees(buyer, |view| view.cart())
    }

    /// The command by which a buyer checks out what their cart shows at the total it shows.
    pub(crate) fn checking_out(&self, buyer: &Person) -> Command {
        Command::PrepareCheckout { totals: self.cart(buyer).totals }
    }

    pub(crate) fn prepares(&self, buyer: &Person) -> CheckoutView {
        checkout_in(self.does(buyer, self.checking_out(buyer)))
    }

    pub(crate) fn places(&self, buyer: &Person, checkout: CheckoutId, pay: PayBy) -> Vec<OrderView> {
        orders_in(self.does(buyer, Command::PlaceOrders { checkout, pay }))
    }

    pub(crate) fn checkout(&self, buyer: &Person, checkout: CheckoutId) -> CheckoutView {
        self.sees(buyer, move |view| view.checkout(checkout))
    }

    pub(crate) fn tops_up(&self, desk: &Person, member: &Person, cash: Money) -> Vec<Money> {
        match self.does(desk, Command::TopUp { username: member.username.clone(), cash }) {
            Reply::Balance(wallet) => wallet,
            other => panic!("{other:?}"),
        }
    }

    /// Two stores, each with ten copies of a thing at 10 USD.
    fn two_stores(&self) -> (Person, Person, [ListingId; 2]) {
        let (karim, nora) = (self.member("karim"), self.member("nora"));
        let (club, plants) = (self.opens(&karim, "Engineering Club"), self.opens(&nora, "Plants"));
        let things = [self.stocks(&karim, club, "Breadboard", 10), self.stocks(&nora, plants, "Basil", 10)];
        (karim, nora, things)
    }

    fn held(&self, listing: ListingId) -> i64 {
        let sum = format!(
            "SELECT COALESCE(SUM(quantity), 0) FROM holds WHERE listing_id = '{listing}' AND ended_at IS NULL"
        );
        self.sql(&sum).parse().unwrap()
    }

    fn stock_of(&self, listing: ListingId) -> String {
        self.sql(&format!("SELECT on_hand, committed FROM listings WHERE id = '{listing}'"))
    }
}

fn at_price(price: Price) -> ListingChanges {
    let mut changes = ListingChanges::default();
    changes.price = Some(price);
    changes
}

fn lbp(pounds: i64) -> Money {
    Money::new(pounds, Currency::Lbp)
}

on_both! {
    fn one_checkout_over_two_stores_and_a_member_places_an_order_with_each(stage) {
        let (karim, nora, [board, basil]) = stage.two_stores();
        let (rana, leila) = (stage.member("rana"), stage.member("leila"));
        let lamp = stage.lists(&leila, "Lamp", usd(2_500));
        stage.puts(&rana, board, 2);
        stage.puts(&rana, basil, 1);
        let cart = stage.puts(&rana, lamp, 1);
        assert_eq!((cart.lines.len(), cart.totals), (3, vec![cents(5_500)]));
        let checkout = stage.prepares(&rana);
        assert_eq!((checkout.state, checkout.parcels.len()), (Checkout::Held, 3));
        assert_eq!(checkout.totals, [cents(5_500)]);
        assert_eq!([stage.held(board), stage.held(basil), stage.held(lamp)], [2, 1, 1]);
        let orders = stage.places(&rana, checkout.checkout, PayBy::Cash);
        let totals: Vec<Money> = orders.iter().map(|order| order.total).collect();
        assert_eq!(totals, [cents(2_000), cents(1_000), cents(2_500)]);
        assert!(orders.iter().all(|order| order.checkout == Some(checkout.checkout)));
        assert!(orders.iter().all(|order| order.due == order.total && order.pickup.code.is_some()));
        for (seller, order) in [&karim, &nora, &leila].into_iter().zip(&orders) {
            assert_eq!(stage.state(seller, order.order), State::Placed);
        }
        assert_eq!(stage.cart(&rana).lines, []);
        assert_eq!([stage.held(board), stage.held(lamp)], [0, 0]);
        assert_eq!(stage.stock_of(board), "10|2");
        let placed = stage.checkout(&rana, checkout.checkout);
        assert_eq!((placed.state, placed.orders.len()), (Checkout::Placed, 3));
        stage.is_clean();
    }

    fn what_somebody_checks_out_is_in_nobody_elses_reach_and_never_in_their_own_way(stage) {
        let (rana, leila, omar) = (stage.member("rana"), stage.member("leila"), stage.member("omar"));
        let lamp = stage.lists(&omar, "Lamp", usd(2_500));
        stage.puts(&rana, lamp, 1);
        stage.puts(&leila, lamp, 1);
        let checkout = stage.prepares(&rana);
        let held = Refusal::Held { available: 0, until: checkout.expires_at };
        assert_eq!(stage.refusal(&leila, stage.buying(lamp)), held);
        let theirs = stage.cart(&leila).lines.remove(0);
        assert_eq!(theirs.problem.map(|problem| problem.code), Some("held".to_owned()));
        let refusal = stage.refusal(&leila, stage.checking_out(&leila));
        assert!(matches!(refusal, Refusal::LineUnavailable { listing, .. } if listing == lamp), "{refusal}");
        // The holder may even buy it directly; the checkout then has nothing left to place.
        assert_eq!(stage.cart(&rana).lines.remove(0).problem, None);
        assert_eq!(stage.prepares(&rana).checkout, checkout.checkout);
        assert_eq!(stage.places(&rana, checkout.checkout, PayBy::Cash).len(), 1);
        assert_eq!(stage.refusal(&leila, stage.buying(lamp)), Refusal::ListingSold);
        stage.is_clean();
    }

    fn a_hold_ends_with_its_moment_whether_or_not_anybody_tidied_up(stage) {
        let (rana, leila, omar) = (stage.member("rana"), stage.member("leila"), stage.member("omar"));
        let lamp = stage.lists(&omar, "Lamp", usd(2_500));
        stage.puts(&rana, lamp, 1);
        let checkout = stage.prepares(&rana).checkout;
        // Only the clock moves; the timekeeper has not come by.
        stage.env.advance(Span::minutes(10));
        assert_eq!(stage.held(lamp), 1);
        assert_eq!(stage.checkout(&rana, checkout).state, Checkout::Expired);
        let late = Command::PlaceOrders { checkout, pay: PayBy::Cash };
        assert_eq!(stage.refusal(&rana, late.clone()), Refusal::CheckoutOver);
        stage.buys(&leila, lamp);
        assert_eq!(stage.pass(Span::seconds(1)), 1);
        assert_eq!((stage.held(lamp), stage.events("checkout_released")), (0, 1));
        assert_eq!(stage.refusal(&rana, late), Refusal::CheckoutOver);
        assert_eq!(stage.cart(&rana).lines.len(), 1);
        stage.is_clean();
    }

    fn each_step_holds_for_ten_more_minutes_and_all_of_them_for_twenty(stage) {
        let (_, _, [board, _]) = stage.two_stores();
        let rana = stage.member("rana");
        stage.puts(&rana, board, 1);
        let first = stage.prepares(&rana);
        stage.pass(Span::minutes(8));
        let again = stage.prepares(&rana);
        assert_eq!((again.checkout, again.expires_at), (first.checkout, first.expires_at.plus(Span::minutes(8))));
        stage.pass(Span::minutes(8));
        assert_eq!(stage.prepares(&rana).expires_at, first.expires_at.plus(Span::minutes(10)));
        stage.pass(Span::minutes(4));
        assert_ne!(stage.prepares(&rana).checkout, first.checkout);
        stage.is_clean();
    }

    fn another_cart_is_another_checkout_and_the_one_before_is_left(stage) {
        let (_, _, [board, basil]) = stage.two_stores();
        let rana = stage.member("rana");
        stage.puts(&rana, board, 10);
        let first = stage.prepares(&rana).checkout;
        stage.puts(&rana, basil, 1);
        let second = stage.prepares(&rana).checkout;
        assert_eq!(stage.checkout(&rana, first).state, Checkout::Canceled);
        assert_eq!([stage.held(board), stage.held(basil)], [10, 1]);
        let stale = Command::PlaceOrders { checkout: first, pay: PayBy::Cash };
        assert_eq!(stage.refusal(&rana, stale), Refusal::CheckoutOver);
        stage.does(&rana, Command::CancelCheckout { checkout: second });
        // Leaving it twice, from two windows, is leaving it.
        stage.does(&rana, Command::CancelCheckout { checkout: second });
        assert_eq!([stage.held(board), stage.held(basil)], [0, 0]);
        stage.is_clean();
    }

    fn a_total_that_is_not_the_one_the_buyer_saw_is_refused_with_the_new_one(stage) {
        let (karim, _, [board, basil]) = stage.two_stores();
        let rana = stage.member("rana");
        stage.puts(&rana, board, 2);
        stage.puts(&rana, basil, 1);
        let stale = stage.checking_out(&rana);
        let dearer = at_price(usd(1_200));
        stage.does(&karim, Command::EditListing { listing: board, changes: dearer });
        let totals = vec![cents(3_400)];
        assert_eq!(stage.refusal(&rana, stale), Refusal::TotalChanged { totals: totals.clone() });
        for odd in [vec![], vec![cents(3_400), cents(3_400)], vec![lbp(3_400)], vec![cents(3_400), lbp(0)]] {
            let asked = Command::PrepareCheckout { totals: odd };
            assert_eq!(stage.refusal(&rana, asked), Refusal::TotalChanged { totals: totals.clone() });
        }
        let line = stage.cart(&rana).lines.remove(0);
        assert_eq!((line.seen, line.listing.price), (cents(1_000), cents(1_200)));
        assert_eq!(line.problem.map(|problem| problem.code), Some("price_changed".to_owned()));
        // Saying how many again takes the price as seen.
        let seen = cart_in(stage.does(&rana, Command::ChangeCart { listing: board, quantity: 2 }));
        assert_eq!(seen.lines[0].problem, None);
        let checkout = stage.prepares(&rana);
        // From here on the price is agreed.
        let dearest = at_price(usd(9_900));
        stage.does(&karim, Command::EditListing { listing: board, changes: dearest });
        let orders = stage.places(&rana, checkout.checkout, PayBy::Cash);
        assert_eq!(orders[0].lines[0].price, cents(1_200));
        stage.is_clean();
    }

    fn quantities_of_one_thing_are_summed_and_checked_together(stage) {
        let (karim, _, [board, _]) = stage.two_stores();
        let rana = stage.member("rana");
        stage.puts(&rana, board, 4);
        assert_eq!(stage.puts(&rana, board, 4).lines[0].quantity, 8);
        let more = Command::AddToCart { listing: board, quantity: 3 };
        assert_eq!(stage.refusal(&rana, more), Refusal::StockShort { available: 10 });
        let many = StoreChanges::default().limit(Some(5)).unwrap();
        stage.does(&karim, Command::EditStore { changes: many });
        let one = Command::AddToCart { listing: board, quantity: 1 };
        assert_eq!(stage.refusal(&rana, one), Refusal::QuantityLimit { most: 5 });
        assert!(matches!(stage.refusal(&rana, stage.checking_out(&rana)), Refusal::LineUnavailable { .. }));
        stage.does(&rana, Command::ChangeCart { listing: board, quantity: 5 });
        stage.prepares(&rana);
        for quantity in [0, -1, i64::MIN, 1_000_001, i64::MAX] {
            for command in [Command::AddToCart { listing: board, quantity }, Command::ChangeCart { listing: board, quantity }] {
                assert!(matches!(stage.refusal(&rana, command), Refusal::QuantityOutOfRange { .. }), "{quantity}");
            }
        }
        stage.is_clean();
    }

    fn what_cannot_be_had_is_refused_and_stays_in_the_cart_until_it_is_taken_out(stage) {
        let (karim, _, [board, basil]) = stage.two_stores();
        let (rana, leila) = (stage.member("rana"), stage.member("leila"));
        let own = Command::AddToCart { listing: board, quantity: 1 };
        assert_eq!(stage.refusal(&karim, own.clone()), Refusal::OwnListing);
        assert_eq!(stage.refusal_to_visitor(own), Refusal::SignInNeeded);
        let missing = ListingId::new(stage.now(), [9; 10]);
        let unknown = Command::AddToCart { listing: missing, quantity: 1 };
        assert_eq!(stage.refusal(&rana, unknown), Refusal::not_found("listing"));
        let absent = Command::ChangeCart { listing: board, quantity: 1 };
        assert_eq!(stage.refusal(&rana, absent), Refusal::not_found("line"));
        assert_eq!(stage.refusal(&rana, Command::PrepareCheckout { totals: vec![] }), Refusal::CartEmpty);
        stage.puts(&rana, board, 1);
        stage.puts(&rana, basil, 1);
        stage.does(&karim, Command::WithdrawListing { listing: board });
        let line = stage.cart(&rana).lines.remove(0);
        assert_eq!(line.problem.map(|problem| problem.code), Some("not_found".to_owned()));
        assert!(matches!(stage.refusal(&rana, stage.checking_out(&rana)), Refusal::LineUnavailable { .. }));
        assert_eq!(stage.cart(&leila).lines, []);
        stage.does(&rana, Command::RemoveFromCart { listing: board });
        let twice = Command::RemoveFromCart { listing: board };
        assert_eq!(stage.refusal(&rana, twice), Refusal::not_found("line"));
        stage.places(&rana, stage.prepares(&rana).checkout, PayBy::Cash);
        stage.is_clean();
    }

    fn a_store_that_is_away_sells_nothing_to_a_cart_either(stage) {
        let (karim, _, [board, _]) = stage.two_stores();
        let rana = stage.member("rana");
        stage.puts(&rana, board, 1);
        let away = Away { from: day("2026-11-23"), until: day("2026-11-24") };
        let mut closed = StoreChanges::default();
        closed.away = Some(Some(away));
        stage.does(&karim, Command::EditStore { changes: closed });
        assert_eq!(stage.cart(&rana).lines[0].problem.as_ref().map(|problem| problem.code.as_str()), Some("store_away"));
        assert!(matches!(stage.refusal(&rana, stage.checking_out(&rana)), Refusal::LineUnavailable { .. }));
    }

    fn a_cart_has_so_many_lines_and_no_more(stage) {
        let (rana, omar) = (stage.member("rana"), stage.member("omar"));
        for number in 0..MOST_LINES {
            stage.puts(&rana, stage.lists(&omar, &format!("Book {number}"), usd(100)), 1);
        }
        let one_more = stage.lists(&omar, "One more", usd(100));
        let full = Command::AddToCart { listing: one_more, quantity: 1 };
        assert_eq!(stage.refusal(&rana, full), Refusal::CartFull { most: 40 });
    }

    fn two_clicks_two_keys_and_two_windows_place_the_orders_once(stage) {
        let (_, _, [board, basil]) = stage.two_stores();
        let rana = stage.member("rana");
        stage.puts(&rana, board, 1);
        stage.puts(&rana, basil, 1);
        let checkout = stage.prepares(&rana).checkout;
        let place = Command::PlaceOrders { checkout, pay: PayBy::Cash };
        let clicks: Vec<Answer> = thread::scope(|scope| {
            let click = |number: usize| {
                let caller = rana.caller().under(key(&format!("click-{}", number % 2)));
                let (market, place) = (stage.market(), place.clone());
                scope.spawn(move || market.run_now(caller, place))
            };
            let running: Vec<_> = (0..8).map(click).collect();
            running.into_iter().map(|click| click.join().unwrap()).collect()
        });
        let names = |answer: &Answer| -> Vec<_> {
            orders_in(answer.clone().unwrap()).iter().map(|order| order.order).collect()
        };
        assert!(clicks.iter().all(|answer| names(answer) == names(&clicks[0])), "{clicks:?}");
        assert_eq!((stage.count("orders"), stage.events("checkout_placed")), (2, 1));
        stage.is_clean();
    }

    fn nobody_sees_or_ends_the_checkout_of_another(stage) {
        let (_, _, [board, _]) = stage.two_stores();
        let (rana, leila) = (stage.member("rana"), stage.member("leila"));
        stage.puts(&rana, board, 1);
        let checkout = stage.prepares(&rana).checkout;
        let missing = Refusal::not_found("checkout");
        let foreign = CheckoutId::new(stage.now(), [7; 10]);
        for id in [checkout, foreign] {
            assert_eq!(refused(stage.ask(leila.caller(), move |view| view.checkout(id))), missing);
            for command in [
                Command::CancelCheckout { checkout: id },
                Command::PlaceOrders { checkout: id, pay: PayBy::Cash },
                Command::PlaceOrders { checkout: id, pay: PayBy::Wallet(Currency::Usd) },
            ] {
                assert_eq!(stage.refusal(&leila, command), missing);
            }
        }
        assert_eq!(stage.checkout(&rana, checkout).state, Checkout::Held);
    }

    fn a_wallet_pays_at_once_in_both_currencies_at_the_rate_of_the_checkout(stage) {
        let (_, nora, [board, _]) = stage.two_stores();
        let (rana, maya) = (stage.member("rana"), stage.attendant("maya"));
        let rug = stage.lists(&nora, "Rug", Price::new(1_790_000, Currency::Lbp).unwrap());
        stage.puts(&rana, board, 2);
        stage.puts(&rana, rug, 1);
        let checkout = stage.prepares(&rana);
        assert_eq!(checkout.totals, [cents(2_000), lbp(1_790_000)]);
        assert_eq!(checkout.costs, [cents(4_000), lbp(3_580_000)]);
        let pay = |currency| Command::PlaceOrders { checkout: checkout.checkout, pay: PayBy::Wallet(currency) };
        let short = |available| Refusal::BalanceShort { available };
        assert_eq!(stage.refusal(&rana, pay(Currency::Usd)), short(cents(0)));
        stage.tops_up(&maya, &rana, lbp(3_579_999));
        assert_eq!(stage.refusal(&rana, pay(Currency::Lbp)), short(lbp(3_579_999)));
        assert_eq!(stage.tops_up(&maya, &rana, lbp(1)), [cents(0), lbp(3_580_000)]);
        // The operator changes the rate; this checkout keeps its own.
        let dearer = Command::ChangeSetting { name: "lbp_per_usd".to_owned(), value: "100000".to_owned() };
        stage.at_console(dearer);
        let orders = orders_in(stage.does(&rana, pay(Currency::Lbp)));
        let receipts: Vec<_> = orders.iter().map(|order| order.receipt.unwrap()).collect();
        assert_eq!((receipts[0].means, receipts[0].paid, receipts[0].rate), (Means::Wallet, lbp(1_790_000), Rate::new(89_500)));
        assert_eq!((receipts[1].paid, receipts[1].rate), (lbp(1_790_000), None));
        assert!(orders.iter().all(|order| order.due.minor == 0));
        assert_eq!(stage.sees(&rana, |view| view.wallet()).wallet, [cents(0), lbp(0)]);
        assert_eq!(stage.balance("fx:USD"), 2_000);
        // Called off in time the money is in the wallet again, in the currency of the order.
        stage.cancels(&rana, orders[0].order);
        assert_eq!(stage.sees(&rana, |view| view.wallet()).wallet, [cents(2_000), lbp(0)]);
        stage.is_clean();
    }

    fn nobody_keeps_a_thing_from_others_by_checking_out_again_and_again(stage) {
        let (rana, omar) = (stage.member("rana"), stage.member("omar"));
        let lamp = stage.lists(&omar, "Lamp", usd(2_500));
        stage.puts(&rana, lamp, 1);
        for _ in 0..6 {
            // Leaving and coming back at once is nobody's loss.
            let checkout = stage.prepares(&rana).checkout;
            stage.does(&rana, Command::CancelCheckout { checkout });
            stage.prepares(&rana);
            stage.pass(Span::minutes(10));
        }
        let refusal = stage.refusal(&rana, stage.checking_out(&rana));
        let wait_seconds = (10 + 120 - 60) * 60;
        assert_eq!(refusal, Refusal::TooManyCheckouts { wait_seconds });
        stage.pass(Span::seconds(wait_seconds));
        stage.places(&rana, stage.prepares(&rana).checkout, PayBy::Cash);
        stage.is_clean();
    }

    fn checkouts_of_overlapping_carts_use_the_stock_exactly(stage) {
        const BUYERS: usize = 500;
        const COPIES: i64 = 3;
        stage.capacity(10_000);
        let owners = ["karim", "nora", "perla", "hagop", "lea"].map(|name| stage.member(name));
        let stores: Vec<StoreId> = owners.iter().map(|owner| stage.opens(owner, owner.username.as_str())).collect();
        let things: Vec<ListingId> = (0..50)
            .map(|number| {
                let owner = number % owners.len();
                stage.stocks(&owners[owner], stores[owner], &format!("Thing {number}"), COPIES)
            })
            .collect();
        // A cart is one to four things out of fifty, some of them put there twice.
        let carts: Vec<Vec<(ListingId, i64)>> = (0..BUYERS)
            .map(|buyer| {
                let thing = |step: usize| things[(buyer * 7 + step * (buyer % 11 + 1)) % things.len()];
                (0..=buyer % 4).map(|step| (thing(step), 1 + i64::from(step == 2))).collect()
            })
            .collect();
        let buyers: Vec<Person> = (0..BUYERS).map(|number| stage.member(&format!("buyer_{number}"))).collect();
        for (buyer, cart) in buyers.iter().zip(&carts) {
            for &(listing, quantity) in cart {
                // Twice one thing may be more than there is: then the cart keeps what fits.
                drop(stage.run(buyer.caller(), Command::AddToCart { listing, quantity }));
            }
        }
        let stage = &*stage;
        let check_out = |buyer: &Person| -> Result<usize, No> {
            let caller = buyer.caller();
            let totals = stage.market().ask_now(caller.clone(), |view| view.cart())?.totals;
            let prepared = stage.market().run_now(caller.clone(), Command::PrepareCheckout { totals })?;
            let checkout = checkout_in(prepared).checkout;
            let place = Command::PlaceOrders { checkout, pay: PayBy::Cash };
            stage.market().run_now(caller, place).map(|reply| orders_in(reply).len())
        };
        let placed: usize = thread::scope(|scope| {
            let workers = buyers.chunks(BUYERS / 10).map(|some| {
                scope.spawn(move || some.iter().filter_map(|buyer| check_out(buyer).ok()).sum::<usize>())
            });
            let workers: Vec<_> = workers.collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).sum()
        });
        assert!(placed > 20, "{placed}");
        stage.is_clean();
        // Whoever was refused comes again for whatever is left of their first wish, until nothing is.
        for (buyer, cart) in buyers.iter().zip(&carts) {
            for line in stage.cart(buyer).lines {
                drop(stage.run(buyer.caller(), Command::RemoveFromCart { listing: line.listing.listing }));
            }
            if let Ok(Reply::Cart(_)) = stage.run(buyer.caller(), Command::AddToCart { listing: cart[0].0, quantity: 1 }) {
                check_out(buyer).unwrap();
            }
        }
        let mut sold: BTreeMap<String, usize> = BTreeMap::new();
        for row in stage.sql("SELECT on_hand, committed FROM listings WHERE store_id IS NOT NULL").lines() {
            *sold.entry(row.to_owned()).or_default() += 1;
        }
        assert_eq!(sold, BTreeMap::from([("3|3".to_owned(), things.len())]));
        assert_eq!(stage.count("holds WHERE ended_at IS NULL"), 0);
        stage.is_clean();
    }
}
