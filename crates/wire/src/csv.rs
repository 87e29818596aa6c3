//! The language of spreadsheets: how sellers bring listings in and take them out.
//!
//! [`read`] takes a file as spreadsheet programs write it, whatever they were told their language is, and says row by
//! row what it means; [`write()`] makes a file they open without asking. Both are pure functions of bytes and values.
//!
//! ```text
//! bytes ─ decode ─▶ text ─ header ─▶ delimiter and columns ─ split ─▶ records ─ check ─▶ a listing, or what is wrong
//! ```
//!
//! Two rules hold everywhere. What cannot be read for certain is reported, never guessed: a wrong guess would publish
//! a corrupted listing. And a bad row never hides the good ones after it: whatever is wrong with a row, reading goes on
//! with the next line.
//!
//! The splitter is written here because the usual ones neither know the line of a row when lines end in a lone CR, nor
//! say where a quote was opened that nobody closed, nor go on after one.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use auboutique_domain::id::{ListingId, PickupPointId};
use auboutique_domain::listing::{
    Category, Condition, ListingChanges, ListingDraft, ListingState, OwnListing,
};
use auboutique_domain::picture::MOST_PER_LISTING;
use auboutique_domain::statement::{ProfitView, StatementLine, StatementView};
use auboutique_domain::text;
use auboutique_domain::{Currency, Moment, Money, Price, Refusal};
use serde::{Deserialize, Serialize};

/// The most bytes a sheet may have: 8 MiB.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;

/// The most rows a sheet may have, blank ones and the header not counted.
pub const MOST_ROWS: usize = 10_000;

/// The most columns a sheet may have.
pub const MOST_COLUMNS: usize = 500;

/// The first row of every sheet that [`write()`] makes.
pub const EXPORT_COLUMNS: [&str; 11] = [
    "listing",
    "title",
    "description",
    "price",
    "currency",
    "category",
    "condition",
    "pickup_point",
    "state",
    "published_at",
    "buyer",
];

/// What a sheet says: for each row below the header a listing, or what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// What stands between the cells.
    pub delimiter: char,
    /// How the letters were written as bytes.
    pub encoding: Encoding,
    /// The rows in the order of the file; blank ones are left out.
    pub rows: Vec<Row>,
}

/// One row of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line of the file on which the row starts, counted from 1 as an editor does. When the row has a quote that is
    /// never closed, the line of that quote.
    pub line: u64,
    /// What the row offers, or every cell of it that must be put right, in the order of the columns.
    pub listing: Result<ListingRow, Vec<BadCell>>,
}

/// What a row offers, checked as a draft is.
///
/// It serializes to the fields of a request to add a listing; only `pickup_point` is a name here, which the reader of
/// the sheet turns into an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListingRow {
    /// What it is, in a line.
    pub title: String,
    /// What there is to know; line breaks are `\n`.
    pub description: String,
    /// What one copy costs.
    pub price: Price,
    /// Its shelf.
    pub category: Category,
    /// How worn it is.
    pub condition: Condition,
    /// The name of the place where it is collected, if the row says one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pickup_point: Option<String>,
    /// The names of its pictures' files, the cover first, as they stand in the row with `|` between them.
    #[serde(skip)]
    pub pictures: Vec<String>,
}

impl ListingRow {
    /// The draft to publish, collected at that point. A row that [`read`] returned is never refused.
    ///
    /// # Errors
    ///
    /// As [`ListingDraft::new`], when the texts were changed since.
    pub fn draft(&self, pickup_point: Option<PickupPointId>) -> Result<ListingDraft, Refusal> {
        let Self { title, description, price, category, condition, .. } = self;
        ListingDraft::new(title, description, *price, *category, *condition, pickup_point)
    }
}

/// A cell that must be put right before its row can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadCell {
    /// The column, as the header of the sheet calls it; empty when the row as a whole is wrong.
    pub column: String,
    /// What stands in the cell, shortened, on one line and safe to show.
    pub value: String,
    /// A sentence that says what is wrong and what to do.
    pub problem: String,
}

impl fmt::Display for BadCell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.column.is_empty() {
            write!(out, "{}: ", self.column)?;
        }
        out.write_str(&self.problem)
    }
}

/// How the letters of a sheet were written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, low byte first: "Unicode Text" of spreadsheet programs.
    Utf16Le,
    /// UTF-16, high byte first.
    Utf16Be,
    /// Western European text of Windows.
    Windows1252,
    /// Arabic text of Windows.
    Windows1256,
}

impl Encoding {
    /// The name by which browsers and editors know it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Windows1252 => "windows-1252",
            Self::Windows1256 => "windows-1256",
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Why nothing at all can be read from a sheet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// There is not one cell with something in it.
    #[error("The sheet is empty. Its first row must name the columns, at least title and price.")]
    Empty,
    /// The file is of another kind.
    #[error("This is {found}, not a sheet of text. Save it as \"CSV UTF-8\" and import that file.")]
    NotText {
        /// What it looks like, as it stands in a sentence.
        found: &'static str,
    },
    /// The bytes are letters of an encoding that cannot be told for certain.
    #[error(
        "From line {line} on, the file is written in an encoding that cannot be told. Save it as \"CSV UTF-8\" and import that file."
    )]
    EncodingUnknown {
        /// The line of the first bytes that are not UTF-8.
        line: u64,
    },
    /// The first row does not name the columns that are needed.
    #[error(
        "The first row must name the columns. Missing: {}. Known, also in French and Arabic: {}. Found: {}.",
        missing.join(", "), known.join(", "), found.join(", ")
    )]
    HeaderMissing {
        /// The needed columns that are not there.
        missing: Vec<&'static str>,
        /// Every column that would be read.
        known: Vec<&'static str>,
        /// The beginning of what the first row says instead, shortened.
        found: Vec<String>,
    },
    /// Two columns say the same thing.
    #[error("Two columns are the {column}: \"{first}\" and \"{second}\". Rename or remove one of them.")]
    HeaderTwice {
        /// What both would be read as.
        column: &'static str,
        /// The header of the one.
        first: String,
        /// The header of the other.
        second: String,
    },
    /// A quote in the first row makes it unreadable.
    #[error("A quote in the first row, line {line}, is not closed where its cell ends. Close or remove it.")]
    HeaderQuote {
        /// The line of the quote.
        line: u64,
    },
    /// The file has too many bytes.
    #[error("The file is larger than {} MiB. Split it into several.", most / 1024 / 1024)]
    TooLarge {
        /// The most bytes.
        most: usize,
    },
    /// There are too many rows.
    #[error("The sheet has more than {most} rows. Split it into several.")]
    TooManyRows {
        /// The most rows.
        most: usize,
    },
    /// There are too many columns.
    #[error("The sheet has more than {most} columns. Remove those that are not needed.")]
    TooManyColumns {
        /// The most columns.
        most: usize,
    },
}

/// Reads a sheet: its first row names the columns, every further one offers a thing.
///
/// Columns are found by their names in English, French or Arabic; those that are not known are passed over. Without a
/// currency a price is in USD, without a category a thing is `other`, without a condition it is `good`.
///
/// # Errors
///
/// [`SheetError`] when no row can be read at all. A single bad row is no error: it is said in [`Row::listing`].
pub fn read(bytes: &[u8]) -> Result<Sheet, SheetError> {
    if bytes.len() > MOST_BYTES {
        return Err(SheetError::TooLarge { most: MOST_BYTES });
    }
    let (text, encoding) = decode(bytes)?;
    let (header, mut below) = Header::find(&text)?;
    let mut rows = Vec::new();
    while let Some(record) = below.next() {
        if record.is_blank() {
            continue;
        }
        if rows.len() == MOST_ROWS {
            return Err(SheetError::TooManyRows { most: MOST_ROWS });
        }
        rows.push(Row { line: record.line, listing: header.listing(&record) });
    }
    Ok(Sheet { delimiter: char::from(below.delimiter), encoding, rows })
}

// Bytes to text.

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), SheetError> {
    let other_kinds: [(&[u8], &str); 4] = [
        (b"PK\x03\x04", "a workbook such as .xlsx or .ods"),
        (b"\xd0\xcf\x11\xe0", "a workbook such as .xls"),
        (b"%PDF", "a PDF document"),
        (b"{\\rtf", "a text document"),
    ];
    if let Some((_, found)) = other_kinds.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(SheetError::NotText { found });
    }
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return decode_wide(rest, encoding_rs::UTF_16LE).map(|text| (text, Encoding::Utf16Le));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return decode_wide(rest, encoding_rs::UTF_16BE).map(|text| (text, Encoding::Utf16Be));
    }
    let (rest, marked) = match bytes.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    match std::str::from_utf8(rest) {
        Ok(text) => Ok((Cow::Borrowed(text), Encoding::Utf8)),
        Err(_) if marked => Err(SheetError::NotText { found: "broken UTF-8 text" }),
        Err(error) => {
            let read = String::from_utf8_lossy(&rest[..error.valid_up_to()]);
            let unknown = SheetError::EncodingUnknown { line: 1 + line_breaks(&read) };
            decode_windows(rest).ok_or(unknown)
        }
    }
}

fn decode_wide<'b>(
    bytes: &'b [u8],
    encoding: &'static encoding_rs::Encoding,
) -> Result<Cow<'b, str>, SheetError> {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .ok_or(SheetError::NotText { found: "broken UTF-16 text" })
}

/// Decides between the two code pages of the campus, where there is proof: a column that is named in Arabic letters of
/// windows-1256 cannot be anything else, and a column named with a French accent is in a code page of the Latin-1
/// family, of which windows-1252 and windows-1256 are two. Then the text is read if all of it is the same in both.
fn decode_windows(bytes: &[u8]) -> Option<(Cow<'_, str>, Encoding)> {
    let names_a_column = |text: &str, is_proof: fn(char) -> bool| {
        Header::find(text).is_ok_and(|(header, _)| {
            header
                .columns
                .iter()
                .zip(&header.names)
                .any(|(column, name)| column.is_some() && name.contains(is_proof))
        })
    };
    let (arabic, _) = encoding_rs::WINDOWS_1256.decode_without_bom_handling(bytes);
    if names_a_column(&arabic, |letter| ('\u{620}'..='\u{64a}').contains(&letter)) {
        return Some((arabic, Encoding::Windows1256));
    }
    let (western, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
    (names_a_column(&western, |letter| !letter.is_ascii()) && western == arabic)
        .then_some((western, Encoding::Windows1252))
}

/// How many lines end in the text: with LF, with CR LF, or with CR alone.
fn line_breaks(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let ends = |(place, byte): (usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(place + 1) != Some(&b'\n'),
        _ => false,
    };
    bytes.iter().enumerate().filter(|&each| ends(each)).count() as u64
}

// Text to records.

/// Cuts a text into records. The delimiter is ASCII, so cutting by bytes never cuts a letter.
#[derive(Debug, Clone, Copy)]
struct Splitter<'t> {
    text: &'t str,
    at: usize,
    line: u64,
    delimiter: u8,
}

#[derive(Debug)]
struct Record<'t> {
    line: u64,
    /// The first [`MOST_COLUMNS`] cells: a row of eight million delimiters shall not take eight million strings.
    cells: Vec<Cow<'t, str>>,
    /// How many cells there are.
    count: usize,
    /// How many there are up to the last that is not blank.
    width: usize,
    /// A cell whose quotes are wrong, so that where the next one begins is a guess.
    fault: Option<Fault>,
}

impl Record<'_> {
    const fn is_blank(&self) -> bool {
        self.width == 0 && self.fault.is_none()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    place: usize,
    value: String,
    problem: &'static str,
}

const QUOTE_OPEN: &str = "The quote that opens this cell is never closed. Close it at the end of the cell, or remove it; a quote within a quoted cell is written twice.";
const QUOTE_INSIDE: &str =
    "There is text after the quote that closes this cell. A quote within a quoted cell is written twice.";

/// How a quoted cell ended.
enum Quoted<'t> {
    Closed(Cow<'t, str>),
    ClosedThenText,
    Open,
}

impl<'t> Splitter<'t> {
    const fn new(text: &'t str, delimiter: u8) -> Self {
        Self { text, at: 0, line: 1, delimiter }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next record, a blank one too; nothing at the end of the text.
    fn next(&mut self) -> Option<Record<'t>> {
        self.peek()?;
        let mut record = Record { line: self.line, cells: Vec::new(), count: 0, width: 0, fault: None };
        loop {
            let before = *self;
            let cell = match self.quoted() {
                None => self.unquoted(),
                Some(Quoted::Closed(cell)) => cell,
                Some(Quoted::ClosedThenText) => {
                    let cell = &before.text[before.at..self.at];
                    let fault = Fault { place: record.count, value: shortened(cell), problem: QUOTE_INSIDE };
                    record.fault.get_or_insert(fault);
                    Cow::Borrowed(cell)
                }
                Some(Quoted::Open) => {
                    // Everything since the quote may belong to other rows, so they are read as such: from the line
                    // after the quote on. Only a run of an odd number of quotes opens a cell, and this one was followed
                    // up to the next such run, so no part of the text is followed twice.
                    *self = before;
                    let rest = self.rest_of_line();
                    self.skip_line_break();
                    let fault = Fault { place: record.count, value: shortened(rest), problem: QUOTE_OPEN };
                    record.line = before.line;
                    record.fault = Some(fault);
                    return Some(record);
                }
            };
            record.count += 1;
            if !cell.trim().is_empty() {
                record.width = record.count;
            }
            if record.cells.len() < MOST_COLUMNS {
                record.cells.push(cell);
            }
            if self.peek() == Some(self.delimiter) {
                self.at += 1;
            } else {
                self.skip_line_break();
                return Some(record);
            }
        }
    }

    fn unquoted(&mut self) -> Cow<'t, str> {
        let rest = &self.text[self.at..];
        let ends = |&byte: &u8| byte == self.delimiter || matches!(byte, b'\r' | b'\n');
        let length = rest.as_bytes().iter().position(ends).unwrap_or(rest.len());
        self.at += length;
        Cow::Borrowed(&rest[..length])
    }

    /// The quoted cell that starts here, if one does. Blanks around the quotes do not count.
    fn quoted(&mut self) -> Option<Quoted<'t>> {
        let rest = &self.text[self.at..];
        let inside = rest.trim_start_matches(' ').strip_prefix('"')?;
        let opened_on = self.line;
        self.at += rest.len() - inside.len();
        let start = self.at;
        let mut doubled = false;
        loop {
            let Some(length) = self.text[self.at..].find('"') else { return Some(Quoted::Open) };
            self.at += length + 1;
            if self.peek() != Some(b'"') {
                break;
            }
            self.at += 1;
            doubled = true;
        }
        let inside = &self.text[start..self.at - 1];
        self.line += line_breaks(inside);
        let blanks = self.text[self.at..].bytes().take_while(|&byte| byte == b' ').count();
        self.at += blanks;
        Some(match self.peek() {
            None | Some(b'\r' | b'\n') => Quoted::Closed(halved(inside, doubled)),
            Some(byte) if byte == self.delimiter => Quoted::Closed(halved(inside, doubled)),
            // On the same line it is a stray quote. Lines later it is rather the next quoted cell that begins there.
            Some(_) if self.line == opened_on => {
                self.unquoted();
                Quoted::ClosedThenText
            }
            Some(_) => Quoted::Open,
        })
    }

    fn rest_of_line(&mut self) -> &'t str {
        let rest = &self.text[self.at..];
        let length = rest.find(['\r', '\n']).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn skip_line_break(&mut self) {
        let length = match self.text.as_bytes().get(self.at..) {
            Some([b'\r', b'\n', ..]) => 2,
            Some([b'\r' | b'\n', ..]) => 1,
            _ => return,
        };
        self.at += length;
        self.line += 1;
    }
}

fn halved(inside: &str, doubled: bool) -> Cow<'_, str> {
    if doubled { Cow::Owned(inside.replace("\"\"", "\"")) } else { Cow::Borrowed(inside) }
}

// Names in three languages.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Title,
    Description,
    Price,
    Currency,
    Category,
    Condition,
    PickupPoint,
    Pictures,
}

impl Column {
    const ALL: [Self; 8] = [
        Self::Title,
        Self::Description,
        Self::Price,
        Self::Currency,
        Self::Category,
        Self::Condition,
        Self::PickupPoint,
        Self::Pictures,
    ];
    const NEEDED: [Self; 2] = [Self::Title, Self::Price];

    const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "description",
            Self::Price => "price",
            Self::Currency => "currency",
            Self::Category => "category",
            Self::Condition => "condition",
            Self::PickupPoint => "pickup_point",
            Self::Pictures => "pictures",
        }
    }

    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Title => &["title", "titre", "intitulé", "عنوان"],
            Self::Description => &["description", "وصف"],
            Self::Price => &["price", "prix", "سعر", "ثمن"],
            Self::Currency => &["currency", "devise", "monnaie", "عملة"],
            Self::Category => &["category", "catégorie", "فئة", "تصنيف"],
            Self::Condition => &["condition", "état", "حالة"],
            Self::PickupPoint => &[
                "pickup_point",
                "pick-up point",
                "pickup",
                "point de retrait",
                "lieu de retrait",
                "نقطة استلام",
                "مكان استلام",
            ],
            Self::Pictures => &["pictures", "picture", "photos", "photo", "images", "image", "صور", "صورة"],
        }
    }
}

const fn category_names(category: Category) -> &'static [&'static str] {
    match category {
        Category::Books => &["books", "book", "livres", "livre", "كتب", "كتاب"],
        Category::Electronics => &["electronics", "électronique", "إلكترونيات", "إلكترونيك"],
        Category::Furniture => &["furniture", "meubles", "meuble", "mobilier", "أثاث", "مفروشات"],
        Category::Kitchen => &["kitchen", "cuisine", "مطبخ"],
        Category::Clothing => &["clothing", "clothes", "vêtements", "vêtement", "ملابس", "ثياب"],
        Category::Sports => &["sports", "sport", "رياضة"],
        Category::Music => &["music", "musique", "موسيقى"],
        Category::Games => &["games", "game", "jeux", "jeu", "ألعاب"],
        Category::Study => &["study", "études", "étude", "دراسة"],
        Category::Art => &["art", "arts", "فن", "فنون"],
        Category::Plants => &["plants", "plant", "plantes", "plante", "نباتات"],
        Category::Other => &["other", "autre", "autres", "أخرى", "غير ذلك"],
    }
}

const fn condition_names(condition: Condition) -> &'static [&'static str] {
    match condition {
        Condition::New => &["new", "neuf", "neuve", "جديد", "جديدة"],
        Condition::LikeNew => &["like_new", "comme neuf", "comme neuve", "شبه جديد", "شبه جديدة", "كالجديد"],
        Condition::Good => &["good", "bon", "bonne", "bon état", "جيد", "جيدة"],
        Condition::Fair => &["fair", "correct", "correcte", "état correct", "passable", "مقبول", "مقبولة"],
        Condition::ForParts => &["for_parts", "pour pièces", "pièces", "قطع غيار", "للقطع"],
    }
}

/// Finds what a name in a sheet stands for: without regard to case, accents, spaces, dashes, underscores and the Arabic
/// article.
struct Names<T>(HashMap<String, T>);

impl<T: Copy> Names<T> {
    fn new(all: &[T], names: fn(T) -> &'static [&'static str]) -> Self {
        let each = |&one: &T| names(one).iter().map(move |name| (folded(name), one));
        Self(all.iter().flat_map(each).collect())
    }

    fn find(&self, name: &str) -> Option<T> {
        // No name is nearly as long, and folding takes its time.
        if name.len() > 200 {
            return None;
        }
        let name = folded(name);
        let bare = || {
            name.split(' ').map(|word| word.strip_prefix("ال").unwrap_or(word)).collect::<Vec<_>>().join(" ")
        };
        self.0.get(&name).or_else(|| self.0.get(&bare())).copied()
    }
}

fn folded(name: &str) -> String {
    text::fold(name).collect::<Vec<_>>().join(" ")
}

static COLUMNS: LazyLock<Names<Column>> = LazyLock::new(|| Names::new(&Column::ALL, Column::names));
static CATEGORIES: LazyLock<Names<Category>> = LazyLock::new(|| Names::new(Category::ALL, category_names));
static CONDITIONS: LazyLock<Names<Condition>> = LazyLock::new(|| Names::new(Condition::ALL, condition_names));

// Records to listings.

/// The first row: what each column is.
#[derive(Debug)]
struct Header {
    /// The header cells as they stand there, shortened.
    names: Vec<String>,
    columns: Vec<Option<Column>>,
}

impl Header {
    /// Reads the first row that is not blank, with the delimiter that finds the most known columns in it, and returns
    /// the splitter that stands below it.
    fn find(text: &str) -> Result<(Self, Splitter<'_>), SheetError> {
        let mut start = Splitter::new(text, b',');
        let delimiters = match start.announced() {
            Some(delimiter) => vec![delimiter],
            None => b",;\t|".to_vec(),
        };
        let attempt = |delimiter| {
            let mut below = Splitter { delimiter, ..start };
            let record = std::iter::from_fn(|| below.next()).find(|record| !record.is_blank())?;
            let names = record.cells.iter().take(record.width);
            let columns: Vec<_> = names.map(|cell| COLUMNS.find(cell)).collect();
            Some((columns, record, below))
        };
        let (columns, record, below) = delimiters
            .into_iter()
            .enumerate()
            .filter_map(|(place, delimiter)| Some((place, attempt(delimiter)?)))
            .max_by_key(|(place, (columns, record, _))| {
                (columns.iter().flatten().count(), record.width, Reverse(*place))
            })
            .map(|(_, best)| best)
            .ok_or(SheetError::Empty)?;
        if record.cells.iter().any(|cell| cell.contains('\0')) {
            return Err(SheetError::NotText { found: "binary data" });
        }
        if record.fault.is_some() {
            return Err(SheetError::HeaderQuote { line: record.line });
        }
        if record.width > MOST_COLUMNS {
            return Err(SheetError::TooManyColumns { most: MOST_COLUMNS });
        }
        let header = Self {
            names: record.cells.iter().take(record.width).map(|cell| shortened(cell)).collect(),
            columns,
        };
        header.checked().map(|header| (header, below))
    }

    fn checked(self) -> Result<Self, SheetError> {
        for column in Column::ALL {
            let mut named = self.names.iter().zip(&self.columns).filter(|(_, each)| **each == Some(column));
            if let (Some((first, _)), Some((second, _))) = (named.next(), named.next()) {
                let (first, second) = (first.clone(), second.clone());
                return Err(SheetError::HeaderTwice { column: column.name(), first, second });
            }
        }
        let missing: Vec<_> = Column::NEEDED
            .into_iter()
            .filter(|&column| self.place(column).is_none())
            .map(Column::name)
            .collect();
        if !missing.is_empty() {
            let known = Column::ALL.map(Column::name).to_vec();
            return Err(SheetError::HeaderMissing {
                missing,
                known,
                found: self.names.into_iter().take(12).collect(),
            });
        }
        Ok(self)
    }

    fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().position(|each| *each == Some(column))
    }

    /// What the header calls the column at that place.
    fn name(&self, place: usize) -> String {
        self.names.get(place).cloned().unwrap_or_default()
    }

    /// The cell of that column; empty when there is no such column.
    fn cell(&self, record: &Record<'_>, column: Column) -> String {
        self.place(column)
            .and_then(|place| record.cells.get(place))
            .map(|cell| plain(cell))
            .unwrap_or_default()
    }

    fn listing(&self, record: &Record<'_>) -> Result<ListingRow, Vec<BadCell>> {
        self.shape(record).map_err(|bad| vec![bad])?;
        let mut bad = Vec::new();
        let mut check = |column: Column, value: &str, problem: String| {
            let place = self.place(column).unwrap_or_default();
            bad.push((place, BadCell { column: self.name(place), value: shortened(value), problem }));
        };

        let title = self.cell(record, Column::Title);
        if let Err(problem) = check_title(&title) {
            check(Column::Title, &title, problem);
        }
        let description = self.cell(record, Column::Description);
        if let Err(problem) = check_description(&description) {
            check(Column::Description, &description, problem);
        }

        let currency_cell = self.cell(record, Column::Currency);
        let currency = match marked_currency(&currency_cell) {
            _ if currency_cell.is_empty() => Said::Nothing,
            Some(currency) => Said::Currency(currency),
            None => {
                check(Column::Currency, &currency_cell, Refusal::CurrencyUnknown.to_string());
                Said::Unknown
            }
        };
        let price_cell = self.cell(record, Column::Price);
        let price = match read_price(&price_cell, currency) {
            Ok(price) => Some(price),
            Err(problem) => {
                check(Column::Price, &price_cell, problem);
                None
            }
        };

        let category_cell = self.cell(record, Column::Category);
        let category =
            if category_cell.is_empty() { Some(Category::Other) } else { CATEGORIES.find(&category_cell) };
        if category.is_none() {
            let known = Category::ALL.iter().map(|each| each.name().to_owned()).collect();
            check(Column::Category, &category_cell, Refusal::CategoryUnknown { known }.to_string());
        }
        let condition_cell = self.cell(record, Column::Condition);
        let condition =
            if condition_cell.is_empty() { Some(Condition::Good) } else { CONDITIONS.find(&condition_cell) };
        if condition.is_none() {
            let known = Condition::ALL.iter().map(|each| each.name().to_owned()).collect();
            check(Column::Condition, &condition_cell, Refusal::ConditionUnknown { known }.to_string());
        }

        let pictures = self.cell(record, Column::Pictures);
        let pictures: Vec<String> = pictures
            .split('|')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(ToOwned::to_owned)
            .collect();
        if pictures.len() > MOST_PER_LISTING {
            let most = i64::try_from(MOST_PER_LISTING).unwrap_or(i64::MAX);
            check(Column::Pictures, &pictures.join(" | "), Refusal::TooManyPictures { most }.to_string());
        }
        let pickup_point = Some(self.cell(record, Column::PickupPoint)).filter(|name| !name.is_empty());
        if let Some(name) = &pickup_point
            && let Err(refusal) = text::line("name of a pickup point", name, 2, 80)
        {
            check(Column::PickupPoint, name, refusal.to_string());
        }

        match (price, category, condition) {
            (Some(price), Some(category), Some(condition)) if bad.is_empty() => {
                Ok(ListingRow { title, description, price, category, condition, pickup_point, pictures })
            }
            _ => {
                bad.sort_by_key(|(place, _)| *place);
                Err(bad.into_iter().map(|(_, cell)| cell).collect())
            }
        }
    }

    /// Whether the record has the cells that the header promises. If not, no cell of it is sure to be where it belongs.
    fn shape(&self, record: &Record<'_>) -> Result<(), BadCell> {
        let expected = self.columns.len();
        if let Some(Fault { place, value, problem }) = record.fault.clone() {
            return Err(BadCell { column: self.name(place), value, problem: problem.to_owned() });
        }
        let whole_row = |value: Option<&Cow<'_, str>>, problem| {
            let value = value.map(|cell| shortened(cell)).unwrap_or_default();
            Err(BadCell { column: String::new(), value, problem })
        };
        if record.width > expected {
            let found = record.width;
            return whole_row(
                record.cells.get(expected),
                format!(
                    "The row has {found} cells under {expected} columns. Put quotes around a cell that has a separator in it, such as 12,50."
                ),
            );
        }
        if record.count < expected {
            let found = record.count;
            return whole_row(
                record.cells.last(),
                format!(
                    "The row has {found} cells under {expected} columns. Put quotes around a cell that has a line break in it, and leave cells empty rather than out."
                ),
            );
        }
        Ok(())
    }
}

impl Splitter<'_> {
    /// Reads the line `sep=;` that some programs write above the header, and passes it.
    fn announced(&mut self) -> Option<u8> {
        let mut after = *self;
        let line = after.rest_of_line().trim_matches('"');
        let (name, sign) = line.split_at_checked(4)?;
        let delimiter = *sign.as_bytes().first()?;
        let fits = delimiter == b'\t' || (delimiter.is_ascii_punctuation() && delimiter != b'"');
        // A program that did not know the line for what it is has filled it up to the width of the sheet.
        let alone = sign.bytes().all(|byte| byte == delimiter);
        if !(name.eq_ignore_ascii_case("sep=") && fits && alone) {
            return None;
        }
        after.skip_line_break();
        *self = after;
        Some(delimiter)
    }
}

/// A cell as it is meant: without blanks around it, without the apostrophe that [`write()`] puts before what would be a
/// formula, with `\n` for every line break.
fn plain(cell: &str) -> String {
    let cell = cell.trim();
    let cell = if would_be_formula(cell) { cell.strip_prefix('\'').unwrap_or(cell) } else { cell };
    cell.replace("\r\n", "\n").replace('\r', "\n")
}

/// Whether a spreadsheet program would compute the cell instead of showing it, apostrophes before it not counted: so
/// that one can be put before it and taken away again, whatever the cell is.
fn would_be_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
}

/// The beginning of a cell, on one line, without characters that could disturb whoever shows it.
fn shortened(cell: &str) -> String {
    const MOST: usize = 40;
    let harmless = |letter: char| match letter {
        _ if letter.is_whitespace() => ' ',
        _ if letter.is_control()
            || matches!(letter, '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}') =>
        {
            '\u{fffd}'
        }
        _ => letter,
    };
    let mut letters = cell.trim().chars().map(harmless);
    let mut short: String = letters.by_ref().take(MOST).collect();
    if letters.next().is_some() {
        short.push('…');
    }
    short
}

fn check_title(title: &str) -> Result<(), String> {
    if title.contains('\n') {
        return Err(
            "A title is one line. Remove the line break, or move the rest to the description.".to_owned()
        );
    }
    check_letters(title)?;
    ListingChanges::default().texts(Some(title), None).map(drop).map_err(|refusal| refusal.to_string())
}

fn check_description(description: &str) -> Result<(), String> {
    check_letters(description)?;
    ListingChanges::default().texts(None, Some(description)).map(drop).map_err(|refusal| refusal.to_string())
}

/// Programs that save Arabic in a code page without Arabic write question marks. That happened before the file came
/// here, and nobody wants to publish it.
fn check_letters(text: &str) -> Result<(), String> {
    let only_marks = text.matches('?').count() >= 3 && !text.contains(char::is_alphanumeric);
    if only_marks || text.contains('\u{fffd}') {
        return Err(
            "Letters of this cell were lost when the file was saved. Save it again as \"CSV UTF-8\"."
                .to_owned(),
        );
    }
    Ok(())
}

// Prices.

/// What the currency column says.
#[derive(Debug, Clone, Copy)]
enum Said {
    Nothing,
    Currency(Currency),
    Unknown,
}

/// The currency that a sign, a code or a word beside a number stands for.
fn marked_currency(mark: &str) -> Option<Currency> {
    if mark.len() > 60 {
        return None;
    }
    let letters = mark
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '.' && !is_direction_mark(*letter));
    let sign: String = letters.flat_map(char::to_uppercase).collect();
    match sign.as_str() {
        "$"
        | "US$"
        | "$US"
        | "USD"
        | "USD$"
        | "$USD"
        | "DOLLAR"
        | "DOLLARS"
        | "دولار"
        | "دولارأميركي"
        | "دولارأمريكي" => Some(Currency::Usd),
        "LBP"
        | "LL"
        | "L£"
        | "£L"
        | "LIRA"
        | "LIVRE"
        | "LIVRES"
        | "LIVRELIBANAISE"
        | "LIVRESLIBANAISES"
        | "لل"
        | "ليرة"
        | "ليرةلبنانية"
        | "ليرات" => Some(Currency::Lbp),
        _ => None,
    }
}

const fn is_direction_mark(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{61c}')
}

fn read_price(cell: &str, said: Said) -> Result<Price, String> {
    if cell.is_empty() {
        return Err("The price is missing. Write it like 12.50 for USD or 350000 for LBP.".to_owned());
    }
    let cell: String = cell
        .chars()
        .filter(|letter| !is_direction_mark(*letter))
        .map(|letter| match letter {
            '۰'..='۹' => char::from_digit(u32::from(letter) - u32::from('۰'), 10).unwrap_or(letter),
            other => other,
        })
        .collect();
    let is_digit = |letter: char| letter.is_ascii_digit() || matches!(letter, '٠'..='٩');
    let (mut number, mut marked) = (cell.as_str(), None);
    if let (Some(first), Some((last, digit))) = (cell.find(is_digit), cell.rmatch_indices(is_digit).next()) {
        let (before, after) = (cell[..first].trim(), cell[last + digit.len()..].trim());
        let [left, right] = [before, after].map(|mark| (mark, marked_currency(mark)));
        // What is not a currency stays beside the number and makes it unreadable: a minus, a word, another currency.
        if let ((_, Some(_)) | ("", _), (_, Some(_)) | ("", _)) = (left, right) {
            number = &cell[first..last + digit.len()];
            marked = left.1.or(right.1);
            if let (Some(left), Some(right)) = (left.1, right.1)
                && left != right
            {
                return Err(format!("The price says both {left} and {right}. Keep one of them."));
            }
        } else if [before, after].iter().any(|mark| matches!(*mark, "€" | "EUR" | "£" | "GBP")) {
            return Err(format!("{} Convert the price.", Refusal::CurrencyUnknown));
        }
    }
    match (said, marked) {
        (Said::Currency(column), Some(mark)) if column != mark => Err(format!(
            "The price says {mark} and the currency column says {column}. Make them the same, or remove one."
        )),
        (Said::Currency(currency), _) | (_, Some(currency)) => price_in(number, currency),
        (Said::Nothing, None) => price_in(number, Currency::Usd),
        // The currency is reported already; the price is bad only if it is none in any currency.
        (Said::Unknown, None) => price_in(number, Currency::Usd).or_else(|_| price_in(number, Currency::Lbp)),
    }
}

fn price_in(number: &str, currency: Currency) -> Result<Price, String> {
    Price::parse(number, currency).map_err(|refusal| match refusal {
        Refusal::PriceOutOfRange { least, most } => {
            let [least, most] = [least, most].map(|minor| Money::new(minor, currency));
            format!("A price is at least {least} and at most {most}.")
        }
        other => other.to_string(),
    })
}

// Listings to bytes.

/// One row of a sheet that goes out: a listing as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRow {
    /// Which listing.
    pub listing: ListingId,
    /// What it is, in a line.
    pub title: String,
    /// What there is to know.
    pub description: String,
    /// What one copy costs.
    pub price: Money,
    /// Its shelf.
    pub category: Category,
    /// How worn it is.
    pub condition: Condition,
    /// The name of the place where it is collected.
    pub pickup_point: String,
    /// Where it is in its life.
    pub state: ListingState,
    /// When it was first published.
    pub published_at: Moment,
    /// The username of who bought it.
    pub buyer: Option<String>,
}

impl From<OwnListing> for ExportRow {
    fn from(own: OwnListing) -> Self {
        let listing = own.listing;
        Self {
            listing: listing.listing,
            title: listing.title,
            description: listing.description,
            price: listing.price,
            category: listing.category,
            condition: listing.condition,
            pickup_point: listing.pickup_point.name,
            state: listing.state,
            published_at: listing.published_at,
            buyer: own.buyer.map(|buyer| buyer.username.to_string()),
        }
    }
}

/// Writes a sheet that spreadsheet programs open without asking: UTF-8 with a byte order mark, commas, CR LF, quotes
/// where they are needed. Without rows it is a form to fill in.
///
/// A cell that a program would compute (`=1+1`) gets an apostrophe before it, so that what one member wrote never runs
/// on the computer of another. [`read`] takes it away again.
#[must_use]
pub fn write(rows: impl IntoIterator<Item = ExportRow>) -> Vec<u8> {
    let mut sheet = BYTE_ORDER_MARK.to_vec();
    put(&mut sheet, &EXPORT_COLUMNS);
    for row in rows {
        let price = row.price.to_string();
        let (amount, currency) = price.split_once(' ').unwrap_or((&price, ""));
        let state = match row.state {
            ListingState::OnSale => "on_sale",
            ListingState::Sold => "sold",
            ListingState::Withdrawn => "withdrawn",
            ListingState::AtAuction => "at_auction",
        };
        put(
            &mut sheet,
            &[
                &row.listing.to_string(),
                &row.title,
                &row.description,
                amount,
                currency,
                row.category.name(),
                row.condition.name(),
                &row.pickup_point,
                state,
                &row.published_at.to_string(),
                row.buyer.as_deref().unwrap_or_default(),
            ],
        );
    }
    sheet
}

// The books to bytes.

/// The first row of every sheet of an account: what came in and what went out stand in columns of their own, so that no amount
/// begins with a sign and programs can sum them.
pub const STATEMENT_COLUMNS: [&str; 7] = ["entry", "at", "kind", "source", "in", "out", "currency"];

/// Writes what happened on an account as a sheet: what was there before, every line, and what was there after, per currency. It
/// is written as [`write()`] does.
#[must_use]
pub fn write_statement(statement: &StatementView) -> Vec<u8> {
    let StatementView { opening, lines, closing, .. } = statement;
    let mut sheet = BYTE_ORDER_MARK.to_vec();
    put(&mut sheet, &STATEMENT_COLUMNS);
    put_sums(&mut sheet, "opening", opening);
    put_lines(&mut sheet, lines);
    put_sums(&mut sheet, "closing", closing);
    sheet
}

/// Writes what a store earned as a sheet: every line, and their sums per currency. It is written as [`write()`] does.
#[must_use]
pub fn write_profit(profit: &ProfitView) -> Vec<u8> {
    let ProfitView { lines, profit, .. } = profit;
    let mut sheet = BYTE_ORDER_MARK.to_vec();
    put(&mut sheet, &STATEMENT_COLUMNS);
    put_lines(&mut sheet, lines);
    put_sums(&mut sheet, "profit", profit);
    sheet
}

fn put_lines(sheet: &mut Vec<u8>, lines: &[StatementLine]) {
    for StatementLine { entry, at, kind, source, amount } in lines {
        put_amount(sheet, [&entry.to_string(), &at.to_string(), kind.name(), source], *amount);
    }
}

fn put_sums(sheet: &mut Vec<u8>, kind: &str, sums: &[Money]) {
    for sum in sums {
        put_amount(sheet, ["", "", kind, ""], *sum);
    }
}

fn put_amount(sheet: &mut Vec<u8>, [entry, at, kind, source]: [&str; 4], amount: Money) {
    let size = Money::new(amount.minor.saturating_abs(), amount.currency).to_string();
    let size = size.split_once(' ').map_or(size.as_str(), |(size, _)| size);
    let (came, went) = if amount.minor < 0 { ("", size) } else { (size, "") };
    put(sheet, &[entry, at, kind, source, came, went, amount.currency.code()]);
}

fn put(sheet: &mut Vec<u8>, cells: &[&str]) {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            sheet.push(b',');
        }
        let apostrophe = if would_be_formula(cell) { "'" } else { "" };
        if cell.contains([',', ';', '\t', '|', '"', '\r', '\n']) {
            sheet.extend(format!("\"{apostrophe}{}\"", cell.replace('"', "\"\"")).bytes());
        } else {
            sheet.extend(apostrophe.bytes().chain(cell.bytes()));
        }
    }
    sheet.extend(b"\r\n");
}
