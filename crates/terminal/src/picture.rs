//! Pictures: fetched in pieces, made ready for the terminal beside, kept while there is room.

use std::collections::{HashMap, VecDeque};
use std::io::Cursor;
use std::sync::Arc;

use image::{DynamicImage, ImageReader, Limits};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};
use ratatui_image::picker::{Picker, ProtocolType};
use ratatui_image::protocol::Protocol;
use ratatui_image::{Image, Resize};
use serde::Deserialize;

/// How many bytes of pictures are kept as they came.
const MOST_BYTES: usize = 32 * 1_024 * 1_024;
/// How many pictures are kept ready for the screen.
const MOST_READY: usize = 80;

/// A picture of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Picture {
    /// Its id.
    pub picture: String,
    /// How wide it is.
    pub width: u32,
    /// How high it is.
    pub height: u32,
}

/// Which of its two sizes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    /// The small one, for lists.
    Thumbnail,
    /// The large one.
    Large,
}

impl Which {
    /// The name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Thumbnail => "thumbnail",
            Self::Large => "large",
        }
    }
}

/// A picture in one of its sizes.
pub type Source = (String, Which);
/// A picture in one of its sizes, for that many columns and rows.
pub type Spot = (Source, u16, u16);

enum Bytes {
    Coming(Vec<u8>),
    Here(Arc<Vec<u8>>),
    Missing,
}

enum Ready {
    Soon,
    Here(Box<Protocol>),
    Unreadable,
}

/// What a gallery needs done.
#[derive(Debug, PartialEq, Eq)]
pub enum Need {
    /// The bytes from that offset.
    Bytes(Source, usize),
    /// Make these bytes ready for that spot.
    Prepare(Spot, Arc<Vec<u8>>),
}

/// The pictures that were looked at lately.
pub struct Gallery {
    /// Whether pictures are drawn at all.
    pub on: bool,
    /// Whether they are drawn with characters, so that other things can be drawn over them.
    pub cells: bool,
    bytes: HashMap<Source, Bytes>,
    byte_order: VecDeque<Source>,
    ready: HashMap<Spot, Ready>,
    ready_order: VecDeque<Spot>,
    needs: Vec<Need>,
}

impl Gallery {
    /// An empty gallery.
    #[must_use]
    pub fn new(on: bool, cells: bool) -> Self {
        Self {
            on,
            cells,
            bytes: HashMap::new(),
            byte_order: VecDeque::new(),
            ready: HashMap::new(),
            ready_order: VecDeque::new(),
            needs: Vec::new(),
        }
    }

    /// What has to be done for what was drawn last.
    pub fn needs(&mut self) -> Vec<Need> {
        std::mem::take(&mut self.needs)
    }

    /// Draws the picture in the middle of the area; false when it is not there yet, and then it is fetched.
    pub fn draw(&mut self, frame: &mut Frame, area: Rect, picture: &Picture, which: Which) -> bool {
        if !self.on || area.width < 2 || area.height < 2 {
            return false;
        }
        let source = (picture.picture.clone(), which);
        let spot = (source.clone(), area.width, area.height);
        match self.ready.get(&spot) {
            Some(Ready::Here(protocol)) => {
                let size = protocol.size();
                let at = Rect {
                    x: area.x + area.width.saturating_sub(size.width) / 2,
                    y: area.y + area.height.saturating_sub(size.height) / 2,
                    width: size.width.min(area.width),
                    height: size.height.min(area.height),
                };
                frame.render_widget(Image::new(protocol), at);
                return true;
            }
            Some(Ready::Soon | Ready::Unreadable) => return false,
            None => {}
        }
        match self.bytes.get(&source) {
            None => {
                self.bytes.insert(source.clone(), Bytes::Coming(Vec::new()));
                self.needs.push(Need::Bytes(source, 0));
            }
            Some(Bytes::Here(bytes)) => {
                let bytes = Arc::clone(bytes);
                self.keep_ready(spot.clone(), Ready::Soon);
                self.needs.push(Need::Prepare(spot, bytes));
            }
            Some(Bytes::Coming(_) | Bytes::Missing) => {}
        }
        false
    }

    /// Takes in a piece; the rest is needed when there is more.
    pub fn came(&mut self, source: Source, piece: &[u8], next: Option<usize>, total: usize) {
        let Some(Bytes::Coming(kept)) = self.bytes.get_mut(&source) else { return };
        kept.extend_from_slice(piece);
        if kept.len() > MOST_BYTES || total > MOST_BYTES {
            self.bytes.insert(source, Bytes::Missing);
            return;
        }
        match next {
            Some(next) if next == kept.len() && !piece.is_empty() => {
                self.needs.push(Need::Bytes(source, next))
            }
            Some(_) => {
                self.bytes.insert(source, Bytes::Missing);
            }
            None => {
                let whole = Arc::new(std::mem::take(kept));
                self.bytes.insert(source.clone(), Bytes::Here(whole));
                self.byte_order.push_back(source);
                self.forget();
            }
        }
    }

    /// The picture cannot be had.
    pub fn missing(&mut self, source: Source) {
        self.bytes.insert(source, Bytes::Missing);
    }

    /// Takes in a picture that is ready for the screen.
    pub fn prepared(&mut self, spot: Spot, protocol: Option<Protocol>) {
        let ready = protocol.map_or(Ready::Unreadable, |protocol| Ready::Here(Box::new(protocol)));
        self.keep_ready(spot, ready);
    }

    fn keep_ready(&mut self, spot: Spot, ready: Ready) {
        if self.ready.insert(spot.clone(), ready).is_none() {
            self.ready_order.push_back(spot);
        }
        while self.ready_order.len() > MOST_READY
            && let Some(oldest) = self.ready_order.pop_front()
        {
            self.ready.remove(&oldest);
        }
    }

    fn forget(&mut self) {
        let size = |bytes: &Bytes| if let Bytes::Here(bytes) = bytes { bytes.len() } else { 0 };
        let mut total: usize = self.bytes.values().map(size).sum();
        while total > MOST_BYTES
            && let Some(oldest) = self.byte_order.pop_front()
        {
            total -= self.bytes.remove(&oldest).as_ref().map_or(0, size);
        }
    }
}

/// What the terminal can show pictures with. It is asked, and has half a second to answer. Behind a multiplexer it is not
/// asked: the question gets lost there as a rule, and whoever waits for its answer takes the first key that is typed.
#[must_use]
pub fn picker(colors: bool) -> Picker {
    let term = std::env::var("TERM").unwrap_or_default();
    let multiplexed =
        std::env::var_os("TMUX").is_some() || ["tmux", "screen"].iter().any(|name| term.starts_with(name));
    if !colors || multiplexed {
        return Picker::halfblocks();
    }
    let options = ratatui_image::picker::cap_parser::QueryStdioOptions {
        timeout: std::time::Duration::from_millis(500),
        ..Default::default()
    };
    Picker::from_query_stdio_with_options(options).unwrap_or_else(|_| Picker::halfblocks())
}

/// Whether the picker draws with characters.
#[must_use]
pub fn draws_cells(picker: &Picker) -> bool {
    picker.protocol_type() == ProtocolType::Halfblocks
}

fn decode(bytes: &[u8]) -> Option<DynamicImage> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(4_096);
    limits.max_image_height = Some(4_096);
    limits.max_alloc = Some(96 * 1_024 * 1_024);
    reader.limits(limits);
    reader.decode().ok()
}

/// Makes a picture ready for a spot. This takes a while: it is done beside.
#[must_use]
pub fn prepare(picker: &Picker, bytes: &[u8], columns: u16, rows: u16) -> Option<Protocol> {
    let picture = decode(bytes)?;
    let font = picker.font_size();
    // A thumbnail on a large screen grows, but not without end.
    let (wide, high) = (u32::from(columns) * u32::from(font.width), u32::from(rows) * u32::from(font.height));
    let resize = if picture.width() * 4 >= wide && picture.height() * 4 >= high {
        Resize::Scale(None)
    } else {
        Resize::Fit(None)
    };
    picker.new_protocol(picture, Size::new(columns, rows), resize).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    fn png() -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(40, 40).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_picture_comes_in_pieces_and_is_drawn_when_it_is_ready() {
        let mut gallery = Gallery::new(true, true);
        let picture = Picture { picture: "pic_1".to_owned(), width: 40, height: 40 };
        let mut terminal = Terminal::new(TestBackend::new(20, 10)).unwrap();
        let mut draw = |gallery: &mut Gallery| {
            let mut drawn = false;
            terminal
                .draw(|frame| drawn = gallery.draw(frame, frame.area(), &picture, Which::Thumbnail))
                .unwrap();
            drawn
        };
        let source: Source = ("pic_1".to_owned(), Which::Thumbnail);
        assert!(!draw(&mut gallery));
        assert_eq!(gallery.needs(), [Need::Bytes(source.clone(), 0)]);
        assert!(!draw(&mut gallery));
        assert!(gallery.needs().is_empty(), "it is on its way already");
        let bytes = png();
        gallery.came(source.clone(), &bytes[..10], Some(10), bytes.len());
        assert_eq!(gallery.needs(), [Need::Bytes(source.clone(), 10)]);
        gallery.came(source, &bytes[10..], None, bytes.len());
        draw(&mut gallery);
        let needs = gallery.needs();
        let [Need::Prepare(spot, whole)] = needs.as_slice() else { panic!("{needs:?}") };
        let protocol = prepare(&Picker::halfblocks(), whole, spot.1, spot.2);
        gallery.prepared(spot.clone(), protocol);
        assert!(draw(&mut gallery));
    }

    #[test]
    fn what_is_no_picture_is_no_picture() {
        assert!(prepare(&Picker::halfblocks(), b"RIFF....WEBPnonsense", 10, 10).is_none());
        assert!(prepare(&Picker::halfblocks(), b"", 10, 10).is_none());
    }
}
