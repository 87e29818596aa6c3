//! Events: what happened in the market, and what it changes on the screen.

use auboutique_domain::Money;
use serde_json::{Value, json};

use crate::app::{App, Purpose, read};
use crate::conversation::Message;
use crate::tab::Tab;
use crate::text;

impl App {
    /// Takes in an event.
    pub(crate) fn on_event(&mut self, event: &Value) {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let name = text("event");
        match name.as_str() {
            "listing_published" | "listing_returned" => {
                let id = text("listing");
                self.store_changed(&text("seller"), false);
                if self.is_me(&text("seller")) {
                    self.load_mine(false);
                }
                let plain = self.market.owner.is_none() && self.market.search.is_empty();
                self.touch_cart(&id);
                if self.knows_listing(&id) {
                    self.ask("listing", json!({ "listing": id }), Purpose::Listing { show: false });
                } else if plain
                    && self.market.list.top == 0
                    && self.tab == Tab::Market
                    && self.above.is_empty()
                {
                    self.load_market(false);
                } else if plain {
                    self.market.fresh += 1;
                }
            }
            "listing_edited" => {
                let id = text("listing");
                self.touch_cart(&id);
                self.store_changed(&text("seller"), false);
                if self.knows_listing(&id) {
                    self.ask("listing", json!({ "listing": id }), Purpose::Listing { show: false });
                }
            }
            "listing_sold" => {
                self.sold(&text("listing"));
                self.touch_cart(&text("listing"));
                self.store_changed(&text("seller"), false);
            }
            "stock_changed" => {
                self.touch_cart(&text("listing"));
                let left = event["available"].as_i64().unwrap_or(0);
                self.each_listing(&text("listing"), |listing| {
                    listing.available = left;
                    if listing.store.is_some() && listing.state != "withdrawn" {
                        (if left > 0 { "on_sale" } else { "sold" }).clone_into(&mut listing.state);
                    }
                });
                self.store_changed(&text("seller"), false);
            }
            "store_opened" => self.load_stores(false),
            "store_changed" => {
                self.load_stores(false);
                if self.cart.lines.rows.iter().any(|line| line.listing.seller.id == text("owner")) {
                    self.load_cart();
                }
                self.store_changed(&text("owner"), true);
            }
            "staff_appointed" | "staff_dismissed" => {
                if self.is_me(&text("member")) {
                    let what = match name.as_str() {
                        "staff_appointed" => "You act for a store now: y in Stores leads to its back room",
                        _ => "You no longer act for a store",
                    };
                    self.notice(what, Some(text("store")), &text("at"));
                    self.load_my_stores(false);
                }
                self.load_staff();
            }
            "invitation_made" | "invitation_revoked" => self.load_invitations(false),
            "cart_changed" => self.load_cart(),
            "checkout_prepared" | "delivery_chosen" | "checkout_placed" | "checkout_released" => {
                let is_expired = event["expired"].as_bool().unwrap_or(false);
                self.on_checkout_event(&name, &text("checkout"), is_expired);
            }
            "payment_started" | "payment_authorized" | "payment_captured" | "payment_voided"
                if self.cart.checkout.is_some() && !self.cart.is_placing =>
            {
                self.look_at_checkout(false);
            }
            "payment_declined" => {
                self.notice("Your card was turned down. Another may do, or another way to pay", None, "");
                self.look_at_checkout(false);
            }
            "payment_refunded" => {
                let amount = read::<Money>(event["amount"].clone()).as_ref().map(text::money);
                let amount = amount.unwrap_or_default();
                self.notice(&format!("{amount} by card came too late: it is in your wallet"), None, "");
                self.money_moved();
            }
            "wallet_topped_up" if self.is_me(&text("member")) => {
                let amount = read::<Money>(event["amount"].clone()).as_ref().map(text::money);
                self.notice(&format!("{} came into your wallet", amount.unwrap_or_default()), None, "");
                self.money_moved();
            }
            "wallet_topped_up" => {}
            "payout_paid" => {
                let amount = read::<Money>(event["amount"].clone()).as_ref().map(text::money);
                self.notice(&format!("{} were handed over to you", amount.unwrap_or_default()), None, "");
                self.money_moved();
            }
            "payout_requested" | "payout_voided" => self.money_moved(),
            "listing_withdrawn" => {
                let id = text("listing");
                self.touch_cart(&id);
                self.store_changed(&text("seller"), false);
                self.each_listing(&id, |listing| "withdrawn".clone_into(&mut listing.state));
                self.market.list.rows.retain(|row| row.listing != id);
            }
            "message_sent" => {
                if let Some(message) = read::<Message>(event["message"].clone()) {
                    let conversation = if message.conversation.is_empty() {
                        text("conversation")
                    } else {
                        message.conversation.clone()
                    };
                    self.said(&conversation, message);
                } else {
                    self.talk.typing.remove(&text("conversation"));
                    self.fetch_conversation(&text("conversation"), true);
                }
            }
            "messages_delivered" | "messages_read" => {
                let (conversation, by, number) =
                    (text("conversation"), text("by"), event["number"].as_i64().unwrap_or(0));
                let mine = self.is_me(&by);
                let read = name == "messages_read";
                if let Some(each) = self.talk.find_mut(&conversation) {
                    match (mine, read) {
                        (false, _) => {
                            each.their_delivered = each.their_delivered.max(number);
                            if read {
                                each.their_read = each.their_read.max(number);
                            }
                        }
                        (true, true) if number > each.read => {
                            each.read = number;
                            // Read somewhere else: how much is left, the market knows.
                            let last = each.last.as_ref().map_or(0, |last| last.number);
                            if number >= last {
                                each.unread = 0;
                            } else {
                                self.fetch_conversation(&conversation, false);
                            }
                        }
                        (true, _) => {}
                    }
                }
            }
            "conversation_started" | "member_blocked" | "member_unblocked" => {
                let conversation = text("conversation");
                if conversation.is_empty() {
                    self.load_conversations(false)
                } else {
                    self.fetch_conversation(&conversation, false)
                }
            }
            "presence_hidden" => self.account.hidden = event["hidden"].as_bool().unwrap_or(false),
            "attendant_appointed" => {
                self.attendant = true;
                self.notice("You serve a desk now: 9 leads to it", None, "");
            }
            "attendant_dismissed" => self.ask("me", json!({}), Purpose::Me),
            "strike_given" => {
                let to = event["order"].as_str().or(event["auction"].as_str()).map(str::to_owned);
                self.notice("You were given a strike", to, &text("at"));
            }
            "name_changed" | "username_changed" | "email_changed" | "role_changed" => {
                self.ask("me", json!({}), Purpose::Me);
            }
            "pickup_point_added" | "pickup_point_changed" | "day_closed" | "day_opened" => {
                self.ask("pickup_points", json!({}), Purpose::Points);
            }
            name if event.get("auction").is_some_and(Value::is_string) => self.on_auction_event(name, event),
            _ if event.get("order").is_some_and(Value::is_string) => {
                let news = Some(name.clone());
                self.store_changed(&text("seller"), false);
                self.money_moved();
                self.ask("order", json!({ "order": text("order") }), Purpose::Order { show: false, news });
            }
            _ => {}
        }
    }
}
