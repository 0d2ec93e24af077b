//! The first start, without a way to sign in.

use crate::support::Host;

const SECRET: &str = "canary-3f9c1b77-of-the-first-start";

#[test]
fn without_credentials_each_variable_is_named_and_no_secret_is_shown() {
    let host = Host::new();
    let mut console = host.console_without_tenant().environment("AZURE_CLIENT_SECRET", SECRET).start();
    console.sees("No way to sign in was found.").sees("nothing has been asked of any network");
    for variable in
        ["OFFRAMP_ACCESS_TOKEN ", "OFFRAMP_ACCESS_TOKEN_FILE", "AZURE_TENANT_ID", "AZURE_CLIENT_ID"]
    {
        console.sees(variable);
    }
    assert!(console.screen().line_with("AZURE_TENANT_ID").unwrap().contains("missing"));
    assert!(console.screen().line_with("AZURE_CLIENT_SECRET").unwrap().contains('✓'));
    assert!(console.screen().line_with("OFFRAMP_ACCESS_TOKEN ").unwrap().contains("not set"));
    console.press("r").has_handled_all().sees("No way to sign in was found.");
    console.quits();
    console.left_the_terminal_intact();
    assert!(!String::from_utf8_lossy(&console.bytes()).contains("canary"), "the secret was shown");
}

#[test]
fn the_first_screen_opens_the_demo() {
    let host = Host::new();
    let mut console = host.console_without_tenant().start();
    console.sees("d demo").press("d").sees("DEMO").list_is_whole().sees("2,500 simulated machines");
    console.quits();
    console.left_the_terminal_intact();
    let left: Vec<_> = host.files().into_iter().map(|(path, _)| path).collect();
    assert!(
        !left.iter().any(|path| path.to_string_lossy().contains("demo")),
        "the demo left files: {left:?}"
    );
}
