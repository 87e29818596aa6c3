//! What is let in, and what every answer carries: one allowed host, no unsafe request from another site, no script or
//! frame of anybody else's.

use std::net::{IpAddr, SocketAddr};

use anyhow::Context as _;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Site;
use super::asker::COOKIE;
use super::problem::Problem;
use crate::card::callback;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Everything comes from here, scripts and styles from files; nobody frames a page, and forms go nowhere else.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
     font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

/// By which names the market is found.
#[derive(Debug)]
pub struct Hosts {
    names: Vec<String>,
    /// Any address of this machine will do: it listens on all of them and was given no name.
    any_address: Option<u16>,
    encrypted: bool,
    /// Where people find it, without a slash at the end.
    url: String,
}

impl Hosts {
    /// The names of a door at that address.
    ///
    /// # Errors
    ///
    /// When the URL is none: a scheme, a host, perhaps a port, nothing else.
    pub fn new(address: SocketAddr, url: Option<&str>, encrypted: bool) -> anyhow::Result<Self> {
        let port = address.port();
        let mut names = vec![address.to_string()];
        if address.ip().is_loopback() {
            names.extend(["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}")));
        }
        let scheme = if encrypted { "https" } else { "http" };
        let mut hosts = Self {
            any_address: address.ip().is_unspecified().then_some(port),
            encrypted,
            url: format!("{scheme}://{address}"),
            names,
        };
        if let Some(url) = url {
            let hint = || {
                format!("{url:?} is not where people find a market: write it like https://market.example.edu")
            };
            let uri: Uri = url.parse().with_context(hint)?;
            let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority())
            else {
                anyhow::bail!(hint());
            };
            anyhow::ensure!(matches!(uri.path(), "" | "/") && uri.query().is_none(), hint());
            hosts.encrypted = scheme == "https";
            hosts.names.push(authority.as_str().to_ascii_lowercase());
            hosts.url = format!("{scheme}://{authority}");
        }
        Ok(hosts)
    }

    /// Where people find the market, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether people reach it encrypted.
    #[must_use]
    pub const fn encrypted(&self) -> bool {
        self.encrypted
    }

    fn knows(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        if self.names.contains(&host) {
            return true;
        }
        let Some(port) = self.any_address else { return false };
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let name = authority.host().trim_start_matches('[').trim_end_matches(']');
        authority.port_u16() == Some(port) && (name == "localhost" || name.parse::<IpAddr>().is_ok())
    }
}

/// The one host a request names: in the request line, in `Host`, or the same in both.
fn host(request: &Request) -> Option<String> {
    let mut given = request.headers().get_all(header::HOST).iter();
    let first = given.next().map(|value| value.to_str().ok().map(str::to_owned));
    if given.next().is_some() {
        return None;
    }
    match (first, request.uri().authority()) {
        (Some(host), None) => host,
        (None, Some(authority)) => Some(authority.as_str().to_owned()),
        (Some(host), Some(authority)) => host.filter(|host| host.eq_ignore_ascii_case(authority.as_str())),
        (None, None) => None,
    }
}

/// Whether it is plain where the body of a request ends. Of two equal lengths, and of a length beside a coding, the server
/// below shows one: it goes by the coding, and closes the connection behind such a request. Should it ever show both,
/// neither is believed.
fn is_framed_once(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let lengths = headers.get_all(header::CONTENT_LENGTH).iter().count();
    match (codings.next(), codings.next()) {
        (None, _) => lengths <= 1,
        (Some(coding), None) => lengths == 0 && coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        (Some(_), Some(_)) => false,
    }
}

/// Whether a request that changes something comes from one of our own pages, or from no page at all.
fn is_ours(headers: &HeaderMap, host: &str, encrypted: bool) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    match (text(&SEC_FETCH_SITE), text(&header::ORIGIN)) {
        (Some(site), origin) => {
            matches!(site, "same-origin" | "none")
                && origin.is_none_or(|origin| is_origin(origin, host, encrypted))
        }
        (None, Some(origin)) => is_origin(origin, host, encrypted),
        // Programs send neither. Whoever brings a cookie is a browser, and every browser sends one of them.
        (None, None) => !headers
            .get_all(header::COOKIE)
            .iter()
            .any(|cookie| cookie.to_str().map_or(true, |cookie| cookie.contains(COOKIE))),
    }
}

fn is_origin(origin: &str, host: &str, encrypted: bool) -> bool {
    let plain = || origin.strip_prefix("http://").filter(|_| !encrypted);
    let name = origin.strip_prefix("https://").or_else(plain);
    name.is_some_and(|name| name.eq_ignore_ascii_case(host))
}

/// Lets a request in, and gives its answer what every answer carries.
pub async fn guard(State(site): State<Site>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // A callback is believed for its signature, which no page can make, and for nothing a browser would add: wherever it comes
    // from is right.
    let is_signed = request.uri().path() == callback::PATH;
    let hosts = &site.shared.hosts;
    let mut response = match host(&request) {
        _ if !is_framed_once(request.headers()) => Problem::http(
            StatusCode::BAD_REQUEST,
            "body_unclear",
            "A request says once how long its body is: with Content-Length, or with Transfer-Encoding: chunked.",
        )
        .into_response(),
        None => Problem::http(
            StatusCode::BAD_REQUEST,
            "host_unclear",
            "A request names its host once, in the Host header.",
        )
        .into_response(),
        Some(host) if !hosts.knows(&host) => Problem::http(
            StatusCode::BAD_REQUEST,
            "host_unknown",
            "This market is not found under that name. Whoever runs it gives its name with --url.",
        )
        .into_response(),
        Some(host) if !safe && !is_signed && !is_ours(request.headers(), &host, hosts.encrypted()) => Problem::http(
            StatusCode::FORBIDDEN,
            "foreign_origin",
            "This request comes from another site, so nothing was done. Open the market itself and try again.",
        )
        .into_response(),
        Some(_) => next.run(request).await,
    };
    let encrypted = hosts.encrypted();
    let headers = response.headers_mut();
    let mut give = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    give(header::CONTENT_SECURITY_POLICY, POLICY);
    give(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    give(header::X_FRAME_OPTIONS, "DENY");
    give(header::REFERRER_POLICY, "same-origin");
    give(
        HeaderName::from_static("permissions-policy"),
        "camera=(self), geolocation=(), microphone=(), payment=()",
    );
    give(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    give(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    // What is not said to be for everybody is for nobody but the asker, and for now.
    give(header::CACHE_CONTROL, "no-store");
    if encrypted {
        give(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn only_our_own_pages_and_programs_without_a_cookie_may_change_something() {
        let cookie = "a=b; __Host-auboutique=aub_x";
        for (lines, ours) in [
            (vec![], true),
            (vec![("cookie", "a=b")], true),
            (vec![("cookie", cookie)], false),
            (vec![("cookie", cookie), ("sec-fetch-site", "same-origin")], true),
            (vec![("cookie", cookie), ("sec-fetch-site", "none")], true),
            (vec![("cookie", cookie), ("sec-fetch-site", "same-site")], false),
            (vec![("cookie", cookie), ("sec-fetch-site", "cross-site")], false),
            (vec![("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], false),
            (vec![("cookie", cookie), ("origin", "http://market.test")], true),
            (vec![("origin", "http://market.test.evil.example")], false),
            (vec![("origin", "null")], false),
        ] {
            assert_eq!(is_ours(&headers(&lines), "market.test", false), ours, "{lines:?}");
        }
        let from = |origin| is_ours(&headers(&[("origin", origin)]), "market.test", true);
        assert!(from("https://market.test") && !from("http://market.test"));
    }

    #[test]
    fn the_end_of_a_body_is_said_once_and_in_one_way() {
        for (lines, once) in [
            (vec![], true),
            (vec![("content-length", "5")], true),
            (vec![("transfer-encoding", "Chunked")], true),
            (vec![("content-length", "5"), ("content-length", "5")], false),
            (vec![("content-length", "5"), ("transfer-encoding", "chunked")], false),
            (vec![("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")], false),
            (vec![("transfer-encoding", "gzip, chunked")], false),
            (vec![("transfer-encoding", "identity")], false),
        ] {
            let mut given = HeaderMap::new();
            for (name, value) in &lines {
                given.append(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            assert_eq!(is_framed_once(&given), once, "{lines:?}");
        }
    }

    #[test]
    fn a_market_is_found_by_its_address_and_by_the_name_it_was_given() {
        let here = "127.0.0.1:8080".parse().unwrap();
        let hosts = Hosts::new(here, Some("https://Market.example.edu"), false).unwrap();
        for host in ["127.0.0.1:8080", "localhost:8080", "market.example.edu", "MARKET.example.edu"] {
            assert!(hosts.knows(host), "{host}");
        }
        for host in ["", "evil.example", "market.example.edu:81", "market.example.edu.evil", "127.0.0.1"] {
            assert!(!hosts.knows(host), "{host}");
        }
        assert!(hosts.encrypted());
        let anywhere = Hosts::new("0.0.0.0:80".parse().unwrap(), None, false).unwrap();
        assert!(
            anywhere.knows("10.0.0.7:80")
                && anywhere.knows("localhost:80")
                && !anywhere.knows("rebound.example:80")
        );
        for url in ["market", "ftp://market", "https://market/path", "https://market/?q"] {
            assert!(Hosts::new(here, Some(url), false).is_err(), "{url}");
        }
    }
}
