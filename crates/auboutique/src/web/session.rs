//! Signing in and out, and joining.

use askama::Template;
use auboutique_domain::Command;
use auboutique_market::{Key, Password, SignIn};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::error::Failed;
use super::form::{Form, Typed, Wrong};
use super::visit::{Shell, Visit};
use crate::http::asker::{self, cookie, device_cookie, no_cookie};
use crate::http::problem::Problem;

#[derive(Template)]
#[template(path = "login.html")]
struct Login {
    shell: Shell,
    typed: Typed,
    wrong: Wrong,
}

#[derive(Template)]
#[template(path = "signup.html")]
struct SignUp {
    shell: Shell,
    typed: Typed,
    wrong: Wrong,
}

impl SignUp {
    fn beyond(&self) -> Option<&str> {
        self.wrong.beyond(&["name", "username", "email", "password"])
    }
}

/// Where to go after signing in: a page of ours, or home.
fn next(typed: &Typed) -> &str {
    let next = typed.get("next");
    let ours = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    if ours && next.chars().all(|letter| !letter.is_control()) { next } else { "/" }
}

/// A browser: what it says it is, for the list of sessions, and the secret by which it is known again, if it has one.
pub struct Device {
    name: String,
    secret: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Device {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { name: device(&parts.headers), secret: asker::device(&parts.headers) })
    }
}

/// A browser in two words, out of the sentence it sends.
fn device(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Browser".to_owned(),
    }
}

/// The form to sign in with.
///
/// # Errors
///
/// None but a page that cannot be written.
pub async fn login_form(visit: Visit) -> Result<Response, Failed> {
    let typed = Typed::parse(visit.query().as_bytes());
    if visit.shell.me.is_some() {
        return Ok(visit.go(next(&typed)));
    }
    visit.page(&Login { shell: visit.shell.clone(), typed, wrong: Wrong::default() })
}

/// Signs in.
///
/// # Errors
///
/// The form again, with the reason.
pub async fn login(device: Device, Form(visit, typed): Form) -> Result<Response, Failed> {
    let password = Password::typed(typed.get("password"));
    match visit.site.market.log_in(typed.get("login"), &password, &visit.asker.source, &device.name).await {
        Ok(signed_in) => Ok(signed(&visit, &signed_in, device, next(&typed)).await),
        Err(no) => {
            let problem = Problem::from(no);
            let wrong = Wrong::because(&visit.shell, &problem);
            visit.page_with(problem.status(), &Login { shell: visit.shell.clone(), typed, wrong })
        }
    }
}

async fn signed(visit: &Visit, signed_in: &SignIn, device: Device, next: &str) -> Response {
    let mut response = super::visit::go(next);
    let market = &visit.site.market;
    let secret = device.secret.unwrap_or_else(|| market.fresh_key().as_str().to_owned());
    // Whoever is signed in is signed in, also when it cannot be noted by which browser.
    if let Err(no) = market.see_device(signed_in.account.id, &secret).await {
        tracing::warn!(%no, "it was not noted by which browser a member signed in");
    }
    response.headers_mut().append(header::SET_COOKIE, device_cookie(&secret));
    response.headers_mut().append(header::SET_COOKIE, cookie(&signed_in.token));
    visit.site.shared.sessions.note(&visit.site, &signed_in.token, signed_in.session.session);
    response
}

/// The form to join with.
///
/// # Errors
///
/// None but a page that cannot be written.
pub async fn signup_form(visit: Visit) -> Result<Response, Failed> {
    let typed = Typed::parse(visit.query().as_bytes());
    if visit.shell.me.is_some() {
        return Ok(visit.go(next(&typed)));
    }
    visit.page(&SignUp { shell: visit.shell.clone(), typed, wrong: Wrong::default() })
}

/// Joins, and signs in.
///
/// # Errors
///
/// The form again, with the reason.
pub async fn signup(device: Device, Form(visit, typed): Form) -> Result<Response, Failed> {
    let password = Password::typed(typed.get("password"));
    let said = (typed.get("name"), typed.get("username"), typed.get("email"));
    let market = &visit.site.market;
    let key = typed.some("key").map(Key::parse).transpose();
    let registered = match key {
        Ok(key) => market.register(key, said, &password).await,
        Err(refusal) => Err(refusal.into()),
    };
    let joined = match registered {
        Ok(_) => market.log_in(typed.get("username"), &password, &visit.asker.source, &device.name).await,
        Err(no) => Err(no),
    };
    match joined {
        Ok(signed_in) => Ok(signed(&visit, &signed_in, device, next(&typed)).await),
        Err(no) => {
            let problem = Problem::from(no);
            let wrong = Wrong::because(&visit.shell, &problem);
            visit.page_with(problem.status(), &SignUp { shell: visit.shell.clone(), typed, wrong })
        }
    }
}

/// Ends the session of this browser.
///
/// # Errors
///
/// When the market cannot be written to.
pub async fn logout(Form(visit, _): Form) -> Result<Response, Failed> {
    if let Ok(session) = visit.asker.session() {
        visit.run(Command::EndSession { session }).await.map_err(|no| visit.fail(no))?;
    }
    let mut response = super::visit::go("/?done=logged-out");
    response.headers_mut().append(header::SET_COOKIE, no_cookie());
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_signing_in_nobody_is_sent_to_another_site() {
        let to = |address: &str| next(&Typed::of([("next", address.to_owned())])).to_owned();
        assert_eq!(to("/orders?after=1"), "/orders?after=1");
        for bad in
            ["", "https://evil.example", "//evil.example", "/\\evil.example", "/a\r\nSet-Cookie: x", "evil"]
        {
            assert_eq!(to(bad), "/", "{bad:?}");
        }
    }
}
