//! Sign-in: where an access token comes from, what it says, and when a newer one is needed (reference, section 2).
//!
//! One token at a time is in use, numbered by its [`Generation`]; whoever was refused with an older one is simply
//! given the newer one. Renewing happens once for all who ask at the same time. A token is checked before anything is
//! sent with it: one for another service or another tenant never leaves this host.

mod claims;
mod found;
mod secret;
mod token;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use secrecy::SecretString;

pub use self::claims::Identity;
pub use self::found::{SignInFound, SignInWay, Variable, VariableState};
pub use self::token::TOKEN_FILE_BYTES_MAX;
use super::cloud::Authority;
use super::error::ServiceError;
use super::hidden::Hidden;
use super::http::Way;

/// A token is renewed this long before its end, so that a call does not meet it on the way.
const RENEW_BEFORE_END: Duration = Duration::from_secs(300);
/// If renewing fails while the old token still works, the next attempt waits.
const RENEW_AGAIN: Duration = Duration::from_secs(30);

/// Where the access token comes from.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// A token that the operator already has.
    Token(SecretString),
    /// A file that holds one, read again whenever a newer one is needed.
    TokenFile(PathBuf),
    /// An app's secret.
    ClientSecret {
        /// The sign-in host.
        authority: Authority,
        /// A GUID or a domain.
        tenant: String,
        /// The app's id.
        client_id: String,
        /// The app's secret.
        secret: SecretString,
    },
}

/// Which token in the order of their coming. 0: none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Generation(u64);

impl Generation {
    /// As a number, to be kept and shown.
    pub fn number(self) -> u64 {
        self.0
    }

    fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A token as it was obtained.
struct Obtained {
    token: SecretString,
    /// How long it lives from now on, where the sign-in host said so.
    lives: Option<Duration>,
    /// The sign-in host's clock when it answered.
    date: Option<Timestamp>,
}

/// The token in use.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) token: SecretString,
    pub(super) identity: Identity,
    renew_from: Option<Instant>,
    ends: Option<Instant>,
}

/// Obtains tokens, holds the newest.
#[derive(Debug)]
pub(super) struct Tokens {
    sign_in: SignIn,
    scope: String,
    /// The tenant that a token has to be of, if one is configured by its GUID.
    tenant: Option<String>,
    /// To the sign-in host, where one is needed.
    http: Option<(reqwest::Client, Way)>,
    time_out: Duration,
    hidden: Arc<Hidden>,
    held: RwLock<Option<Arc<Held>>>,
    renewing: tokio::sync::Mutex<()>,
}

impl Tokens {
    pub(super) fn new(
        sign_in: SignIn,
        scope: String,
        tenant: Option<String>,
        http: Option<(reqwest::Client, Way)>,
        time_out: Duration,
        hidden: Arc<Hidden>,
    ) -> Self {
        if let SignIn::ClientSecret { secret, .. } = &sign_in {
            hidden.add(secret);
        }
        let configured = match &sign_in {
            SignIn::ClientSecret { tenant, .. } => Some(tenant.clone()),
            _ => tenant,
        };
        Self {
            sign_in,
            scope,
            tenant: configured.filter(|tenant| claims::is_guid(tenant)),
            http,
            time_out,
            hidden,
            held: RwLock::default(),
            renewing: tokio::sync::Mutex::default(),
        }
    }

    /// The token in use; none before the first sign-in.
    pub(super) fn held(&self) -> Option<Arc<Held>> {
        self.held.read().expect("no panic while it is held").clone()
    }

    pub(super) fn generation(&self) -> Generation {
        self.held().map(|held| held.identity.generation).unwrap_or_default()
    }

    /// A token to send: the one in use, or a newer one if it is about to end.
    pub(super) async fn bearer(&self) -> Result<Arc<Held>, ServiceError> {
        let good = |held: &Arc<Held>| held.renew_from.is_none_or(|from| Instant::now() < from);
        if let Some(held) = self.held().filter(good) {
            return Ok(held);
        }
        let _alone = self.renewing.lock().await;
        let held = self.held();
        if let Some(held) = held.clone().filter(good) {
            return Ok(held);
        }
        match (self.obtain().await, held) {
            (Ok(newer), _) => Ok(newer),
            (Err(_), Some(held)) if held.ends.is_none_or(|ends| Instant::now() < ends) => {
                let later = Held {
                    token: held.token.clone(),
                    identity: held.identity.clone(),
                    renew_from: Some(Instant::now() + RENEW_AGAIN),
                    ends: held.ends,
                };
                Ok(self.put(later))
            }
            (Err(error), _) => Err(error),
        }
    }

    /// A newer token than the spent one.
    pub(super) async fn renew(&self, spent: Generation) -> Result<Arc<Held>, ServiceError> {
        let _alone = self.renewing.lock().await;
        match self.held() {
            Some(held) if held.identity.generation > spent => Ok(held),
            _ => self.obtain().await,
        }
    }

    async fn obtain(&self) -> Result<Arc<Held>, ServiceError> {
        let before = self.held();
        let spent = || ServiceError::TokenSpent {
            ended: before.as_ref().and_then(|held| held.identity.expires),
            refused: None,
        };
        let obtained = match &self.sign_in {
            SignIn::Token(_) if before.is_some() => return Err(spent()),
            SignIn::Token(token) => Obtained { token: token.clone(), lives: None, date: None },
            SignIn::TokenFile(path) => {
                let token = token::from_file(path.clone()).await?;
                if before.as_ref().is_some_and(|held| token::are_same(&held.token, &token)) {
                    return Err(spent());
                }
                Obtained { token, lives: None, date: None }
            }
            SignIn::ClientSecret { authority, tenant, client_id, secret } => {
                let (http, way) =
                    self.http.as_ref().expect("a client for the sign-in host is built with this way in");
                let grant = secret::Grant { authority, tenant, client_id, secret, scope: &self.scope };
                grant.ask(http, way, self.time_out, &self.hidden).await?
            }
        };
        self.hidden.add(&obtained.token);
        let generation = self.generation().next();
        let identity = claims::identity(&obtained, generation, self.tenant.as_deref())?;
        if let Some(before) = &before {
            claims::check_same(&before.identity, &identity)?;
        }
        let now = Instant::now();
        let ends = obtained.lives.map(|lives| now + lives);
        // A token that lives for seconds, as tests have it, is used for most of them.
        let early = |lives: Duration| lives.saturating_sub(RENEW_BEFORE_END.min(lives / 5));
        let renew_from = obtained.lives.map(|lives| now + early(lives));
        Ok(self.put(Held { token: obtained.token, identity, renew_from, ends }))
    }

    fn put(&self, held: Held) -> Arc<Held> {
        let held = Arc::new(held);
        *self.held.write().expect("no panic while it is held") = Some(Arc::clone(&held));
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defender::error::WrongTokenPart;

    /// The file that tokens are renewed from may hold anybody's the next time.
    #[tokio::test]
    async fn a_renewed_token_of_another_app_or_tenant_is_refused() {
        use base64::Engine as _;
        let token = |claims: &str| {
            let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
            format!("eyJhbGciOiJub25lIn0.{claims}.")
        };
        let refused = |part, expected: &str, got: &str| {
            Err(ServiceError::WrongToken { part, expected: expected.into(), got: got.into() })
        };
        for (newer, expected) in [
            (token(r#"{"tid":"T-1","appid":"a-1","exp":2}"#), Ok(Generation(2))),
            ("opaque".to_owned(), Ok(Generation(2))),
            (token(r#"{"exp":2}"#), Ok(Generation(2))),
            (token(r#"{"tid":"t-2","appid":"a-1"}"#), refused(WrongTokenPart::Tenant, "t-1", "t-2")),
            (token(r#"{"tid":"t-1","appid":"a-2"}"#), refused(WrongTokenPart::App, "a-1", "a-2")),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("token");
            std::fs::write(&path, token(r#"{"tid":"t-1","appid":"a-1","exp":1}"#)).unwrap();
            let tokens = Tokens::new(
                SignIn::TokenFile(path.clone()),
                "scope".into(),
                None,
                None,
                RENEW_AGAIN,
                Arc::new(Hidden::default()),
            );
            let first = tokens.bearer().await.unwrap();
            std::fs::write(&path, &newer).unwrap();
            let renewed = tokens.renew(first.identity.generation).await;
            assert_eq!(renewed.map(|held| held.identity.generation), expected, "{newer}");
            if expected.is_err() {
                assert_eq!(tokens.generation(), Generation(1), "the one before stays in use");
            }
        }
    }

    /// The sign-in host takes no connection any more, and the token is due.
    #[tokio::test]
    async fn a_token_that_still_works_outlives_a_failed_renewal() {
        let place = Authority::parse("http://127.0.0.1:1").unwrap();
        let way = Way::to(place.place(), |_| None);
        let http =
            crate::defender::http::client(place.place(), crate::defender::http::Use::Read, RENEW_AGAIN)
                .unwrap();
        let sign_in = SignIn::ClientSecret {
            authority: place,
            tenant: "contoso.com".into(),
            client_id: "a-1".into(),
            secret: SecretString::from("of no use"),
        };
        let tokens = Tokens::new(
            sign_in,
            "scope".into(),
            None,
            Some((http, way)),
            RENEW_AGAIN,
            Arc::new(Hidden::default()),
        );
        let obtained = Obtained { token: SecretString::from("t"), lives: None, date: None };
        let identity = claims::identity(&obtained, Generation(1), None).unwrap();
        let now = Instant::now();
        let held = |ends| Held {
            token: SecretString::from("t"),
            identity: identity.clone(),
            renew_from: Some(now),
            ends,
        };

        tokens.put(held(Some(now + RENEW_BEFORE_END)));
        assert_eq!(tokens.bearer().await.unwrap().identity.generation, Generation(1));
        let kept = tokens.held().unwrap();
        assert!(kept.renew_from.unwrap() > now, "the host is not asked before every call");
        assert!(tokens.renew(Generation(1)).await.is_err(), "who was refused needs a newer one");

        tokens.put(held(Some(now)));
        assert!(matches!(tokens.bearer().await, Err(ServiceError::NotReachable { .. })));
    }
}
