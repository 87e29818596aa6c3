//! Who asks: by a bearer token, by the cookie of the pages, or nobody in particular.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use auboutique_domain::id::SessionId;
use auboutique_domain::time::Span;
use auboutique_domain::{Moment, Refusal};
use auboutique_market::{Caller, Key, No, Source, Token, Who};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest as _, Sha256};

use super::Site;
use super::problem::Problem;
use super::server::Peer;

/// The cookie of the pages. Its prefix makes browsers take it only encrypted, from this host, for all of it.
pub const COOKIE: &str = "__Host-auboutique";
/// The cookie by which a browser is known again, whoever signs in with it. Who shares one with a seller does not bid on what
/// they sell; nothing else is asked of it.
const DEVICE: &str = "__Host-device";
const LASTING: &str = "Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=34560000";
/// How many tokens are remembered with their sessions.
const REMEMBERED: usize = 20_000;
/// How often a session that is used is made to last longer.
const RENEW: Span = Span::hours(1);

/// The cookie that keeps a browser signed in.
#[must_use]
pub fn cookie(token: &Token) -> HeaderValue {
    HeaderValue::try_from(format!("{COOKIE}={}; {LASTING}", token.reveal()))
        .unwrap_or(HeaderValue::from_static(""))
}

/// The secret by which this browser is known again; nothing when it has none yet.
#[must_use]
pub fn device(headers: &HeaderMap) -> Option<String> {
    let known = |secret: &&str| secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    in_cookies(headers, DEVICE).filter(known).map(str::to_owned)
}

/// The cookie that gives a browser its secret.
#[must_use]
pub fn device_cookie(secret: &str) -> HeaderValue {
    HeaderValue::try_from(format!("{DEVICE}={secret}; {LASTING}")).unwrap_or(HeaderValue::from_static(""))
}

/// The cookie that signs a browser out.
#[must_use]
pub fn no_cookie() -> HeaderValue {
    HeaderValue::try_from(format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"))
        .unwrap_or(HeaderValue::from_static(""))
}

/// Which session a token proves. A token proves one session for ever, and whether that lasts is looked up for every
/// request: so this may be remembered, and a page view writes nothing.
#[derive(Default)]
pub(crate) struct Sessions {
    known: Mutex<HashMap<[u8; 32], (SessionId, Moment)>>,
}

impl Sessions {
    async fn of(&self, site: &Site, token: &Token) -> Result<SessionId, No> {
        let hash: [u8; 32] = Sha256::digest(token.reveal().as_bytes()).into();
        let now = site.market.now();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).copied();
        if let Some((session, renewed)) = known
            && now.since(renewed) < RENEW
        {
            return Ok(session);
        }
        let (session, _) = site.market.resume(token).await?;
        self.note(site, token, session);
        Ok(session)
    }

    /// Remembers which session a token proves.
    pub(crate) fn note(&self, site: &Site, token: &Token, session: SessionId) {
        let hash: [u8; 32] = Sha256::digest(token.reveal().as_bytes()).into();
        let now = site.market.now();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, (_, renewed)| now.since(*renewed) < RENEW);
        }
        if known.len() < REMEMBERED {
            known.insert(hash, (session, now));
        }
    }
}

/// Who asks, and from where.
#[derive(Debug, Clone)]
pub struct Asker {
    /// Who.
    pub who: Who,
    /// Under which idempotency key.
    pub key: Option<Key>,
    /// From where, for the throttle of credentials.
    pub source: Source,
    /// The asker came with a cookie whose session is over.
    pub stale: bool,
}

impl Asker {
    /// The caller of the market.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller { who: self.who, key: self.key.clone() }
    }

    /// The session turned out to be over: from here on a visitor asks.
    pub const fn become_visitor(&mut self) {
        (self.who, self.stale) = (Who::Visitor, true);
    }

    /// The session of the asker.
    ///
    /// # Errors
    ///
    /// [`Refusal::SignInNeeded`] for a visitor.
    pub const fn session(&self) -> Result<SessionId, Refusal> {
        match self.who {
            Who::Member(session) => Ok(session),
            _ => Err(Refusal::SignInNeeded),
        }
    }
}

/// Where a request comes from: the machine at the other end, or the one a trusted proxy names.
#[must_use]
pub fn address(site: &Site, peer: &Peer, headers: &HeaderMap) -> IpAddr {
    let real = peer.address.ip();
    if !site.shared.behind_proxy || !real.is_loopback() {
        return real;
    }
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back();
    let last = forwarded.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
    last.unwrap_or(real)
}

fn bearer(headers: &HeaderMap) -> Result<Option<Token>, Problem> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = given.next() else { return Ok(None) };
    let unreadable = || {
        Problem::http(
            StatusCode::UNAUTHORIZED,
            "authorization_unreadable",
            "Send one header: Authorization: Bearer aub_…",
        )
    };
    let text = value.to_str().map_err(|_| unreadable())?;
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && given.next().is_none() => {
            Ok(Some(Token::shown(token.trim())))
        }
        _ => Err(unreadable()),
    }
}

fn from_cookie(headers: &HeaderMap) -> Option<Token> {
    in_cookies(headers, COOKIE).map(Token::shown)
}

/// The cookie of that name.
fn in_cookies<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

impl FromRequestParts<Site> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let headers = &parts.headers;
        let key = match headers.get("idempotency-key") {
            None => None,
            Some(key) => Some(Key::parse(key.to_str().unwrap_or_default())?),
        };
        let source = match parts.extensions.get::<Peer>() {
            Some(peer) => Source::address(address(site, peer, headers)),
            None => Source::console(),
        };
        let (who, stale) = match (bearer(headers)?, from_cookie(headers)) {
            (Some(token), _) => (Who::Member(site.shared.sessions.of(site, &token).await?), false),
            (None, Some(token)) => match site.shared.sessions.of(site, &token).await {
                Ok(session) => (Who::Member(session), false),
                // A page is shown all the same; what needs a member says so.
                Err(No::Refused(_)) => (Who::Visitor, true),
                Err(no) => return Err(no.into()),
            },
            (None, None) => (Who::Visitor, false),
        };
        let asker = Self { who, key, source, stale };
        parts.extensions.insert(asker.clone());
        Ok(asker)
    }
}
