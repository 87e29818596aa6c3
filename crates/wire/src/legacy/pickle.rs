//! Pickles, of which only plain values are read.
//!
//! A pickle is a program for a small machine with a stack, and Python's own reader runs whatever it says: a peer that may
//! send pickles may run code. This reader knows the instructions that make texts, numbers, tuples, lists and dictionaries,
//! and refuses every other before anything is built. Everything it keeps is bounded: the bytes of a pickle, what is on the
//! stack, in the memo and among the marks, how deep values nest, and how much a few references may unfold to.
//!
//! A pickle ends with its own last instruction, so pickles need no frame around them: [`Reader`] takes bytes as they come,
//! a byte at a time or several pickles at once. [`Writer`] makes the few things that are sent.

use std::collections::HashMap;

/// The most bytes of one pickle.
pub const MOST_BYTES: usize = 64 * 1024;
/// The most values in one pickle, counted once more for every reference.
pub const MOST_VALUES: usize = 4_096;
/// The most bytes of text in one value, counted once more for every reference.
pub const MOST_TEXT: usize = 2 * MOST_BYTES;
/// How deep values may nest.
pub const MOST_DEPTH: usize = 16;
/// The most bytes of a number written in letters.
const MOST_DIGITS: usize = 64;

/// What a pickle says.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number. Of those beyond 128 bits there is no use on any wire.
    Int(i128),
    /// A number with a fraction, or a special one.
    Float(f64),
    /// A text.
    Text(String),
    /// A tuple.
    Tuple(Vec<Self>),
    /// A list.
    List(Vec<Self>),
    /// A dictionary: its keys and values in the order they were put in.
    Dict(Vec<(Self, Self)>),
}

/// Why a pickle is not read. There is no going on after one: where the next would begin is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// An instruction that does more than making a plain value, or is none.
    #[error("the pickle has an instruction that is not for plain values: {0:#04x}")]
    Instruction(u8),
    /// More than is taken.
    #[error("the pickle has more {0} than are taken")]
    TooMuch(&'static str),
    /// What cannot be made sense of.
    #[error("the pickle is broken: {0}")]
    Broken(&'static str),
}

/// A value while the pickle is read. Lists and dictionaries are filled after others may refer to them, so values name one
/// another by their place.
enum Node {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    Tuple(Vec<usize>),
    List(Vec<usize>),
    Dict(Vec<usize>),
}

/// Reads one pickle after another out of bytes as they come.
#[derive(Default)]
pub struct Reader {
    buffer: Vec<u8>,
    /// How far the instructions in the buffer were carried out.
    at: usize,
    /// How far beyond it there is no line break.
    looked: usize,
    nodes: Vec<Node>,
    stack: Vec<usize>,
    marks: Vec<usize>,
    memo: HashMap<u32, usize>,
    refused: Option<Refused>,
}

impl Reader {
    /// Takes bytes as they came. What is beyond the longest pickle is for the next, and not kept without bound: whoever
    /// feeds bytes asks for every pickle in them before feeding more.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.refused.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Whether a pickle has begun and not ended.
    #[must_use]
    pub const fn is_within(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next pickle; nothing while it is not there as a whole.
    ///
    /// # Errors
    ///
    /// [`Refused`], from then on for ever.
    pub fn next_pickle(&mut self) -> Result<Option<Value>, Refused> {
        match self.refused.map_or_else(|| self.run(), Err) {
            Ok(value) => Ok(value),
            Err(refused) => {
                *self = Self { refused: Some(refused), ..Self::default() };
                Err(refused)
            }
        }
    }

    /// Carries out instructions until one is not there as a whole, or ends the pickle.
    fn run(&mut self) -> Result<Option<Value>, Refused> {
        loop {
            let Some(&instruction) = self.buffer.get(self.at) else {
                return self.wait();
            };
            let Some((argument, length)) = self.argument(instruction)? else {
                return self.wait();
            };
            let from = self.at + 1 + argument;
            let until = from + length;
            if until > MOST_BYTES {
                return Err(Refused::TooMuch("bytes"));
            }
            let text = self.buffer.get(from..until).ok_or(Refused::Broken("it ends too soon"))?.to_vec();
            let line_end = usize::from(matches!(instruction, b'V' | b'I' | b'L' | b'F' | b'p' | b'g'));
            self.at = until + line_end;
            self.looked = 0;
            if instruction == b'.' {
                let top = self.pop()?;
                let value = Unfolding { nodes: &self.nodes, values: 0, text: 0 }.unfold(top, 0)?;
                self.buffer.drain(..self.at);
                let rest = std::mem::take(&mut self.buffer);
                *self = Self { buffer: rest, ..Self::default() };
                return Ok(Some(value));
            }
            self.carry_out(instruction, &text)?;
        }
    }

    /// Nothing yet; and nothing ever, when there is no room for the rest.
    const fn wait(&self) -> Result<Option<Value>, Refused> {
        if self.buffer.len() > MOST_BYTES { Err(Refused::TooMuch("bytes")) } else { Ok(None) }
    }

    /// How many bytes say how long the argument of an instruction is, and how long it is, without the line break of those
    /// that are written as lines. Nothing while it is not there as a whole; a length that is too much is refused before it
    /// is waited for.
    fn argument(&mut self, instruction: u8) -> Result<Option<(usize, usize)>, Refused> {
        let (prefix, length) = match instruction {
            // PROTO, BININT1, BINPUT, BINGET.
            0x80 | b'K' | b'q' | b'h' => (0, 1),
            // BININT2.
            b'M' => (0, 2),
            // BININT, LONG_BINPUT, LONG_BINGET.
            b'J' | b'r' | b'j' => (0, 4),
            // FRAME, BINFLOAT.
            0x95 | b'G' => (0, 8),
            // SHORT_BINUNICODE, LONG1.
            0x8c | 0x8a => match self.length(1)? {
                Some(length) => (1, length),
                None => return Ok(None),
            },
            // BINUNICODE.
            b'X' => match self.length(4)? {
                Some(length) => (4, length),
                None => return Ok(None),
            },
            // BINUNICODE8.
            0x8d => match self.length(8)? {
                Some(length) => (8, length),
                None => return Ok(None),
            },
            // UNICODE, INT, LONG, FLOAT, PUT, GET: a line.
            b'V' | b'I' | b'L' | b'F' | b'p' | b'g' => return self.line(instruction),
            // MARK STOP NONE NEWTRUE NEWFALSE EMPTY_TUPLE TUPLE TUPLE1-3 EMPTY_LIST LIST APPEND APPENDS EMPTY_DICT DICT
            // SETITEM SETITEMS MEMOIZE.
            b'('
            | b'.'
            | b'N'
            | 0x88
            | 0x89
            | b')'
            | b't'
            | 0x85..=0x87
            | b']'
            | b'l'
            | b'a'
            | b'e'
            | b'}'
            | b'd'
            | b's'
            | b'u'
            | 0x94 => (0, 0),
            other => return Err(Refused::Instruction(other)),
        };
        if self.at + 1 + prefix + length > MOST_BYTES {
            return Err(Refused::TooMuch("bytes"));
        }
        let here = self.buffer.len() > self.at + prefix + length;
        Ok(here.then_some((prefix, length)))
    }

    /// The length that so many bytes after the instruction say.
    fn length(&self, bytes: usize) -> Result<Option<usize>, Refused> {
        let Some(said) = self.buffer.get(self.at + 1..self.at + 1 + bytes) else { return Ok(None) };
        let length = said.iter().rev().fold(0_u64, |length, &byte| (length << 8) | u64::from(byte));
        match usize::try_from(length) {
            Ok(length) if length <= MOST_BYTES => Ok(Some(length)),
            _ => Err(Refused::TooMuch("bytes")),
        }
    }

    /// An argument that ends with a line break.
    fn line(&mut self, instruction: u8) -> Result<Option<(usize, usize)>, Refused> {
        let most = if instruction == b'V' { MOST_BYTES } else { MOST_DIGITS };
        let rest = self.buffer.get(self.at + 1..).unwrap_or_default();
        let unseen = rest.get(self.looked..).unwrap_or_default();
        let found = unseen.iter().position(|&byte| byte == b'\n').map(|place| self.looked + place);
        self.looked = rest.len();
        match found {
            Some(length) if length <= most => Ok(Some((0, length))),
            None if rest.len() <= most => Ok(None),
            _ => Err(Refused::TooMuch("digits")),
        }
    }

    fn carry_out(&mut self, instruction: u8, argument: &[u8]) -> Result<(), Refused> {
        match instruction {
            0x80 => match argument {
                [0..=5] => Ok(()),
                _ => Err(Refused::Broken("a protocol nobody has heard of")),
            },
            // The frame says how much to read at once, which is nothing to us.
            0x95 => Ok(()),
            b'(' => {
                room(self.marks.len(), "marks")?;
                self.marks.push(self.stack.len());
                Ok(())
            }
            b'N' => self.push(Node::None),
            0x88 => self.push(Node::Bool(true)),
            0x89 => self.push(Node::Bool(false)),
            0x8c | b'X' | 0x8d => self.push(Node::Text(utf8(argument)?.to_owned())),
            b'V' => self.push(Node::Text(unescaped(argument)?)),
            b'K' | b'M' => self.push(Node::Int(unsigned(argument))),
            b'J' | 0x8a => self.push(Node::Int(signed(argument)?)),
            b'I' => match argument {
                // What protocols 0 and 1 have for booleans.
                b"00" => self.push(Node::Bool(false)),
                b"01" => self.push(Node::Bool(true)),
                digits => self.push(Node::Int(number(digits)?)),
            },
            b'L' => self.push(Node::Int(number(argument.strip_suffix(b"L").unwrap_or(argument))?)),
            b'F' => {
                let read = utf8(argument)?.parse();
                self.push(Node::Float(read.map_err(|_| Refused::Broken("a number that is none"))?))
            }
            b'G' => {
                let bits = argument.iter().fold(0_u64, |bits, &byte| (bits << 8) | u64::from(byte));
                self.push(Node::Float(f64::from_bits(bits)))
            }
            b')' => self.push(Node::Tuple(Vec::new())),
            b']' => self.push(Node::List(Vec::new())),
            b'}' => self.push(Node::Dict(Vec::new())),
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(instruction - 0x84))?;
                self.push(Node::Tuple(items))
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Node::Tuple(items))
            }
            b'l' => {
                let items = self.pop_to_mark()?;
                self.push(Node::List(items))
            }
            b'd' => {
                let items = paired(self.pop_to_mark()?)?;
                self.push(Node::Dict(items))
            }
            b'a' | b'e' => {
                let items = if instruction == b'a' { self.pop_many(1)? } else { self.pop_to_mark()? };
                match self.top()? {
                    Node::List(list) => list.extend(items),
                    _ => return Err(Refused::Broken("something is put into what is no list")),
                }
                Ok(())
            }
            b's' | b'u' => {
                let items = if instruction == b's' { self.pop_many(2)? } else { self.pop_to_mark()? };
                let items = paired(items)?;
                match self.top()? {
                    Node::Dict(dict) => dict.extend(items),
                    _ => return Err(Refused::Broken("something is put into what is no dictionary")),
                }
                Ok(())
            }
            0x94 => {
                let place = u32::try_from(self.memo.len()).unwrap_or(u32::MAX);
                self.remember(place)
            }
            b'q' | b'r' => self.remember(place(unsigned(argument))?),
            b'p' => self.remember(place(number(argument)?)?),
            b'h' | b'j' => self.recall(place(unsigned(argument))?),
            b'g' => self.recall(place(number(argument)?)?),
            other => Err(Refused::Instruction(other)),
        }
    }

    fn push(&mut self, node: Node) -> Result<(), Refused> {
        room(self.nodes.len(), "values")?;
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
        Ok(())
    }

    /// Takes the value on top; what is below the last mark is not to be had.
    fn pop(&mut self) -> Result<usize, Refused> {
        self.pop_many(1)?.first().copied().ok_or(Refused::Broken("a value is missing"))
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<usize>, Refused> {
        let floor = self.marks.last().copied().unwrap_or(0);
        match self.stack.len().checked_sub(count) {
            Some(from) if from >= floor => Ok(self.stack.split_off(from)),
            _ => Err(Refused::Broken("a value is missing")),
        }
    }

    fn pop_to_mark(&mut self) -> Result<Vec<usize>, Refused> {
        let mark = self.marks.pop().ok_or(Refused::Broken("a mark is missing"))?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn top(&mut self) -> Result<&mut Node, Refused> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let top = self.stack.last().filter(|_| self.stack.len() > floor);
        let node = top.and_then(|&top| self.nodes.get_mut(top));
        node.ok_or(Refused::Broken("a value is missing"))
    }

    fn remember(&mut self, place: u32) -> Result<(), Refused> {
        room(self.memo.len(), "references")?;
        let &top = self.stack.last().ok_or(Refused::Broken("a value is missing"))?;
        self.memo.insert(place, top);
        Ok(())
    }

    fn recall(&mut self, place: u32) -> Result<(), Refused> {
        room(self.stack.len(), "values")?;
        let &node = self.memo.get(&place).ok_or(Refused::Broken("a reference to nothing"))?;
        self.stack.push(node);
        Ok(())
    }
}

fn room(taken: usize, what: &'static str) -> Result<(), Refused> {
    if taken < MOST_VALUES { Ok(()) } else { Err(Refused::TooMuch(what)) }
}

fn paired(items: Vec<usize>) -> Result<Vec<usize>, Refused> {
    if items.len().is_multiple_of(2) { Ok(items) } else { Err(Refused::Broken("a key without a value")) }
}

fn utf8(bytes: &[u8]) -> Result<&str, Refused> {
    std::str::from_utf8(bytes).map_err(|_| Refused::Broken("a text that is not UTF-8"))
}

fn place(number: i128) -> Result<u32, Refused> {
    u32::try_from(number).map_err(|_| Refused::Broken("a reference to nothing"))
}

/// A number in bytes, the lowest first.
fn unsigned(bytes: &[u8]) -> i128 {
    bytes.iter().rev().fold(0, |number, &byte| (number << 8) | i128::from(byte))
}

/// The same in two's complement.
fn signed(bytes: &[u8]) -> Result<i128, Refused> {
    if bytes.len() > 16 {
        return Err(Refused::TooMuch("digits"));
    }
    let negative = bytes.last().is_some_and(|&highest| highest >= 0x80);
    Ok(bytes.iter().rev().fold(-i128::from(negative), |number, &byte| (number << 8) | i128::from(byte)))
}

fn number(digits: &[u8]) -> Result<i128, Refused> {
    utf8(digits)?.parse().map_err(|_| Refused::Broken("a number that is none"))
}

/// A text as protocol 0 writes it: Latin-1, and `\uXXXX` or `\UXXXXXXXX` for everything else. No other backslash means
/// anything.
fn unescaped(bytes: &[u8]) -> Result<String, Refused> {
    let mut text = String::new();
    let mut rest = bytes;
    while let [first, beyond @ ..] = rest {
        let digits = match (first, beyond.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => {
                text.push(char::from(*first));
                rest = beyond;
                continue;
            }
        };
        let code = beyond.get(1..=digits).and_then(|code| std::str::from_utf8(code).ok());
        let letter = code.and_then(|code| u32::from_str_radix(code, 16).ok()).and_then(char::from_u32);
        text.push(letter.ok_or(Refused::Broken("an escaped letter that is none"))?);
        rest = beyond.get(1 + digits..).unwrap_or_default();
    }
    Ok(text)
}

/// Makes values of nodes, and counts what references unfold to: two lines can refer to a gigabyte, or to themselves.
struct Unfolding<'a> {
    nodes: &'a [Node],
    values: usize,
    text: usize,
}

impl Unfolding<'_> {
    fn unfold(&mut self, node: usize, depth: usize) -> Result<Value, Refused> {
        if depth >= MOST_DEPTH {
            return Err(Refused::TooMuch("levels"));
        }
        room(self.values, "values")?;
        self.values += 1;
        let nodes = self.nodes;
        Ok(match nodes.get(node).ok_or(Refused::Broken("a value is missing"))? {
            Node::None => Value::None,
            Node::Bool(value) => Value::Bool(*value),
            Node::Int(value) => Value::Int(*value),
            Node::Float(value) => Value::Float(*value),
            Node::Text(text) => {
                self.text += text.len();
                if self.text > MOST_TEXT {
                    return Err(Refused::TooMuch("letters"));
                }
                Value::Text(text.clone())
            }
            Node::Tuple(items) => Value::Tuple(self.all(items, depth)?),
            Node::List(items) => Value::List(self.all(items, depth)?),
            Node::Dict(items) => {
                let mut items = self.all(items, depth)?.into_iter();
                let pairs = std::iter::from_fn(|| items.next().zip(items.next()));
                Value::Dict(pairs.collect())
            }
        })
    }

    fn all(&mut self, items: &[usize], depth: usize) -> Result<Vec<Value>, Refused> {
        items.iter().map(|&item| self.unfold(item, depth + 1)).collect()
    }
}

/// Writes a pickle, instruction by instruction. It is read by every Python since 3.0.
#[derive(Debug, Clone)]
pub struct Writer {
    bytes: Vec<u8>,
    /// Texts that were written before, by their place in the memo.
    known: HashMap<String, u8>,
}

impl Default for Writer {
    fn default() -> Self {
        Self { bytes: vec![0x80, 3], known: HashMap::new() }
    }
}

impl Writer {
    /// A text.
    pub fn text(&mut self, text: &str) {
        if let Ok(length) = u8::try_from(text.len()) {
            self.bytes.extend([0x8c, length]);
        } else {
            self.bytes.push(b'X');
            // No reply is longer than a client takes at once.
            self.bytes.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        }
        self.bytes.extend(text.as_bytes());
    }

    /// A text that may come again: from the second time on it is a reference to the first.
    pub fn repeated_text(&mut self, text: &str) {
        if let Some(&place) = self.known.get(text) {
            self.bytes.extend([b'h', place]);
            return;
        }
        self.text(text);
        if let Ok(place) = u8::try_from(self.known.len()) {
            self.known.insert(text.to_owned(), place);
            self.bytes.extend([b'q', place]);
        }
    }

    /// A whole number, in as few bytes as it takes.
    pub fn int(&mut self, value: i64) {
        if let Ok(byte) = u8::try_from(value) {
            self.bytes.extend([b'K', byte]);
        } else if let Ok(two) = u16::try_from(value) {
            self.bytes.push(b'M');
            self.bytes.extend(two.to_le_bytes());
        } else if let Ok(four) = i32::try_from(value) {
            self.bytes.push(b'J');
            self.bytes.extend(four.to_le_bytes());
        } else {
            self.bytes.extend([0x8a, 8]);
            self.bytes.extend(value.to_le_bytes());
        }
    }

    /// A number with a fraction.
    pub fn float(&mut self, value: f64) {
        self.bytes.push(b'G');
        self.bytes.extend(value.to_bits().to_be_bytes());
    }

    /// `None`.
    pub fn none(&mut self) {
        self.bytes.push(b'N');
    }

    /// A list of what is written inside.
    pub fn list(&mut self, inside: impl FnOnce(&mut Self)) {
        self.bytes.extend(b"](");
        inside(self);
        self.bytes.push(b'e');
    }

    /// A tuple of what is written inside.
    pub fn tuple(&mut self, inside: impl FnOnce(&mut Self)) {
        self.bytes.push(b'(');
        inside(self);
        self.bytes.push(b't');
    }

    /// What a class of the reader's makes of the arguments written inside.
    pub fn made_by(&mut self, module: &str, class: &str, arguments: impl FnOnce(&mut Self)) {
        self.bytes.push(b'c');
        for name in [module, class] {
            self.bytes.extend(name.as_bytes());
            self.bytes.push(b'\n');
        }
        self.tuple(arguments);
        self.bytes.push(b'R');
    }

    /// The pickle.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push(b'.');
        self.bytes
    }
}
