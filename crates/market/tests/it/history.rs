//! Random histories of money: whatever is done, in whatever order, with whatever fails in between, the books add up after
//! every commit.
//!
//! A seed chooses what happens next among everything that moves money or stock; what the rules refuse changes nothing. The
//! market is closed and opened again between any two steps, and the provider of cards says anything at any time, again and
//! out of order. A failing run prints its seed and its step.

use auboutique_domain::checkout::PayBy;
use auboutique_domain::id::{ListingId, OrderId, PayoutId};
use auboutique_domain::order::Side;
use auboutique_domain::payment::{PaymentView, Saying};
use auboutique_domain::payout::Purse;
use auboutique_domain::time::Span;
use auboutique_domain::{Command, Currency, Money, Price, Reply};
use auboutique_market::No;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use crate::stage::{Person, Stage, usd};

/// What the market owes in all its accounts, per currency; and by how much escrow differs from the money of orders that are
/// paid and not finished.
const TRIAL_BALANCE: &str =
    "SELECT currency, SUM(balance) FROM accounts GROUP BY currency HAVING SUM(balance) <> 0";
const ESCROW: &str = "SELECT c.currency, c.held, c.owed FROM (SELECT a.currency AS currency,
        -SUM(a.balance) AS held,
        (SELECT COALESCE(SUM(o.total), 0) FROM orders o WHERE o.currency = a.currency AND o.paid_at IS NOT NULL
            AND o.state IN ('placed', 'at_desk', 'collected')) AS owed
    FROM accounts a WHERE a.name LIKE 'escrow:%' GROUP BY a.currency) c WHERE c.held <> c.owed";
const BELOW_ZERO: &str = "SELECT id FROM listings WHERE on_hand < 0 OR committed < 0 OR committed > on_hand";

struct History<'a> {
    stage: &'a mut Stage,
    dice: ChaCha8Rng,
    buyers: Vec<Person>,
    sellers: Vec<Person>,
    maya: Person,
    ziad: Person,
    things: Vec<ListingId>,
    payments: Vec<PaymentView>,
    payouts: Vec<PayoutId>,
    done: usize,
}

fn history(stage: &mut Stage, seed: u64) -> History<'_> {
    stage.takes_cards();
    stage.capacity(10_000);
    for (name, value) in [("commission_basis_points", "500"), ("handling_basis_points", "250")] {
        stage.at_console(Command::ChangeSetting { name: name.to_owned(), value: value.to_owned() });
    }
    let buyers: Vec<Person> = ["rana", "leila", "omar", "talar"].map(|name| stage.member(name)).into();
    let sellers: Vec<Person> = ["karim", "nora"].map(|name| stage.member(name)).into();
    let (maya, ziad) = (stage.attendant("maya"), stage.operator("ziad"));
    let mut things = Vec::new();
    for seller in &sellers {
        let store = stage.opens(seller, &format!("{} and friends", seller.username.as_str()));
        for number in 0..3 {
            things.push(stage.stocks(seller, store, &format!("Thing {number}"), 12));
        }
        things.push(stage.lists(seller, "Rug", Price::new(1_234_567, Currency::Lbp).unwrap()));
        things.push(stage.lists(seller, "Lamp", usd(3_333)));
    }
    let dice = ChaCha8Rng::seed_from_u64(seed);
    History {
        stage,
        dice,
        buyers,
        sellers,
        maya,
        ziad,
        things,
        payments: Vec::new(),
        payouts: Vec::new(),
        done: 0,
    }
}

impl History<'_> {
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.dice.next_u32()).unwrap() % end.max(1)
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        let at = self.below(of.len());
        of.get(at).cloned()
    }

    fn currency(&mut self) -> Currency {
        Currency::ALL[self.below(2)]
    }

    fn amount(&mut self) -> Money {
        let currency = self.currency();
        let most = if currency == Currency::Usd { 5_000 } else { 4_000_000 };
        Money::new(i64::try_from(self.below(most)).unwrap() + 1, currency)
    }

    /// Asks as a member. A refusal is an answer; anything else that is not a yes is a defect.
    fn asks(&mut self, person: &Person, command: Command) -> Option<Reply> {
        match self.stage.run(person.caller(), command.clone()) {
            Ok(reply) => {
                self.done += 1;
                Some(reply)
            }
            Err(No::Refused(_)) => None,
            Err(no) => panic!("{command:?}: {no}"),
        }
    }

    fn orders_of(&self, person: &Person, side: Side) -> Vec<OrderId> {
        let page = self.stage.sees(person, move |view| view.orders(side, None, Some(100)));
        page.rows.into_iter().map(|order| order.order).collect()
    }

    /// One step: which one, as text for whoever has to look at it.
    fn step(&mut self) -> String {
        let buyers = self.buyers.clone();
        let buyer = self.one(&buyers).unwrap();
        let which = self.below(24);
        match which {
            0..=4 => {
                let things = self.things.clone();
                let (listing, quantity) =
                    (self.one(&things).unwrap(), 1 + i64::try_from(self.below(4)).unwrap());
                self.asks(&buyer, Command::AddToCart { listing, quantity });
            }
            5..=7 => {
                let totals = self.stage.cart(&buyer).totals;
                self.asks(&buyer, Command::PrepareCheckout { totals });
            }
            8..=11 => self.pays(&buyer),
            12..=14 => self.provider_says(),
            15..=17 => self.serves_at_the_desk(&buyer),
            18 => {
                let orders = self.orders_of(&buyer, Side::Buyer);
                let Some(order) = self.one(&orders) else { return format!("{which} nothing") };
                let currency = self.currency();
                let command = match self.below(5) {
                    0 => Command::CancelOrder { order },
                    1 => Command::ConfirmOrder { order },
                    2 => Command::PayOrder { order, currency },
                    3 => Command::RequestCancel { order },
                    _ => Command::RequestReturn { order, reason: "It does not fit".to_owned() },
                };
                self.asks(&buyer, command);
            }
            19 => self.seller_acts(),
            20 => self.asks_for_a_payout(&buyer),
            21 => {
                let cash = self.amount();
                let (maya, username) = (self.maya.clone(), buyer.username.clone());
                self.asks(&maya, Command::TopUp { username, cash });
            }
            22 => {
                let minutes = [1, 5, 11, 31, 60 * 9, 60 * 50][self.below(6)];
                self.stage.pass(Span::minutes(minutes));
            }
            _ => {
                self.stage.close();
                self.stage.open();
            }
        }
        format!("{which}")
    }

    fn pays(&mut self, buyer: &Person) {
        let open = self.stage.sees(buyer, |view| view.open_checkout());
        let Some(checkout) = open.map(|open| open.checkout) else { return };
        let currency = self.currency();
        let command = match self.below(5) {
            0 => Command::CancelCheckout { checkout },
            1 => Command::PlaceOrders { checkout, pay: PayBy::Cash },
            2 => Command::PlaceOrders { checkout, pay: PayBy::Wallet(currency) },
            _ => Command::StartPayment { checkout, currency },
        };
        if let Some(Reply::Payment(payment)) = self.asks(buyer, command) {
            self.payments.push(payment);
        }
    }

    /// Anything, about any payment there ever was.
    fn provider_says(&mut self) {
        let payments = self.payments.clone();
        let Some(payment) = self.one(&payments) else { return };
        let saying = match self.below(6) {
            0 => Saying::Declined("The bank says no.".to_owned()),
            1 => Saying::Canceled,
            2 | 3 => Saying::Authorized,
            _ => Saying::Captured(payment.amount.share(290)),
        };
        self.stage.hears(&payment, saying);
        self.done += 1;
    }

    fn serves_at_the_desk(&mut self, buyer: &Person) {
        let orders = self.orders_of(buyer, Side::Buyer);
        let Some(order) = self.one(&orders) else { return };
        let sellers = self.sellers.clone();
        let drop_off = sellers.iter().find_map(|seller| {
            let view = self.stage.ask(seller.caller(), move |view| view.order(order)).ok()?;
            view.pickup.code
        });
        let view = self.stage.order(buyer, order);
        let (pickup, due) = (view.pickup.code, view.due);
        let command = match (self.below(4), drop_off, pickup) {
            (0 | 1, Some(code), _) => Command::DropOff { code },
            (2, _, Some(code)) if due.minor > 0 => Command::TakePayment { code, cash: due },
            (_, _, Some(code)) if self.below(3) == 0 => Command::TakeReturn { code },
            (_, _, Some(code)) => Command::Collect { code, cash: (due.minor > 0).then_some(due) },
            _ => return,
        };
        let maya = self.maya.clone();
        self.asks(&maya, command);
    }

    fn seller_acts(&mut self) {
        let sellers = self.sellers.clone();
        let seller = self.one(&sellers).unwrap();
        let orders = self.orders_of(&seller, Side::Seller);
        let Some(order) = self.one(&orders) else { return };
        let (amount, restock) = (self.amount(), self.below(2) == 0);
        let things = self.things.clone();
        let listing = self.one(&things).unwrap();
        let command = match self.below(6) {
            0 => Command::CancelOrder { order },
            1 => Command::RefundOrder { order, amount },
            2 | 3 => Command::SettleReturn { order, restock },
            4 => Command::AdjustStock { listing, copies: -1, reason: "One is broken".to_owned() },
            _ => Command::Restock { listing, copies: 2 },
        };
        self.asks(&seller, command);
    }

    fn asks_for_a_payout(&mut self, buyer: &Person) {
        let sellers = self.sellers.clone();
        let seller = self.one(&sellers).unwrap();
        let (amount, payouts) = (self.amount(), self.payouts.clone());
        let known = self.one(&payouts);
        let note = "by hand".to_owned();
        match (self.below(5), known) {
            (0, Some(payout)) => {
                let ziad = self.ziad.clone();
                self.asks(&ziad, Command::ConfirmPayout { payout, note });
            }
            (1, Some(payout)) => {
                self.asks(&seller, Command::VoidPayout { payout, note });
            }
            (2, _) => self.requests(buyer, Purse::Wallet, amount),
            (3, _) => self.requests(&seller, Purse::Sales, amount),
            _ => self.requests(&seller, Purse::Store, amount),
        }
    }

    fn requests(&mut self, person: &Person, purse: Purse, amount: Money) {
        if let Some(Reply::Payout(payout)) = self.asks(person, Command::RequestPayout { purse, amount }) {
            self.payouts.push(payout.payout);
        }
    }
}

fn lives_through(stage: &mut Stage, seed: u64, steps: usize) {
    let mut history = history(stage, seed);
    for step in 0..steps {
        let what = history.step();
        for wrong in [TRIAL_BALANCE, ESCROW, BELOW_ZERO] {
            assert_eq!(history.stage.sql(wrong), "", "seed {seed}, step {step}: {what}\n{wrong}");
        }
        if step % 100 == 99 {
            assert_eq!(history.stage.findings(), [], "seed {seed}, step {step}: {what}");
        }
    }
    history.stage.is_clean();
    let (orders, entries) = (history.stage.count("orders"), history.stage.count("entries"));
    assert!(history.done > steps / 4 && orders > 5 && entries > 10, "seed {seed}: next to nothing happened");
}

on_both! {
    fn the_books_add_up_after_every_step_of_a_random_history(stage) {
        let seed = std::env::var("AUBOUTIQUE_SEED").ok().and_then(|seed| seed.parse().ok());
        let steps = if stage.is_on_postgres() { 500 } else { 1_500 };
        lives_through(stage, seed.unwrap_or(20_261_123), steps);
    }
}
