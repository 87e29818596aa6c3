//! A list that is read page by page, and the row one is on.

use serde::de::DeserializeOwned;
use serde_json::Value;

/// A list of a noun.
#[derive(Debug, Clone)]
pub struct Rows<T> {
    /// The rows that came.
    pub rows: Vec<T>,
    /// Where the next page begins, when there is one.
    pub next: Option<Value>,
    /// The row one is on.
    pub at: usize,
    /// The first row that is seen.
    pub top: usize,
    /// Whether a page is on its way.
    pub loading: bool,
    /// Whether a page came at all.
    pub known: bool,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), next: None, at: 0, top: 0, loading: false, known: false }
    }
}

impl<T: DeserializeOwned> Rows<T> {
    /// Takes in a page: the first, or one more. A row this client cannot read is left out rather than the page.
    pub fn take(&mut self, reply: &mut Value, more: bool, id: impl Fn(&T) -> &str) {
        let rows = match reply.get_mut("rows").map(Value::take) {
            Some(Value::Array(rows)) => rows,
            _ => Vec::new(),
        };
        let fresh = rows.into_iter().filter_map(|row| serde_json::from_value(row).ok());
        if more {
            // Something may have moved down a page meanwhile.
            let fresh: Vec<T> = fresh.filter(|row| !self.rows.iter().any(|old| id(old) == id(row))).collect();
            self.rows.extend(fresh);
        } else {
            let on = self.chosen().map(|row| id(row).to_owned());
            self.rows = fresh.collect();
            let again = on.and_then(|on| self.rows.iter().position(|row| id(row) == on));
            self.at = again.unwrap_or(self.at.min(self.rows.len().saturating_sub(1)));
        }
        self.next = reply.get_mut("next").map(Value::take).filter(|next| !next.is_null());
        (self.loading, self.known) = (false, true);
    }

    /// Takes in the first page anew while further ones were read already: these stay, so that one stays where one is.
    pub fn renew(&mut self, reply: &mut Value, id: impl Fn(&T) -> &str) {
        let (old, next) = (std::mem::take(&mut self.rows), self.next.take());
        let on = old.get(self.at).map(|row| id(row).to_owned());
        self.take(reply, false, &id);
        if self.next.is_some() && old.len() > self.rows.len() {
            let beyond: Vec<T> =
                old.into_iter().filter(|row| !self.rows.iter().any(|fresh| id(fresh) == id(row))).collect();
            self.rows.extend(beyond);
            self.next = next;
        }
        let again = on.and_then(|on| self.rows.iter().position(|row| id(row) == on));
        self.at = again.unwrap_or(self.at.min(self.rows.len().saturating_sub(1)));
    }
}

impl<T> Rows<T> {
    /// The row one is on.
    pub fn chosen(&self) -> Option<&T> {
        self.rows.get(self.at)
    }

    /// Goes up or down.
    pub fn go(&mut self, by: isize) {
        let most = self.rows.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(most);
    }

    /// Whether the next page should be fetched.
    pub fn wants_more(&self) -> bool {
        self.next.is_some() && !self.loading && self.at + 12 >= self.rows.len()
    }

    /// The rows to be seen when there is room for so many, with their numbers.
    pub fn seen(&mut self, room: usize) -> impl Iterator<Item = (usize, &T)> {
        let room = room.max(1);
        if self.at < self.top {
            self.top = self.at;
        } else if self.at >= self.top + room {
            self.top = self.at + 1 - room;
        }
        self.top = self.top.min(self.rows.len().saturating_sub(room));
        self.rows.iter().enumerate().skip(self.top).take(room)
    }
}
