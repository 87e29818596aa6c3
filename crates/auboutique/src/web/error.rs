//! Pages that help when something is not there, not allowed, or not working.

use askama::Template;
use auboutique_domain::Refusal;
use auboutique_wire::json::Failure;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::visit::{Shell, go, html};
use crate::http::problem::{Problem, Said};

/// A page that could not be shown, and why.
pub struct Failed {
    shell: Box<Shell>,
    problem: Problem,
}

impl Failed {
    /// Why a page cannot be shown.
    #[must_use]
    pub fn new(shell: Shell, problem: impl Into<Problem>) -> Self {
        Self { shell: Box::new(shell), problem: problem.into() }
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct Page {
    shell: Shell,
    status: u16,
    title: String,
    said: String,
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let Self { shell, problem } = self;
        let needs_sign_in = matches!(problem.refusal(), Some(Refusal::SignInNeeded | Refusal::SessionEnded));
        if needs_sign_in {
            return go(&shell.login());
        }
        let status = problem.status();
        let kind = match status.as_u16() {
            404 => "not-found",
            403 => "forbidden",
            429 => "too-many",
            503 | 507 => "busy",
            500 => "broken",
            _ => "refused",
        };
        let said = said(&shell, &problem);
        let page = Page {
            title: shell.l.t(&format!("error-{kind}-title")),
            status: status.as_u16(),
            said,
            shell: *shell,
        };
        let mut response = match page.render() {
            Ok(text) => (status, html(text)).into_response(),
            Err(_) => problem.clone().into_response(),
        };
        if let Some(seconds) = problem.retry_after() {
            response.headers_mut().insert(axum::http::header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(Said(problem.code()));
        response
    }
}

/// Why not, in the language of the page.
#[must_use]
pub fn said(shell: &Shell, problem: &Problem) -> String {
    match problem {
        Problem::Failure(Failure::Refused(refusal)) => shell.l.refusal(refusal),
        Problem::Failure(Failure::Busy { .. }) => shell.l.t("error-busy"),
        Problem::Failure(Failure::Broken { incident, .. }) => {
            shell.l.t1("error-broken", "incident", incident)
        }
        Problem::Failure(Failure::Malformed(malformed)) => malformed.to_string(),
        Problem::Http(StatusCode::NOT_FOUND, _, _) => shell.l.t("error-no-page"),
        Problem::Http(_, _, detail) => detail.clone(),
    }
}
