//! Answers that are too large, surroundings that are in the way, and the canary that must be found nowhere.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use offramp::defender::{
    ActionQuery, ApiBase, Bounds, Client, ClientConfig, OffboardOutcome, ServiceError, SignIn, Step,
};
use offramp::domain::ActionId;
use secrecy::SecretString;

use crate::raw::{Reply, Server, json};
use crate::setting::{
    CANARY, claims, client, comment, config, jwt, machine_id, offboardable, page, with_secret,
};

const KB: usize = 1 << 10;
/// What kernels on both ends may hold of a stream that is no longer read.
const IN_FLIGHT_MAX: usize = 32 << 20;

fn small(base: &str) -> Client {
    let bounds = Bounds { page_bytes: 256 * KB, answer_bytes: 64 * KB, rows: 100 };
    let token = SignIn::Token(SecretString::from(jwt(&claims(1))));
    Client::new(ClientConfig { bounds, ..config(base, token) }).unwrap()
}

async fn endless(status: &'static str) -> Server {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n{{\"value\":[\"");
    Server::start(move |_, _| Reply::Endless(head.clone().into_bytes(), vec![b'x'; 64 * KB])).await
}

#[tokio::test]
async fn an_answer_without_end_is_left_at_its_bound() {
    let server = endless("200 OK").await;
    let error = small(&server.base).machines().next().await.unwrap().unwrap_err();
    assert!(
        error.to_string().ends_with("the answer is larger than 256 KB, and was not read to its end"),
        "{error}"
    );
    assert!(server.poured().await < 256 * KB + IN_FLIGHT_MAX);

    let server = endless("200 OK").await;
    let answered = small(&server.base).offboard(&offboardable("m1"), &comment()).await;
    assert!(
        matches!(answered.value, OffboardOutcome::Unknown { answered_by_service: false, .. }),
        "{answered:?}"
    );
    assert!(server.poured().await < 64 * KB + IN_FLIGHT_MAX);

    let server = endless("400 Bad Request").await;
    let error = small(&server.base).actions(&ActionQuery::All).await.unwrap_err();
    assert!(matches!(error, ServiceError::Gateway { status: 400, .. }), "{error:?}");
    assert!(server.poured().await < 64 * KB + IN_FLIGHT_MAX);
}

#[tokio::test]
async fn a_length_that_promises_2_gb_reserves_nothing() {
    let server = Server::start(|_, _| {
        Reply::Last(b"HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n{\"value\":[".to_vec())
    })
    .await;
    let error = small(&server.base).machines().next().await.unwrap().unwrap_err();
    assert!(matches!(error, ServiceError::NotReachable { step: Step::Lost, .. }), "{error:?}");
}

/// 1 MB of one letter, 1 KB on the wire.
#[tokio::test]
async fn the_bound_holds_for_what_an_answer_unfolds_to() {
    let packed = STANDARD.decode(include_str!("bomb.b64").trim()).unwrap();
    assert!(packed.len() < 2 * KB);
    let server = Server::start(move |_, request| {
        assert!(request.to_lowercase().contains("accept-encoding: gzip\r\n"), "{request}");
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", packed.len());
        Reply::Bytes([head.as_bytes(), &packed].concat())
    })
    .await;
    let error = small(&server.base).machines().next().await.unwrap().unwrap_err();
    assert!(matches!(error, ServiceError::TooLarge { .. }), "{error:?}");
    let page = client(&server.base).machines().next().await.unwrap().unwrap();
    assert_eq!(page.unreadable, 1, "inside the usual bound it is read: one row that is a text");
}

#[tokio::test]
async fn more_rows_than_any_tenant_has_are_not_kept() {
    let server =
        Server::start(|number, _| json("200 OK", &page((0..60).map(|row| format!("m{number}-{row}"))))).await;
    let mut list = small(&server.base).machines();
    assert!(list.next().await.unwrap().is_ok());
    let error = list.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("larger than 100 rows"), "{error}");
}

#[tokio::test]
async fn broken_answers_are_told_with_their_first_characters_made_safe() {
    for (body, words) in [
        ("<html>\r\n <title>Hotel</title>\u{1b}[2J", "\"<html> <title>Hotel</title>‹001B›[2J\""),
        ("{\"value\":[{\"id\":\"m1\"},", "EOF while parsing"),
        ("{\"value\":null}", "expected a list"),
        ("{\"machines\":[]}", "there is no \"value\" in it"),
        ("", "EOF while parsing"),
    ] {
        let server = Server::start(move |_, _| json("200 OK", body)).await;
        let error = client(&server.base).machines().next().await.unwrap().unwrap_err();
        assert!(matches!(error, ServiceError::Unreadable { .. }), "{error:?}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

/// A server that quotes every request back, as some gateways do, whole and in every kind of answer.
#[tokio::test]
async fn the_canary_is_found_nowhere() {
    for status in [
        "200 OK",
        "400 Bad Request",
        "401 Unauthorized",
        "403 Forbidden",
        "429 Too Many Requests",
        "502 Bad Gateway",
    ] {
        for shape in ["page", "error"] {
            let echo = move |_: usize, request: &str| {
                let quoted = serde_json::to_string(request).unwrap();
                match shape {
                    "page" => json(status, &format!("<pre>{request}</pre>")),
                    _ => json(
                        status,
                        &format!(r#"{{"error":{{"code":{quoted},"message":{quoted},"target":{quoted}}}}}"#),
                    ),
                }
            };
            let api = Server::start(echo).await;
            let host = Server::start(echo).await;
            let mut shown = String::new();
            let mut show = |what: &dyn std::fmt::Debug| writeln!(shown, "{what:?}").unwrap();

            let failing = with_secret(&api.base, &host.base);
            show(&failing);
            let client_that_fails = Client::new(failing).unwrap();
            let error = client_that_fails.sign_in().await.unwrap_err();
            show(&error);
            show(&error.to_string());
            show(&client_that_fails);

            let token = jwt(&claims(1));
            let client = client(&api.base);
            show(&client);
            for error in [
                client.machines().next().await.unwrap().unwrap_err(),
                client.machine(&machine_id("m1")).await.unwrap_err(),
                client.actions(&ActionQuery::All).await.unwrap_err(),
                client.cancel(&ActionId::parse("a-1").unwrap(), &comment()).await.unwrap_err(),
            ] {
                show(&error);
                show(&error.to_string());
            }
            show(&client.offboard(&offboardable("m1"), &comment()).await);

            assert!(api.requests().iter().any(|request| request.contains(&token)), "it was sent");
            assert!(host.requests()[0].contains("c4n4ry%7E8Q"), "it was sent");
            for secret in [CANARY, "c4n4ry", token.as_str(), &token[30..]] {
                assert!(!shown.contains(secret), "{status} {shape}: {shown}");
            }
        }
    }
}

/// Runs a test of this binary once more, in surroundings of its own: the environment of a process is one for all.
fn again(test: &str, surroundings: &[(&str, &OsStr)]) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env_clear()
        .envs(surroundings.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
}

const DEAD_PROXY: &str = "http://127.0.0.1:1";

#[test]
fn loopback_is_reached_past_a_dead_proxy() {
    let proxies =
        ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"].map(|name| (name, OsStr::new(DEAD_PROXY)));
    again("hostile::with_a_dead_proxy", &proxies);
}

#[tokio::test]
#[ignore = "needs surroundings: run by loopback_is_reached_past_a_dead_proxy"]
async fn with_a_dead_proxy() {
    assert_eq!(std::env::var("HTTP_PROXY").as_deref(), Ok(DEAD_PROXY));
    let server = Server::start(|_, _| json("200 OK", r#"{"id":"m1"}"#)).await;
    for base in [server.base.clone(), server.base.replace("127.0.0.1", "localhost")] {
        let client = client(&base);
        assert!(client.machine(&machine_id("m1")).await.unwrap().is_some());
        assert!(!client.may_go_through_proxy());
    }
}

#[test]
fn a_proxy_that_refuses_is_named_and_nothing_was_sent() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/defender/root.pem");
    again("hostile::behind_a_proxy", &[("SSL_CERT_FILE", OsStr::new(root))]);
}

/// Sets no variable: the child starts a child of its own once it knows the proxy's port.
#[tokio::test]
#[ignore = "needs surroundings: run by a_proxy_that_refuses_is_named_and_nothing_was_sent"]
async fn behind_a_proxy() {
    if std::env::var("HTTPS_PROXY").is_ok() {
        let token = SignIn::Token(SecretString::from(jwt(&claims(1))));
        let client = Client::new(config(ApiBase::DEFAULT, token)).unwrap();
        assert!(client.may_go_through_proxy());
        let answered = client.offboard(&offboardable("m1"), &comment()).await;
        let OffboardOutcome::NotSent(error) = answered.value else { panic!("{answered:?}") };
        assert_eq!(error.host(), Some("api.security.microsoft.com"));
        assert!(matches!(error, ServiceError::NotReachable { step: Step::Proxy, .. }), "{error:?}");
        return;
    }
    let proxy =
        Server::start(|_, _| Reply::Last(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_vec()))
            .await;
    let (base, root) = (proxy.base.clone(), std::env::var_os("SSL_CERT_FILE").unwrap());
    let child = tokio::task::spawn_blocking(move || {
        again("hostile::behind_a_proxy", &[("HTTPS_PROXY", OsStr::new(&base)), ("SSL_CERT_FILE", &root)]);
    });
    child.await.unwrap();
    assert_eq!(proxy.lines(), ["CONNECT api.security.microsoft.com:443"]);
    assert!(!proxy.requests()[0].to_lowercase().contains("\r\nauthorization:"));
}

#[test]
fn without_certificate_authorities_loopback_works_and_others_say_what_is_missing() {
    let nowhere = OsStr::new("/nonexistent");
    again("hostile::without_roots", &[("SSL_CERT_FILE", nowhere), ("SSL_CERT_DIR", nowhere)]);
}

#[tokio::test]
#[ignore = "needs surroundings: run by without_certificate_authorities_loopback_works_and_others_say_what_is_missing"]
async fn without_roots() {
    let server = Server::start(|_, _| json("200 OK", r#"{"id":"m1"}"#)).await;
    assert!(client(&server.base).machine(&machine_id("m1")).await.unwrap().is_some());
    let token = SignIn::Token(SecretString::from(jwt(&claims(1))));
    let error = Client::new(config(ApiBase::DEFAULT, token)).unwrap_err();
    assert!(matches!(error, ServiceError::NotReachable { step: Step::NoRoots, .. }), "{error:?}");
    assert_eq!(error.host(), Some("api.security.microsoft.com"));
    assert!(error.what_to_do().contains("ca-certificates"));
}

#[test]
fn a_host_that_speaks_no_tls_is_told_by_that_step() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/defender/root.pem");
    again("hostile::without_tls", &[("SSL_CERT_FILE", OsStr::new(root))]);
}

#[tokio::test]
#[ignore = "needs surroundings: run by a_host_that_speaks_no_tls_is_told_by_that_step"]
async fn without_tls() {
    // It takes the greeting for a bad request.
    let talker = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("https://{}", talker.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::Write as _;
        while let Ok((mut stream, _)) = talker.accept() {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let answered = client(&base).offboard(&offboardable("m1"), &comment()).await;
    let OffboardOutcome::NotSent(error) = answered.value else { panic!("{answered:?}") };
    assert!(matches!(error, ServiceError::NotReachable { step: Step::Tls, .. }), "{error:?}");
}
