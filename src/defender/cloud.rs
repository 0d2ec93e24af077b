//! Where the service lives: API base, cloud, scope, portal and sign-in host (reference, section 1).
//!
//! The list of hosts is not closed: any `https` base is accepted, and one that is not Microsoft's says so. Plain
//! `http` is for loopback alone, where the simulated tenant lives.

use std::ffi::OsString;
use std::fmt;
use std::net::IpAddr;

use reqwest::Url;

use super::ConfigError;
use crate::domain::SafeText;

/// The audience that every host of the commercial service takes, whatever the host is called (reference, section 1).
const SCOPE_COMMERCIAL: &str = "https://api.securitycenter.microsoft.com/.default";
const SCOPE_GCC: &str = "https://api-gcc.securitycenter.microsoft.us/.default";
const SCOPE_GOV: &str = "https://api-gov.securitycenter.microsoft.us/.default";

/// Which of Microsoft's clouds a base belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cloud {
    /// The commercial service.
    Commercial,
    /// The commercial service by way of one of its regions: `eu`.
    CommercialRegion(SafeText),
    /// US government, GCC.
    Gcc,
    /// US government, GCC High and the Department of Defense: one host for both.
    GccHigh,
    /// This host: a simulated tenant.
    Local,
    /// A host that no page names.
    Other,
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Commercial => f.pad("commercial"),
            Self::CommercialRegion(region) => f.pad(&format!("commercial {region}")),
            Self::Gcc => f.pad("GCC"),
            Self::GccHigh => f.pad("GCC High"),
            Self::Local => f.pad("local"),
            Self::Other => f.pad("other"),
        }
    }
}

/// The address before `/api/…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiBase {
    place: Place,
    scope: String,
}

impl ApiBase {
    /// The base when nothing else is configured (reference, section 1).
    pub const DEFAULT: &'static str = "https://api.security.microsoft.com";

    /// Takes an `https` address, or `http` to loopback; without user, query or fragment. `/api` at its end is dropped:
    /// it is how the service's own pages write the address.
    pub fn parse(raw: &str) -> Result<Self, ConfigError> {
        let mut place = Place::parse(raw, "the API's address")?;
        if let Some(before) = place.text.strip_suffix("/api") {
            place.text.truncate(before.len());
        }
        let scope = match cloud_of(&place) {
            Cloud::Gcc => SCOPE_GCC,
            Cloud::GccHigh => SCOPE_GOV,
            _ => SCOPE_COMMERCIAL,
        };
        Ok(Self { place, scope: scope.to_owned() })
    }

    /// The base that is meant: the flag's, else the one of `OFFRAMP_API_URL`, else the default; and the scope of
    /// `OFFRAMP_SCOPE`, if there is one.
    pub fn look(flag: Option<&str>, lookup: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let text = |variable: &'static str| {
            let not_utf8 = |_| ConfigError::Variable { variable, why: "is not UTF-8" };
            let value = lookup(variable).map(OsString::into_string).transpose().map_err(not_utf8)?;
            Ok(value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()))
        };
        let configured = match flag {
            Some(flag) => Some(flag.to_owned()),
            None => text("OFFRAMP_API_URL")?,
        };
        let base = configured.map_or_else(|| Ok(Self::default()), |raw| Self::parse(&raw))?;
        Ok(match text("OFFRAMP_SCOPE")? {
            Some(scope) => base.with_scope(&scope),
            None => base,
        })
    }

    /// The same base with another scope to ask a token for: pages disagree about which one it is.
    #[must_use]
    pub fn with_scope(self, scope: &str) -> Self {
        Self { scope: scope.trim().to_owned(), ..self }
    }

    /// The host, with its port where that is not the scheme's own.
    pub fn host(&self) -> &str {
        &self.place.host
    }

    /// The whole address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.place.text
    }

    /// Whether it is this very machine.
    pub fn is_loopback(&self) -> bool {
        self.place.loopback
    }

    /// Whether the host is one of Microsoft's, by `https` and on its usual port.
    pub fn is_microsoft(&self) -> bool {
        !matches!(self.cloud(), Cloud::Local | Cloud::Other)
    }

    /// Which cloud the host belongs to.
    pub fn cloud(&self) -> Cloud {
        cloud_of(&self.place)
    }

    /// What a token is asked for.
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The host of the portal's pages, if there is one: `https://{portal}/machines/{id}`.
    pub fn portal(&self) -> Option<&'static str> {
        match self.cloud() {
            Cloud::Commercial | Cloud::CommercialRegion(_) | Cloud::Gcc => Some("security.microsoft.com"),
            Cloud::GccHigh => Some("security.microsoft.us"),
            Cloud::Local | Cloud::Other => None,
        }
    }

    /// Where people of this cloud sign in.
    pub fn authority(&self) -> Authority {
        let host = match self.cloud() {
            Cloud::GccHigh => "https://login.microsoftonline.us",
            _ => "https://login.microsoftonline.com",
        };
        Authority::parse(host).expect("the constants above are addresses")
    }

    pub(super) fn place(&self) -> &Place {
        &self.place
    }
}

impl Default for ApiBase {
    fn default() -> Self {
        Self::parse(Self::DEFAULT).expect("the default is an address")
    }
}

/// The sign-in host: `https://login.microsoftonline.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority(Place);

impl Authority {
    /// As [`ApiBase::parse`]; a bare host name, as `AZURE_AUTHORITY_HOST` may carry, means `https`.
    pub fn parse(raw: &str) -> Result<Self, ConfigError> {
        let raw = raw.trim();
        let with_scheme = if raw.contains("://") { raw.to_owned() } else { format!("https://{raw}") };
        Place::parse(&with_scheme, "the sign-in host").map(Self)
    }

    /// The host, with its port where that is not the scheme's own.
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The token endpoint of a tenant (reference, section 2).
    pub(super) fn token_endpoint(&self, tenant: &str) -> String {
        format!("{}/{tenant}/oauth2/v2.0/token", self.0.text)
    }

    pub(super) fn place(&self) -> &Place {
        &self.0
    }
}

/// An address that secrets may be sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Without a slash at the end.
    text: String,
    host: String,
    /// The host's name alone, when scheme and port are the usual ones.
    usual: Option<String>,
    pub(super) loopback: bool,
    pub(super) encrypted: bool,
}

impl Place {
    /// The text is never shown in an error: it may hold a password.
    fn parse(raw: &str, what: &'static str) -> Result<Self, ConfigError> {
        let raw = raw.trim();
        let url = Url::parse(raw).map_err(|_| ConfigError::NoAddress { what })?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ConfigError::CarriesPassword { what });
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(ConfigError::CarriesQuery { what });
        }
        let name = url.host_str().filter(|name| !name.is_empty()).ok_or(ConfigError::NoAddress { what })?;
        let loopback = is_loopback(name);
        let encrypted = match url.scheme() {
            "https" => true,
            "http" if loopback => false,
            _ => return Err(ConfigError::NotEncrypted { what, host: SafeText::bounded(name, 253) }),
        };
        let host = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        let text = url.as_str().trim_end_matches('/').to_owned();
        let usual = (encrypted && url.port().is_none()).then(|| name.to_owned());
        Ok(Self { text, host, usual, loopback, encrypted })
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

fn is_loopback(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn cloud_of(place: &Place) -> Cloud {
    if place.loopback {
        return Cloud::Local;
    }
    let Some(name) = place.usual.as_deref() else {
        return Cloud::Other;
    };
    // Regions came and went (reference, section 1): any first label is taken as one.
    let region = |rest: &str, prefix: &str| {
        name.strip_suffix(rest)
            .and_then(|first| first.strip_prefix(prefix))
            .filter(|first| !first.is_empty() && first.bytes().all(|b| b.is_ascii_alphanumeric()))
            .map(|first| Cloud::CommercialRegion(SafeText::bounded(first, 16)))
    };
    match name {
        "api.security.microsoft.com"
        | "api.securitycenter.microsoft.com"
        | "api.securitycenter.windows.com" => Cloud::Commercial,
        "api-gcc.securitycenter.microsoft.us" => Cloud::Gcc,
        "api-gov.securitycenter.microsoft.us" => Cloud::GccHigh,
        _ => region(".api.security.microsoft.com", "")
            .or_else(|| region(".securitycenter.microsoft.com", "api-"))
            .or_else(|| region(".securitycenter.windows.com", "api-"))
            .unwrap_or(Cloud::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_the_reference() {
        const LEGACY: &str = "https://api.securitycenter.microsoft.com/.default";
        const COM: &str = "security.microsoft.com";
        for (base, cloud, scope, portal, sign_in) in [
            (ApiBase::DEFAULT, "commercial", LEGACY, COM, "login.microsoftonline.com"),
            (
                "https://api.securitycenter.windows.com/",
                "commercial",
                LEGACY,
                COM,
                "login.microsoftonline.com",
            ),
            (
                "https://eu.api.security.microsoft.com",
                "commercial eu",
                LEGACY,
                COM,
                "login.microsoftonline.com",
            ),
            (
                "https://aea.api.security.microsoft.com",
                "commercial aea",
                LEGACY,
                COM,
                "login.microsoftonline.com",
            ),
            (
                "https://API-UK.securitycenter.microsoft.com/api/",
                "commercial uk",
                LEGACY,
                COM,
                "login.microsoftonline.com",
            ),
            (
                "https://api-gcc.securitycenter.microsoft.us",
                "GCC",
                SCOPE_GCC,
                COM,
                "login.microsoftonline.com",
            ),
            (
                "https://api-gov.securitycenter.microsoft.us",
                "GCC High",
                SCOPE_GOV,
                "security.microsoft.us",
                "login.microsoftonline.us",
            ),
        ] {
            let base = ApiBase::parse(base).unwrap();
            assert!(base.is_microsoft() && !base.is_loopback(), "{base:?}");
            assert_eq!(
                (base.cloud().to_string().as_str(), base.scope(), base.portal(), base.authority().host()),
                (cloud, scope, Some(portal), sign_in),
            );
            assert!(!base.as_str().ends_with("/api"), "{base:?}");
        }
    }

    #[test]
    fn any_other_host_is_taken_and_is_not_microsofts() {
        for other in [
            "https://defender.corp.example/gate/api",
            "https://api.security.microsoft.com.evil.example",
            "https://evilapi.security.microsoft.com",
            "https://a.b.api.security.microsoft.com",
            "https://api.security.microsoft.com:8443",
            "https://api.security.microsoft.com.",
        ] {
            let base = ApiBase::parse(other).unwrap();
            assert!(!base.is_microsoft() && base.portal().is_none(), "{other}");
        }
        assert_eq!(ApiBase::parse("https://h.example/gate/api").unwrap().as_str(), "https://h.example/gate");
    }

    #[test]
    fn http_is_for_loopback_alone() {
        for local in ["http://127.0.0.1:8443", "http://localhost:1", "http://[::1]:80", "http://127.8.8.8"] {
            let base = ApiBase::parse(local).unwrap();
            assert!(base.is_loopback() && !base.is_microsoft(), "{local}");
            assert_eq!(base.cloud(), Cloud::Local);
        }
        for open in ["http://api.security.microsoft.com", "http://10.0.0.1", "ftp://localhost", "file:///x"] {
            assert!(ApiBase::parse(open).is_err(), "{open}");
        }
    }

    #[test]
    fn what_an_address_must_not_carry() {
        for (bad, words) in [
            ("api.security.microsoft.com", "the API's address is no address: write https://HOST"),
            ("", "the API's address is no address: write https://HOST"),
            ("https://user:canary@h.example", "the API's address carries a user or a password: leave it out"),
            ("https://h.example/?x=canary", "the API's address carries a query or a fragment: leave it out"),
            ("http://h.example", "the API's address is not encrypted: write https://h.example"),
        ] {
            let error = ApiBase::parse(bad).unwrap_err().to_string();
            assert_eq!(error, words);
        }
    }

    #[test]
    fn the_flag_goes_before_the_environment() {
        let with = |flag, url: &'static str, scope: &'static str| {
            ApiBase::look(flag, |name| {
                let value = if name == "OFFRAMP_API_URL" { url } else { scope };
                (!value.is_empty()).then(|| value.into())
            })
        };
        let default = with(None, "", "").unwrap();
        assert_eq!((default.as_str(), default.scope()), (ApiBase::DEFAULT, SCOPE_COMMERCIAL));
        assert_eq!(with(None, "https://a.example", "").unwrap().host(), "a.example");
        assert_eq!(with(Some("https://b.example"), "https://a.example", "").unwrap().host(), "b.example");
        assert_eq!(
            with(None, "", "https://x.example/.default").unwrap().scope(),
            "https://x.example/.default"
        );
        assert!(with(None, "a.example", "").is_err());
    }

    #[test]
    fn an_authority_may_be_a_bare_host() {
        for (raw, endpoint) in [
            ("login.microsoftonline.us", "https://login.microsoftonline.us/contoso.com/oauth2/v2.0/token"),
            (
                "https://login.microsoftonline.com/",
                "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token",
            ),
            ("http://127.0.0.1:9", "http://127.0.0.1:9/contoso.com/oauth2/v2.0/token"),
        ] {
            assert_eq!(Authority::parse(raw).unwrap().token_endpoint("contoso.com"), endpoint);
        }
        assert!(Authority::parse("http://login.microsoftonline.com").is_err());
    }
}
