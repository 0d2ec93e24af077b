//! Sign-in: the token endpoint, what a token says, and what a call with it may do (reference, sections 2 and 6).
//!
//! Tokens are not signed (`alg` none): the emulator serves loopback only, and a test may write any token it likes.
//! The real API verifies them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::clock::Moment;
use super::dice::{dice, guid};
use super::query::pairs;
use super::reply::Reply;
use super::tenant::{Request, Tenant};
use super::{APP_NAME, Api, DOMAIN};

/// The resource that tokens are for by default, whichever host is called (section 1).
pub(super) const RESOURCE: &str = "https://api.securitycenter.microsoft.com";
/// Names under which the service is registered, any of which can be the audience (section 1); the last was not in
/// the list when it was taken, but is advised since 2026.
const RESOURCES: &[&str] = &[
    "fc780465-2017-40d4-a0c5-307022471b92",
    RESOURCE,
    "https://api-us.securitycenter.microsoft.com",
    "https://api-eu.securitycenter.microsoft.com",
    "https://api-uk.securitycenter.microsoft.com",
    "https://api.securitycenter.windows.com",
    "https://api.securitycenter.windows.us",
    "https://api-gcc.securitycenter.microsoft.us",
    "https://api-gov.securitycenter.microsoft.us",
    "https://securitycenter.onmicrosoft.com/windowsatpservice",
    "https://securitycenter.microsoft.com/mtp",
    "https://api.security.microsoft.com",
];
/// Forgetting `resource` on the v1 endpoint gives a token for this other service (section 2).
const ANOTHER_SERVICE: &str = "00000002-0000-0000-c000-000000000000";

/// Who the tenant and its one application are; drawn by seed.
pub(super) struct Identity {
    pub tenant_id: String,
    pub client_id: String,
    pub secret: String,
}

impl Identity {
    pub(super) fn drawn(seed: u64) -> Identity {
        let rng = &mut dice(seed, "identity", 0);
        let (tenant_id, client_id) = (guid(rng), guid(rng));
        let tail: String = std::iter::repeat_with(|| rng.alphanumeric()).take(34).collect();
        Identity { tenant_id, client_id, secret: format!("sim~{tail}") }
    }
}

/// What a token says, as far as the API cares.
#[derive(Debug, Deserialize)]
struct Claims {
    aud: String,
    tid: String,
    appid: String,
    app_displayname: Option<String>,
    exp: i64,
    #[serde(default)]
    roles: Vec<String>,
    /// Delegated permissions, separated by spaces.
    scp: Option<String>,
    upn: Option<String>,
    uti: Option<String>,
}

/// Who calls.
#[derive(Debug)]
pub(super) struct Caller {
    pub app_id: String,
    pub requestor: String,
    permissions: Vec<String>,
    audience: String,
}

impl Tenant {
    /// `POST /{tenant}/oauth2/v2.0/token`, and without `v2.0` the endpoint of version 1 (section 2).
    pub(super) fn sign_in(&mut self, now: Moment, tenant: &str, v1: bool, request: &Request) -> Reply {
        let form = pairs(&String::from_utf8_lossy(&request.body));
        let field = |name: &str| form.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
        let basic = basic(request.authorization.as_deref());
        let (id, secret) = match &basic {
            Some((id, secret)) => (Some(id.as_str()), Some(secret.as_str())),
            None => (field("client_id"), field("client_secret")),
        };

        let refused = |status, error, code, words: &str| Err(self.refusal(now, status, error, code, words));
        let checked = if tenant != self.identity.tenant_id && !tenant.eq_ignore_ascii_case(DOMAIN) {
            let words = format!("Tenant '{tenant}' not found. Check that the tenant is spelled right.");
            refused(400, "invalid_request", 90_002, &words)
        } else if field("grant_type") != Some("client_credentials") {
            refused(400, "unsupported_grant_type", 70_003, "This simulated tenant knows client_credentials.")
        } else if id != Some(self.identity.client_id.as_str()) {
            let words = format!("Application '{}' was not found in the directory.", id.unwrap_or(""));
            refused(400, "unauthorized_client", 700_016, &words)
        } else if secret.is_none() {
            let words = "The request must contain 'client_assertion' or 'client_secret'.";
            refused(401, "invalid_client", 7_000_218, words)
        } else if secret != Some(self.identity.secret.as_str()) {
            let words = "Invalid client secret provided. Send the secret's value, not the secret's id.";
            refused(401, "invalid_client", 7_000_215, words)
        } else if self.switches.secret_expired {
            refused(401, "invalid_client", 7_000_222, "The provided client secret keys are expired.")
        } else if v1 {
            Ok(field("resource").unwrap_or(ANOTHER_SERVICE))
        } else {
            let scope = field("scope").unwrap_or("");
            match scope.strip_suffix("/.default") {
                Some(resource) if known(resource) => Ok(resource),
                Some(resource) => {
                    let words = format!("The resource '{resource}' was not found in the tenant.");
                    refused(400, "invalid_resource", 500_011, &words)
                }
                None => {
                    let words = format!("The scope '{scope}' is not valid: it must end in /.default.");
                    refused(400, "invalid_scope", 70_011, &words)
                }
            }
        };
        match checked {
            Ok(audience) => {
                let audience = audience.to_owned();
                self.granted(now, &audience, v1)
            }
            Err(reply) => reply,
        }
    }

    fn granted(&mut self, now: Moment, audience: &str, v1: bool) -> Reply {
        let (token, lives_seconds) = self.issue(now, audience, |_| {});
        let answer = if v1 {
            // Numbers come as strings here (section 2).
            json!({
                "token_type": "Bearer", "expires_in": lives_seconds.to_string(),
                "ext_expires_in": lives_seconds.to_string(),
                "expires_on": (now.unix_seconds() + lives_seconds).to_string(),
                "not_before": now.unix_seconds().to_string(), "resource": audience, "access_token": token,
            })
        } else {
            json!({
                "token_type": "Bearer", "expires_in": lives_seconds, "ext_expires_in": lives_seconds,
                "access_token": token,
            })
        };
        Reply::json(200, answer.to_string())
    }

    /// Writes a token and says how many seconds it lives. `change` has the last word on its claims.
    pub(super) fn issue(
        &mut self,
        now: Moment,
        audience: &str,
        change: impl FnOnce(&mut Map<String, Value>),
    ) -> (String, i64) {
        self.tokens_given += 1;
        let rng = &mut dice(self.seed, "token", self.tokens_given);
        // The platform draws 60 to 90 minutes (section 2).
        let drawn = rng.i64(3_600..5_400);
        let lives = match self.switches.token_lifetime_seconds {
            _ if self.switches.token_expired => -1,
            Some(seconds) => i64::try_from(seconds).unwrap_or(i64::MAX / 2),
            None => drawn,
        };
        let issued = now.unix_seconds();
        let tid = self.switches.tid.as_ref().unwrap_or(&self.identity.tenant_id);
        let claims = json!({
            "aud": self.switches.audience.as_deref().unwrap_or(audience),
            "iss": format!("https://sts.windows.net/{tid}/"), "iat": issued, "nbf": issued,
            "exp": issued + lives, "appid": self.identity.client_id, "app_displayname": APP_NAME,
            "appidacr": "1", "idp": format!("https://sts.windows.net/{tid}/"), "oid": guid(rng), "sub": guid(rng),
            "tenant_region_scope": "EU", "tid": tid, "uti": self.tokens_given.to_string(), "ver": "1.0",
        });
        let Value::Object(mut claims) = claims else { unreachable!("the claims are an object") };
        // An app with nothing granted gets a token without `roles` (section 2).
        if !self.switches.roles.is_empty() {
            claims.insert("roles".to_owned(), json!(self.switches.roles));
        }
        change(&mut claims);
        let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let header = part(json!({"typ": "JWT", "alg": "none"}));
        (format!("{header}.{}.", part(Value::Object(claims))), lives)
    }

    /// Who calls, or 401: no header, not readable, ended, of another tenant, withdrawn (section 6).
    pub(super) fn authenticate(&mut self, now: Moment, request: &Request) -> Result<Caller, Reply> {
        if let Some(message) = self.switches.unauthorized.clone() {
            return Err(self.api_error(401, "Unauthorized", &message));
        }
        let claims = request.authorization.as_deref().and_then(claims);
        let tenant = self.switches.tid.as_ref().unwrap_or(&self.identity.tenant_id);
        let fit = claims.filter(|claims| {
            let number = claims.uti.as_ref().and_then(|uti| uti.parse().ok());
            let withdrawn = number.is_some_and(|number: u64| number <= self.tokens_withdrawn);
            claims.exp > now.unix_seconds() && claims.tid == *tenant && !withdrawn
        });
        let Some(claims) = fit else {
            return Err(self.api_error(401, "Unauthorized", "Invalid or expired authorization header."));
        };
        let requestor = if self.switches.requestor_is_app_id {
            claims.appid.clone()
        } else {
            claims.upn.or(claims.app_displayname).unwrap_or_else(|| claims.appid.clone())
        };
        let delegated = claims.scp.iter().flat_map(|scopes| scopes.split(' ')).map(str::to_owned);
        let permissions = claims.roles.into_iter().chain(delegated).collect();
        Ok(Caller { app_id: claims.appid, requestor, permissions, audience: claims.aud })
    }

    /// Whether the caller may call this API, or 403: wrong audience (section 1), missing permission (section 6).
    pub(super) fn authorize(&mut self, caller: &Caller, api: Api) -> Result<(), Reply> {
        if !known(&caller.audience) {
            let message = format!("The token's audience '{}' is not accepted here.", caller.audience);
            return Err(self.api_error(403, "Forbidden", &message));
        }
        // Application permissions, then what a delegated token calls the same (sections 3, 4, 5).
        let (application, delegated): (&[&str], &[&str]) = match api {
            Api::Offboard | Api::Cancel => (&["Machine.Offboard"], &[]),
            _ => (&["Machine.Read.All", "Machine.ReadWrite.All"], &["Machine.Read", "Machine.ReadWrite"]),
        };
        let granted = |wanted: &&str| caller.permissions.iter().any(|it| it == *wanted);
        if application.iter().chain(delegated).any(granted) {
            return Ok(());
        }
        let held = match caller.permissions.as_slice() {
            [] => String::new(),
            permissions => format!(", application roles: {}", permissions.join(",")),
        };
        let message =
            format!("Missing application roles. API required roles: {}{held}.", application.join(","));
        Err(self.api_error(403, "Forbidden", &message))
    }

    /// A refusal of the sign-in platform (section 2).
    fn refusal(&self, now: Moment, status: u16, error: &str, code: u32, words: &str) -> Reply {
        let rng = &mut dice(self.seed, "refusal", u64::from(code) ^ now.unix_seconds() as u64);
        let (trace, correlation, at) = (guid(rng), guid(rng), now.sign_in_time());
        let description = format!(
            "AADSTS{code}: {words}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {at}"
        );
        let body = json!({
            "error": error, "error_description": description, "error_codes": [code], "timestamp": at,
            "trace_id": trace, "correlation_id": correlation,
            "error_uri": format!("https://login.microsoftonline.com/error?code={code}"),
        });
        Reply::json(status, body.to_string())
    }
}

/// With or without a slash at the end (section 1).
fn known(audience: &str) -> bool {
    let audience = audience.strip_suffix('/').unwrap_or(audience);
    RESOURCES.iter().any(|resource| resource.eq_ignore_ascii_case(audience))
}

fn basic(header: Option<&str>) -> Option<(String, String)> {
    let encoded = header?.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    Some((super::query::decoded(id), super::query::decoded(secret)))
}

fn claims(header: &str) -> Option<Claims> {
    let (scheme, token) = header.split_once(' ')?;
    let payload = token.trim().split('.').nth(1).filter(|_| scheme.eq_ignore_ascii_case("bearer"))?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
