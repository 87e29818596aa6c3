//! What things look like. Every style has a meaning, and none of them is only a colour: without colours weight,
//! underline and reverse tell the same.

use ratatui::style::{Color, Modifier, Style};

/// The styles of the screen. The background is always the terminal's own, so dark and light ones both work: the colours
/// are those of the middle, which stand out from either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skin {
    depth: Depth,
}

/// How many colours there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// None shall be used (`NO_COLOR`).
    None,
    /// The sixteen every terminal has.
    Few,
    /// At least 256.
    Many,
}

impl Skin {
    /// The skin for that many colours.
    #[must_use]
    pub const fn new(depth: Depth) -> Self {
        Self { depth }
    }

    /// The skin the environment asks for: `NO_COLOR` (any text but an empty one), `TERM` and `COLORTERM`.
    #[must_use]
    pub fn from_environment() -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let term = std::env::var("TERM").unwrap_or_default();
        Self::new(if set("NO_COLOR").is_some() || term == "dumb" {
            Depth::None
        } else if set("COLORTERM").is_some()
            || ["256", "kitty", "ghostty", "direct"].iter().any(|many| term.contains(many))
        {
            Depth::Many
        } else {
            Depth::Few
        })
    }

    /// Whether there are colours.
    #[must_use]
    pub fn has_color(self) -> bool {
        self.depth != Depth::None
    }

    fn style(self, many: u8, few: Color) -> Style {
        match self.depth {
            Depth::None => Style::new(),
            Depth::Few => Style::new().fg(few),
            Depth::Many => Style::new().fg(Color::Indexed(many)),
        }
    }

    /// Ordinary text.
    #[must_use]
    pub const fn plain(self) -> Style {
        Style::new()
    }
    /// What matters.
    #[must_use]
    pub const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }
    /// What matters less.
    #[must_use]
    pub fn muted(self) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::DIM),
            _ => self.style(244, Color::DarkGray),
        }
    }
    /// The market's own colour: where one is.
    #[must_use]
    pub fn accent(self) -> Style {
        self.style(31, Color::Cyan).add_modifier(Modifier::BOLD)
    }
    /// A price.
    #[must_use]
    pub fn price(self) -> Style {
        self.style(29, Color::Green).add_modifier(Modifier::BOLD)
    }
    /// All is well, somebody is here.
    #[must_use]
    pub fn good(self) -> Style {
        self.style(29, Color::Green)
    }
    /// Look at this.
    #[must_use]
    pub fn warn(self) -> Style {
        self.style(130, Color::Yellow).add_modifier(Modifier::BOLD)
    }
    /// No.
    #[must_use]
    pub fn bad(self) -> Style {
        self.style(160, Color::Red).add_modifier(Modifier::BOLD)
    }
    /// A key to press.
    #[must_use]
    pub fn key(self) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::BOLD),
            _ => self.style(31, Color::Cyan),
        }
    }
    /// The row one is on.
    #[must_use]
    pub fn chosen(self) -> Style {
        match self.depth {
            Depth::None => Style::new().add_modifier(Modifier::REVERSED),
            _ => Style::new().add_modifier(Modifier::BOLD),
        }
    }
    /// A button one is on.
    #[must_use]
    pub fn pressed(self) -> Style {
        self.accent().add_modifier(Modifier::REVERSED)
    }
    /// Where text is typed.
    #[must_use]
    pub const fn input(self) -> Style {
        Style::new().add_modifier(Modifier::UNDERLINED)
    }
    /// The lines of a frame.
    #[must_use]
    pub fn frame(self) -> Style {
        self.muted()
    }
}
