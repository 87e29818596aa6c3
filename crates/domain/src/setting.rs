//! What an operator can set while the market runs.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::bid::Ladder;
use crate::money::{Currency, Rate};
use crate::refusal::Refusal;

/// The settings of the market. Kept as one row per setting; what is not set has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Settings {
    /// The e-mail domains that may join, lower case; empty when all may.
    #[schema(required = true)]
    pub email_domains: Vec<String>,
    /// What the market takes of a member's sale, in basis points (hundredths of a percent). Default 0.
    #[schema(required = true)]
    pub commission_basis_points: i64,
    /// How many messages one member may send in a minute. Default 60.
    #[schema(required = true)]
    pub messages_per_minute: i64,
    /// How many Lebanese pounds a dollar is, where one currency pays for the other. Default 89,500.
    #[schema(required = true)]
    pub lbp_per_usd: Rate,
    /// What the market keeps of a paid order that was not collected, in basis points. Default 0.
    #[schema(required = true)]
    pub handling_basis_points: i64,
    /// By how much bids in dollars exceed the price, in cents: the band from so many on, so many. Default as in the rules.
    #[schema(required = true)]
    pub increments_usd: Ladder,
    /// The same for pounds.
    #[schema(required = true)]
    pub increments_lbp: Ladder,
    /// How many minutes a late bid leaves to the others: 1 to 15. Default 3.
    #[schema(required = true)]
    pub soft_close_minutes: i64,
    /// How many bids one member may place in a minute. Default 120.
    #[schema(required = true)]
    pub bids_per_minute: i64,
    /// What the market takes of what was sold in an auction, in basis points. Default 1000.
    #[schema(required = true)]
    pub auction_commission_basis_points: i64,
}

/// How many bids one member may place in a minute when the operator does not say otherwise.
pub const BIDS_PER_MINUTE: i64 = 120;

impl Default for Settings {
    fn default() -> Self {
        Self {
            email_domains: Vec::new(),
            commission_basis_points: 0,
            messages_per_minute: 60,
            lbp_per_usd: Rate::default(),
            handling_basis_points: 0,
            increments_usd: Ladder::of(Currency::Usd),
            increments_lbp: Ladder::of(Currency::Lbp),
            soft_close_minutes: 3,
            bids_per_minute: BIDS_PER_MINUTE,
            auction_commission_basis_points: 1_000,
        }
    }
}

/// The names of the settings, as the operator types them and the database keeps them.
pub const NAMES: [&str; 10] = [
    "email_domains",
    "commission_basis_points",
    "messages_per_minute",
    "lbp_per_usd",
    "handling_basis_points",
    "increments_usd",
    "increments_lbp",
    "soft_close_minutes",
    "bids_per_minute",
    "auction_commission_basis_points",
];

impl Settings {
    /// The settings with one of them changed. `value` is text as typed: domains separated by commas, or a number.
    ///
    /// # Errors
    ///
    /// [`Refusal::SettingInvalid`] with a sentence that names the settings or the allowed values.
    pub fn with(mut self, name: &str, value: &str) -> Result<Self, Refusal> {
        let invalid = |problem: String| Refusal::SettingInvalid { problem };
        match name {
            "email_domains" => {
                self.email_domains = value
                    .split(',')
                    .map(|part| part.trim().to_lowercase())
                    .filter(|part| !part.is_empty())
                    .collect();
                if let Some(bad) = self.email_domains.iter().find(|domain| !is_domain(domain)) {
                    return Err(invalid(format!(
                        "{bad:?} is not a domain. Write them like aub.edu.lb,mail.aub.edu."
                    )));
                }
            }
            "commission_basis_points" => {
                self.commission_basis_points =
                    value.trim().parse().ok().filter(|points| (0..=5_000).contains(points)).ok_or_else(
                        || invalid("The commission is 0 to 5000 basis points (500 is 5 %).".to_owned()),
                    )?;
            }
            "messages_per_minute" => {
                self.messages_per_minute =
                    value.trim().parse().ok().filter(|count| (1..=100_000).contains(count)).ok_or_else(
                        || invalid("A member may send 1 to 100000 messages in a minute.".to_owned()),
                    )?;
            }
            "lbp_per_usd" => {
                let pounds = value.trim().parse().ok().and_then(Rate::new);
                self.lbp_per_usd = pounds.ok_or_else(|| {
                    invalid("A dollar is 1 to 100000000 pounds; write the whole number.".to_owned())
                })?;
            }
            "handling_basis_points" => {
                self.handling_basis_points =
                    value.trim().parse().ok().filter(|points| (0..=5_000).contains(points)).ok_or_else(
                        || invalid("The handling fee is 0 to 5000 basis points (500 is 5 %).".to_owned()),
                    )?;
            }
            "increments_usd" => self.increments_usd = Ladder::parse(value, Currency::Usd).map_err(invalid)?,
            "increments_lbp" => self.increments_lbp = Ladder::parse(value, Currency::Lbp).map_err(invalid)?,
            "soft_close_minutes" => {
                self.soft_close_minutes =
                    value.trim().parse().ok().filter(|minutes| (1..=15).contains(minutes)).ok_or_else(
                        || invalid("A late bid leaves 1 to 15 minutes to the others.".to_owned()),
                    )?;
            }
            "bids_per_minute" => {
                self.bids_per_minute = value
                    .trim()
                    .parse()
                    .ok()
                    .filter(|count| (BIDS_PER_MINUTE..=100_000).contains(count))
                    .ok_or_else(|| {
                        invalid("A member may place 120 to 100000 bids in a minute.".to_owned())
                    })?;
            }
            "auction_commission_basis_points" => {
                self.auction_commission_basis_points =
                    value.trim().parse().ok().filter(|points| (0..=5_000).contains(points)).ok_or_else(
                        || invalid("The commission is 0 to 5000 basis points (1000 is 10 %).".to_owned()),
                    )?;
            }
            _ => return Err(invalid(format!("The settings are {}.", NAMES.join(", ")))),
        }
        Ok(self)
    }

    /// By how much bids in that currency exceed the price.
    #[must_use]
    pub const fn ladder(&self, currency: Currency) -> &Ladder {
        match currency {
            Currency::Usd => &self.increments_usd,
            Currency::Lbp => &self.increments_lbp,
        }
    }

    /// The value of one setting as it is typed and kept.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        match name {
            "email_domains" => Some(self.email_domains.join(",")),
            "commission_basis_points" => Some(self.commission_basis_points.to_string()),
            "messages_per_minute" => Some(self.messages_per_minute.to_string()),
            "lbp_per_usd" => Some(self.lbp_per_usd.pounds().to_string()),
            "handling_basis_points" => Some(self.handling_basis_points.to_string()),
            "increments_usd" => Some(self.increments_usd.to_string()),
            "increments_lbp" => Some(self.increments_lbp.to_string()),
            "soft_close_minutes" => Some(self.soft_close_minutes.to_string()),
            "bids_per_minute" => Some(self.bids_per_minute.to_string()),
            "auction_commission_basis_points" => Some(self.auction_commission_basis_points.to_string()),
            _ => None,
        }
    }
}

/// Whether the text is a domain name with at least one dot.
#[must_use]
pub fn is_domain(text: &str) -> bool {
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_takes_only_values_it_can_have() {
        let settings = Settings::default();
        assert_eq!(
            settings.clone().with("commission_basis_points", "500").unwrap().commission_basis_points,
            500
        );
        assert_eq!(
            settings.clone().with("email_domains", " AUB.edu.lb, ").unwrap().email_domains,
            ["aub.edu.lb"]
        );
        for (name, value) in [
            ("commission_basis_points", "-1"),
            ("commission_basis_points", "5001"),
            ("commission_basis_points", "1e3"),
            ("messages_per_minute", "0"),
            ("email_domains", "not a domain"),
            ("lbp_per_usd", "0"),
            ("lbp_per_usd", "89500.5"),
            ("handling_basis_points", "5001"),
            ("increments_usd", "0:50,1000:25"),
            ("increments_lbp", "0:50"),
            ("soft_close_minutes", "16"),
            ("bids_per_minute", "1"),
            ("auction_commission_basis_points", "10 %"),
            ("colour", "red"),
        ] {
            assert!(settings.clone().with(name, value).is_err(), "{name} {value}");
        }
    }
}
