//! [`ServiceError`]: what went wrong, sorted by what one can do about it (reference, sections 2, 6 and 7).
//!
//! They are values of our own: they can be compared, kept in a message and shown twice. The service's words are kept,
//! made safe; [`ServiceError::what_to_do`] is ours. Nothing in here may ever hold a secret.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{SafeText, when};

/// What the service said when it refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Refused {
    /// The HTTP status.
    pub status: u16,
    /// `error.code`.
    pub code: Option<SafeText>,
    /// `error.message`: free text that changes over time.
    pub message: Option<SafeText>,
    /// `error.target`: the tracking id that support asks for.
    pub tracking: Option<SafeText>,
    /// The header `mise-correlation-id`.
    pub correlation: Option<SafeText>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        let number = self.status.to_string();
        match self.code.as_ref().filter(|code| !code.is_empty() && code.as_str() != number) {
            Some(code) => write!(f, " {code}")?,
            None => write_phrase(f, self.status)?,
        }
        match self.message.as_ref().filter(|message| !message.is_empty()) {
            Some(message) => write!(f, ": {message}"),
            None => Ok(()),
        }
    }
}

fn write_phrase(f: &mut fmt::Formatter<'_>, status: u16) -> fmt::Result {
    let phrase = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    phrase.map_or(Ok(()), |phrase| write!(f, " {phrase}"))
}

/// What the sign-in host said when it refused (reference, section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInRefused {
    /// The sign-in host.
    pub host: SafeText,
    /// The HTTP status.
    pub status: u16,
    /// The number after `AADSTS`.
    pub aadsts: Option<u32>,
    /// `error`: `invalid_client` and the like.
    pub error: SafeText,
    /// The first line of `error_description`.
    pub words: Option<SafeText>,
    /// `trace_id`.
    pub trace: Option<SafeText>,
    /// `correlation_id`.
    pub correlation: Option<SafeText>,
}

impl fmt::Display for SignInRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.words, self.aadsts) {
            // The description starts with its number.
            (Some(words), _) => write!(f, "{words}"),
            (None, Some(aadsts)) => write!(f, "AADSTS{aadsts} {}", self.error),
            (None, None) => write!(f, "{} {}", self.status, self.error),
        }
    }
}

/// How far a request came that reached nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The name was not found.
    Dns,
    /// Nobody took the connection.
    Connect,
    /// The encryption or the certificate was not agreed upon.
    Tls,
    /// A proxy stood in the way.
    Proxy,
    /// This host knows no certificate authority at all.
    NoRoots,
    /// It took too long.
    TimeOut,
    /// The connection was lost on the way.
    Lost,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dns => "its name was not found",
            Self::Connect => "it takes no connection",
            Self::Tls => "no encrypted connection",
            Self::Proxy => "the proxy refused",
            Self::NoRoots => "this host has no certificate authorities",
            Self::TimeOut => "no answer in time",
            Self::Lost => "the connection was lost",
        })
    }
}

/// A bound of ours that an answer went over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Bytes of one answer.
    Bytes(usize),
    /// Rows of one list.
    Rows(usize),
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) if *bytes >= 1 << 20 => write!(f, "{} MB", bytes >> 20),
            Self::Bytes(bytes) => write!(f, "{} KB", bytes.div_ceil(1 << 10)),
            Self::Rows(rows) => write!(f, "{} rows", when::count(*rows)),
        }
    }
}

/// What of a token does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrongTokenPart {
    /// `aud`: it is for another service.
    Audience,
    /// `tid`: it is of another tenant.
    Tenant,
    /// `appid`: it is of another application than the one that was signed in with.
    App,
}

/// What is wrong with a token's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFileProblem {
    /// There is none.
    Missing,
    /// It is a directory.
    Directory,
    /// It is a pipe, a device or the like.
    NotRegular,
    /// Nothing but blanks.
    Empty,
    /// More than a token can have.
    TooLarge,
    /// It may not be read, or reading failed.
    Unreadable,
    /// It holds something that no token holds.
    NoToken,
}

impl fmt::Display for TokenFileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Missing => "does not exist",
            Self::Directory => "is a directory",
            Self::NotRegular => "is not a regular file",
            Self::Empty => "is empty",
            Self::TooLarge => "is larger than 64 KB",
            Self::Unreadable => "cannot be read",
            Self::NoToken => "holds no token: a token is one word of letters, digits and signs",
        })
    }
}

/// What is wrong with what was configured. Values are shown only where they cannot be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read as an address.
    #[error("{what} is no address: write https://HOST")]
    NoAddress {
        /// Which address.
        what: &'static str,
    },
    /// Plain `http` to another host.
    #[error("{what} is not encrypted: write https://{host}")]
    NotEncrypted {
        /// Which address.
        what: &'static str,
        /// Its host.
        host: SafeText,
    },
    /// `https://user:password@…`.
    #[error("{what} carries a user or a password: leave it out")]
    CarriesPassword {
        /// Which address.
        what: &'static str,
    },
    /// `…?query` or `…#fragment`.
    #[error("{what} carries a query or a fragment: leave it out")]
    CarriesQuery {
        /// Which address.
        what: &'static str,
    },
    /// A value that is not UTF-8, or holds what it must not hold.
    #[error("{variable} {why}")]
    Variable {
        /// The variable's name.
        variable: &'static str,
        /// Why it cannot be used.
        why: &'static str,
    },
    /// The file of `OFFRAMP_ACCESS_TOKEN_FILE`.
    #[error("the token's file {path} {problem}")]
    TokenFile {
        /// Where it should be.
        path: SafeText,
        /// What is wrong with it.
        problem: TokenFileProblem,
    },
}

/// Why the service did not give what it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// Sign in differently: the sign-in host refused.
    #[error("{0}")]
    SignIn(Box<SignInRefused>),
    /// Ask for a permission: 403.
    #[error("{0}")]
    Permission(Box<Refused>),
    /// Ask whoever owns the tenant: a 401 that no new token ends.
    #[error("{0}")]
    Tenant(Box<Refused>),
    /// Sign in again: the token has ended, or is no longer taken.
    #[error("{}", token_spent(*ended, refused.as_deref()))]
    TokenSpent {
        /// When it ended, as it says itself.
        ended: Option<Timestamp>,
        /// What the service said to it.
        refused: Option<Box<Refused>>,
    },
    /// Sign in differently: nothing was sent with this token.
    #[error("{}", wrong_token(*part, expected, got))]
    WrongToken {
        /// What does not fit.
        part: WrongTokenPart,
        /// What was expected.
        expected: SafeText,
        /// What the token says.
        got: SafeText,
    },
    /// Look at the network, then try again.
    #[error("{host}: {step}{}", in_brackets(words))]
    NotReachable {
        /// Which host.
        host: SafeText,
        /// How far the request came.
        step: Step,
        /// The cause, in the system's words.
        words: SafeText,
    },
    /// Wait: 429, or a limit of the service that we keep.
    #[error("{}", busy(refused.as_deref()))]
    Busy {
        /// How long to wait, if that is known.
        retry_after: Option<Duration>,
        /// What the service said; nothing if we kept ourselves from asking.
        refused: Option<Box<Refused>>,
    },
    /// Nothing to do but to read why: any other error in the service's own shape.
    #[error("{0}")]
    Refused(Box<Refused>),
    /// An answer that says yes and cannot be understood.
    #[error("{host} answered {status}, but {why}: \"{beginning}\"")]
    Unreadable {
        /// Which host.
        host: SafeText,
        /// The HTTP status.
        status: u16,
        /// What cannot be understood.
        why: SafeText,
        /// The answer's first characters.
        beginning: SafeText,
    },
    /// An answer over a bound of ours; the rest was not read.
    #[error("{host}: the answer is larger than {bound}, and was not read to its end")]
    TooLarge {
        /// Which host.
        host: SafeText,
        /// Which bound.
        bound: Bound,
    },
    /// Something before the service answered in its place.
    #[error("{host}: {status} from a gateway{}{}", after_tries(*tries), in_quotes(beginning))]
    Gateway {
        /// Which host was asked.
        host: SafeText,
        /// The HTTP status.
        status: u16,
        /// The answer's first characters.
        beginning: SafeText,
        /// How often it was asked.
        tries: u32,
    },
    /// Change the configuration: nothing was sent.
    #[error("{0}")]
    Config(#[from] ConfigError),
}

fn token_spent(ended: Option<Timestamp>, refused: Option<&Refused>) -> String {
    match (ended, refused) {
        (Some(ended), Some(refused)) => {
            format!("{refused} (the access token ends at {})", when::date_minute(ended))
        }
        (Some(ended), None) => {
            format!("the access token is no longer taken; its end is {}", when::date_minute(ended))
        }
        (None, Some(refused)) => refused.to_string(),
        (None, None) => "the access token is no longer taken".to_owned(),
    }
}

fn busy(refused: Option<&Refused>) -> String {
    refused.map_or_else(|| "the service's limit for reading is reached".to_owned(), Refused::to_string)
}

fn wrong_token(part: WrongTokenPart, expected: &SafeText, got: &SafeText) -> String {
    match part {
        WrongTokenPart::Audience => format!("the access token is for {got}, not for {expected}"),
        WrongTokenPart::Tenant => format!("the access token is of tenant {got}, not of {expected}"),
        WrongTokenPart::App => format!("the access token is of application {got}, not of {expected}"),
    }
}

fn in_brackets(words: &SafeText) -> String {
    if words.is_empty() { String::new() } else { format!(" ({words})") }
}

fn in_quotes(words: &SafeText) -> String {
    if words.is_empty() { String::new() } else { format!(", \"{words}\"") }
}

fn after_tries(tries: u32) -> String {
    if tries > 1 { format!(" after {tries} tries") } else { String::new() }
}

impl ServiceError {
    /// The host that the error is about, where it is not the API's as a matter of course.
    pub fn host(&self) -> Option<&str> {
        match self {
            Self::SignIn(refused) => Some(refused.host.as_str()),
            Self::NotReachable { host, .. }
            | Self::Unreadable { host, .. }
            | Self::TooLarge { host, .. }
            | Self::Gateway { host, .. } => Some(host.as_str()),
            _ => None,
        }
    }

    /// What the service said, where it was the service that spoke.
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Permission(refused) | Self::Tenant(refused) | Self::Refused(refused) => Some(refused),
            Self::TokenSpent { refused, .. } | Self::Busy { refused, .. } => refused.as_deref(),
            _ => None,
        }
    }

    /// Whether a read may be asked again at once: the connection broke, and nothing says that it would break again.
    pub(super) fn is_lost(&self) -> bool {
        matches!(self, Self::NotReachable { step: Step::Lost, .. })
    }

    /// The error of a renewal, with what the service had said to the spent token.
    pub(super) fn after(self, said: Self) -> Self {
        match (self, said) {
            (Self::TokenSpent { ended, refused: None }, Self::TokenSpent { refused, .. }) => {
                Self::TokenSpent { ended, refused }
            }
            (error, _) => error,
        }
    }

    /// Whether asking again, unchanged, may pass by itself.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::NotReachable { step, .. } => *step != Step::NoRoots,
            Self::Busy { .. } | Self::Gateway { .. } | Self::Unreadable { .. } => true,
            Self::Refused(refused) => refused.status >= 500 || refused.status == 408,
            _ => false,
        }
    }

    /// What the operator can do, in a sentence.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            Self::SignIn(refused) => sign_in_help(refused),
            Self::Permission(_) => {
                "Ask for the permission that is named and for consent to it. A person also needs \"Manage security \
                 settings in Security Center\" or \"Active remediation actions\", and access to the machine's device group."
            }
            Self::Tenant(_) => "A new token does not help: ask whoever looks after the tenant's licences.",
            Self::TokenSpent { .. } => {
                "Set a new access token and start again. With an app's secret: try again, a fresh token is asked for."
            }
            Self::WrongToken { part: WrongTokenPart::Audience, .. } => {
                "Ask for a token whose resource or scope is Defender for Endpoint. Nothing was sent with this one."
            }
            Self::WrongToken { part: WrongTokenPart::Tenant, .. } => {
                "Correct AZURE_TENANT_ID, or take a token of that tenant. Nothing was sent with this one."
            }
            Self::WrongToken { part: WrongTokenPart::App, .. } => {
                "Take a token of that application, or start again with this one. Nothing was sent with it."
            }
            Self::NotReachable { step, .. } => match step {
                Step::Dns => "Check the host's name and this host's resolver, then try again.",
                Step::Connect => "Check the network, and whether HTTPS_PROXY has to be set, then try again.",
                Step::Tls => {
                    "Check this host's certificate authorities and clock, and whether something inspects the traffic."
                }
                Step::Proxy => "Check HTTPS_PROXY and NO_PROXY, and whether the proxy allows this host.",
                Step::NoRoots => "Install the package ca-certificates, or name a bundle in SSL_CERT_FILE.",
                Step::TimeOut | Step::Lost => "Try again; it may pass by itself.",
            },
            Self::Busy { .. } => "Wait; others who use the same app spend the same budget.",
            Self::Refused(refused) if refused.status >= 500 => "Try again; it may pass by itself.",
            Self::Refused(_) => "The service's words say why.",
            Self::Unreadable { .. } => "Check that the address is the API's; try again.",
            Self::TooLarge { .. } => "Check that the address is the API's.",
            Self::Gateway { status, .. } if (300..400).contains(status) => {
                "Redirects are not followed: check that the address is the API's."
            }
            Self::Gateway { .. } => "Try again; it may pass by itself.",
            Self::Config(_) => "Correct it and start again.",
        }
    }
}

/// A sentence for each code that operators meet (reference, section 2).
fn sign_in_help(refused: &SignInRefused) -> &'static str {
    match refused.aadsts {
        Some(7_000_215) => {
            "The secret is wrong. Often its id was pasted: set AZURE_CLIENT_SECRET to its value."
        }
        Some(7_000_222) => "The secret has expired: make a new one and set AZURE_CLIENT_SECRET.",
        Some(700_016) => "There is no such app in this tenant: check AZURE_CLIENT_ID and AZURE_TENANT_ID.",
        Some(90_002) => {
            "There is no such tenant in this cloud: check AZURE_TENANT_ID and AZURE_AUTHORITY_HOST."
        }
        Some(700_027) => "The certificate is not registered with the app.",
        Some(700_024) => "The assertion is outside its time: check this host's clock.",
        Some(70_011) => "The scope is not taken: check OFFRAMP_SCOPE and the API's address.",
        Some(500_011) => {
            "The tenant has no Defender for Endpoint, or another cloud is meant: check the API's address."
        }
        Some(65_001) => "An administrator has to consent to the app's permissions.",
        Some(7_000_218) => "The app is no public client.",
        Some(50_076 | 50_079 | 53_003) => "Conditional Access forbids it: ask whoever looks after it.",
        Some(900_382 | 90_051) => "Another cloud is meant: check AZURE_AUTHORITY_HOST.",
        _ if refused.status == 429 || refused.status >= 500 => "Try again; it may pass by itself.",
        _ => "Check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16, code: &str, message: &str) -> Refused {
        let some = |text: &str| (!text.is_empty()).then(|| SafeText::new(text));
        Refused { status, code: some(code), message: some(message), ..Refused::default() }
    }

    #[test]
    fn a_refusal_reads_like_a_sentence() {
        for (refused, words) in [
            (
                refused(403, "Forbidden", "Machine is out of the caller's scope"),
                "403 Forbidden: Machine is out of the caller's scope",
            ),
            (
                refused(400, "ActiveRequestAlreadyExists", "Action is already in progress"),
                "400 ActiveRequestAlreadyExists: Action is already in progress",
            ),
            (
                refused(429, "429", "API calls quota exceeded!"),
                "429 Too Many Requests: API calls quota exceeded!",
            ),
            (refused(404, "", ""), "404 Not Found"),
            (refused(599, "", ""), "599"),
        ] {
            assert_eq!(refused.to_string(), words);
        }
    }

    #[test]
    fn every_kind_says_what_why_and_what_to_do() {
        let host = SafeText::new("api.example");
        let at: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        for (error, words, help) in [
            (
                ServiceError::Gateway {
                    host: host.clone(),
                    status: 503,
                    beginning: "upstream connect error".into(),
                    tries: 3,
                },
                "api.example: 503 from a gateway after 3 tries, \"upstream connect error\"",
                "Try again",
            ),
            (
                ServiceError::NotReachable {
                    host: host.clone(),
                    step: Step::Dns,
                    words: "Name or service not known".into(),
                },
                "api.example: its name was not found (Name or service not known)",
                "resolver",
            ),
            (
                ServiceError::TooLarge { host: host.clone(), bound: Bound::Bytes(64 << 20) },
                "api.example: the answer is larger than 64 MB, and was not read to its end",
                "Check that the address",
            ),
            (
                ServiceError::Unreadable {
                    host,
                    status: 200,
                    why: "it is no list".into(),
                    beginning: "<html>".into(),
                },
                "api.example answered 200, but it is no list: \"<html>\"",
                "Check that the address",
            ),
            (
                ServiceError::TokenSpent { ended: Some(at), refused: None },
                "the access token is no longer taken; its end is 2026-11-24 12:00Z",
                "Set a new access token",
            ),
            (
                ServiceError::WrongToken {
                    part: WrongTokenPart::Audience,
                    expected: "Defender for Endpoint".into(),
                    got: "Microsoft Graph".into(),
                },
                "the access token is for Microsoft Graph, not for Defender for Endpoint",
                "Nothing was sent",
            ),
        ] {
            assert_eq!(error.to_string(), words);
            assert!(error.what_to_do().contains(help), "{}", error.what_to_do());
        }
    }

    #[test]
    fn sign_in_codes_have_their_sentence() {
        for (aadsts, word) in [
            (7_000_215, "id was pasted"),
            (7_000_222, "expired"),
            (700_016, "AZURE_CLIENT_ID"),
            (90_002, "AZURE_TENANT_ID"),
            (500_011, "another cloud"),
            (53_003, "Conditional Access"),
            (1, "AZURE_CLIENT_SECRET"),
        ] {
            let refused = SignInRefused {
                host: "login.example".into(),
                status: 401,
                aadsts: Some(aadsts),
                error: "invalid_client".into(),
                words: None,
                trace: None,
                correlation: None,
            };
            assert!(ServiceError::SignIn(Box::new(refused)).what_to_do().contains(word), "{aadsts}");
        }
    }
}
