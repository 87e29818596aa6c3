//! Pages that help when something is not there, not allowed, or not working.

use askama::Template;
use auboutique_domain::Refusal;
use auboutique_wire::json::Failure;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::visit::{Shell, Visit, go, html};
use crate::http::Site;
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

/// The page that says what went wrong, as whoever asks sees it.
pub async fn say(site: &Site, mut parts: Parts, problem: Problem) -> Response {
    match Visit::from_request_parts(&mut parts, site).await {
        Ok(visit) => visit.fail(problem).into_response(),
        Err(answer) => answer,
    }
}

/// What is answered before anything is known of who asks (too many requests, too slow, a panic) is a page for people and
/// stays a problem for programs.
pub async fn for_people(State(site): State<Site>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let page = accepts.contains("text/html") && !request.uri().path().starts_with("/api");
    if !page {
        return next.run(request).await;
    }
    let shell = Shell::of_a_visitor(&site, request.method(), request.uri(), headers);
    let mut response = next.run(request).await;
    let problem = response.extensions_mut().remove::<Problem>();
    // An address that cannot even be read is the address of no page.
    let problem = problem.or_else(|| {
        (response.status() == StatusCode::BAD_REQUEST && !is_page(&response)).then(Problem::no_route)
    });
    match problem {
        Some(problem) => {
            let mut page = Failed::new(shell, problem).into_response();
            // What every answer carries, but for what is said of the body that is replaced.
            let headers = response.headers_mut();
            headers.remove(header::CONTENT_LENGTH);
            headers.remove(header::CONTENT_ENCODING);
            for (name, value) in headers.iter() {
                page.headers_mut().entry(name).or_insert_with(|| value.clone());
            }
            page
        }
        None => response,
    }
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
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
