//! Conversations: who I talk with, and what was said.

use std::collections::HashMap;
use std::time::Duration;

use auboutique_domain::presence::{TYPING_SHOWN, TYPING_TOLD};
use auboutique_domain::time;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::{self, App, Purpose, page};
use crate::dialog::{Dialog, Then};
use crate::field::Field;
use crate::member::{Card, Presence};
use crate::pen::{Hit, Pen};
use crate::rows::Rows;
use crate::tab::Tab;
use crate::{clock, text};

fn duration(span: time::Span) -> Duration {
    Duration::from_micros(u64::try_from(span.micros()).unwrap_or(0))
}

/// What a conversation is about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct About {
    /// A listing.
    #[serde(default)]
    pub listing: Option<String>,
    /// An order.
    #[serde(default)]
    pub order: Option<String>,
    /// What it is called.
    #[serde(default)]
    pub title: String,
}

/// Something said.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Message {
    /// Which message.
    pub message: String,
    /// Of which conversation.
    #[serde(default)]
    pub conversation: String,
    /// Its place in the conversation.
    pub number: i64,
    /// Who said it.
    pub sender: String,
    /// When.
    pub sent_at: String,
    /// What.
    pub text: String,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Conversation {
    /// Which.
    pub conversation: String,
    /// With whom.
    pub with: Card,
    /// Whether they are here.
    #[serde(default)]
    pub online: bool,
    /// When they were.
    #[serde(default)]
    pub last_seen_at: Option<String>,
    /// What it is about.
    #[serde(default)]
    pub about: Option<About>,
    /// What was said last.
    #[serde(default)]
    pub last: Option<Message>,
    /// How much I have not read.
    #[serde(default)]
    pub unread: i64,
    /// How far I have read.
    #[serde(default)]
    pub read: i64,
    /// How far the other received.
    #[serde(default)]
    pub their_delivered: i64,
    /// How far the other read.
    #[serde(default)]
    pub their_read: i64,
    /// Whether I block them.
    #[serde(default)]
    pub blocked: bool,
}

/// A message that is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaving {
    /// The id it was given.
    pub message: String,
    /// What it says.
    pub text: String,
    /// Why it was not taken, if it was not.
    pub refused: Option<String>,
}

/// A conversation that is open.
#[derive(Debug, Clone)]
pub struct Open {
    /// Which.
    pub id: String,
    /// What was said, oldest first, without gaps.
    pub messages: Vec<Message>,
    /// The page before begins here.
    pub older: Option<i64>,
    /// Whether the first page came.
    pub known: bool,
    /// Whether an older page is on its way.
    pub loading: bool,
    /// What is on its way to them.
    pub leaving: Vec<Leaving>,
    /// What is being typed.
    pub draft: Field,
    /// How many lines one has scrolled up.
    pub scroll: usize,
}

impl Open {
    /// Opens a conversation.
    #[must_use]
    pub fn new(id: &str, draft: &str) -> Self {
        Self {
            id: id.to_owned(),
            messages: Vec::new(),
            older: None,
            known: false,
            loading: false,
            leaving: Vec::new(),
            draft: Field::lines(draft),
            scroll: 0,
        }
    }

    /// Takes in messages: each stands once, in the order of its number.
    pub fn take(&mut self, messages: Vec<Message>) {
        for message in messages {
            self.leaving.retain(|leaving| leaving.message != message.message);
            match self.messages.binary_search_by_key(&message.number, |known| known.number) {
                Ok(at) => self.messages[at] = message,
                Err(at) => self.messages.insert(at, message),
            }
        }
    }

    /// The last number that came.
    #[must_use]
    pub fn head(&self) -> i64 {
        self.messages.last().map_or(0, |message| message.number)
    }
}

/// Everything about talking.
#[derive(Debug, Default)]
pub struct Talk {
    /// The conversations, the latest talk first.
    pub list: Rows<Conversation>,
    /// The one that is open.
    pub open: Option<Open>,
    /// What was typed in conversations that were left.
    pub drafts: HashMap<String, String>,
    /// In which conversations the other types, and until when that is shown.
    pub typing: HashMap<String, Duration>,
    /// When the other was told last that I type.
    pub told: HashMap<String, Duration>,
    /// Why there are none.
    pub error: Option<String>,
}

impl Talk {
    /// The conversation of that id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Conversation> {
        self.list.rows.iter().find(|each| each.conversation == id)
    }

    /// The conversation of that id.
    pub fn find_mut(&mut self, id: &str) -> Option<&mut Conversation> {
        self.list.rows.iter_mut().find(|each| each.conversation == id)
    }

    /// How many messages are not read.
    #[must_use]
    pub fn unread(&self) -> i64 {
        self.list.rows.iter().map(|each| each.unread).sum()
    }

    /// Forgets who has not been heard typing for a while. True when somebody has not.
    pub fn forget_typing(&mut self, running: Duration) -> bool {
        let before = self.typing.len();
        self.typing.retain(|_, until| *until > running);
        self.typing.len() < before
    }

    /// Puts a conversation in, at its place in the list.
    pub fn put(&mut self, conversation: Conversation) {
        let at = self.list.chosen().map(|chosen| chosen.conversation.clone());
        self.list.rows.retain(|each| each.conversation != conversation.conversation);
        let when =
            |each: &Conversation| each.last.as_ref().map(|last| last.sent_at.clone()).unwrap_or_default();
        let fresh = conversation.last.is_none();
        let key = when(&conversation);
        let place = if fresh {
            0
        } else {
            self.list.rows.iter().position(|each| when(each) <= key).unwrap_or(self.list.rows.len())
        };
        self.list.rows.insert(place, conversation);
        if let Some(at) = at {
            self.list.at = self.list.rows.iter().position(|each| each.conversation == at).unwrap_or(0);
        }
    }
}

/// The conversations, and the one that is open.
pub(crate) fn draw(app: &mut App, pen: &mut Pen, area: Rect) {
    let open = app.talk.open.is_some();
    let both = area.width >= 64;
    let list = if !open {
        area
    } else if both {
        Rect { width: 25.max(area.width * 3 / 10), ..area }
    } else {
        Rect { width: 0, ..area }
    };
    if list.width > 0 {
        draw_list(app, pen, list, open);
    }
    if !open {
        return;
    }
    let mut right = area;
    if both {
        pen.upright(list.right(), area.y, area.height);
        right = Rect { x: list.right() + 2, width: area.right().saturating_sub(list.right() + 3), ..area };
    }
    let Some(mut open) = app.talk.open.take() else { return };
    draw_open(app, pen, right, &mut open);
    app.talk.open = Some(open);
}

fn draw_list(app: &mut App, pen: &mut Pen, area: Rect, narrow: bool) {
    let skin = pen.skin;
    let mut rows = std::mem::take(&mut app.talk.list);
    if rows.rows.is_empty() {
        let what = match (&app.talk.error, rows.known) {
            (Some(error), _) => error.clone(),
            (None, true) => "You talk with nobody yet".to_owned(),
            (None, false) => "One moment…".to_owned(),
        };
        pen.empty(area, &what, if rows.known { "Press m on a listing to ask its seller" } else { "" });
    }
    let at = rows.at;
    let current = app.talk.open.as_ref().map(|open| open.id.clone());
    for ((number, each), y) in rows.seen(usize::from(area.height / 2)).zip((area.y..).step_by(2)) {
        let chosen = current.as_ref().map_or(number == at, |current| *current == each.conversation);
        pen.mark(area.x, y, 2, chosen);
        let (x, width) = (area.x + 2, area.width.saturating_sub(3));
        let unread = if each.unread > 0 { format!(" {} ", each.unread) } else { String::new() };
        let style = if each.unread > 0 || chosen { skin.strong() } else { skin.plain() };
        let dot = match app.presence.get(&each.with.id).map_or(each.online, |presence| presence.online) {
            true => Span::styled("● ", skin.good()),
            false => Span::styled("○ ", skin.muted()),
        };
        let room = usize::from(width).saturating_sub(2 + unread.len());
        let mut name = vec![dot, Span::styled(text::cut(&each.with.name, room), style)];
        let about = each.about.as_ref().map(|about| about.title.as_str()).unwrap_or_default();
        if !narrow && !about.is_empty() {
            let left = room.saturating_sub(text::width(&each.with.name) + 3);
            name.push(Span::styled(format!("   {}", text::cut(about, left)), skin.muted()));
        }
        pen.line(x, y, width, Line::from(name));
        pen.right(x, y, width, &unread, skin.pressed());
        let last = each.last.as_ref().map_or_else(
            || "nothing said yet".to_owned(),
            |last| {
                let who = if app.is_me(&last.sender) { "you: " } else { "" };
                format!("{who}{}", last.text)
            },
        );
        let last = if each.blocked { "blocked".to_owned() } else { last };
        let when = each.last.as_ref().map(|last| app.short(&last.sent_at)).unwrap_or_default();
        let when = if narrow { String::new() } else { when };
        let wide = u16::try_from(text::width(&when)).unwrap_or(0);
        pen.text(x + 2, y + 1, width.saturating_sub(wide + 3), &last, skin.muted());
        pen.right(x, y + 1, width, &when, skin.muted());
        pen.hit(Rect { y, height: 2, ..area }, Hit::Row(number));
    }
    app.talk.list = rows;
}

fn draw_open(app: &mut App, pen: &mut Pen, area: Rect, open: &mut Open) {
    let skin = pen.skin;
    let conversation = app.talk.find(&open.id).cloned();
    let mut y = area.y;
    if let Some(conversation) = &conversation {
        let with = &conversation.with;
        let presence = app.presence.get(&with.id);
        let here = presence.map_or(conversation.online, |presence| presence.online);
        let seen =
            presence.map_or(conversation.last_seen_at.as_ref(), |presence| presence.last_seen_at.as_ref());
        let status = match (here, seen) {
            (true, _) => "here now".to_owned(),
            (false, Some(at)) => format!("last here {}", app.short(at)),
            (false, None) => String::new(),
        };
        let dot = if here { Span::styled("● ", skin.good()) } else { Span::styled("○ ", skin.muted()) };
        pen.line(
            area.x,
            y,
            area.width,
            vec![
                dot,
                Span::styled(with.name.clone(), skin.strong()),
                Span::styled(format!("  {status}"), skin.muted()),
            ],
        );
        y += 1;
        if let Some(about) = &conversation.about {
            pen.text(area.x, y, area.width, &format!("about {}", about.title), skin.muted());
        }
        y += 1;
    }
    let wide = usize::from(area.width.saturating_sub(2));
    let typed = open.draft.seen(wide.saturating_sub(2), 5, false);
    let high = u16::try_from(typed.lines.len()).unwrap_or(1).clamp(1, 5);
    let bottom = area.bottom().saturating_sub(high + 1);
    pen.rule(area.x, bottom, area.width);
    pen.text(area.x, bottom + 1, 2, "›", skin.accent());
    for (line, y) in typed.lines.iter().zip(bottom + 1..) {
        pen.text(area.x + 2, y, area.width.saturating_sub(2), line, skin.plain());
    }
    if conversation.as_ref().is_some_and(|each| each.blocked) {
        pen.text(
            area.x + 2,
            bottom + 1,
            area.width.saturating_sub(2),
            "You block them. Ctrl+B ends that.",
            skin.warn(),
        );
    } else if open.draft.is_empty() {
        pen.text(area.x + 3, bottom + 1, area.width.saturating_sub(3), "Write, Enter sends", skin.muted());
    }
    if !app.is_covered() {
        pen.frame.set_cursor_position((
            area.x + 2 + typed.cursor.0,
            (bottom + 1 + typed.cursor.1).min(area.bottom().saturating_sub(1)),
        ));
    }
    let lines = lines(app, open, conversation.as_ref(), usize::from(area.width));
    let room = usize::from(bottom.saturating_sub(y));
    open.scroll = open.scroll.min(lines.len().saturating_sub(room));
    let end = lines.len() - open.scroll;
    let start = end.saturating_sub(room);
    if !open.known && open.messages.is_empty() {
        pen.text(area.x, y, area.width, "One moment…", skin.muted());
    }
    let first = y + u16::try_from(room - (end - start)).unwrap_or(0);
    for (line, y) in lines[start..end].iter().zip(first..) {
        pen.line(area.x, y, area.width, line.clone());
    }
    if let Some(conversation) =
        conversation.as_ref().filter(|each| app.talk.typing.contains_key(&each.conversation))
    {
        let what = format!(" {} is typing… ", conversation.with.name);
        pen.text(area.x + 1, bottom, area.width.saturating_sub(12), &what, skin.accent());
    }
    if open.scroll > 0 {
        pen.right(area.x, bottom, area.width, " ↓ later ", skin.accent());
    }
    app.wants_older = start == 0 && open.older.is_some() && !open.loading;
}

/// The lines of a conversation: mine to the right, theirs to the left, a day before the first of each day.
fn lines(app: &App, open: &Open, conversation: Option<&Conversation>, width: usize) -> Vec<Line<'static>> {
    let skin = app.skin;
    let mut lines: Vec<Line> = Vec::new();
    let mut day = String::new();
    let mut sender = String::new();
    let most = (width * 4 / 5).max(8);
    for message in &open.messages {
        let today = app.day(&message.sent_at);
        if today != day {
            let rule = format!("── {today} ──");
            let pad = width.saturating_sub(text::width(&rule)) / 2;
            lines.push(Line::from(Span::styled(format!("{}{rule}", " ".repeat(pad)), skin.muted())));
            day = today;
            sender.clear();
        }
        let mine = app.is_me(&message.sender);
        let clock = app.clock(&message.sent_at);
        let wrapped = text::wrap(&message.text, most);
        let count = wrapped.len();
        for (number, line) in wrapped.into_iter().enumerate() {
            let last = number + 1 == count;
            if mine {
                let clock = if last { format!("  {clock}") } else { " ".repeat(text::width(&clock) + 2) };
                let pad = width.saturating_sub(text::width(&line) + text::width(&clock));
                lines.push(Line::from(vec![
                    Span::raw(" ".repeat(pad)),
                    Span::styled(line, skin.plain()),
                    Span::styled(clock, skin.muted()),
                ]));
            } else {
                let mut spans = vec![Span::styled("▎", skin.accent()), Span::raw(line)];
                if last {
                    spans.push(Span::styled(format!("  {clock}"), skin.muted()));
                }
                lines.push(Line::from(spans));
            }
        }
        sender.clone_from(&message.sender);
        let is_head = message.number == open.head();
        if mine
            && is_head
            && let Some(conversation) = conversation
        {
            let mark = if conversation.their_read >= message.number {
                "read"
            } else if conversation.their_delivered >= message.number {
                "delivered"
            } else {
                "sent"
            };
            let pad = width.saturating_sub(mark.len());
            lines.push(Line::from(Span::styled(format!("{}{mark}", " ".repeat(pad)), skin.muted())));
        }
    }
    for leaving in &open.leaving {
        for line in text::wrap(&leaving.text, most) {
            let pad = width.saturating_sub(text::width(&line));
            lines.push(Line::from(Span::styled(format!("{}{line}", " ".repeat(pad)), skin.muted())));
        }
        let (what, style) = match &leaving.refused {
            Some(why) => (text::cut(&format!("not sent: {why}"), width), skin.bad()),
            None => ("sending…".to_owned(), skin.muted()),
        };
        let pad = width.saturating_sub(text::width(&what));
        lines.push(Line::from(vec![Span::raw(" ".repeat(pad)), Span::styled(what, style)]));
    }
    lines
}

impl App {
    pub(crate) fn load_conversations(&mut self, more: bool) {
        self.talk.list.loading = true;
        let fields = page(&self.talk.list.next, more);
        self.ask("conversations", fields, Purpose::Conversations { more });
    }

    pub(crate) fn know_conversation(&mut self, conversation: Conversation) {
        self.presence.insert(
            conversation.with.id.clone(),
            Presence {
                member: conversation.with.clone(),
                online: conversation.online,
                last_seen_at: conversation.last_seen_at.clone(),
            },
        );
        self.talk.put(conversation);
    }

    pub(crate) fn learn_presence(&mut self) {
        for each in &self.talk.list.rows {
            self.presence.insert(
                each.with.id.clone(),
                Presence {
                    member: each.with.clone(),
                    online: each.online,
                    last_seen_at: each.last_seen_at.clone(),
                },
            );
        }
    }

    /// Fetches a conversation as it is now; with `news` what was said last is told as something new.
    pub(crate) fn fetch_conversation(&mut self, id: &str, news: bool) {
        self.ask("conversation", json!({ "conversation": id }), Purpose::Conversation { news });
    }

    pub(crate) fn open_conversation(&mut self, id: &str) {
        self.leave_conversation();
        let draft = self.talk.drafts.remove(id).unwrap_or_default();
        let mut open = Open::new(id, &draft);
        open.loading = true;
        self.talk.open = Some(open);
        self.talk.list.at = self.talk.list.rows.iter().position(|each| each.conversation == id).unwrap_or(0);
        // Nobody is told when they are blocked, so a dot can be older than that.
        if self.live
            && let Some(each) = self.talk.find(id)
        {
            let usernames = json!({ "usernames": [each.with.username] });
            self.ask("presence", usernames, Purpose::Presences);
        }
        let conversation = id.to_owned();
        self.ask("messages", json!({ "conversation": id, "limit": 50 }), Purpose::Messages { conversation });
    }

    pub(crate) fn leave_conversation(&mut self) {
        if let Some(open) = self.talk.open.take()
            && !open.draft.is_empty()
        {
            self.talk.drafts.insert(open.id, open.draft.text().to_owned());
        }
    }

    pub(crate) fn is_reading(&self, conversation: &str) -> bool {
        self.tab == Tab::Talk
            && self.above.is_empty()
            && self.talk.open.as_ref().is_some_and(|open| open.id == conversation)
    }

    /// Somebody types.
    pub(crate) fn on_typing(&mut self, typing: &Value) {
        let conversation = typing["conversation"].as_str().unwrap_or_default();
        // Of a conversation that is not known yet, the first message tells.
        if self.talk.find(conversation).is_some() {
            self.talk.typing.insert(conversation.to_owned(), self.running + duration(TYPING_SHOWN));
        }
    }

    /// Tells the other, now and then, that I type.
    pub(crate) fn tell_typing(&mut self) {
        let Some(open) = self.talk.open.as_ref().filter(|open| !open.draft.is_empty()) else { return };
        let id = open.id.clone();
        let known = self.talk.told.get(&id).is_some_and(|told| self.running < *told + duration(TYPING_TOLD));
        let blocked = self.talk.find(&id).is_none_or(|each| each.blocked);
        if known || blocked || !self.live || self.line != app::Line::Up || self.account.hidden {
            return;
        }
        self.talk.told.insert(id.clone(), self.running);
        self.ask("typing", json!({ "conversation": id }), Purpose::Quiet);
    }

    /// Something was said, by me or by them.
    pub(crate) fn said(&mut self, conversation: &str, message: Message) {
        let mine = self.is_me(&message.sender);
        if !mine {
            self.talk.typing.remove(conversation);
        }
        let open = self.talk.open.as_mut().filter(|open| open.id == conversation && open.known);
        if let Some(open) = open {
            let gap = message.number > open.head() + 1 && open.head() > 0;
            let after = open.head();
            open.take(vec![message.clone()]);
            if gap {
                let fields = json!({ "conversation": conversation, "after": after, "limit": 100 });
                self.ask("messages", fields, Purpose::Messages { conversation: conversation.to_owned() });
            }
        }
        let reading = self.is_reading(conversation);
        let Some(mut each) = self.talk.find(conversation).cloned() else {
            self.fetch_conversation(conversation, !mine);
            return;
        };
        let fresh = each.last.as_ref().is_none_or(|last| message.number > last.number);
        if !fresh {
            return;
        }
        if mine {
            each.read = each.read.max(message.number);
            each.unread = 0;
        } else {
            each.unread += 1;
            each.their_delivered = each.their_delivered.max(0);
        }
        let number = message.number;
        each.last = Some(message);
        self.talk.put(each);
        if mine {
            return;
        }
        if reading {
            self.mark_read();
        } else {
            self.ask(
                "mark_delivered",
                json!({ "conversation": conversation, "number": number }),
                Purpose::Quiet,
            );
            self.tell_message(conversation);
        }
    }

    /// Tells what the other said last, unless one is reading it.
    pub(crate) fn tell_message(&mut self, conversation: &str) {
        let Some(each) = self.talk.find(conversation) else { return };
        let Some(last) = each.last.as_ref().filter(|last| last.sender == each.with.id && each.unread > 0)
        else {
            return;
        };
        if !self.is_reading(conversation) {
            let what = format!("{}: {}", each.with.name, text::cut(&last.text, 60));
            let at = last.sent_at.clone();
            self.notice(&what, Some(conversation.to_owned()), &at);
        }
    }

    pub(crate) fn mark_all_delivered(&mut self) {
        let marks: Vec<(String, i64)> = self
            .talk
            .list
            .rows
            .iter()
            .filter(|each| each.unread > 0)
            .filter_map(|each| Some((each.conversation.clone(), each.last.as_ref()?.number)))
            .collect();
        for (conversation, number) in marks {
            self.ask(
                "mark_delivered",
                json!({ "conversation": conversation, "number": number }),
                Purpose::Quiet,
            );
        }
    }

    pub(crate) fn mark_read(&mut self) {
        let Some(open) = &self.talk.open else { return };
        let (id, head) = (open.id.clone(), open.head());
        if !self.is_reading(&id) || head == 0 {
            return;
        }
        let Some(each) = self.talk.find_mut(&id) else { return };
        if each.unread == 0 && each.read >= head {
            return;
        }
        each.unread = 0;
        each.read = head;
        self.ask("mark_read", json!({ "conversation": id, "number": head }), Purpose::Quiet);
    }

    pub(crate) fn send_message(&mut self) {
        let Some(open) = &mut self.talk.open else { return };
        let said = open.draft.text().trim().to_owned();
        if said.is_empty() {
            return;
        }
        open.draft.take();
        open.scroll = 0;
        let conversation = open.id.clone();
        let made = auboutique_domain::Moment::from_micros(self.now.as_microsecond());
        let id = auboutique_domain::id::ListingId::new(made, clock::random()).to_string();
        let message = id.replacen("lst_", "msg_", 1);
        open.leaving.push(Leaving { message: message.clone(), text: said.clone(), refused: None });
        let fields = json!({ "conversation": conversation, "text": said, "message": message });
        self.ask("send_message", fields, Purpose::Send { conversation, message });
    }

    pub(crate) fn on_conversation_key(&mut self, key: KeyEvent) {
        let draft =
            |app: &Self| app.talk.open.as_ref().map(|open| (open.id.clone(), open.draft.text().to_owned()));
        let before = draft(self);
        self.on_draft_key(key);
        let after = draft(self);
        // Another conversation, and what stands in it already, is not typed.
        let same =
            |before: &(String, String), after: &(String, String)| before.0 == after.0 && before.1 != after.1;
        if before.zip(after).is_some_and(|(before, after)| same(&before, &after)) {
            self.tell_typing();
        }
    }

    fn on_draft_key(&mut self, key: KeyEvent) {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let newline = key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SHIFT);
        let Some(open) = &mut self.talk.open else { return };
        match key.code {
            KeyCode::Esc => self.leave_conversation(),
            KeyCode::Enter if !newline => self.send_message(),
            KeyCode::Char('j') if control => {
                open.draft.on_key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
            }
            KeyCode::Enter => {
                open.draft.on_key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE));
            }
            KeyCode::PageUp => open.scroll += 8,
            KeyCode::PageDown => open.scroll = open.scroll.saturating_sub(8),
            KeyCode::Tab | KeyCode::BackTab => {
                let by = if key.code == KeyCode::Tab { 1 } else { -1 };
                self.talk.list.go(by);
                let to = self.talk.list.chosen().map(|each| each.conversation.clone());
                if let Some(to) = to {
                    self.open_conversation(&to);
                }
            }
            KeyCode::Char('b') if control => {
                let id = open.id.clone();
                self.block_in(&id);
            }
            KeyCode::Char('o') if control => {
                let about = self.talk.open.as_ref().and_then(|open| self.talk.find(&open.id)?.about.clone());
                match about.and_then(|about| about.order.or(about.listing)) {
                    Some(to) => self.follow(&to),
                    None => self.say("This conversation is about nothing in particular"),
                }
            }
            KeyCode::Char('r') if control => {
                // What was not taken is given back, to be changed and sent again.
                if let Some(at) = open.leaving.iter().position(|leaving| leaving.refused.is_some()) {
                    let leaving = open.leaving.remove(at);
                    open.draft.set(&leaving.text);
                }
            }
            KeyCode::Up | KeyCode::Down => {
                if !open.draft.on_key(key) {
                    open.scroll =
                        if key.code == KeyCode::Up { open.scroll + 1 } else { open.scroll.saturating_sub(1) };
                }
            }
            _ => {
                open.draft.on_key(key);
            }
        }
    }

    pub(crate) fn block_in(&mut self, id: &str) {
        let Some(each) = self.talk.find(id) else { return };
        let (username, name) = (each.with.username.clone(), each.with.name.clone());
        if each.blocked {
            self.ask("unblock", json!({ "username": username }), Purpose::Unblocked);
        } else {
            self.dialog = Some(Dialog {
                title: format!("Block {name}?"),
                lines: vec!["Neither of you can write to the other until you end it.".to_owned()],
                yes: "Block",
                no: "Not now",
                on_yes: false,
                then: Then::Block(username),
            });
        }
    }
}
