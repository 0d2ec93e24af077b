//! Sign-in: what is asked, what is refused before anything is sent, and when a newer token is fetched.

use std::sync::atomic::{AtomicU32, Ordering};

use offramp::defender::{
    ApiBase, Client, ConfigError, OffboardOutcome, ServiceError, SignIn, Step, TokenFileProblem,
    WrongTokenPart,
};
use secrecy::SecretString;

use crate::raw::{Reply, Server, answer, json};
use crate::setting::{
    CANARY, TENANT, claims, client, comment, config, error, jwt, machine_id, offboardable, page, with_secret,
};

fn token_answer(token: &str) -> String {
    format!(r#"{{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"{token}"}}"#)
}

/// A sign-in host that gives a new token to each who asks.
async fn sign_in_host() -> Server {
    let number = AtomicU32::new(1);
    Server::start(move |_, _| {
        json("200 OK", &token_answer(&jwt(&claims(number.fetch_add(1, Ordering::Relaxed)))))
    })
    .await
}

#[tokio::test]
async fn an_apps_secret_is_exchanged_once_for_a_token_that_every_call_carries() {
    let host = sign_in_host().await;
    let api = Server::start(|_, _| json("200 OK", r#"{"id":"m1"}"#)).await;
    let client = Client::new(with_secret(&api.base, &host.base)).unwrap();
    assert_eq!(client.identity(), None);

    let identity = client.sign_in().await.unwrap();
    assert_eq!(identity.app_name.as_ref().unwrap().as_str(), "ir-automation");
    assert_eq!((identity.may_read(), identity.may_offboard()), (Some(true), Some(true)));
    client.machine(&machine_id("m1")).await.unwrap();
    assert_eq!(client.sign_in().await.unwrap(), identity);

    let [request] = host.requests().try_into().unwrap();
    assert!(request.starts_with(&format!("POST /{TENANT}/oauth2/v2.0/token HTTP/1.1")), "{request}");
    assert!(request.to_lowercase().contains("content-type: application/x-www-form-urlencoded"), "{request}");
    let form = request.split("\r\n\r\n").nth(1).unwrap();
    assert_eq!(
        form,
        "grant_type=client_credentials&client_id=0f6c1d2e-1111-4222-8333-444455559a41\
         &client_secret=c4n4ry%7E8Q.secret-of-the-app&scope=https%3A%2F%2Fapi.securitycenter.microsoft.com%2F.default"
    );
    let bearer = format!("authorization: Bearer {}", jwt(&claims(1)));
    assert!(api.requests()[0].contains(&bearer), "{}", api.requests()[0]);
}

#[tokio::test]
async fn a_refused_secret_is_told_in_the_hosts_words_and_not_asked_again() {
    let host = Server::start(|_, _| {
        json(
            "401 Unauthorized",
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: t-9\r\nCorrelation ID: c-9",
            "error_codes":[7000215],"trace_id":"t-9","correlation_id":"c-9"}"#,
        )
    })
    .await;
    let client = Client::new(with_secret("http://127.0.0.1:9", &host.base)).unwrap();
    let error = client.sign_in().await.unwrap_err();
    assert_eq!(error.to_string(), "AADSTS7000215: Invalid client secret provided.");
    assert!(error.what_to_do().contains("AZURE_CLIENT_SECRET"));
    let ServiceError::SignIn(refused) = error else { panic!("{error:?}") };
    assert_eq!((refused.aadsts, refused.status), (Some(7_000_215), 401));
    assert_eq!(refused.trace.unwrap().as_str(), "t-9");
    assert_eq!(host.requests().len(), 1);
}

#[tokio::test]
async fn numbers_may_come_as_texts_and_extras_may_be_missing() {
    let host = Server::start(|_, _| {
        json("200 OK", r#"{"token_type":"bearer","expires_in":"3599","access_token":"opaque-token"}"#)
    })
    .await;
    let client = Client::new(with_secret("http://127.0.0.1:9", &host.base)).unwrap();
    let identity = client.sign_in().await.unwrap();
    assert_eq!((identity.roles, identity.expires), (None, None), "an opaque token is unknown, not refused");
}

#[tokio::test]
async fn a_sign_in_host_that_is_none_is_told_apart() {
    for (reply, words) in [
        (("502 Bad Gateway", "<html>down</html>"), "502 from a gateway, \"<html>down</html>\""),
        (("200 OK", "<html>Log in to the hotel</html>"), "but it is no JSON"),
        (("200 OK", "{}"), "but there is no access token in it"),
        (("200 OK", r#"{"access_token":"two words"}"#), "but there is no access token in it"),
        (("200 OK", r#"{"access_token":"x","token_type":"mac"}"#), "but its token is no bearer token"),
        (
            ("503 Service Unavailable", r#"{"error":"temporarily_unavailable"}"#),
            "503 temporarily_unavailable",
        ),
    ] {
        let host = Server::start(move |_, _| json(reply.0, reply.1)).await;
        let client = Client::new(with_secret("http://127.0.0.1:9", &host.base)).unwrap();
        let error = client.sign_in().await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(host.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_token_for_another_service_or_tenant_never_leaves_this_host() {
    let api = Server::start(|_, _| json("200 OK", &page(["m1"]))).await;
    let graph = jwt(r#"{"aud":"https://graph.microsoft.com","tid":"x"}"#);
    let elsewhere = jwt(r#"{"tid":"11111111-0000-4000-8000-0123456789ab"}"#);
    for (token, part) in [(graph, WrongTokenPart::Audience), (elsewhere, WrongTokenPart::Tenant)] {
        let mut config = config(&api.base, SignIn::Token(SecretString::from(token)));
        config.tenant = Some(TENANT.to_uppercase());
        let client = Client::new(config).unwrap();
        let error = client.sign_in().await.unwrap_err();
        assert!(matches!(&error, ServiceError::WrongToken { part: is, .. } if *is == part), "{error:?}");
        assert_eq!(client.machine(&machine_id("m1")).await.unwrap_err(), error);
        assert_eq!(client.machines().next().await, Some(Err(error.clone())));
        let answered = client.offboard(&offboardable("m1"), &comment()).await;
        assert_eq!(answered.value, OffboardOutcome::NotSent(error));
    }
    assert_eq!(api.requests(), [""; 0]);
}

#[tokio::test]
async fn many_who_ask_at_once_share_one_renewal() {
    let host = sign_in_host().await;
    let client = Client::new(with_secret("http://127.0.0.1:9", &host.base)).unwrap();
    let spent = client.sign_in().await.unwrap().generation;
    let renewals: Vec<_> = (0..16)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.renew(spent).await.unwrap().generation })
        })
        .collect();
    for renewal in renewals {
        assert!(renewal.await.unwrap() > spent);
    }
    assert_eq!(host.requests().len(), 2);
}

#[tokio::test]
async fn a_read_that_meets_a_spent_token_is_asked_again_with_a_new_one_once() {
    let host = sign_in_host().await;
    let second = jwt(&claims(2));
    let api = Server::start(move |_, request| {
        if request.contains(&second) {
            json("200 OK", r#"{"id":"m1"}"#)
        } else {
            json("401 Unauthorized", &error("Unauthorized", "expired"))
        }
    })
    .await;
    let client = Client::new(with_secret(&api.base, &host.base)).unwrap();
    assert!(client.machine(&machine_id("m1")).await.unwrap().is_some());
    assert_eq!((host.requests().len(), api.requests().len()), (2, 2));

    let never = Server::start(|_, _| json("401 Unauthorized", &error("Unauthorized", "expired"))).await;
    let client = Client::new(with_secret(&never.base, &host.base)).unwrap();
    let error = client.machine(&machine_id("m1")).await.unwrap_err();
    assert_eq!(error.to_string(), "401 Unauthorized: expired");
    assert_eq!(never.requests().len(), 2, "no loop");
}

#[tokio::test]
async fn the_tenants_trouble_is_no_tokens_trouble() {
    let host = sign_in_host().await;
    let message = "Unauthorized request - reason of failure: Account mode is inactive";
    let api = Server::start(move |_, _| json("401 Unauthorized", &error("Unauthorized", message))).await;
    let client = Client::new(with_secret(&api.base, &host.base)).unwrap();
    let error = client.machine(&machine_id("m1")).await.unwrap_err();
    assert!(matches!(error, ServiceError::Tenant(_)), "{error:?}");
    assert_eq!((host.requests().len(), api.requests().len()), (1, 1));
    let answered = client.offboard(&offboardable("m1"), &comment()).await;
    let OffboardOutcome::Unauthorized { tenant_trouble, .. } = answered.value else { panic!("{answered:?}") };
    assert!(tenant_trouble);
}

#[tokio::test]
async fn a_token_of_the_operators_own_cannot_be_renewed_and_says_when_it_ended() {
    let api = Server::start(|_, _| json("401 Unauthorized", &error("Unauthorized", "expired"))).await;
    let client = client(&api.base);
    let error = client.machine(&machine_id("m1")).await.unwrap_err();
    assert_eq!(error.to_string(), "401 Unauthorized: expired (the access token ends at 2026-11-24 12:00Z)");
    assert!(error.what_to_do().contains("Set a new access token"));
    assert_eq!(api.requests().len(), 1);
    let generation = client.identity().unwrap().generation;
    assert!(matches!(client.renew(generation).await, Err(ServiceError::TokenSpent { .. })));
}

#[tokio::test]
async fn a_tokens_file_is_read_again_when_a_newer_one_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("token");
    let (first, second) = (jwt(&claims(1)), jwt(&claims(2)));
    std::fs::write(&path, format!("{first}\n")).unwrap();
    let expected = second.clone();
    let api = Server::start(move |_, request| {
        let status = if request.contains(&expected) { "200 OK" } else { "401 Unauthorized" };
        json(status, r#"{"id":"m1"}"#)
    })
    .await;
    let client = Client::new(config(&api.base, SignIn::TokenFile(path.clone()))).unwrap();
    assert!(matches!(client.machine(&machine_id("m1")).await, Err(ServiceError::TokenSpent { .. })));
    std::fs::write(&path, second).unwrap();
    assert!(client.machine(&machine_id("m1")).await.unwrap().is_some());

    std::fs::remove_file(&path).unwrap();
    let client = Client::new(config(&api.base, SignIn::TokenFile(path.clone()))).unwrap();
    let error = client.sign_in().await.unwrap_err();
    assert_eq!(error.to_string(), format!("the token's file {} does not exist", path.display()));
    let ServiceError::Config(ConfigError::TokenFile { problem, .. }) = error else { panic!("{error:?}") };
    assert_eq!(problem, TokenFileProblem::Missing);
}

#[tokio::test]
async fn a_token_near_its_end_is_renewed_before_a_call_and_kept_if_that_fails() {
    let host = Server::start(|number, _| match number {
        // It lives for no time at all: due at once.
        0 => json(
            "200 OK",
            &format!(r#"{{"token_type":"Bearer","expires_in":0,"access_token":"{}"}}"#, jwt(&claims(1))),
        ),
        _ => json("200 OK", &token_answer(&jwt(&claims(2)))),
    })
    .await;
    let client = Client::new(with_secret("http://127.0.0.1:9", &host.base)).unwrap();
    let first = client.sign_in().await.unwrap();
    let second = client.sign_in().await.unwrap();
    assert!(second.generation > first.generation);
    assert_eq!(client.sign_in().await.unwrap(), second);
    assert_eq!(host.requests().len(), 2);
}

#[tokio::test]
async fn the_secret_goes_to_no_second_host() {
    let thief = Server::start(|_, _| json("200 OK", "{}")).await;
    let location = format!("Location: {}/oauth2/token\r\n", thief.base);
    let host = Server::start(move |_, _| Reply::Bytes(answer("307 Temporary Redirect", &location, ""))).await;
    let client = Client::new(with_secret("http://127.0.0.1:9", &host.base)).unwrap();
    let error = client.sign_in().await.unwrap_err();
    assert!(error.to_string().ends_with("\"it redirects to 127.0.0.1, which is not followed\""), "{error}");
    assert_eq!(thief.connections(), 0);
}

#[tokio::test]
async fn what_is_not_there_or_not_encrypted_is_told_with_host_and_step() {
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let client = Client::new(with_secret("http://127.0.0.1:9", &format!("http://{nobody}"))).unwrap();
    let error = client.sign_in().await.unwrap_err();
    assert_eq!(error.host(), Some(nobody.to_string().as_str()));
    assert!(matches!(error, ServiceError::NotReachable { step: Step::Connect, .. }), "{error:?}");
    assert!(ApiBase::parse(&format!("http://user:{CANARY}@127.0.0.1")).is_err());
}
