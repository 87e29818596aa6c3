//! Conversations: what two members say to each other, about a listing, an order or nothing.
//!
//! ```text
//!            start                 first message                     message, message, …
//!  (nothing) ─────▶ seen by who    ─────────────▶ seen by both      ──────────────────▶ …
//!                   started it
//! ```
//!
//! Two members have at most one conversation about one thing. Its messages are numbered 1, 2, 3 … without gaps; the
//! number is their order, for both and for ever. Each participant has two marks that only go forward: how far messages
//! have reached them, and how far they have read.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::event::Event;
use crate::id::{ConversationId, ListingId, MemberId, MessageId, OrderId};
use crate::member::MemberCard;
use crate::refusal::Refusal;
use crate::text;
use crate::time::{Moment, Span};

/// How many messages a conversation may have before the other side has ever answered (`promises.md`, threat 7).
pub const MOST_UNANSWERED: i64 = 5;
/// How many conversations with members who have not answered may be started in [`STRANGER_WINDOW`].
pub const MOST_STRANGERS: i64 = 20;
/// The time in which those conversations are counted.
pub const STRANGER_WINDOW: Span = Span::days(1);
/// The time in which messages of one sender are counted.
pub const FLOOD_WINDOW: Span = Span::seconds(60);
/// How many characters a message has at most.
pub const MOST_CHARACTERS: usize = 4_000;

/// What a conversation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Nothing in particular.
    Nothing,
    /// Somebody's listing.
    Listing(ListingId),
    /// An order of the two.
    Order(OrderId),
}

impl About {
    /// As the database keeps it: the id of the thing, or nothing.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Listing(listing) => listing.to_string(),
            Self::Order(order) => order.to_string(),
        }
    }

    /// Reads what [`About::text`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Nothing);
        }
        let listing = ListingId::parse(text).map(Self::Listing);
        listing.or_else(|_| OrderId::parse(text).map(Self::Order)).ok()
    }
}

/// With whom, or about what, a member wants to talk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Partner {
    /// With this member.
    Member(crate::member::Username),
    /// With the seller of this listing, about it.
    Seller(ListingId),
    /// With the other side of this order, about it.
    OtherSide(OrderId),
}

/// What two members say to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// Which conversation.
    pub id: ConversationId,
    /// Who started it.
    pub starter: MemberId,
    /// The other participant.
    pub other: MemberId,
    /// What it is about.
    pub about: About,
    /// When it was started.
    pub started_at: Moment,
    /// Since when the other participant sees it: since its first message, or since they wanted to talk too.
    pub opened_at: Option<Moment>,
    /// The number of its last message; 0 while there is none.
    pub last_number: i64,
    /// Counts the changes to the row.
    pub version: i64,
}

/// One thing said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Which message, as its sender named it.
    pub message: MessageId,
    /// Where it was said.
    pub conversation: ConversationId,
    /// Its place in the conversation: 1, 2, 3 …
    pub number: i64,
    /// Who said it.
    pub sender: MemberId,
    /// When.
    pub sent_at: Moment,
    /// What: 1 to 4,000 characters, line breaks and tabs among them, no other control character.
    pub text: String,
}

/// A text that may be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct MessageText(String);

impl MessageText {
    /// Checks a text: 1 to 4,000 characters after trimming, no control characters but line breaks and tabs.
    ///
    /// # Errors
    ///
    /// [`Refusal::TextLength`], [`Refusal::TextUnprintable`].
    pub fn parse(raw: &str) -> Result<Self, Refusal> {
        text::lines("text", raw, 1, MOST_CHARACTERS).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What decides whether a member may write to another now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// One of the two blocks the other.
    pub blocked: bool,
    /// The other has written to the member before, or the two have an order together.
    pub acquainted: bool,
    /// How many messages the member has sent in this conversation.
    pub sent_here: i64,
    /// How many conversations with members who have not answered the member started in [`STRANGER_WINDOW`].
    pub strangers: i64,
    /// When the message was sent that has to be older than [`FLOOD_WINDOW`] before the next is taken, if there is one.
    pub flooding_since: Option<Moment>,
}

impl Standing {
    /// Whether a conversation may be started.
    ///
    /// # Errors
    ///
    /// [`Refusal::ConversationBlocked`], [`Refusal::StrangerLimit`].
    pub fn may_start(&self) -> Result<(), Refusal> {
        if self.blocked {
            return Err(Refusal::ConversationBlocked);
        }
        if !self.acquainted && self.strangers >= MOST_STRANGERS {
            return Err(stranger_limit());
        }
        Ok(())
    }

    /// Whether one more message may be sent.
    ///
    /// # Errors
    ///
    /// [`Refusal::ConversationBlocked`], [`Refusal::TooManyMessages`], [`Refusal::StrangerLimit`], in this order.
    pub fn may_send(&self, now: Moment) -> Result<(), Refusal> {
        if self.blocked {
            return Err(Refusal::ConversationBlocked);
        }
        if let Some(since) = self.flooding_since {
            let wait_seconds = since.plus(FLOOD_WINDOW).since(now).seconds_up().max(1);
            return Err(Refusal::TooManyMessages { wait_seconds });
        }
        if !self.acquainted && self.sent_here >= MOST_UNANSWERED {
            return Err(stranger_limit());
        }
        Ok(())
    }
}

const fn stranger_limit() -> Refusal {
    Refusal::StrangerLimit { messages: MOST_UNANSWERED, conversations: MOST_STRANGERS }
}

impl Conversation {
    /// Starts a conversation.
    ///
    /// # Errors
    ///
    /// [`Refusal::Yourself`], and what [`Standing::may_start`] says.
    pub fn start(
        id: ConversationId,
        by: MemberId,
        with: MemberId,
        about: About,
        standing: &Standing,
        now: Moment,
    ) -> Result<(Self, Event), Refusal> {
        if by == with {
            return Err(Refusal::Yourself);
        }
        standing.may_start()?;
        let conversation = Self {
            id,
            starter: by,
            other: with,
            about,
            started_at: now,
            opened_at: None,
            last_number: 0,
            version: 1,
        };
        Ok((conversation, Event::ConversationStarted { conversation: id, by, with }))
    }

    /// Whether this member sees it: who started it does, the other once it is open.
    #[must_use]
    pub fn is_seen_by(&self, member: MemberId) -> bool {
        member == self.starter || (member == self.other && self.opened_at.is_some())
    }

    /// The other participant wants to talk too, and sees it from now on.
    #[must_use]
    pub fn open(mut self, now: Moment) -> (Self, Event) {
        self.opened_at = self.opened_at.or(Some(now));
        let event = Event::ConversationStarted { conversation: self.id, by: self.other, with: self.starter };
        (self, event)
    }

    /// The other participant, for one of the two who sees the conversation.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] for everybody else.
    pub fn other_than(&self, member: MemberId) -> Result<MemberId, Refusal> {
        if !self.is_seen_by(member) {
            return Err(Refusal::not_found("conversation"));
        }
        Ok(if member == self.starter { self.other } else { self.starter })
    }

    /// Says something.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] when it is not the sender's conversation, and what [`Standing::may_send`] says.
    pub fn say(
        mut self,
        (message, text): (MessageId, MessageText),
        sender: MemberId,
        standing: &Standing,
        now: Moment,
    ) -> Result<(Self, Message, Event), Refusal> {
        let recipient = self.other_than(sender)?;
        standing.may_send(now)?;
        self.opened_at = self.opened_at.or(Some(now));
        self.last_number += 1;
        let number = self.last_number;
        let said = Message { message, conversation: self.id, number, sender, sent_at: now, text: text.0 };
        let event = Event::MessageSent { conversation: self.id, message, number, sender, recipient };
        Ok((self, said, event))
    }
}

/// How far a participant is in a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks {
    /// Every message up to this number has reached the participant.
    pub delivered: i64,
    /// Every message up to this number was read.
    pub read: i64,
}

impl Marks {
    /// The marks after messages up to this number reached the participant, if that moves one.
    #[must_use]
    pub fn delivered_up_to(self, number: i64, last: i64) -> Option<Self> {
        let delivered = number.min(last);
        (delivered > self.delivered).then_some(Self { delivered, ..self })
    }

    /// The marks after messages up to this number were read, if that moves one. What was read has arrived.
    #[must_use]
    pub fn read_up_to(self, number: i64, last: i64) -> Option<Self> {
        let read = number.min(last);
        (read > self.read).then_some(Self { read, delivered: self.delivered.max(read) })
    }
}

/// What a conversation is about, as its participants see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub struct Subject {
    /// The listing, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub listing: Option<ListingId>,
    /// The order, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub order: Option<OrderId>,
    /// What the thing is, in a line.
    pub title: String,
}

/// A conversation as one of its participants sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationView {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The other participant.
    pub with: MemberCard,
    /// Whether the other is here now.
    pub online: bool,
    /// When the other was last here, unless they are, or hide it.
    #[schema(required = true)]
    pub last_seen_at: Option<Moment>,
    /// What it is about.
    #[schema(required = true)]
    pub about: Option<Subject>,
    /// When it was started.
    pub started_at: Moment,
    /// The last message.
    #[schema(required = true)]
    pub last: Option<Message>,
    /// How many messages of the other the viewer has not read.
    pub unread: i64,
    /// How far the viewer has read.
    pub read: i64,
    /// How far messages have reached the other.
    pub their_delivered: i64,
    /// How far the other has read.
    pub their_read: i64,
    /// Whether the viewer blocks the other.
    pub blocked: bool,
}

/// Some of a conversation's messages, oldest first, and where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessagePage {
    /// The messages, oldest first.
    pub rows: Vec<Message>,
    /// The number to give as `before`, or as `after`, for the next page; `null` on the last.
    #[schema(required = true)]
    pub next: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(entropy: u8) -> MemberId {
        MemberId::new(Moment::from_micros(1), [entropy; 10])
    }

    fn moment(seconds: i64) -> Moment {
        Moment::from_micros(0).plus(Span::seconds(seconds))
    }

    fn started() -> Conversation {
        let id = ConversationId::new(moment(0), [9; 10]);
        Conversation::start(id, member(1), member(2), About::Nothing, &Standing::default(), moment(0))
            .unwrap()
            .0
    }

    fn say(
        conversation: Conversation,
        sender: MemberId,
        standing: &Standing,
    ) -> Result<Conversation, Refusal> {
        let text = MessageText::parse("Is it still there?").unwrap();
        let said = conversation.say((MessageId::new(moment(1), [1; 10]), text), sender, standing, moment(1));
        said.map(|(conversation, message, _)| {
            assert_eq!(message.number, conversation.last_number);
            conversation
        })
    }

    #[test]
    fn messages_are_numbered_without_gaps() {
        let standing = Standing { acquainted: true, ..Standing::default() };
        let mut conversation = started();
        for number in 1..=3 {
            conversation = say(conversation, member(1 + u8::from(number == 2)), &standing).unwrap();
            assert_eq!(conversation.last_number, number);
        }
    }

    #[test]
    fn an_empty_conversation_is_seen_by_who_started_it_only() {
        let conversation = started();
        assert_eq!(conversation.other_than(member(1)), Ok(member(2)));
        assert_eq!(conversation.other_than(member(2)), Err(Refusal::not_found("conversation")));
        let conversation = say(conversation, member(1), &Standing::default()).unwrap();
        assert_eq!(conversation.other_than(member(2)), Ok(member(1)));
        assert_eq!(conversation.other_than(member(3)), Err(Refusal::not_found("conversation")));
        assert!(started().open(moment(1)).0.is_seen_by(member(2)));
    }

    #[test]
    fn what_may_be_sent_depends_on_how_the_two_stand() {
        let check = |standing: Standing, expected: Result<(), Refusal>| {
            assert_eq!(standing.may_send(moment(10)), expected, "{standing:?}");
        };
        check(Standing::default(), Ok(()));
        check(Standing { sent_here: 5, ..Standing::default() }, Err(stranger_limit()));
        check(Standing { sent_here: 5, acquainted: true, ..Standing::default() }, Ok(()));
        let blocked = Standing { blocked: true, acquainted: true, ..Standing::default() };
        check(blocked, Err(Refusal::ConversationBlocked));
        let flooding = Standing { acquainted: true, flooding_since: Some(moment(0)), ..Standing::default() };
        check(flooding, Err(Refusal::TooManyMessages { wait_seconds: 50 }));
    }

    #[test]
    fn nobody_talks_to_themself_or_to_more_than_twenty_strangers_a_day() {
        let id = ConversationId::new(moment(0), [9; 10]);
        let start = |with, standing: Standing| {
            Conversation::start(id, member(1), with, About::Nothing, &standing, moment(0)).map(drop)
        };
        assert_eq!(start(member(1), Standing::default()), Err(Refusal::Yourself));
        let many = Standing { strangers: 20, ..Standing::default() };
        assert_eq!(start(member(2), many), Err(stranger_limit()));
        assert_eq!(start(member(2), Standing { acquainted: true, ..many }), Ok(()));
    }

    #[test]
    fn marks_only_go_forward_and_never_past_the_last_message() {
        let marks = Marks { delivered: 3, read: 2 };
        assert_eq!(marks.delivered_up_to(3, 9), None);
        assert_eq!(marks.delivered_up_to(99, 9), Some(Marks { delivered: 9, read: 2 }));
        assert_eq!(marks.read_up_to(1, 9), None);
        assert_eq!(marks.read_up_to(3, 9), Some(Marks { delivered: 3, read: 3 }));
        assert_eq!(marks.read_up_to(5, 9), Some(Marks { delivered: 5, read: 5 }));
        assert_eq!(marks.read_up_to(-5, 9), None);
    }

    #[test]
    fn a_message_is_text_of_one_to_four_thousand_characters() {
        assert!(MessageText::parse("").is_err());
        assert!(MessageText::parse(" \n ").is_err());
        assert!(MessageText::parse(&"é".repeat(4_000)).is_ok());
        assert!(MessageText::parse(&"é".repeat(4_001)).is_err());
        assert_eq!(MessageText::parse("one\r\ntwo\tthree").unwrap().as_str(), "one\ntwo\tthree");
        assert!(MessageText::parse("\u{1b}[2J").is_err());
        assert!(MessageText::parse("<script>alert(1)</script>").is_ok());
    }

    #[test]
    fn what_it_is_about_reads_back_as_it_was_written() {
        let (listing, order) = (ListingId::new(moment(1), [1; 10]), OrderId::new(moment(1), [1; 10]));
        for about in [About::Nothing, About::Listing(listing), About::Order(order)] {
            assert_eq!(About::parse(&about.text()), Some(about));
        }
        assert_eq!(About::parse("mbr_1"), None);
    }
}
