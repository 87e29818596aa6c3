//! Identifiers: a type per aggregate, time-ordered, with a prefix a person can read.
//!
//! An id is a UUIDv7 (48 bits of milliseconds, then randomness) written as 26 characters of Crockford's base 32 behind
//! the prefix of its aggregate: `lst_01jd9y3t8qf1vaz0w6k2m4n8pr`. Ids of one kind sort by the time they were made, and
//! the id of one kind is not an id of another: the compiler refuses it in code, [`parse`](MemberId::parse) on a wire.

use std::borrow::Cow;
use std::fmt;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::time::Moment;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The length of the part behind the prefix, in characters.
const DIGITS: usize = 26;

/// Ten bytes of randomness, from which an id takes the 74 bits it needs.
pub type IdEntropy = [u8; 10];

fn uuid_v7(at: Moment, entropy: IdEntropy) -> u128 {
    let milliseconds = u128::try_from(at.micros().max(0) / 1_000).unwrap_or(0) & 0xffff_ffff_ffff;
    let mut random = [0_u8; 16];
    random[6..].copy_from_slice(&entropy);
    let mut bits = (milliseconds << 80) | u128::from_be_bytes(random);
    bits &= !(0xf_u128 << 76);
    bits |= 0x7_u128 << 76;
    bits &= !(0b11_u128 << 62);
    bits | (0b10_u128 << 62)
}

fn encode(bits: u128, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut digits = [0_u8; DIGITS];
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        let five = (bits >> (5 * place)) & 0x1f;
        *digit = ALPHABET[usize::try_from(five).unwrap_or(0)];
    }
    out.write_str(std::str::from_utf8(&digits).unwrap_or_default())
}

fn decode(text: &str) -> Option<u128> {
    if text.len() != DIGITS || !(b'0'..=b'7').contains(text.as_bytes().first()?) {
        return None;
    }
    text.bytes().try_fold(0_u128, |bits, byte| {
        let five = ALPHABET.iter().position(|&letter| letter == byte)?;
        Some((bits << 5) | u128::try_from(five).ok()?)
    })
}

/// The text was not an id of the kind that was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id here looks like {prefix}_ and 26 letters and digits")]
pub struct NotAnId {
    /// The prefix an id of this kind carries, without the underscore.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[doc = $doc:literal])* $name:ident = $prefix:literal;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// What every id of this kind starts with, without the underscore.
            pub const PREFIX: &'static str = $prefix;
            /// The id of nothing: every id that was made says which version of UUID it is, and this one does not.
            pub const NONE: Self = Self(0);

            /// The id made at this moment from this randomness.
            #[must_use]
            pub fn new(at: Moment, entropy: IdEntropy) -> Self {
                Self(uuid_v7(at, entropy))
            }

            /// Reads an id as it is written by `Display`.
            ///
            /// # Errors
            ///
            /// [`NotAnId`] when the prefix is another or the rest is not 26 digits of the alphabet.
            pub fn parse(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix(concat!($prefix, "_"))
                    .and_then(decode)
                    .map(Self)
                    .ok_or(NotAnId { prefix: $prefix })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(concat!($prefix, "_"))?;
                encode(self.0, out)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, out)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = Cow::<'de, str>::deserialize(from)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some(concat!($($doc)*).trim()))
                    .pattern(Some(concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$")))
                    .into()
            }
        }
    )*};
}

ids! {
    /// A member.
    MemberId = "mbr";
    /// A session: a member signed in on some wire.
    SessionId = "ses";
    /// A listing.
    ListingId = "lst";
    /// An order.
    OrderId = "ord";
    /// A pickup point.
    PickupPointId = "pkp";
    /// A journal entry of the ledger.
    EntryId = "ent";
    /// A stock movement.
    MovementId = "mov";
    /// A strike against a member.
    StrikeId = "stk";
    /// A conversation.
    ConversationId = "cnv";
    /// A message, named by whoever sends it, so that sending it twice shows it once.
    MessageId = "msg";
    /// A picture.
    PictureId = "pic";
    /// A picture on its way in.
    UploadId = "upl";
    /// A store.
    StoreId = "sto";
    /// An invitation to open a store.
    InvitationId = "inv";
    /// A checkout, and the group of orders it becomes.
    CheckoutId = "chk";
    /// A card payment.
    PaymentId = "pay";
    /// Money paid into a wallet at the desk.
    TopUpId = "top";
    /// Money paid out by hand.
    PayoutId = "out";
    /// An auction.
    AuctionId = "auc";
    /// An offer that follows an auction: a second chance, a counter-offer, an offer to those who watch.
    OfferId = "ofr";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = ListingId::new(Moment::from_micros(1_795_000_000_000_000), [7; 10]);
        assert_eq!(ListingId::parse(&id.to_string()), Ok(id));
        assert_eq!(id.to_string().len(), "lst_".len() + 26);
    }

    #[test]
    fn the_id_of_one_kind_is_not_an_id_of_another() {
        let id = ListingId::new(Moment::from_micros(1), [1; 10]).to_string();
        assert_eq!(OrderId::parse(&id), Err(NotAnId { prefix: "ord" }));
    }

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let earlier = OrderId::new(Moment::from_micros(1_000_000), [255; 10]);
        let later = OrderId::new(Moment::from_micros(1_001_000), [0; 10]);
        assert!(earlier < later);
        assert!(earlier.to_string() < later.to_string());
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in [
            "",
            "lst_",
            "lst_01",
            "01jd9y3t8qf1vaz0w6k2m4n8pr",
            "lst_81jd9y3t8qf1vaz0w6k2m4n8pr",
            "lst_01jd9y3t8qf1vaz0w6k2m4n8pu",
            "LST_01jd9y3t8qf1vaz0w6k2m4n8pr",
            "lst_01jd9y3t8qf1vaz0w6k2m4n8é",
        ] {
            assert!(ListingId::parse(text).is_err(), "{text}");
        }
    }
}
