//! Sends a request once and reads its answer, bounded (design: the traps of `dependencies.md`).
//!
//! The one thing to know: [`Failed::before_first_byte`] decides whether an offboard call may be sent again. It is true
//! only where the library proves that there was no connection to send on; every other failure is a doubt.

use std::error::Error as _;
use std::ffi::OsString;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response};

use super::cloud::Place;
use super::error::{Bound, Refused, ServiceError, Step};
use super::hidden::Hidden;
use super::{json, wire};
use crate::domain::SafeText;

/// A closed idle connection under a POST is a doubt: rather none is kept for long (engine, section 2).
const POST_IDLE: Duration = Duration::from_secs(5);
const READ_IDLE: Duration = Duration::from_secs(30);
/// Bounds how long the kernel goes on sending what nobody acknowledges (engine, A1).
#[cfg(target_os = "linux")]
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(30);
/// What an error's words can need.
const ERROR_BYTES_MAX: usize = 64 << 10;

/// What a client is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Post,
    Read,
}

/// Builds a client for one host: 5 ms, most of it the certificate authorities.
pub(super) fn client(place: &Place, using: Use, connect: Duration) -> Result<Client, ServiceError> {
    let mut builder = Client::builder()
        .user_agent(concat!("offramp/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        // The library would repeat a request that a peer refused, twice.
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .https_only(place.encrypted)
        .connect_timeout(connect)
        .pool_idle_timeout(if using == Use::Post { POST_IDLE } else { READ_IDLE });
    #[cfg(target_os = "linux")]
    {
        builder = builder.tcp_user_timeout(TCP_USER_TIMEOUT);
    }
    if place.loopback {
        // The library would send even 127.0.0.1 to HTTP_PROXY.
        builder = builder.no_proxy();
    }
    if !place.encrypted {
        // Without a bundle of certificate authorities on the host, building would fail for nothing.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| ServiceError::NotReachable {
        host: SafeText::new(place.host()),
        step: if chain(&error).contains("CA certificates") { Step::NoRoots } else { Step::Tls },
        words: cause(&error),
    })
}

/// Whom a request goes to, for words.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) host: SafeText,
    /// The variable that names a proxy, if one is set. `NO_PROXY` is not looked at: it may be that none is used.
    pub(super) proxy: Option<&'static str>,
}

impl Way {
    /// Loopback is never reached through a proxy.
    pub(super) fn to(place: &Place, lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        const VARIABLES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
        let is_set = |name: &&str| lookup(name).is_some_and(|value| !value.is_empty());
        let proxy = VARIABLES.into_iter().find(is_set).filter(|_| !place.loopback);
        Self { host: SafeText::new(place.host()), proxy }
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Failed {
    /// Proved: no byte of the request left.
    pub(super) before_first_byte: bool,
    pub(super) error: ServiceError,
}

/// What came back. The body may be a part: then `whole` says why.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) host: SafeText,
    pub(super) status: u16,
    pub(super) date: Option<Timestamp>,
    pub(super) retry_after: Option<Duration>,
    pub(super) correlation: Option<SafeText>,
    pub(super) location: Option<SafeText>,
    pub(super) body: Vec<u8>,
    pub(super) whole: Result<(), ServiceError>,
    /// How many calls it took to get it.
    pub(super) tries: u32,
}

/// Sends once, and reads at most `bytes_max` (less of an error).
pub(super) async fn send(request: RequestBuilder, way: &Way, bytes_max: usize) -> Result<Answer, Failed> {
    let mut response = request.send().await.map_err(|error| Failed {
        before_first_byte: error.is_builder() || error.is_connect(),
        error: not_reachable(way, &error),
    })?;
    let status = response.status().as_u16();
    let bytes_max = if response.status().is_success() { bytes_max } else { bytes_max.min(ERROR_BYTES_MAX) };
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let date = header(DATE.as_str()).and_then(http_date);
    let retry_after = header(RETRY_AFTER.as_str()).and_then(|value| wait_told(value, date));
    let correlation = header("mise-correlation-id").map(SafeText::new);
    let location = location(response.headers());
    let (body, whole) = read(&mut response, way, bytes_max).await;
    Ok(Answer {
        host: way.host.clone(),
        status,
        date,
        retry_after,
        correlation,
        location,
        body,
        whole,
        tries: 1,
    })
}

/// Chunks come decompressed, so the bound holds for what a small answer unfolds to.
async fn read(response: &mut Response, way: &Way, bytes_max: usize) -> (Vec<u8>, Result<(), ServiceError>) {
    let told = response.content_length().unwrap_or(0).min(bytes_max as u64);
    let mut body = Vec::with_capacity(told as usize);
    loop {
        match response.chunk().await {
            Ok(None) => return (body, Ok(())),
            Ok(Some(chunk)) => {
                let room = bytes_max - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    let bound = Bound::Bytes(bytes_max);
                    return (body, Err(ServiceError::TooLarge { host: way.host.clone(), bound }));
                }
            }
            Err(error) => return (body, Err(not_reachable(way, &error))),
        }
    }
}

impl Answer {
    /// An answer as tests need it.
    #[cfg(test)]
    pub(super) fn example(status: u16, body: &str) -> Self {
        Self {
            host: "api.example".into(),
            status,
            date: None,
            retry_after: None,
            correlation: Some("c-1".into()),
            location: None,
            body: body.into(),
            whole: Ok(()),
            tries: 1,
        }
    }

    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The service's clock, if it was the service that answered: a success that can be read, or an error in its own
    /// shape. A gateway's clock is nobody's.
    pub(super) fn date_of_service(&self, hidden: &Hidden) -> Option<Timestamp> {
        let readable = self.whole.is_ok() && !self.body.is_empty() && json::parse(&self.body).is_ok();
        let own = match self.status {
            200..300 => readable,
            _ => readable && !self.may_be_a_gateways() && self.refused(hidden).is_some(),
        };
        self.date.filter(|_| own)
    }

    /// Statuses with which gateways answer for a service that may still be at work, some of them in JSON.
    pub(super) fn may_be_a_gateways(&self) -> bool {
        matches!(self.status, 408 | 502..=504)
    }

    /// The service's own refusal: its shape, or no body at all, as its bare 404 and 405 come (reference, section 6).
    /// Nothing if somebody else answered in its place.
    pub(super) fn refused(&self, hidden: &Hidden) -> Option<Refused> {
        self.whole.as_ref().ok()?;
        if self.body.is_empty() && (400..500).contains(&self.status) {
            return Some(self.bare());
        }
        let refused = wire::refused(self.status, &json::parse(&self.body).ok()?, hidden)?;
        Some(Refused { correlation: self.correlation.clone(), ..refused })
    }

    /// The same for answers whose status says all that matters, whoever gave them.
    pub(super) fn refused_by_anyone(&self, hidden: &Hidden) -> Refused {
        self.refused(hidden).unwrap_or_else(|| {
            let message = Some(hidden.beginning(&self.body)).filter(|message| !message.is_empty());
            Refused { message, ..self.bare() }
        })
    }

    fn bare(&self) -> Refused {
        Refused { status: self.status, correlation: self.correlation.clone(), ..Refused::default() }
    }

    /// A yes that cannot be understood.
    pub(super) fn unreadable(&self, why: &str, hidden: &Hidden) -> ServiceError {
        ServiceError::Unreadable {
            host: self.host.clone(),
            status: self.status,
            why: hidden.safe(why),
            beginning: hidden.beginning(&self.body),
        }
    }

    /// An answer that is no success, as an error.
    pub(super) fn error(&self, hidden: &Hidden, tries: u32) -> ServiceError {
        match (self.status, self.refused(hidden)) {
            (401, _) => {
                let refused = Box::new(self.refused_by_anyone(hidden));
                if names_the_tenants_trouble(&refused) {
                    ServiceError::Tenant(refused)
                } else {
                    ServiceError::TokenSpent { ended: None, refused: Some(refused) }
                }
            }
            (429, _) => ServiceError::Busy {
                retry_after: self.retry_after,
                refused: Some(Box::new(self.refused_by_anyone(hidden))),
            },
            (403, Some(refused)) => ServiceError::Permission(Box::new(refused)),
            (400.., Some(refused)) => ServiceError::Refused(Box::new(refused)),
            (status, _) => ServiceError::Gateway {
                host: self.host.clone(),
                status,
                beginning: match &self.location {
                    Some(to) if (300..400).contains(&status) => {
                        SafeText::restored(&format!("it redirects to {to}, which is not followed"))
                    }
                    _ => hidden.beginning(&self.body),
                },
                tries,
            },
        }
    }
}

/// A 401 that a new token does not end (reference, section 6).
pub(super) fn names_the_tenants_trouble(refused: &Refused) -> bool {
    let message =
        refused.message.as_ref().map(|message| message.as_str().to_ascii_lowercase()).unwrap_or_default();
    ["account mode", "license", "licence"].iter().any(|trouble| message.contains(trouble))
}

/// Where a redirect points: the host alone, the rest is of no use.
fn location(headers: &HeaderMap) -> Option<SafeText> {
    let to = headers.get(LOCATION)?.to_str().ok()?;
    let host = reqwest::Url::parse(to).ok().and_then(|url| url.host_str().map(SafeText::new));
    Some(host.unwrap_or_else(|| "another path".into()))
}

/// `Tue, 24 Nov 2026 12:04:31 GMT`.
fn http_date(value: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok()
}

/// `Retry-After` in seconds or as a date, within 1 to 3,600 s (engine, section 2).
fn wait_told(value: &str, date: Option<Timestamp>) -> Option<Duration> {
    let value = value.trim();
    let seconds = if let Ok(seconds) = value.parse::<u64>() {
        seconds
    } else {
        // The service's date is compared with the service's clock; ours may be wrong.
        let until = http_date(value)?;
        let from = date.unwrap_or_else(Timestamp::now);
        u64::try_from(until.as_second().saturating_sub(from.as_second())).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds.clamp(1, 3_600)))
}

fn not_reachable(way: &Way, error: &reqwest::Error) -> ServiceError {
    let chain = chain(error);
    let told = |words: &[&str]| words.iter().any(|word| chain.contains(word));
    let step = if error.is_dns() {
        Step::Dns
    } else if told(&["tunnel", "proxy"]) {
        Step::Proxy
    } else if error.is_timeout() {
        Step::TimeOut
    } else if told(&["certificate", "handshake", "invalid peer", "tls", "corrupt message"]) {
        Step::Tls
    } else if error.is_connect() || error.is_builder() {
        Step::Connect
    } else {
        Step::Lost
    };
    let words = match way.proxy.filter(|_| step == Step::Connect) {
        // Whose connection was refused, the host's or the proxy's, the library does not tell.
        Some(variable) => SafeText::restored(&format!("{}; {variable} is set", cause(error))),
        None => cause(error),
    };
    ServiceError::NotReachable { host: way.host.clone(), step, words }
}

/// Every message from the outermost error to its cause. The URL is in none but the first, and is left out.
fn chain(error: &reqwest::Error) -> String {
    let mut words = String::new();
    let mut source = error.source();
    while let Some(error) = source {
        words.push_str(&error.to_string());
        words.push('\n');
        source = error.source();
    }
    words
}

/// The innermost cause, in the system's words.
fn cause(error: &reqwest::Error) -> SafeText {
    chain(error)
        .lines()
        .rfind(|line| !line.is_empty())
        .map(|line| SafeText::bounded(line, 160))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_in_all_its_forms() {
        let date = http_date("Tue, 24 Nov 2026 12:04:31 GMT");
        assert_eq!(date, Some("2026-11-24T12:04:31Z".parse().unwrap()));
        for (value, seconds) in [
            ("30", Some(30)),
            (" 7 ", Some(7)),
            ("0", Some(1)),
            ("86400", Some(3_600)),
            ("Tue, 24 Nov 2026 12:05:01 GMT", Some(30)),
            ("Tue, 24 Nov 2026 11:00:00 GMT", Some(1)),
            ("soon", None),
            ("-5", None),
            ("", None),
        ] {
            assert_eq!(wait_told(value, date).map(|wait| wait.as_secs()), seconds, "{value}");
        }
    }

    /// Reference, sections 6 and 7, row by row.
    #[test]
    fn errors_by_what_one_can_do() {
        const JSON: &str = r#"{"error":{"code":"Code","message":"Words.","target":"t-1"}}"#;
        const TENANT: &str = r#"{"error":{"code":"Unauthorized","message":"Unauthorized request - reason of failure: Account mode is inactive"}}"#;
        const LICENCE: &str = r#"{"error":{"code":"Unauthorized","message":"… No Tvm license"}}"#;
        let kind = |status, body: &str| match Answer::example(status, body).error(&Hidden::default(), 1) {
            ServiceError::Permission(_) => "permission",
            ServiceError::Tenant(_) => "tenant",
            ServiceError::TokenSpent { .. } => "token",
            ServiceError::Busy { .. } => "busy",
            ServiceError::Refused(_) => "refused",
            ServiceError::Gateway { .. } => "gateway",
            other => panic!("{other:?}"),
        };
        for (status, body, expected) in [
            (400, JSON, "refused"),
            (400, "<html>", "gateway"),
            (401, JSON, "token"),
            (401, "", "token"),
            (401, TENANT, "tenant"),
            (401, LICENCE, "tenant"),
            (403, JSON, "permission"),
            (403, "", "permission"),
            (403, "<html>blocked", "gateway"),
            (404, "", "refused"),
            (404, JSON, "refused"),
            (404, "<html>", "gateway"),
            (405, "", "refused"),
            (429, JSON, "busy"),
            (429, "slow down", "busy"),
            (302, "", "gateway"),
            (500, JSON, "refused"),
            (500, "", "gateway"),
            (502, "<html>", "gateway"),
            (503, "upstream connect error", "gateway"),
        ] {
            assert_eq!(kind(status, body), expected, "{status} {body}");
        }
        let ServiceError::Refused(refused) = Answer::example(404, JSON).error(&Hidden::default(), 1) else {
            panic!()
        };
        assert_eq!(refused.to_string(), "404 Code: Words.");
        assert_eq!((refused.tracking, refused.correlation), (Some("t-1".into()), Some("c-1".into())));
    }
}
