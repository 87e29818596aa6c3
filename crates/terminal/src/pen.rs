//! Drawing: a frame, a skin, and what a click means where.

use ratatui::Frame;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear, Paragraph};

use crate::skin::Skin;
use crate::text;

/// What a click means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// As if this key were pressed.
    Key(KeyCode),
    /// The tab.
    Tab(usize),
    /// The row of the list on the screen.
    Row(usize),
    /// The entry of the form on the screen.
    Entry(usize),
    /// One of the two buttons of a dialog.
    Answer(bool),
    /// Nothing; what lies below is covered.
    Nothing,
}

/// What draws.
pub struct Pen<'a, 'b> {
    /// The frame that is drawn.
    pub frame: &'a mut Frame<'b>,
    /// What things look like.
    pub skin: Skin,
    /// What a click means where; what is drawn later lies above.
    pub hits: Vec<(Rect, Hit)>,
}

impl Pen<'_, '_> {
    /// The part of a rectangle that is on the screen.
    fn inside(&self, area: Rect) -> Rect {
        area.intersection(self.frame.area())
    }

    /// Draws a line at a place; what is wider than `width` is not seen.
    pub fn line<'l>(&mut self, x: u16, y: u16, width: u16, line: impl Into<Line<'l>>) {
        let area = self.inside(Rect { x, y, width, height: 1 });
        if !area.is_empty() {
            self.frame.render_widget(Paragraph::new(line.into()), area);
        }
    }

    /// Draws a text, cut to its width.
    pub fn text(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) {
        self.line(x, y, width, Span::styled(text::cut(text, usize::from(width)), style));
    }

    /// Draws a text that ends at the right end of its width.
    pub fn right(&mut self, x: u16, y: u16, width: u16, text: &str, style: Style) {
        let text = text::cut(text, usize::from(width));
        let wide = u16::try_from(text::width(&text)).unwrap_or(width).min(width);
        self.line(x + width - wide, y, wide, Span::styled(text, style));
    }

    /// Draws a wrapped text from its line `skip` on; returns how many lines it has.
    pub fn wrapped(&mut self, area: Rect, text: &str, style: Style, skip: usize) -> usize {
        let lines = text::wrap(text, usize::from(area.width));
        for (line, y) in lines.iter().skip(skip).zip(area.y..area.bottom()) {
            self.text(area.x, y, area.width, line, style);
        }
        lines.len()
    }

    /// Says what a click means.
    pub fn hit(&mut self, area: Rect, hit: Hit) {
        let area = self.inside(area);
        if !area.is_empty() {
            self.hits.push((area, hit));
        }
    }

    /// A level rule.
    pub fn rule(&mut self, x: u16, y: u16, width: u16) {
        let style = self.skin.frame();
        self.line(x, y, width, Span::styled("─".repeat(usize::from(width)), style));
    }

    /// An upright rule.
    pub fn upright(&mut self, x: u16, y: u16, height: u16) {
        let style = self.skin.frame();
        for y in y..y.saturating_add(height) {
            self.line(x, y, 1, Span::styled("│", style));
        }
    }

    /// A framed, empty box over everything; returns what is inside.
    pub fn boxed(&mut self, area: Rect, title: &str, style: Style) -> Rect {
        let area = self.inside(area);
        self.frame.render_widget(Clear, area);
        self.hit(area, Hit::Nothing);
        let title = if title.is_empty() { String::new() } else { format!(" {title} ") };
        let title =
            Span::styled(text::cut(&title, usize::from(area.width.saturating_sub(4))), self.skin.strong());
        let block = Block::bordered().border_type(BorderType::Rounded).border_style(style).title(title);
        let inner = block.inner(area);
        self.frame.render_widget(block, area);
        Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
    }

    /// A box of that size in the middle of the screen.
    pub fn middle(&self, width: u16, height: u16) -> Rect {
        let all = self.frame.area();
        let (width, height) = (width.min(all.width), height.min(all.height));
        Rect { x: (all.width - width) / 2, y: (all.height - height) / 2, width, height }
    }

    /// Keys and what they do, in a row; each can be clicked. Those that do not fit are left out.
    pub fn keys(&mut self, area: Rect, keys: &[(KeyCode, &str, &str)]) {
        let mut x = area.x;
        let width = |key: &str, what: &str| text::width(key) + 1 + text::width(what);
        let all: usize = keys.iter().map(|(_, key, what)| width(key, what) + 3).sum();
        // Closer together, more of them fit.
        let gap = if all > usize::from(area.width) + 3 { 2 } else { 3 };
        for &(code, key, what) in keys {
            let wide = u16::try_from(width(key, what)).unwrap_or(u16::MAX);
            if x.saturating_add(wide) > area.right() {
                break;
            }
            let line = Line::from(vec![
                Span::styled(key.to_owned(), self.skin.key()),
                Span::raw(" "),
                Span::styled(what.to_owned(), self.skin.muted()),
            ]);
            self.line(x, area.y, wide, line);
            self.hit(Rect { x, y: area.y, width: wide, height: 1 }, Hit::Key(code));
            x = x.saturating_add(wide).saturating_add(gap);
        }
    }

    /// The mark before a row: a bar when one is on it.
    pub fn mark(&mut self, x: u16, y: u16, height: u16, chosen: bool) {
        if chosen {
            let style = self.skin.accent();
            for y in y..y.saturating_add(height) {
                self.line(x, y, 1, Span::styled("▌", style));
            }
        }
    }

    /// Something to say where there is nothing to show.
    pub fn empty(&mut self, area: Rect, what: &str, hint: &str) {
        let y = area.y + area.height.saturating_sub(2) / 3;
        let style = self.skin.muted();
        for (text, y, style) in [(what, y, self.skin.plain()), (hint, y + 1, style)] {
            let wide = u16::try_from(text::width(text)).unwrap_or(area.width).min(area.width);
            if y < area.bottom() {
                self.text(area.x + (area.width - wide) / 2, y, wide, text, style);
            }
        }
    }
}
