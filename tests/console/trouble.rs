//! What goes wrong between the console and the service, in words, and what stays possible.

use std::net::TcpListener;

use offramp::emulator::{Api, Links, Scripted};

use crate::support::{Console, Host, Tenant};

#[test]
fn a_wrong_secret_is_answered_with_the_services_code_and_asked_once() {
    let tenant = Tenant::paris().start();
    let host = Host::new();
    let mut console = host.console(&tenant).environment("AZURE_CLIENT_SECRET", "canary-wrong").start();
    console.sees("AADSTS7000215").sees("Not signed in");
    console.press("c").sees("! ").has_handled_all().no_dialog();
    assert_eq!(tenant.calls(Api::Token).len(), 1, "no loop");
    console.quits();
    assert!(!String::from_utf8_lossy(&console.bytes()).contains("canary"), "the secret was shown");
    tenant.was_sent_nothing();
}

#[test]
fn an_expired_secret_says_so_and_r_tries_again_once_it_is_renewed() {
    let tenant = Tenant::paris().but(|it| it.secret_expired = true).start();
    let mut console = Console::start(&tenant);
    console.sees("AADSTS7000222");
    tenant.emulator.set_switches(|it| it.secret_expired = false);
    console.press("r").list_is_whole().sees("4 offboardable");
    console.quits();
}

#[test]
fn an_expired_token_says_what_to_do_and_is_not_tried_again_and_again() {
    let tenant = Tenant::paris().start();
    let host = Host::new();
    let token = tenant.emulator.access_token_with(|claims| {
        claims.insert("exp".into(), 1_600_000_000.into());
    });
    let mut console = host
        .console(&tenant)
        .without("AZURE_CLIENT_SECRET")
        .environment("OFFRAMP_ACCESS_TOKEN", token)
        .start();
    console.sees("expired");
    console.quits();
    assert!(tenant.calls(Api::Machines).len() <= 1, "no loop");
    tenant.was_sent_nothing();
}

#[test]
fn a_token_of_another_service_or_of_another_tenant_is_refused_before_anything_is_sent() {
    let tenant = Tenant::paris().start();
    let host = Host::new();
    for (claim, value, expected) in [
        ("aud", "https://graph.microsoft.com", "graph.microsoft.com"),
        ("tid", "11111111-2222-3333-4444-555555555555", "11111111-2222-3333-4444-555555555555"),
    ] {
        let token = tenant.emulator.access_token_with(|claims| {
            claims.insert(claim.into(), value.into());
        });
        let mut console = host
            .console(&tenant)
            .environment("AZURE_TENANT_ID", tenant.emulator.tenant_id())
            .without("AZURE_CLIENT_SECRET")
            .environment("OFFRAMP_ACCESS_TOKEN", token.clone())
            .start();
        console.sees("The access token was not used. Nothing was sent with it.").sees(expected);
        console.quits();
        assert!(!String::from_utf8_lossy(&console.bytes()).contains(&token), "the token was shown");
    }
    assert_eq!(tenant.emulator.log(), [], "something was sent");
}

#[test]
fn a_host_that_nobody_listens_on_is_named_and_r_tries_again() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let tenant = Tenant::paris().start();
    let host = Host::new();
    let nowhere = format!("http://127.0.0.1:{port}");
    let mut console = host.console(&tenant).environment("AZURE_AUTHORITY_HOST", &nowhere).start();
    console.sees("The sign-in host was not reached.").sees(&format!("127.0.0.1:{port}")).sees("r ");
    console.press("r").has_handled_all().sees("The sign-in host was not reached.");
    console.quits();
    console.left_the_terminal_intact();
    assert_eq!(tenant.emulator.log(), []);
}

#[test]
fn a_page_in_place_of_the_list_is_told_in_words_and_acts_on_nothing() {
    let page = "<html><title>Sign in to the proxy \u{1b}]52;c;eA==\u{7}\u{9b}2J</title></html>".to_owned();
    let tenant = Tenant::paris()
        .but(|it| {
            it.scripts.insert(Api::Machines, vec![Scripted::Status(200, page)]);
        })
        .start();
    let mut console = Console::start(&tenant);
    console.sees("The machines were not listed.").sees("<html>");
    console.press("r").list_is_whole().sees("4 offboardable");
    console.quits();
    let bytes = String::from_utf8_lossy(&console.bytes()).into_owned();
    assert!(!bytes.contains("\u{1b}]"), "a sequence of the page reached the terminal");
    assert!(!bytes.contains('\u{9b}'), "a control of the page reached the terminal");
}

#[test]
fn a_refresh_that_fails_leaves_list_and_selection_as_they_are() {
    let tenant = Tenant::paris().start();
    let mut console = Console::start(&tenant);
    console.list_is_whole().press("a").sees("4 selected");
    tenant.emulator.set_switches(|it| {
        it.unauthorized = Some("Account mode is inactive".into());
    });
    console.press("r").sees("The list was not refreshed. The last one stays, and so does the selection.");
    console.sees("Account mode is inactive").sees("4 selected").sees("par-web-014");
    tenant.emulator.set_switches(|it| it.unauthorized = None);
    console
        .press("Esc")
        .no_longer_sees("Account mode")
        .press("r")
        .no_longer_sees("not refreshed")
        .sees("4 selected");
    console.quits();
    tenant.was_sent_nothing();
}

#[test]
fn links_that_lie_never_lead_anywhere_else_and_the_list_ends() {
    for links in [Links::Broken, Links::Endless, Links::Elsewhere] {
        let tenant = Tenant::of_many(25).but(|it| (it.links, it.page_cap) = (links, Some(10))).start();
        let mut console = Console::start(&tenant);
        console.list_is_whole().sees("25 offboardable");
        console.quits();
    }
}
