//! One offboard call: what is sent, once, and what its answer or its silence means.

use std::time::Duration;

use offramp::defender::{
    Client, ClientConfig, OffboardOutcome, ServiceError, SignIn, Step, TimeOuts, UnknownWhy,
};
use offramp::domain::{ActionId, ActionStatus};
use secrecy::SecretString;

use crate::raw::{Reply, Server, answer, json};
use crate::setting::{claims, client, comment, config, error, jwt, offboardable};

const ACTION: &str = r#"{"@odata.context":"…#MachineActions/$entity","id":"2e9da30d-27f6-4208-81f2-9cd3d67893ba","type":"Offboard",
    "status":"Pending","requestorComment":"CHG-1042 retire Paris web","machineId":"m1","creationDateTimeUtc":"2026-11-24T12:04:31.2Z"}"#;

async fn offboard(base: &str) -> OffboardOutcome {
    client(base).offboard(&offboardable("m1"), &comment()).await.value
}

#[tokio::test]
async fn one_call_and_the_action_that_came_back() {
    for status in ["200 OK", "201 Created"] {
        let server = Server::start(move |_, _| {
            Reply::Bytes(answer(status, "Date: Tue, 24 Nov 2026 12:04:32 GMT\r\n", ACTION))
        })
        .await;
        let client = client(&server.base);
        let answered = client.offboard(&offboardable("m1"), &comment()).await;
        let OffboardOutcome::Accepted(action) = answered.value else { panic!("{answered:?}") };
        assert_eq!(action.status, ActionStatus::Pending);
        assert_eq!(action.comment, Some(comment().shown()));
        assert_eq!(answered.date, Some("2026-11-24T12:04:32Z".parse().unwrap()));
        assert_eq!(answered.generation, client.identity().unwrap().generation);

        let [request] = server.requests().try_into().unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /api/machines/m1/offboard HTTP/1.1\r\n"), "{head}");
        let head = head.to_lowercase();
        assert!(head.contains("\r\ncontent-type: application/json\r\n"), "{head}");
        assert!(head.contains("\r\nauthorization: bearer "), "{head}");
        assert_eq!(body, r#"{"Comment":"CHG-1042 retire Paris web"}"#);
    }
}

/// The request arrived, and the connection ends in one of many ways: nobody can know what came of it, and it is not
/// sent again.
#[tokio::test]
async fn a_connection_lost_after_the_request_is_a_doubt_and_no_repeat() {
    type Replies = fn() -> Reply;
    let replies: [(&str, Replies); 5] = [
        ("no byte", || Reply::Last(Vec::new())),
        ("half a head", || Reply::Last(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec())),
        ("half a body", || {
            Reply::Last(b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{\"id\":".to_vec())
        }),
        ("half a chunk", || {
            Reply::Last(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n{\"id\"".to_vec())
        }),
        ("no HTTP", || Reply::Last(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())),
    ];
    for (name, reply) in replies {
        let server = Server::start(move |_, _| reply()).await;
        let outcome = offboard(&server.base).await;
        assert!(
            matches!(outcome, OffboardOutcome::Unknown { answered_by_service: false, .. }),
            "{name}: {outcome:?}"
        );
        assert_eq!(server.requests().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_kept_connection_that_dies_under_a_call_is_not_tried_again_either() {
    let server = Server::start(|number, _| match number {
        0 => json("200 OK", ACTION),
        _ => Reply::Last(Vec::new()),
    })
    .await;
    let client = client(&server.base);
    let first = client.offboard(&offboardable("m1"), &comment()).await;
    assert!(matches!(first.value, OffboardOutcome::Accepted(_)));
    let second = client.offboard(&offboardable("m2"), &comment()).await;
    let OffboardOutcome::Unknown { why, .. } = second.value else { panic!("{second:?}") };
    assert_eq!(why, UnknownWhy::Lost);
    assert_eq!((server.requests().len(), server.connections()), (2, 1));
}

#[tokio::test]
async fn no_answer_in_time_is_a_doubt() {
    let stalls: [fn() -> Reply; 2] = [
        || Reply::Stall(Vec::new()),
        || Reply::Stall(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_vec()),
    ];
    for stall in stalls {
        let server = Server::start(move |_, _| stall()).await;
        let short = TimeOuts { post: Duration::from_millis(200), ..TimeOuts::default() };
        let token = SignIn::Token(SecretString::from(jwt(&claims(1))));
        let client = Client::new(ClientConfig { time_outs: short, ..config(&server.base, token) }).unwrap();
        let answered = client.offboard(&offboardable("m1"), &comment()).await;
        let OffboardOutcome::Unknown { why, words, answered_by_service } = answered.value else {
            panic!("{answered:?}")
        };
        // On a slow machine the time may be over before the head has come.
        assert!(matches!(why, UnknownWhy::TimeOut | UnknownWhy::Unreadable(200)), "{why:?}");
        assert!(words.as_str().contains("no answer in time") && !answered_by_service, "{words}");
    }
}

#[tokio::test]
async fn what_never_left_may_be_sent_again() {
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let outcome = offboard(&format!("http://{nobody}")).await;
    let OffboardOutcome::NotSent(ServiceError::NotReachable { step, host, .. }) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!((step, host.as_str()), (Step::Connect, nobody.to_string().as_str()));
}

#[tokio::test]
async fn too_many_says_how_long_if_the_service_does() {
    for (header, seconds) in [
        ("Retry-After: 42\r\n", Some(42)),
        ("Retry-After: Tue, 24 Nov 2026 12:05:31 GMT\r\n", Some(60)),
        ("Retry-After: 99999\r\n", Some(3_600)),
        ("Retry-After: later\r\n", None),
        ("", None),
    ] {
        let headers = format!("Date: Tue, 24 Nov 2026 12:04:31 GMT\r\n{header}");
        let server = Server::start(move |_, _| {
            let quota = error("429", "API calls quota exceeded! maximum allowed 1500 per 01:00:00");
            Reply::Bytes(answer("429 Too Many Requests", &headers, &quota))
        })
        .await;
        let outcome = offboard(&server.base).await;
        let OffboardOutcome::TooMany { retry_after, refused } = outcome else { panic!("{outcome:?}") };
        assert_eq!(retry_after.map(|wait| wait.as_secs()), seconds, "{header}");
        assert!(refused.to_string().contains("1500 per 01:00:00"));
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Server::start(|_, _| json("200 OK", ACTION)).await;
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("Location: {}/api/machines/m1/offboard\r\n", elsewhere.base);
        let server = Server::start(move |_, _| Reply::Bytes(answer(status, &location, ""))).await;
        let outcome = offboard(&server.base).await;
        assert!(
            matches!(outcome, OffboardOutcome::Unknown { answered_by_service: false, .. }),
            "{outcome:?}"
        );
        assert_eq!(server.requests().len(), 1);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn a_gateways_page_is_a_doubt_with_its_first_words() {
    let server = Server::start(|_, _| json("502 Bad Gateway", "<html>\n<h1>Bad\u{1b}]0;x\u{7}</h1>")).await;
    let outcome = offboard(&server.base).await;
    let OffboardOutcome::Unknown { why, words, answered_by_service } = outcome else { panic!("{outcome:?}") };
    assert_eq!((why, answered_by_service), (UnknownWhy::Status(502), false));
    assert!(
        words.as_str().ends_with("502 from a gateway, \"<html> <h1>Bad‹001B›]0;x‹0007›</h1>\""),
        "{words}"
    );
}

#[tokio::test]
async fn a_token_refused_is_left_to_the_engine() {
    let server = Server::start(|_, _| json("401 Unauthorized", &error("Unauthorized", "expired"))).await;
    let client = client(&server.base);
    let answered = client.offboard(&offboardable("m1"), &comment()).await;
    assert!(
        matches!(answered.value, OffboardOutcome::Unauthorized { tenant_trouble: false, .. }),
        "{answered:?}"
    );
    assert_eq!(answered.generation, client.identity().unwrap().generation);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn an_action_is_cancelled_with_a_comment() {
    let server = Server::start(|number, _| match number {
        0 => json("200 OK", r#"{"id":"a-1","type":"Offboard","status":"Cancelled"}"#),
        1 => json("404 Not Found", &error("NotFound", "no such action")),
        _ => Reply::Last(Vec::new()),
    })
    .await;
    let client = client(&server.base);
    let id = ActionId::parse("a-1").unwrap();
    assert_eq!(client.cancel(&id, &comment()).await.unwrap().status, ActionStatus::Cancelled);
    let error = client.cancel(&id, &comment()).await.unwrap_err();
    assert_eq!(error.to_string(), "404 NotFound: no such action");
    let error = client.cancel(&id, &comment()).await.unwrap_err();
    assert!(matches!(error, ServiceError::NotReachable { step: Step::Lost, .. }), "{error:?}");
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[0].starts_with("POST /api/machineactions/a-1/cancel HTTP/1.1"));
    assert!(requests[0].ends_with(r#"{"Comment":"CHG-1042 retire Paris web"}"#));
}
