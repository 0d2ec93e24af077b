//! Secrets stay where they are: not on the screen, not in the journal, not in any file.

use std::ffi::OsStr;

use crate::support::{Console, Host, Tenant};

const FAST: f64 = 60.0;

#[track_caller]
fn never_told(console: &Console, host: &Host, secrets: &[&str]) {
    let contains = |bytes: &[u8], secret: &str| bytes.windows(secret.len()).any(|it| it == secret.as_bytes());
    for secret in secrets {
        assert!(!contains(&console.bytes(), secret), "it was written to the terminal");
        for (path, content) in host.files() {
            assert!(!contains(&content, secret), "it is in {}", path.display());
        }
    }
}

#[test]
fn a_client_secret_is_never_told() {
    let tenant = Tenant::paris().speed(FAST).start();
    let host = Host::new();
    let mut console = host.console(&tenant).start();
    console.offboards_all(4, "CHG-7");
    console.sees("✓ 4 succeeded");
    tenant.emulator.withdraw_tokens();
    tenant.emulator.set_switches(|it| it.secret_expired = true);
    console.press("1").press("r").sees("AADSTS7000222");
    console.quits();
    assert!(
        host.files().iter().any(|(path, _)| path.extension() == Some(OsStr::new("db"))),
        "there is a journal"
    );
    never_told(&console, &host, &[tenant.emulator.client_secret()]);
}

#[test]
fn an_access_token_is_never_told() {
    let tenant = Tenant::paris().speed(FAST).start();
    let host = Host::new();
    let token = tenant.emulator.access_token();
    let mut console = host
        .console(&tenant)
        .without("AZURE_CLIENT_SECRET")
        .environment("OFFRAMP_ACCESS_TOKEN", &token)
        .start();
    // The token names its tenant by the id alone, whatever is configured.
    console.offboards_all_from(&tenant.emulator.tenant_id()[..8], 4, "CHG-7");
    console.sees("✓ 4 succeeded");
    tenant.emulator.withdraw_tokens();
    console.press("1").press("r").sees("not refreshed");
    console.quits();
    let claims = token.split('.').nth(1).unwrap();
    never_told(&console, &host, &[&token, claims]);
}
