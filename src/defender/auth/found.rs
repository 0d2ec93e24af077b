//! [`SignInFound`]: which way to sign in the environment offers, and, if none, which variable is missing. Values are
//! shown only where they are no secret: the tenant whole, the app's id shortened, a secret never.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use super::{SignIn, token};
use crate::defender::cloud::{ApiBase, Authority};
use crate::domain::SafeText;

/// What the environment offers.
#[derive(Debug, Clone)]
pub enum SignInFound {
    /// A way to sign in.
    Ready(SignIn),
    /// None: each variable that could make one, in the order in which they are explained.
    Missing(Vec<Variable>),
}

/// A way to sign in, by its variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInWay {
    /// Any one of its variables.
    Token,
    /// All three of its variables.
    ClientSecret,
}

/// One variable, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// Which way it belongs to.
    pub way: SignInWay,
    /// What is in it.
    pub state: VariableState,
}

/// What is in a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableState {
    /// Nothing.
    NotSet,
    /// Something usable, as it may be shown: never a secret.
    Set(SafeText),
    /// Something that cannot be used, and why.
    Malformed(&'static str),
}

const TOKEN: &str = "OFFRAMP_ACCESS_TOKEN";
const TOKEN_FILE: &str = "OFFRAMP_ACCESS_TOKEN_FILE";
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";

/// A variable's value, or its state if there is none to use.
type Value = Result<String, VariableState>;

impl SignInFound {
    /// Looks the variables up; the sign-in host that is not named is the one of the API's cloud.
    pub fn look(base: &ApiBase, lookup: impl Fn(&str) -> Option<OsString>) -> Self {
        let value = |name: &str, fits: fn(&str) -> Result<(), &'static str>| -> Value {
            let raw = lookup(name).ok_or(VariableState::NotSet)?;
            let text = raw.into_string().map_err(|_| VariableState::Malformed("is not UTF-8"))?;
            let text = text.trim();
            if text.is_empty() {
                return Err(VariableState::NotSet);
            }
            fits(text).map(|()| text.to_owned()).map_err(VariableState::Malformed)
        };
        let token = value(TOKEN, fits_token);
        let file = lookup(TOKEN_FILE).filter(|path| !path.is_empty());
        let (tenant, client, secret) =
            (value(TENANT, fits_tenant), value(CLIENT, fits_client), value(SECRET, fits_secret));
        let authority = value(AUTHORITY, fits_authority);

        // What is set and cannot be used was meant: no other way is taken in its place.
        let ready = match (&token, &file) {
            (Ok(token), _) => Some(SignIn::Token(SecretString::from(token.as_str()))),
            (Err(VariableState::NotSet), Some(path)) => Some(SignIn::TokenFile(PathBuf::from(path))),
            (Err(VariableState::NotSet), None) => match (&tenant, &client, &secret, &authority) {
                (Ok(tenant), Ok(client), Ok(secret), Ok(_) | Err(VariableState::NotSet)) => {
                    let named = authority.as_deref().ok().and_then(|host| Authority::parse(host).ok());
                    Some(SignIn::ClientSecret {
                        authority: named.unwrap_or_else(|| base.authority()),
                        tenant: tenant.clone(),
                        client_id: client.clone(),
                        secret: SecretString::from(secret.as_str()),
                    })
                }
                _ => None,
            },
            (Err(_), _) => None,
        };
        if let Some(sign_in) = ready {
            return Self::Ready(sign_in);
        }
        let shown = |value: Value, show: fn(&str) -> SafeText| match value {
            Ok(text) => VariableState::Set(show(&text)),
            Err(state) => state,
        };
        let secretly: fn(&str) -> SafeText = |_| "set".into();
        let file = file
            .map_or(VariableState::NotSet, |path| VariableState::Set(token::shown_path(Path::new(&path))));
        let mut variables = vec![
            Variable { name: TOKEN, way: SignInWay::Token, state: shown(token, secretly) },
            Variable { name: TOKEN_FILE, way: SignInWay::Token, state: file },
            Variable { name: TENANT, way: SignInWay::ClientSecret, state: shown(tenant, SafeText::new) },
            Variable { name: CLIENT, way: SignInWay::ClientSecret, state: shown(client, shortened) },
            Variable { name: SECRET, way: SignInWay::ClientSecret, state: shown(secret, secretly) },
        ];
        // It has a default, so it is of interest only when it is wrong.
        if let Err(state @ VariableState::Malformed(_)) = authority {
            variables.push(Variable { name: AUTHORITY, way: SignInWay::ClientSecret, state });
        }
        Self::Missing(variables)
    }

    /// The tenant that is configured, whichever way is taken: what the header names, and what a token must be of.
    pub fn tenant(lookup: impl Fn(&str) -> Option<OsString>) -> Option<String> {
        let text = lookup(TENANT)?.into_string().ok()?;
        let text = text.trim();
        fits_tenant(text).is_ok().then(|| text.to_owned())
    }
}

fn fits_token(text: &str) -> Result<(), &'static str> {
    if token::is_token(text) {
        Ok(())
    } else {
        Err("is no token: a token is one word of letters, digits and signs, without \"Bearer\"")
    }
}

/// It becomes a part of an address.
fn fits_tenant(text: &str) -> Result<(), &'static str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    let fits = (1..=253).contains(&text.len()) && text.bytes().all(plain) && text.bytes().any(|b| b != b'.');
    if fits { Ok(()) } else { Err("is neither a GUID nor a domain") }
}

fn fits_client(text: &str) -> Result<(), &'static str> {
    let fits = text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits { Ok(()) } else { Err("is no GUID") }
}

fn fits_secret(text: &str) -> Result<(), &'static str> {
    if text.len() <= 4_096 { Ok(()) } else { Err("is longer than a secret can be") }
}

fn fits_authority(text: &str) -> Result<(), &'static str> {
    Authority::parse(text).map(|_| ()).map_err(|_| "is no https address of a host")
}

/// `0f6c1d2e-…-9a41`.
fn shortened(id: &str) -> SafeText {
    match (id.get(..8), id.get(id.len().saturating_sub(4)..)) {
        (Some(first), Some(last)) if id.len() > 16 => SafeText::new(&format!("{first}-…-{last}")),
        _ => "set".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "c4n4ry~secret";
    const CLIENT_ID: &str = "0f6c1d2e-1111-4222-8333-444455559a41";

    fn look(variables: &[(&str, &str)]) -> SignInFound {
        SignInFound::look(&ApiBase::default(), |name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        })
    }

    fn missing(variables: &[(&str, &str)]) -> Vec<String> {
        match look(variables) {
            SignInFound::Missing(found) => {
                found.into_iter().map(|found| format!("{} {:?}", found.name, found.state)).collect()
            }
            SignInFound::Ready(way) => panic!("{way:?}"),
        }
    }

    #[test]
    fn the_first_start_shows_each_variable_and_no_secret() {
        assert_eq!(
            missing(&[(TENANT, "contoso.com"), (CLIENT, CLIENT_ID)]),
            [
                "OFFRAMP_ACCESS_TOKEN NotSet",
                "OFFRAMP_ACCESS_TOKEN_FILE NotSet",
                "AZURE_TENANT_ID Set(\"contoso.com\")",
                "AZURE_CLIENT_ID Set(\"0f6c1d2e-…-9a41\")",
                "AZURE_CLIENT_SECRET NotSet",
            ]
        );
        let shown = missing(&[(SECRET, CANARY), (TENANT, "a secret pasted here")]);
        assert_eq!(shown[4], "AZURE_CLIENT_SECRET Set(\"set\")");
        assert_eq!(shown[2], "AZURE_TENANT_ID Malformed(\"is neither a GUID nor a domain\")");
        assert!(!shown.concat().contains(CANARY));
    }

    #[test]
    fn ways_in_their_order() {
        let all = [(TENANT, "contoso.com"), (CLIENT, CLIENT_ID), (SECRET, CANARY)];
        let SignInFound::Ready(SignIn::ClientSecret { authority, .. }) = look(&all) else { panic!() };
        assert_eq!(authority.host(), "login.microsoftonline.com");
        let with = |more: &[(&'static str, &'static str)]| look(&[&all[..], more].concat());
        assert!(matches!(with(&[(TOKEN, " eyJ.a.b ")]), SignInFound::Ready(SignIn::Token(_))));
        assert!(matches!(with(&[(TOKEN, "")]), SignInFound::Ready(SignIn::ClientSecret { .. })));
        assert!(matches!(with(&[(TOKEN_FILE, "/run/token")]), SignInFound::Ready(SignIn::TokenFile(_))));
        let gov = with(&[(AUTHORITY, "login.microsoftonline.us")]);
        let SignInFound::Ready(SignIn::ClientSecret { authority, .. }) = gov else { panic!() };
        assert_eq!(authority.host(), "login.microsoftonline.us");
    }

    #[test]
    fn what_is_set_and_wrong_is_not_passed_over() {
        let all = [(TENANT, "contoso.com"), (CLIENT, CLIENT_ID), (SECRET, CANARY)];
        for wrong in
            [(TOKEN, "Bearer eyJ"), (AUTHORITY, "http://login.example"), (TENANT, "../x"), (CLIENT, "a b")]
        {
            let found = look(&[&[wrong], &all[..]].concat());
            assert!(matches!(found, SignInFound::Missing(_)), "{wrong:?}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let all = [(TENANT, "contoso.com"), (CLIENT, CLIENT_ID), (SECRET, CANARY)];
        assert!(!format!("{:?}", look(&all)).contains(CANARY));
        assert!(!format!("{:?}", look(&[(TOKEN, CANARY)])).contains(CANARY));
    }
}
