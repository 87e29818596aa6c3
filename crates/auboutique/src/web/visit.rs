//! A visit of a page: who comes, in which language, and how they are answered.

use std::fmt;
use std::sync::Arc;

use askama::Template;
use auboutique_domain::member::{Me, Role};
use auboutique_domain::{Command, Moment, Refusal, Reply};
use auboutique_market::{Key, No, View};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use super::asset;
use super::error::Failed;
use super::form::Typed;
use super::locale::Locale;
use crate::http::Site;
use crate::http::asker::{Asker, no_cookie};
use crate::http::problem::Problem;

/// What every page needs: its frame, and the language it is written in.
#[derive(Clone)]
pub struct Shell {
    /// The language.
    pub l: Arc<Locale>,
    /// Who is signed in.
    pub me: Option<Me>,
    /// The path and the query of the page.
    pub path: String,
    /// Where to come back to after signing in: this page, or the one whose form was sent.
    pub back: String,
    /// How many lines the member's cart has.
    pub cart: i64,
    /// When the page was written.
    pub now: Moment,
    /// What the keys of the page's forms begin with.
    pub key: Key,
    /// What was just done, as the key of a message.
    pub done: Option<String>,
    /// Where the style and the scripts are.
    pub assets: &'static str,
    /// Where people find the market, without a slash at the end.
    pub url: Arc<str>,
    /// Whether programs of older systems are let in.
    pub older: bool,
    /// The number of the last event before the page was read: what happens from then on has to be told.
    pub cursor: i64,
}

impl Shell {
    /// The frame of a page for somebody of whom nothing is known but the request.
    #[must_use]
    pub fn of_a_visitor(site: &Site, method: &Method, uri: &Uri, headers: &HeaderMap) -> Self {
        let l = locale(site, headers);
        let done = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .find(|(name, _)| name == "done")
            .map(|(_, done)| format!("done-{done}"));
        Self {
            me: None,
            cart: 0,
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            back: back(method, uri, headers),
            now: site.market.now(),
            done: done.filter(|key| l.has(key)),
            assets: asset::folder(),
            url: site.url().into(),
            older: site.shared.older,
            cursor: *site.market.log().borrow(),
            key: site.market.fresh_key(),
            l,
        }
    }

    /// The hidden field that makes sending a form twice the same as sending it once. Every form of a page has its own.
    #[must_use]
    pub fn once(&self, form: impl fmt::Display) -> Markup {
        Markup(format!("<input type=\"hidden\" name=\"key\" value=\"{}-{form}\">", self.key.as_str()))
    }

    /// Whether the page stands in that part of the market, for the navigation.
    #[must_use]
    pub fn is_at(&self, part: &str) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        path == part || path.strip_prefix(part).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Marks a link to that part of the market while the page stands in it.
    #[must_use]
    pub fn here(&self, part: &str) -> Markup {
        Markup(if self.is_at(part) { " aria-current=\"page\"".to_owned() } else { String::new() })
    }

    /// Marks a link to that page while it is shown.
    #[must_use]
    pub fn here_exactly(&self, page: &str) -> Markup {
        let here = self.path.split('?').next() == Some(page);
        Markup(if here { " aria-current=\"page\"".to_owned() } else { String::new() })
    }

    /// A drawing of the set, as large as the text beside it.
    #[must_use]
    pub fn icon(&self, name: &str) -> Markup {
        let turns =
            if matches!(name, "back" | "next" | "send" | "out" | "give-back") { " icon-turns" } else { "" };
        Markup(format!(
            "<svg class=\"icon{turns}\" aria-hidden=\"true\"><use href=\"{}/icons.svg#{name}\"/></svg>",
            self.assets
        ))
    }

    /// The letter that stands for a member until there are pictures of members.
    #[must_use]
    pub fn initial(&self, name: &str) -> String {
        name.chars().find(|letter| letter.is_alphanumeric()).map(String::from).unwrap_or_default()
    }

    /// The beginning of a message, on one line.
    #[must_use]
    pub fn snippet(&self, text: &str) -> String {
        let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((end, _)) = words.char_indices().nth(80) {
            words.truncate(end);
            words.push('…');
        }
        words
    }

    /// The arcade that stands where nothing else does.
    #[must_use]
    pub fn arches(&self) -> Markup {
        Markup(
            "<svg class=\"drawing\" viewBox=\"0 0 120 100\" aria-hidden=\"true\" fill=\"none\" stroke=\"currentColor\" \
             stroke-width=\"2.5\"><circle cx=\"92\" cy=\"20\" r=\"9\" fill=\"var(--sun)\" stroke=\"none\"/><path \
             d=\"M8 92V52a16 16 0 0 1 32 0v40M40 92V42a20 20 0 0 1 40 0v50M80 92V52a16 16 0 0 1 32 0v40M4 92h112M60 \
             22v70M40 60h40\"/></svg>"
                .to_owned(),
        )
    }

    /// How many messages are unread, as a badge; nothing when there are none.
    #[must_use]
    pub fn unread(&self) -> Markup {
        let unread = self.me.as_ref().map_or(0, |me| me.unread);
        if unread == 0 {
            return Markup(String::new());
        }
        let shown = if unread > 99 { "99+".to_owned() } else { self.l.number(unread) };
        let said = self.l.count("unread-messages", unread);
        Markup(format!(
            "<span class=\"badge\" title=\"{said}\">{shown}<span class=\"unseen\"> {said}</span></span>"
        ))
    }

    /// How many lines the cart has, as a badge; nothing when it is empty.
    #[must_use]
    pub fn in_cart(&self) -> Markup {
        if self.cart == 0 {
            return Markup(String::new());
        }
        let (shown, said) = (self.l.number(self.cart), self.l.count("cart-lines", self.cart));
        Markup(format!(
            "<span class=\"badge\" title=\"{said}\">{shown}<span class=\"unseen\"> {said}</span></span>"
        ))
    }

    /// Whether that was just done.
    #[must_use]
    pub fn did(&self, what: &str) -> bool {
        self.done.as_deref().and_then(|done| done.strip_prefix("done-")) == Some(what)
    }

    /// Whether the member serves a desk.
    #[must_use]
    pub fn serves_desk(&self) -> bool {
        self.me.as_ref().is_some_and(|me| !me.attends.is_empty())
    }

    /// Whether the member keeps the community in order, or more.
    #[must_use]
    pub fn is_moderator(&self) -> bool {
        self.me.as_ref().is_some_and(|me| me.account.role >= Role::Moderator)
    }

    /// Whether the member keeps the server running.
    #[must_use]
    pub fn is_operator(&self) -> bool {
        self.me.as_ref().is_some_and(|me| me.account.role >= Role::Operator)
    }

    /// The way to sign in and come back here.
    #[must_use]
    pub fn login(&self) -> String {
        let next: String = form_urlencoded::byte_serialize(self.back.as_bytes()).collect();
        format!("/login?next={next}")
    }
}

/// A piece of a page that is written as it stands: everything in it is ours, or was escaped.
pub struct Markup(String);

impl Markup {
    /// A piece of a page. What came from people has to be escaped by whoever makes it.
    #[must_use]
    pub const fn ours(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
impl askama::filters::HtmlSafe for Markup {}

/// A visit of a page.
pub struct Visit {
    /// The site.
    pub site: Site,
    /// Who asks.
    pub asker: Asker,
    /// What the page needs.
    pub shell: Shell,
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let asker = Asker::from_request_parts(parts, site).await;
        let mut shell = Shell::of_a_visitor(site, &parts.method, &parts.uri, &parts.headers);
        let mut asker = match asker {
            Ok(asker) => asker,
            Err(problem) => return Err(Failed::new(shell, problem).into_response()),
        };
        if asker.session().is_ok() {
            match site.market.ask(asker.caller(), |view| Ok((view.me()?, view.cart_count()?))).await {
                Ok((me, cart)) => (shell.me, shell.cart) = (Some(me), cart),
                Err(No::Refused(_)) => asker.become_visitor(),
                Err(no) => return Err(Failed::new(shell, no).into_response()),
            }
        }
        Ok(Self { site: site.clone(), asker, shell })
    }
}

/// Where to come back to after signing in. What a form is sent to cannot be visited: then it is the page the form is on. The
/// pages of signing in themselves know where they lead.
fn back(method: &Method, uri: &Uri, headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let from = text(header::REFERER).and_then(|from| from.parse::<Uri>().ok());
    let ours = |from: &Uri| from.authority().map(Authority::as_str) == text(header::HOST);
    let page = if method.is_safe() { Some(uri.clone()) } else { from.filter(ours) };
    let Some(page) = page else { return "/".to_owned() };
    if matches!(page.path(), "/login" | "/signup") {
        return Typed::parse(page.query().unwrap_or_default().as_bytes())
            .some("next")
            .unwrap_or("/")
            .to_owned();
    }
    page.path_and_query().map_or("/", |path| path.as_str()).to_owned()
}

/// The language a request is answered in.
#[must_use]
pub fn locale(site: &Site, headers: &HeaderMap) -> Arc<Locale> {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    site.locales().best_for(accepted.unwrap_or_default())
}

impl Visit {
    /// Asks to see something.
    ///
    /// # Errors
    ///
    /// The page that says why not.
    pub async fn ask<T, F>(&self, read: F) -> Result<T, Failed>
    where
        T: Send + 'static,
        F: FnOnce(&mut View<'_>) -> Result<T, No> + Send + 'static,
    {
        self.site.market.ask(self.asker.caller(), read).await.map_err(|no| self.fail(no))
    }

    /// Asks for a change.
    ///
    /// # Errors
    ///
    /// Why not; the page shows it where it belongs.
    pub async fn run(&self, command: Command) -> Result<Reply, No> {
        self.site.market.run(self.asker.caller(), command).await
    }

    /// Asks for a change that a form names by its key: sent twice, it is done once.
    ///
    /// # Errors
    ///
    /// As [`Visit::run`].
    pub async fn run_once(&self, typed: &Typed, command: Command) -> Result<Reply, No> {
        let key = typed.some("key").map(Key::parse).transpose()?;
        self.site.market.run(self.asker.caller().under(key), command).await
    }

    /// What stands behind the question mark of the address.
    #[must_use]
    pub fn query(&self) -> &str {
        self.shell.path.split_once('?').map_or("", |(_, query)| query)
    }

    /// Who is signed in.
    ///
    /// # Errors
    ///
    /// The way to the login and back.
    pub fn me(&self) -> Result<&Me, Failed> {
        self.shell.me.as_ref().ok_or_else(|| self.fail(Problem::from(Refusal::SignInNeeded)))
    }

    /// The page that says what went wrong.
    #[must_use]
    pub fn fail(&self, problem: impl Into<Problem>) -> Failed {
        Failed::new(self.shell.clone(), problem)
    }

    /// Writes a page.
    ///
    /// # Errors
    ///
    /// The page that says that it cannot be written.
    pub fn page(&self, page: &impl Template) -> Result<Response, Failed> {
        self.page_with(StatusCode::OK, page)
    }

    /// Writes a page with a status.
    ///
    /// # Errors
    ///
    /// As [`Visit::page`].
    pub fn page_with(&self, status: StatusCode, page: &impl Template) -> Result<Response, Failed> {
        let text = page.render().map_err(|error| {
            tracing::error!(%error, "a page cannot be written");
            self.fail(No::Broken(auboutique_market::Broken { incident: "rendering".to_owned() }))
        })?;
        let mut response = (status, html(text)).into_response();
        self.settle(&mut response);
        Ok(response)
    }

    /// Goes on to another page.
    #[must_use]
    pub fn go(&self, path: &str) -> Response {
        let mut response = go(path);
        self.settle(&mut response);
        response
    }

    fn settle(&self, response: &mut Response) {
        if self.asker.stale {
            response.headers_mut().append(header::SET_COOKIE, no_cookie());
        }
    }
}

/// Goes on to another page of the market.
#[must_use]
pub fn go(path: &str) -> Response {
    let location = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// A page's text, with its type.
pub fn html(text: String) -> impl axum::response::IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::VARY, "Accept-Language, Cookie"),
    ];
    (headers, text)
}
