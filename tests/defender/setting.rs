//! What most tests need: a token that says something, a client for a server, a machine that the rule allows.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use offramp::defender::{ApiBase, Authority, Client, ClientConfig, Pauses, SignIn};
use offramp::domain::{Comment, Machine, MachineId, Offboardable};
use secrecy::SecretString;

pub(crate) const TENANT: &str = "3c9d1f3a-0000-4000-8000-0123456789ab";
/// Must be found nowhere.
pub(crate) const CANARY: &str = "c4n4ry~8Q.secret-of-the-app";

/// An unsigned token, as readable as a real one.
pub(crate) fn jwt(claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.c2ln", part(r#"{"alg":"none","typ":"JWT"}"#), part(claims))
}

/// What an app's token says that may do everything here. `number` tells tokens apart.
pub(crate) fn claims(number: u32) -> String {
    format!(
        r#"{{"aud":"https://api.securitycenter.microsoft.com","appid":"a-1","app_displayname":"ir-automation","tid":"{TENANT}",
        "exp":1795521600,"uti":"{number}","roles":["Machine.Read.All","Machine.Offboard"]}}"#
    )
}

pub(crate) fn config(base: &str, sign_in: SignIn) -> ClientConfig {
    let no_pauses = Pauses { gateway: Duration::ZERO, not_found: Duration::ZERO };
    ClientConfig { pauses: no_pauses, ..ClientConfig::new(ApiBase::parse(base).unwrap(), sign_in) }
}

/// A client that already has a token.
pub(crate) fn client(base: &str) -> Client {
    Client::new(config(base, SignIn::Token(SecretString::from(jwt(&claims(1)))))).unwrap()
}

pub(crate) fn with_secret(base: &str, authority: &str) -> ClientConfig {
    config(
        base,
        SignIn::ClientSecret {
            authority: Authority::parse(authority).unwrap(),
            tenant: TENANT.into(),
            client_id: "0f6c1d2e-1111-4222-8333-444455559a41".into(),
            secret: SecretString::from(CANARY),
        },
    )
}

pub(crate) fn machine_id(id: &str) -> MachineId {
    MachineId::parse(id).unwrap()
}

pub(crate) fn offboardable(id: &str) -> Offboardable {
    let machine = Machine {
        os_platform: Some("Windows11".into()),
        onboarding_status: Some("Onboarded".into()),
        ..Machine::bare(machine_id(id))
    };
    Offboardable::of(&machine).unwrap()
}

pub(crate) fn comment() -> Comment {
    Comment::parse("CHG-1042 retire Paris web", None).unwrap()
}

/// `{"id": …}` rows in a page.
pub(crate) fn page(ids: impl IntoIterator<Item = impl std::fmt::Display>) -> String {
    let rows: Vec<_> = ids.into_iter().map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
    format!(r#"{{"@odata.context":"x","value":[{}]}}"#, rows.join(","))
}

/// An error in the service's shape.
pub(crate) fn error(code: &str, message: &str) -> String {
    format!(r#"{{"error":{{"code":"{code}","message":"{message}","target":"t-1"}}}}"#)
}
