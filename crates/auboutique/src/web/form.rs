//! Forms: what was typed, kept when it is refused, and what is wrong, said where it is.

use std::collections::BTreeMap;

use auboutique_domain::Refusal;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::error::said;
use super::visit::{Markup, Shell, Visit};
use crate::http::Site;
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

    /// Another value in place of all that a field has.
    pub fn set(&mut self, name: &str, value: &str) {
        self.fields.insert(name.to_owned(), vec![value.to_owned()]);
    }

    /// The form without that field.
    pub fn remove(&mut self, name: &str) {
        self.fields.remove(name);
    }

    /// That field alone: what else was typed, a password above all, has no place in an address.
    #[must_use]
    pub fn only(&self, name: &'static str) -> Self {
        Self::of([(name, self.get(name).to_owned())])
    }

    /// The fields that have a value, as an address writes them.
    #[must_use]
    pub fn address(&self) -> String {
        let mut address = form_urlencoded::Serializer::new(String::new());
        for (name, values) in &self.fields {
            for value in values.iter().filter(|value| !value.is_empty()) {
                address.append_pair(name, value);
            }
        }
        address.finish()
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

/// A visit that brings a form.
pub struct Form(pub Visit, pub Typed);

impl FromRequest<Site> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, site).await?;
        let request = Request::from_parts(parts, body);
        if media_type(request.headers()) != "application/x-www-form-urlencoded" {
            let problem = Problem::http(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "form_needed",
                "Send the form of this page.",
            );
            return Err(visit.fail(problem).into_response());
        }
        match read(request, FIELDS, PATIENCE).await {
            Ok(body) => Ok(Self(visit, Typed::parse(&body))),
            Err(problem) => Err(visit.fail(problem).into_response()),
        }
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

    /// The same, said at that field; where it was when none is named.
    #[must_use]
    pub fn in_field(mut self, field: &str) -> Self {
        if !field.is_empty() {
            field.clone_into(&mut self.field);
        }
        self
    }

    /// Whether anything is.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        !self.said.is_empty()
    }

    /// What is wrong, whatever it is with.
    #[must_use]
    pub fn any(&self) -> Option<&str> {
        self.is_any().then_some(self.said.as_str())
    }

    /// What is wrong with that field.
    #[must_use]
    pub fn with(&self, field: &str) -> Option<&str> {
        (!self.said.is_empty() && self.field == field).then_some(self.said.as_str())
    }

    /// Marks a field with which something is wrong.
    #[must_use]
    pub fn mark(&self, field: &str) -> Markup {
        Markup::ours(match self.with(field) {
            Some(_) => format!(" aria-invalid=\"true\" aria-describedby=\"wrong-{field}\""),
            None => String::new(),
        })
    }

    /// Says what is wrong with a field, under it.
    #[must_use]
    pub fn say(&self, field: &str) -> Markup {
        Markup::ours(match self.with(field) {
            Some(said) => format!("<p class=\"wrong\" id=\"wrong-{field}\">{}</p>", escaped(said)),
            None => String::new(),
        })
    }

    /// What is wrong with a form that has these fields, when it is none of them.
    #[must_use]
    pub fn beyond(&self, fields: &[&str]) -> Option<&str> {
        (!self.said.is_empty() && !fields.contains(&self.field.as_str())).then_some(self.said.as_str())
    }
}

/// A page of several forms: which of them was sent, what was typed into it, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// Which form; nothing when the page is just looked at.
    pub form: String,
    /// What was typed into it.
    pub typed: Typed,
    /// What is wrong with it.
    pub wrong: Wrong,
}

impl Sent {
    /// Whether it is that form.
    #[must_use]
    pub fn is(&self, form: &str) -> bool {
        self.form == form
    }

    /// What stands in a field: what was typed, or what is so.
    #[must_use]
    pub fn value(&self, form: &str, field: &str, now: &str) -> String {
        if self.is(form) { self.typed.get(field).to_owned() } else { now.to_owned() }
    }

    /// Marks the field of a form with which something is wrong.
    #[must_use]
    pub fn mark(&self, form: &str) -> Markup {
        let wrong = self.is(form) && self.wrong.is_any();
        Markup::ours(if wrong {
            format!(" aria-invalid=\"true\" aria-describedby=\"wrong-{form}\"")
        } else {
            String::new()
        })
    }

    /// Says what is wrong with a form, in it.
    #[must_use]
    pub fn say(&self, form: &str) -> Markup {
        Markup::ours(match self.wrong.any().filter(|_| self.is(form)) {
            Some(said) => {
                format!("<p class=\"wrong\" id=\"wrong-{form}\" role=\"alert\">{}</p>", escaped(said))
            }
            None => String::new(),
        })
    }
}

pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// The field a refusal is about, if it is about one.
fn field_of(refusal: &Refusal) -> &str {
    match refusal {
        Refusal::TextLength { field, .. } | Refusal::TextUnprintable { field } => field,
        Refusal::UsernameInvalid | Refusal::UsernameReserved | Refusal::UsernameTaken => "username",
        Refusal::EmailInvalid | Refusal::EmailDomainNotAllowed { .. } | Refusal::EmailTaken => "email",
        Refusal::PasswordLength { .. } | Refusal::PasswordWeak { .. } => "password",
        Refusal::CurrencyUnknown
        | Refusal::PriceOutOfRange { .. }
        | Refusal::PriceUnreadable
        | Refusal::NotCashUnit { .. }
        | Refusal::PriceNotLower { .. } => "price",
        Refusal::DurationInvalid => "lasts",
        Refusal::CategoryUnknown { .. } => "category",
        Refusal::ConditionUnknown { .. } => "condition",
        Refusal::PictureNeeded
        | Refusal::TooManyPictures { .. }
        | Refusal::PictureTooLarge { .. }
        | Refusal::PictureTooManyPixels { .. }
        | Refusal::PictureUnreadable { .. } => "pictures",
        Refusal::PickupPointClosed => "pickup_point",
        Refusal::StoreNameInvalid | Refusal::StoreNameTaken => "name",
        Refusal::QuantityOutOfRange { .. } => "limit",
        Refusal::InvitationInvalid => "code",
        Refusal::WrongCredentials | Refusal::TooManyTries { .. } => "login",
        _ => "",
    }
}
