//! JSON objects in a stream that nobody framed: where one begins and ends is known by its content alone.
//!
//! ```text
//!  junk { … } junk { … }{ … } …
//!       └ object     └ object
//! ```
//!
//! What stands between objects is skipped. Something that can be no object is told once, and reading goes on behind it:
//! an object that begins where none can stand inside another begins anew, and so does whatever follows a text that has a
//! line break in it. What is left is an object whose end never comes; whoever reads gives it up after a while.

use std::marker::PhantomData;

use serde_json::{Map, Value};

/// The most bytes an object may have: 64 KiB. One that has more is not kept, and only its end is looked for.
pub const MOST: usize = 64 * 1_024;

/// What is wrong with something that should have been an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It is not JSON, or nested too deeply, or its end did not come.
    #[error("the request is not a JSON object")]
    NotJson,
    /// It has more than [`MOST`] bytes.
    #[error("the request has more than {MOST} bytes")]
    TooLong,
}

/// Bytes that came and are not read yet: at most [`MOST`] and what was pushed last.
#[derive(Debug, Default)]
pub struct Objects {
    bytes: Vec<u8>,
    /// Up to here they were looked at.
    seen: usize,
    depth: usize,
    in_text: bool,
    escaped: bool,
    /// The last byte outside of texts that is not a blank.
    before: u8,
    too_long: bool,
}

impl Objects {
    /// More bytes came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next object, or what is wrong with it; nothing when more bytes have to come.
    pub fn next_object(&mut self) -> Option<Result<Map<String, Value>, Broken>> {
        while let Some(&byte) = self.bytes.get(self.seen) {
            if self.depth == 0 {
                match self.bytes.iter().position(|&byte| byte == b'{') {
                    None => self.bytes.clear(),
                    Some(at) => {
                        drop(self.bytes.drain(..at));
                        (self.seen, self.depth, self.before) = (1, 1, b'{');
                        self.too_long = false;
                    }
                }
                continue;
            }
            let begins_where_none_can =
                byte == b'{' && !self.in_text && !matches!(self.before, b':' | b'[' | b',');
            if begins_where_none_can {
                return Some(Err(self.leave(self.seen)));
            }
            self.seen += 1;
            if self.in_text && byte < b' ' {
                return Some(Err(self.leave(self.seen)));
            }
            self.step(byte);
            if self.depth == 0 {
                let object: Vec<u8> = self.bytes.drain(..std::mem::take(&mut self.seen)).collect();
                let too_long = std::mem::take(&mut self.too_long) || object.len() > MOST;
                return Some(if too_long {
                    Err(Broken::TooLong)
                } else {
                    serde_json::from_slice(&object).map_err(|_| Broken::NotJson)
                });
            }
            if self.seen > MOST {
                drop(self.bytes.drain(..std::mem::take(&mut self.seen)));
                self.too_long = true;
            }
        }
        None
    }

    /// Whether an object has begun and not ended.
    #[must_use]
    pub const fn is_within(&self) -> bool {
        self.depth > 0
    }

    /// Gives up the object whose end does not come, if one has begun.
    pub fn give_up(&mut self) -> Option<Broken> {
        self.is_within().then(|| self.leave(self.bytes.len()))
    }

    /// Leaves the object, and what stands before that place.
    fn leave(&mut self, at: usize) -> Broken {
        let broken = if self.too_long { Broken::TooLong } else { Broken::NotJson };
        drop(self.bytes.drain(..at));
        *self = Self { bytes: std::mem::take(&mut self.bytes), ..Self::default() };
        broken
    }

    fn step(&mut self, byte: u8) {
        if self.in_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return;
        }
        match byte {
            b'"' => self.in_text = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            self.before = byte;
        }
    }
}

/// What one object says.
pub trait FromObject: Sized {
    /// What an object says that asks for nothing, and why.
    type Malformed: From<Broken>;

    /// Reads it.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    fn from_object(object: Map<String, Value>) -> Result<Self, Self::Malformed>;
}

/// What is asked by one object after the other, in whatever pieces they come. Takes the memory of [`Objects`].
#[derive(Debug)]
pub struct Requests<R> {
    objects: Objects,
    of: PhantomData<fn() -> R>,
}

impl<R> Default for Requests<R> {
    fn default() -> Self {
        Self { objects: Objects::default(), of: PhantomData }
    }
}

impl<R: FromObject> Requests<R> {
    /// More bytes came.
    pub fn push(&mut self, bytes: &[u8]) {
        self.objects.push(bytes);
    }

    /// The next request; nothing when more bytes have to come.
    pub fn next_request(&mut self) -> Option<Result<R, R::Malformed>> {
        Some(self.objects.next_object()?.map_err(R::Malformed::from).and_then(R::from_object))
    }

    /// Whether a request has begun and not ended.
    #[must_use]
    pub const fn is_within(&self) -> bool {
        self.objects.is_within()
    }

    /// Gives up the request whose end does not come.
    pub fn give_up(&mut self) -> Option<R::Malformed> {
        self.objects.give_up().map(R::Malformed::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of the bytes, in pieces of that size: each object as its text, or what is wrong.
    fn read(bytes: &[u8], piece: usize) -> Vec<String> {
        let mut objects = Objects::default();
        let mut found = Vec::new();
        for piece in bytes.chunks(piece) {
            objects.push(piece);
            while let Some(object) = objects.next_object() {
                found.push(match object {
                    Ok(object) => Value::Object(object).to_string(),
                    Err(broken) => format!("{broken:?}"),
                });
            }
            assert!(objects.bytes.len() <= MOST + piece.len());
        }
        found.extend(objects.give_up().map(|broken| format!("{broken:?}, and no end")));
        assert!(!objects.is_within());
        found
    }

    fn check(bytes: &str, expected: &[&str]) {
        for piece in [1, 2, 3, 7, 1_000_000] {
            assert_eq!(read(bytes.as_bytes(), piece), expected, "{bytes:?} in pieces of {piece}");
        }
    }

    #[test]
    fn an_object_is_found_by_its_content() {
        check(r#"{"a":1}"#, &[r#"{"a":1}"#]);
        check(r#"view{"a":1}"#, &[r#"{"a":1}"#]);
        check(
            "}]\"{\"a\":1} \n\r\n{\"b\":[{\"c\":{}}, {}]}{}",
            &[r#"{"a":1}"#, r#"{"b":[{"c":{}},{}]}"#, "{}"],
        );
        check(r#"{"a":"}{\"\\"}"#, &[r#"{"a":"}{\"\\"}"#]);
        check(r#"{"a":"é😀 \u00e9"}"#, &[r#"{"a":"é😀 é"}"#]);
        check("no object at all", &[]);
    }

    #[test]
    fn what_is_no_object_is_told_once_and_reading_goes_on() {
        check(r#"{"a":NaN,"b":{"c":1}}{"a":1}"#, &["NotJson", r#"{"a":1}"#]);
        check(r#"{"a":"x"{"a":1}"#, &["NotJson", r#"{"a":1}"#]);
        check("{\"a\":\"x\n{\"a\":1}", &["NotJson", r#"{"a":1}"#]);
        check(r#"{"a":1]{"a":1}"#, &["NotJson", r#"{"a":1}"#]);
        check(r#"{{"a":1}"#, &["NotJson", r#"{"a":1}"#]);
        check(r#"{"a":1e999}{}"#, &["NotJson", "{}"]);
        check(r#"{"a":"#, &["NotJson, and no end"]);
        check(r#"{"a":"x{"a":1}"#, &["NotJson, and no end"]);
        assert_eq!(read(b"{\"a\":\"\xff\"}{}", 1), ["NotJson", "{}"]);
    }

    #[test]
    fn deep_nesting_is_no_object() {
        let deep = format!("{}1{}{{}}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
        check(&deep, &["NotJson", "{}"]);
    }

    #[test]
    fn an_object_that_is_too_long_is_told_at_its_end_and_not_kept() {
        let long = format!("{{\"a\":\"{}\"}}{{\"a\":1}}", "x".repeat(5 * MOST));
        check(&long, &["TooLong", r#"{"a":1}"#]);
        let endless = format!("{{\"a\":\"{}", "x".repeat(5 * MOST));
        check(&endless, &["TooLong, and no end"]);
        let just = format!("{{\"a\":\"{}\"}}", "x".repeat(MOST - 8));
        check(&just, &[&just]);
    }
}
