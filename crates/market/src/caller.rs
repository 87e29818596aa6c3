//! Who asks.

use auboutique_domain::Refusal;
use auboutique_domain::id::SessionId;

/// Who asks, and under which idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who asks.
    pub who: Who,
    /// Asking again under the same key is answered again, not done again.
    pub key: Option<Key>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Somebody not signed in.
    Visitor,
    /// A member, signed in by this session. Whether it still lasts is looked up for every request.
    Member(SessionId),
    /// Whoever runs the program on this machine: has every right of an operator.
    Console,
    /// This node itself, after it checked a credential.
    Node,
    /// Time.
    Timekeeper,
}

impl Caller {
    /// Somebody not signed in.
    pub const VISITOR: Self = Self { who: Who::Visitor, key: None };
    /// Whoever runs the program on this machine.
    pub const CONSOLE: Self = Self { who: Who::Console, key: None };
    pub(crate) const NODE: Self = Self { who: Who::Node, key: None };
    /// Time.
    pub const TIMEKEEPER: Self = Self { who: Who::Timekeeper, key: None };

    /// A member, signed in by this session.
    #[must_use]
    pub const fn member(session: SessionId) -> Self {
        Self { who: Who::Member(session), key: None }
    }

    /// The same caller, asking under this key.
    #[must_use]
    pub fn under(self, key: Option<Key>) -> Self {
        Self { key, ..self }
    }
}

/// What makes asking twice the same as asking once: chosen by the client, best a random UUID.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(String);

impl Key {
    /// Reads a key: 1 to 100 printable ASCII characters.
    ///
    /// # Errors
    ///
    /// [`Refusal::KeyInvalid`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if (1..=100).contains(&text.len()) && text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::KeyInvalid)
        }
    }

    /// The key made of this randomness.
    #[must_use]
    pub fn random(random: [u8; 16]) -> Self {
        Self(data_encoding::HEXLOWER.encode(&random))
    }

    /// The key as the client wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
