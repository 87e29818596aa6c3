//! Forms: what was typed, kept when it is refused, and what is wrong, said where it is.

use std::collections::BTreeMap;

use auboutique_domain::Refusal;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;

use super::error::said;
use super::visit::Shell;
use crate::http::input::{FIELDS, PATIENCE, media_type, read};
use crate::http::problem::Problem;

/// What was typed into a form, by the names of its fields.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    fields: BTreeMap<String, Vec<String>>,
}

impl Typed {
    /// A form with these values in it.
    #[must_use]
    pub fn of(fields: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in fields {
            typed.add(name, value);
        }
        typed
    }

    /// One value more.
    pub fn add(&mut self, name: &str, value: String) {
        self.fields.entry(name.to_owned()).or_default().push(value);
    }

    /// The value of a field; empty when there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.fields.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// All values of a field.
    #[must_use]
    pub fn all(&self, name: &str) -> &[String] {
        self.fields.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value of a field, unless it is empty.
    #[must_use]
    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.get(name).trim()).filter(|value| !value.is_empty())
    }

    /// Whether a field has that value, for what is chosen.
    #[must_use]
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.all(name).iter().any(|given| given == value)
    }

    /// Reads fields as an address writes them.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut typed = Self::default();
        for (name, value) in form_urlencoded::parse(text) {
            typed.add(&name, value.into_owned());
        }
        typed
    }
}

impl<S: Send + Sync> FromRequest<S> for Typed {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if media_type(request.headers()) != "application/x-www-form-urlencoded" {
            return Err(Problem::http(StatusCode::UNSUPPORTED_MEDIA_TYPE, "form_needed", "Send a form."));
        }
        Ok(Self::parse(&read(request, FIELDS, PATIENCE).await?))
    }
}

/// What is wrong with a form: with one of its fields, or with all of it.
#[derive(Debug, Clone, Default)]
pub struct Wrong {
    field: String,
    said: String,
}

impl Wrong {
    /// What is wrong, in the language of the page.
    #[must_use]
    pub fn because(shell: &Shell, problem: &Problem) -> Self {
        let field = problem.refusal().map_or("", field_of).to_owned();
        Self { field, said: said(shell, problem) }
    }

    /// What is wrong with that field.
    #[must_use]
    pub fn with(&self, field: &str) -> Option<&str> {
        (!self.said.is_empty() && self.field == field).then_some(self.said.as_str())
    }

    /// What is wrong with a form that has these fields, when it is none of them.
    #[must_use]
    pub fn beyond(&self, fields: &[&str]) -> Option<&str> {
        (!self.said.is_empty() && !fields.contains(&self.field.as_str())).then_some(self.said.as_str())
    }
}

/// The field a refusal is about, if it is about one.
fn field_of(refusal: &Refusal) -> &str {
    match refusal {
        Refusal::TextLength { field, .. } | Refusal::TextUnprintable { field } => field,
        Refusal::UsernameInvalid | Refusal::UsernameReserved | Refusal::UsernameTaken => "username",
        Refusal::EmailInvalid | Refusal::EmailDomainNotAllowed { .. } | Refusal::EmailTaken => "email",
        Refusal::PasswordLength { .. } | Refusal::PasswordWeak { .. } => "password",
        Refusal::CurrencyUnknown | Refusal::PriceOutOfRange { .. } | Refusal::PriceUnreadable => "price",
        Refusal::CategoryUnknown { .. } => "category",
        Refusal::ConditionUnknown { .. } => "condition",
        Refusal::PictureNeeded
        | Refusal::TooManyPictures { .. }
        | Refusal::PictureTooLarge { .. }
        | Refusal::PictureTooManyPixels { .. }
        | Refusal::PictureUnreadable { .. } => "pictures",
        Refusal::PickupPointClosed => "pickup_point",
        Refusal::WrongCredentials | Refusal::TooManyTries { .. } => "login",
        _ => "",
    }
}
