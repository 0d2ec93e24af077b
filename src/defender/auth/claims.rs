//! [`Identity`]: what an access token says about itself (reference, section 2). It is readable, not ours to verify,
//! and its format is not promised: what cannot be read is unknown, and no reason to stop. Only a token that says
//! clearly that it is for another service, or of another tenant, is refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD_INDIFFERENT;
use jiff::Timestamp;
use secrecy::ExposeSecret;

use super::{Generation, Obtained};
use crate::defender::error::{ServiceError, WrongTokenPart};
use crate::defender::json::{self, Json};
use crate::domain::SafeText;

/// Who we are to the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `tid`.
    pub tenant_id: Option<SafeText>,
    /// `appid`.
    pub app_id: Option<SafeText>,
    /// `app_displayname`.
    pub app_name: Option<SafeText>,
    /// `upn`, where a person signed in.
    pub person: Option<SafeText>,
    /// `roles` of an app, `scp` of a person. Unknown if the token cannot be read; empty if nothing is granted.
    pub roles: Option<Vec<SafeText>>,
    /// When the token ends, by the clock of who made it.
    pub expires: Option<Timestamp>,
    /// Which token this is.
    pub generation: Generation,
}

impl Identity {
    /// Whether machines can be offboarded; unknown if the token cannot be read.
    pub fn may_offboard(&self) -> Option<bool> {
        self.has_any(&["Machine.Offboard"])
    }

    /// Whether machines can be listed; unknown if the token cannot be read.
    pub fn may_read(&self) -> Option<bool> {
        self.has_any(&["Machine.Read.All", "Machine.ReadWrite.All", "Machine.Read", "Machine.ReadWrite"])
    }

    fn has_any(&self, names: &[&str]) -> Option<bool> {
        self.roles.as_ref().map(|roles| roles.iter().any(|role| names.contains(&role.as_str())))
    }
}

/// Services that tokens are often taken for by mistake, by the names under which they appear as `aud`.
const OTHER_SERVICES: &[(&str, &[&str])] = &[
    (
        "Microsoft Graph",
        &[
            "00000003-0000-0000-c000-000000000000",
            "https://graph.microsoft.com",
            "https://graph.microsoft.us",
            "https://dod-graph.microsoft.us",
            "https://canary.graph.microsoft.com",
        ],
    ),
    ("Azure AD Graph", &["00000002-0000-0000-c000-000000000000", "https://graph.windows.net"]),
    (
        "Azure Resource Manager",
        &[
            "797f4846-ba00-4fd7-ba43-dac1f8f63013",
            "https://management.azure.com",
            "https://management.core.windows.net",
            "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net",
        ],
    ),
    ("Azure Key Vault", &["cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "https://vault.azure.net"]),
    ("Azure Storage", &["e406a681-f3d4-42a8-90b6-c2b029497af1", "https://storage.azure.com"]),
    ("Log Analytics", &["ca7f3f0b-7d91-482c-8e09-c5d840d0eac5", "https://api.loganalytics.io"]),
    ("Exchange Online", &["00000002-0000-0ff1-ce00-000000000000", "https://outlook.office365.com"]),
    ("SharePoint Online", &["00000003-0000-0ff1-ce00-000000000000"]),
    ("Intune", &["https://api.manage.microsoft.com"]),
];

const THIS_SERVICE: &str = "Defender for Endpoint (https://api.securitycenter.microsoft.com)";

/// Reads the token, and refuses one that is clearly not for this.
pub(super) fn identity(
    obtained: &Obtained,
    generation: Generation,
    tenant: Option<&str>,
) -> Result<Identity, ServiceError> {
    let lives_until =
        obtained.date.zip(obtained.lives).and_then(|(date, lives)| date.checked_add(lives).ok());
    let mut identity = Identity {
        tenant_id: None,
        app_id: None,
        app_name: None,
        person: None,
        roles: None,
        expires: lives_until,
        generation,
    };
    let Some(payload) = payload(obtained.token.expose_secret()) else { return Ok(identity) };
    let Ok(claims @ Json::Object(_)) = json::parse(&payload) else { return Ok(identity) };
    let text = |name: &str| match claims.get(name) {
        Some(Json::Text(text)) if !text.is_empty() => Some(SafeText::new(text)),
        _ => None,
    };
    identity.tenant_id = text("tid");
    identity.app_id = text("appid").or_else(|| text("azp"));
    identity.app_name = text("app_displayname");
    identity.person = text("upn").or_else(|| text("unique_name")).or_else(|| text("preferred_username"));
    identity.roles = Some(roles(&claims));
    if let Some(exp) = claims.get("exp").and_then(Json::whole) {
        identity.expires = Timestamp::from_second(exp).ok();
    }
    check_audience(&claims)?;
    check_tenant(identity.tenant_id.as_ref(), tenant)?;
    Ok(identity)
}

/// The middle one of three parts.
fn payload(token: &str) -> Option<Vec<u8>> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    URL_SAFE_NO_PAD_INDIFFERENT.decode(payload).ok().filter(|_| parts.next().is_none())
}

fn roles(claims: &Json<'_>) -> Vec<SafeText> {
    let mut roles = Vec::new();
    match claims.get("roles") {
        Some(Json::List(items)) => {
            roles.extend(items.iter().filter_map(Json::scalar).map(|role| SafeText::new(&role)));
        }
        Some(Json::Text(role)) => roles.push(SafeText::new(role)),
        _ => {}
    }
    if let Some(Json::Text(scopes)) = claims.get("scp") {
        roles.extend(scopes.split_ascii_whitespace().map(SafeText::new));
    }
    roles
}

fn check_audience(claims: &Json<'_>) -> Result<(), ServiceError> {
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Json::Text(one)) => vec![one],
        Some(Json::List(many)) => many
            .iter()
            .filter_map(|one| if let Json::Text(one) = one { Some(one.as_ref()) } else { None })
            .collect(),
        _ => Vec::new(),
    };
    let other = |audience: &&str| {
        let plain = audience.trim_end_matches('/').to_ascii_lowercase();
        OTHER_SERVICES.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(service, _)| *service)
    };
    // With several audiences, one that may be ours is enough.
    match audiences.first() {
        Some(first) if audiences.iter().all(|audience| other(audience).is_some()) => {
            let service = other(first).unwrap_or_default();
            Err(ServiceError::WrongToken {
                part: WrongTokenPart::Audience,
                expected: THIS_SERVICE.into(),
                got: SafeText::new(&format!("{service} ({first})")),
            })
        }
        _ => Ok(()),
    }
}

fn check_tenant(tid: Option<&SafeText>, tenant: Option<&str>) -> Result<(), ServiceError> {
    match (tid, tenant) {
        (Some(tid), Some(tenant)) if is_guid(tid.as_str()) && !tid.as_str().eq_ignore_ascii_case(tenant) => {
            Err(ServiceError::WrongToken {
                part: WrongTokenPart::Tenant,
                expected: SafeText::new(tenant),
                got: tid.clone(),
            })
        }
        _ => Ok(()),
    }
}

/// A renewed token has to be of the same tenant and application as the one before, where both say so: what is under
/// way was confirmed for these, and its calls are counted there.
pub(super) fn check_same(before: &Identity, newer: &Identity) -> Result<(), ServiceError> {
    let check = |part, before: &Option<SafeText>, newer: &Option<SafeText>| match (before, newer) {
        (Some(expected), Some(got)) if !expected.as_str().eq_ignore_ascii_case(got.as_str()) => {
            Err(ServiceError::WrongToken { part, expected: expected.clone(), got: got.clone() })
        }
        _ => Ok(()),
    };
    check(WrongTokenPart::Tenant, &before.tenant_id, &newer.tenant_id)?;
    check(WrongTokenPart::App, &before.app_id, &newer.app_id)
}

/// Eight, four, four, four and twelve hex digits.
pub(super) fn is_guid(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use secrecy::SecretString;

    use super::*;

    const TENANT: &str = "3c9d1f3a-0000-4000-8000-0123456789ab";

    fn read(claims: &str, tenant: Option<&str>) -> Result<Identity, ServiceError> {
        let token = format!("eyJhbGciOiJub25lIn0.{}.", URL_SAFE_NO_PAD.encode(claims));
        identity(&obtained(&token), Generation(1), tenant)
    }

    fn obtained(token: &str) -> Obtained {
        Obtained { token: SecretString::from(token), lives: None, date: None }
    }

    #[test]
    fn an_apps_token() {
        let identity = read(
            r#"{"aud":"https://api.securitycenter.microsoft.com/","appid":"a-1","app_displayname":"ir-automation",
            "tid":"3C9D1F3A-0000-4000-8000-0123456789AB","exp":1795521600,"roles":["Machine.Read.All","Machine.Offboard"]}"#,
            Some(TENANT),
        )
        .unwrap();
        assert_eq!(identity.app_name.as_ref().map(SafeText::as_str), Some("ir-automation"));
        assert_eq!((identity.may_read(), identity.may_offboard()), (Some(true), Some(true)));
        assert_eq!(identity.expires, Some(Timestamp::from_second(1_795_521_600).unwrap()));
        assert_eq!(identity.person, None);
    }

    #[test]
    fn a_persons_token_and_one_without_rights() {
        let person =
            read(r#"{"scp":"Machine.Read Machine.Offboard","upn":"jdoe@contoso.com"}"#, None).unwrap();
        assert_eq!((person.may_read(), person.may_offboard()), (Some(true), Some(true)));
        assert_eq!(person.person.as_ref().map(SafeText::as_str), Some("jdoe@contoso.com"));
        let bare = read(r#"{"appid":"a"}"#, None).unwrap();
        assert_eq!((bare.may_read(), bare.may_offboard()), (Some(false), Some(false)));
        let read_only = read(r#"{"roles":["Machine.ReadWrite.All"]}"#, None).unwrap();
        assert_eq!((read_only.may_read(), read_only.may_offboard()), (Some(true), Some(false)));
    }

    #[test]
    fn what_cannot_be_read_is_unknown_and_no_reason_to_stop() {
        for token in ["opaque", "a.b", "a.b.c.d", "a.%%%.c", "a.bnVsbA.c", "a.W10.c", ""] {
            let identity = identity(&obtained(token), Generation(1), Some(TENANT)).unwrap();
            assert_eq!((identity.roles.as_ref(), identity.may_offboard()), (None, None), "{token}");
        }
        let odd = read(r#"{"tid":7,"exp":"soon","roles":{"x":1},"aud":null}"#, Some(TENANT)).unwrap();
        assert_eq!((odd.tenant_id, odd.expires, odd.roles), (None, None, Some(Vec::new())));
    }

    #[test]
    fn a_token_for_another_service_is_refused() {
        for (aud, service) in [
            ("00000003-0000-0000-c000-000000000000", "Microsoft Graph"),
            ("https://graph.microsoft.com/", "Microsoft Graph"),
            ("00000002-0000-0000-c000-000000000000", "Azure AD Graph"),
            ("https://management.azure.com", "Azure Resource Manager"),
            ("HTTPS://MANAGEMENT.CORE.WINDOWS.NET/", "Azure Resource Manager"),
        ] {
            let error = read(&format!(r#"{{"aud":"{aud}"}}"#), None).unwrap_err().to_string();
            assert_eq!(error, format!("the access token is for {service} ({aud}), not for {THIS_SERVICE}"));
        }
        for ours in [
            "fc780465-2017-40d4-a0c5-307022471b92",
            "https://api.securitycenter.microsoft.com/",
            "https://api-gov.securitycenter.microsoft.us",
            "https://securitycenter.onmicrosoft.com/windowsatpservice",
            "https://api.security.microsoft.com",
            "something-new",
        ] {
            assert!(read(&format!(r#"{{"aud":"{ours}"}}"#), None).is_ok(), "{ours}");
        }
        assert!(read(r#"{"aud":["https://graph.microsoft.com","something-new"]}"#, None).is_ok());
        assert!(read(r#"{"aud":["https://graph.microsoft.com"]}"#, None).is_err());
    }

    #[test]
    fn a_token_of_another_tenant_is_refused() {
        let other = r#"{"tid":"11111111-0000-4000-8000-0123456789ab"}"#;
        let error = read(other, Some(TENANT)).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("the access token is of tenant 11111111-0000-4000-8000-0123456789ab, not of {TENANT}")
        );
        assert!(read(other, None).is_ok());
        assert!(is_guid(TENANT) && !is_guid("contoso.com") && !is_guid(&TENANT[1..]) && !is_guid(""));
    }
}
