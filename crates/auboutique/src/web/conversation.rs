//! Conversations: who one talks with, what was said, and saying something.

use askama::Template;
use auboutique_domain::conversation::{ConversationView, MOST_CHARACTERS, Message, MessageText, Partner};
use auboutique_domain::id::{ConversationId, ListingId, MemberId, MessageId, OrderId};
use auboutique_domain::member::Username;
use auboutique_domain::time::Moment;
use auboutique_domain::{Command, Refusal, Reply};
use auboutique_market::No;
use axum::extract::Path;
use axum::response::Response;

use super::error::Failed;
use super::form::{Form, Typed, Wrong};
use super::visit::{Shell, Visit};
use crate::http::problem::Problem;

/// How many messages a page shows.
const SHOWN: i64 = 60;

#[derive(Template)]
#[template(path = "talks.html")]
struct Talks {
    shell: Shell,
    me: MemberId,
    rows: Vec<ConversationView>,
    more: Option<String>,
}

/// Everybody the member talks with, the latest first.
///
/// # Errors
///
/// The way to the login for a visitor.
pub async fn all(visit: Visit) -> Result<Response, Failed> {
    let me = visit.me()?.account.id;
    let after = Typed::parse(visit.query().as_bytes()).some("after").map(str::to_owned);
    let page = visit.ask(move |view| view.conversations(after.as_deref(), Some(30))).await?;
    let more = page.next.map(|next| format!("/messages?after={next}"));
    visit.page(&Talks { shell: visit.shell.clone(), me, rows: page.rows, more })
}

/// Something said, with the day before it when it is another than that of the message before.
struct Said {
    message: Message,
    day: Option<String>,
    mine: bool,
}

#[derive(Template)]
#[template(path = "talk.html")]
struct Talk {
    shell: Shell,
    talk: ConversationView,
    said: Vec<Said>,
    earlier: Option<i64>,
    typed: Typed,
    wrong: Wrong,
    /// What the next message is called, so that sending it twice is saying it once.
    name: MessageId,
    most: usize,
}

impl Talk {
    /// The number of the last message.
    fn last(&self) -> i64 {
        self.talk.last.as_ref().map_or(0, |last| last.number)
    }

    /// How far a message of mine has come.
    fn mark(&self, number: &i64) -> &'static str {
        if *number <= self.talk.their_read {
            "mark-read"
        } else if *number <= self.talk.their_delivered {
            "mark-delivered"
        } else {
            "mark-sent"
        }
    }
}

fn named(visit: &Visit, id: &str) -> Result<ConversationId, Failed> {
    visit.me()?;
    ConversationId::parse(id).map_err(|_| visit.fail(Problem::from(Refusal::not_found("conversation"))))
}

async fn talk(visit: &Visit, id: ConversationId, typed: Typed, wrong: Wrong) -> Result<Talk, Failed> {
    let me = visit.me()?.account.id;
    let before = Typed::parse(visit.query().as_bytes()).some("before").and_then(|text| text.parse().ok());
    let (talk, page) = visit
        .ask(move |view| {
            let page = view.messages(id, (before, None), Some(SHOWN))?;
            Ok((view.conversation(id)?, page))
        })
        .await?;
    // What is shown was read; the other hears of it. Looking back does not change that.
    let last = page.rows.last().map_or(0, |message| message.number);
    if last > talk.read
        && let Err(no) = visit.run(Command::MarkRead { conversation: id, number: last }).await
    {
        tracing::debug!(%no, "a read mark was not moved");
    }
    // The number beside "Messages" was counted before.
    let mut shell = visit.shell.clone();
    if let Some(me) = &mut shell.me {
        me.unread = visit.ask(|view| view.unread()).await?;
    }
    let (l, now) = (&visit.shell.l, visit.shell.now);
    let mut day_before: Option<String> = None;
    let said = page.rows.into_iter().map(|message| {
        let day = l.day_of(message.sent_at, now);
        let new = day_before.as_ref() != Some(&day);
        day_before = Some(day.clone());
        Said { day: new.then_some(day), mine: message.sender == me, message }
    });
    let said = said.collect();
    let name = visit.site.market.fresh_message();
    Ok(Talk { shell, talk, said, earlier: page.next, typed, wrong, name, most: MOST_CHARACTERS })
}

/// Shows a conversation. What is shown counts as read.
///
/// # Errors
///
/// When it is not theirs.
pub async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failed> {
    let page = talk(&visit, named(&visit, &id)?, Typed::default(), Wrong::default()).await?;
    visit.page(&page)
}

/// Says something.
///
/// # Errors
///
/// When it cannot be said the conversation is shown again with it.
pub async fn say(Path(id): Path<String>, Form(visit, typed): Form) -> Result<Response, Failed> {
    let conversation = named(&visit, &id)?;
    let message = MessageId::parse(typed.get("message")).ok();
    let command = MessageText::parse(typed.get("text")).map(|text| Command::SendMessage {
        conversation,
        message,
        text,
    });
    let outcome = match command {
        Ok(command) => visit.run(command).await,
        Err(refusal) => Err(refusal.into()),
    };
    match outcome {
        Ok(_) => Ok(visit.go(&format!("/messages/{conversation}#say"))),
        Err(no @ (No::Refused(Refusal::NotFound { .. }) | No::Broken(_))) => Err(visit.fail(no)),
        Err(no) => {
            let problem = Problem::from(no);
            let page = talk(&visit, conversation, typed, Wrong::because(&visit.shell, &problem)).await?;
            visit.page_with(problem.status(), &page)
        }
    }
}

fn partner(typed: &Typed) -> Result<Partner, Refusal> {
    if let Some(listing) = typed.some("listing") {
        let id = ListingId::parse(listing).map_err(|_| Refusal::not_found("listing"))?;
        Ok(Partner::Seller(id))
    } else if let Some(order) = typed.some("order") {
        Ok(Partner::OtherSide(OrderId::parse(order).map_err(|_| Refusal::not_found("order"))?))
    } else {
        let username = Username::parse(typed.get("username")).map_err(|_| Refusal::not_found("member"))?;
        Ok(Partner::Member(username))
    }
}

/// Begins to talk with somebody, or goes on.
///
/// # Errors
///
/// When the two cannot talk.
pub async fn start(Form(visit, typed): Form) -> Result<Response, Failed> {
    visit.me()?;
    let partner = partner(&typed).map_err(|refusal| visit.fail(Problem::from(refusal)))?;
    match visit.run(Command::StartConversation { partner }).await {
        Ok(Reply::Conversation(talk)) => Ok(visit.go(&format!("/messages/{}#say", talk.conversation))),
        Ok(_) => Ok(visit.go("/messages")),
        Err(no) => Err(visit.fail(no)),
    }
}

/// When a conversation last moved.
fn moved(talk: &ConversationView) -> Moment {
    talk.last.as_ref().map_or(talk.started_at, |message| message.sent_at)
}
