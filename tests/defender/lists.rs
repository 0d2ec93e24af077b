//! Lists and single machines: pages, links that lie, rows that repeat, answers that come and go.

use offramp::defender::{ActionQuery, Client, Listing, Page, ServiceError};
use offramp::domain::MachineId;

use crate::raw::{Reply, Server, answer, json};
use crate::setting::{client, error, machine_id, page};

async fn ids(client: &Client) -> Vec<String> {
    let mut list = client.machines();
    let mut ids = Vec::new();
    while let Some(page) = list.next().await {
        ids.extend(page.unwrap().machines.into_iter().map(|machine| String::from(machine.id)));
    }
    ids
}

async fn actions(client: &Client, query: &ActionQuery) -> Listing {
    client.actions(query).await.unwrap()
}

#[tokio::test]
async fn a_page_is_what_came_and_machines_are_one_per_id() {
    let server = Server::start(|number, _| {
        let pages: [&[&str]; 4] = [&["m1", "m2", "m3"], &["m3", "m4"], &["m5"], &[]];
        json("200 OK", &page(pages[number]))
    })
    .await;
    assert_eq!(ids(&client(&server.base)).await, ["m1", "m2", "m3", "m4", "m5"]);
    assert_eq!(
        server.lines(),
        [
            "GET /api/machines?$top=10000&$skip=0",
            "GET /api/machines?$top=10000&$skip=3",
            "GET /api/machines?$top=10000&$skip=5",
            "GET /api/machines?$top=10000&$skip=6",
        ]
    );
}

#[tokio::test]
async fn links_are_not_followed_wherever_they_point() {
    let elsewhere = Server::start(|_, _| json("200 OK", &page(["stolen"]))).await;
    let link = format!("{}/api/machines?=onboardingstatus&=10000&$skip=10000", elsewhere.base);
    let server = Server::start(move |number, _| {
        let rows = if number == 0 { r#"{"id":"m1"}"# } else { "" };
        json("200 OK", &format!(r#"{{"@odata.nextLink":"{link}","value":[{rows}]}}"#))
    })
    .await;
    assert_eq!(ids(&client(&server.base)).await, ["m1"]);
    assert_eq!((server.requests().len(), elsewhere.connections()), (2, 0));
}

#[tokio::test]
async fn a_list_that_never_ends_ends_when_it_brings_nothing_new() {
    let server = Server::start(|_, _| json("200 OK", &page(["m1", "m2"]))).await;
    assert_eq!(ids(&client(&server.base)).await, ["m1", "m2"]);
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn no_machine_at_all_is_a_404_or_an_empty_list() {
    for reply in [
        ("404 Not Found", ""),
        ("404 Not Found", r#"{"error":{"code":"NotFound","message":"x"}}"#),
        ("200 OK", r#"{"value":[]}"#),
    ] {
        let server = Server::start(move |_, _| {
            Reply::Bytes(answer(reply.0, "Date: Tue, 24 Nov 2026 12:04:31 GMT\r\n", reply.1))
        })
        .await;
        let mut list = client(&server.base).machines();
        let page = list.next().await.unwrap().unwrap();
        assert_eq!((page.machines.len(), page.received_so_far), (0, 0));
        assert_eq!(page.date, Some("2026-11-24T12:04:31Z".parse().unwrap()));
        assert_eq!(list.next().await, None);
        let listing = actions(&client(&server.base), &ActionQuery::All).await;
        assert!(listing.actions.is_empty() && listing.complete);
    }
    let server = Server::start(|_, _| json("404 Not Found", "<html>nginx</html>")).await;
    let error = client(&server.base).machines().next().await.unwrap().unwrap_err();
    assert!(
        matches!(error, ServiceError::Gateway { status: 404, .. }),
        "another host is no empty tenant: {error:?}"
    );
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_counted_and_the_page_stands() {
    let server = Server::start(|number, _| {
        let rows = r#"{"id":"m1","novelty":[1]},{"computerDnsName":"no id"},7,null,{"id":"../x"},{"id":"m2","rbacGroupId":"7"}"#;
        json("200 OK", &format!(r#"{{"value":[{}]}}"#, if number == 0 { rows } else { "" }))
    })
    .await;
    let mut list = client(&server.base).machines();
    let page = list.next().await.unwrap().unwrap();
    assert_eq!((page.machines.len(), page.unreadable, page.received_so_far), (2, 4, 6));
    assert!(list.next().await.unwrap().unwrap().machines.is_empty());
    assert!(server.lines()[1].ends_with("$skip=6"), "what cannot be read was received all the same");
}

#[tokio::test]
async fn after_an_error_the_list_goes_on_where_it_stopped() {
    let server = Server::start(|number, _| match number {
        0 => json("200 OK", &page(["m1"])),
        1..=3 => json("503 Service Unavailable", "upstream connect error"),
        4 => json("200 OK", &page(["m2"])),
        _ => json("200 OK", &page([""; 0])),
    })
    .await;
    let mut list = client(&server.base).machines();
    assert_eq!(list.next().await.unwrap().unwrap().machines.len(), 1);
    let error = list.next().await.unwrap().unwrap_err().to_string();
    assert!(error.ends_with("503 from a gateway after 3 tries, \"upstream connect error\""), "{error}");
    assert_eq!(list.next().await.unwrap().unwrap().machines[0].id, machine_id("m2"));
    assert!(server.lines()[4].ends_with("$skip=1"));
}

#[tokio::test]
async fn one_hiccup_is_not_even_told() {
    let server = Server::start(|number, _| match number {
        0 => Reply::Last(Vec::new()),
        1 => json("500 Internal Server Error", &error("InternalServerError", "")),
        2 => json("200 OK", &page(["m1"])),
        _ => json("200 OK", &page([""; 0])),
    })
    .await;
    assert_eq!(ids(&client(&server.base)).await, ["m1"]);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn after_a_hundred_full_pages_the_proof_of_the_end_waits_and_says_so() {
    let server = Server::start(|number, _| json("200 OK", &page([format!("m{number}")]))).await;
    let client = client(&server.base);
    let mut list = client.machines();
    for number in 0..100 {
        let page = list.next().await.unwrap().unwrap();
        assert_eq!((page.received_so_far, page.checking_the_end), (number + 1, false));
    }
    let page: Page = list.next().await.unwrap().unwrap();
    assert!(page.checking_the_end && page.machines.is_empty(), "{page:?}");
    assert!(page.wait.unwrap().as_secs() <= 60);
    // A refresh spends the same budget; nothing has come yet, so there is no end to check.
    let first = client.machines().next().await.unwrap().unwrap();
    assert!(first.wait.is_some() && !first.checking_the_end);
    assert_eq!(server.requests().len(), 100);
}

#[tokio::test]
async fn a_429_is_told_and_nothing_more_is_asked_until_it_is_over() {
    let server = Server::start(|_, _| {
        Reply::Bytes(answer(
            "429 Too Many Requests",
            "Retry-After: 17\r\n",
            &error("429", "API calls quota exceeded!"),
        ))
    })
    .await;
    let client = client(&server.base);
    let mut list = client.machines();
    let error = list.next().await.unwrap().unwrap_err();
    let ServiceError::Busy { retry_after, refused } = error else { panic!("{error:?}") };
    assert_eq!(retry_after.unwrap().as_secs(), 17);
    assert_eq!(refused.unwrap().to_string(), "429 Too Many Requests: API calls quota exceeded!");
    assert!(list.next().await.unwrap().unwrap().wait.is_some());
    assert_eq!(server.requests().len(), 1);
    // Another API has a budget of its own; it is paused after its own 429, and then says so at once.
    assert!(client.actions(&ActionQuery::All).await.is_err());
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_machines_first_404_is_not_believed() {
    let server = Server::start(|number, _| match number {
        0 => json("404 Not Found", &error("ResourceNotFound", "Machine m1 was not found")),
        _ => json("200 OK", r#"{"id":"m1","computerDnsName":"par-web-016"}"#),
    })
    .await;
    let found = client(&server.base).machine(&machine_id("m1")).await.unwrap().unwrap();
    assert_eq!(found.name.unwrap().as_str(), "par-web-016");
    assert_eq!(server.lines(), ["GET /api/machines/m1", "GET /api/machines/m1"]);

    let server = Server::start(|_, _| json("404 Not Found", "")).await;
    assert_eq!(client(&server.base).machine(&machine_id("m1")).await, Ok(None));
    assert_eq!(server.requests().len(), 2);

    let server = Server::start(|_, _| json("200 OK", r#"{"id":"m2"}"#)).await;
    let error = client(&server.base).machine(&machine_id("m1")).await.unwrap_err();
    assert!(
        matches!(error, ServiceError::Unreadable { .. }),
        "a name may have been taken for an id: {error:?}"
    );
}

#[tokio::test]
async fn actions_are_complete_only_when_an_empty_page_proves_it() {
    for (pages, complete, found) in [
        (vec![vec!["a1", "a2"], vec![]], true, 2),
        // New actions push known ones over the page's edge: nothing new, but not the end's proof either.
        (vec![vec!["a1", "a2"], vec!["a2"], vec![]], true, 2),
        (vec![vec!["a1", "a2"], vec!["a2"], vec!["a3"], vec![]], true, 3),
        // `$skip` is not obeyed.
        (vec![vec!["a1", "a2"], vec!["a1", "a2"], vec!["a1", "a2"]], false, 2),
        (vec![vec!["a1", ""], vec![]], false, 1),
        (vec![vec![]], true, 0),
    ] {
        let calls = pages.len();
        let received: usize = pages[..calls - 1].iter().map(Vec::len).sum();
        let server = Server::start(move |number, _| json("200 OK", &page(&pages[number]))).await;
        let listing = actions(&client(&server.base), &ActionQuery::All).await;
        assert_eq!((listing.complete, listing.actions.len()), (complete, found));
        assert_eq!((listing.calls as usize, server.requests().len()), (calls, calls));
        assert_eq!(
            server.lines().last(),
            Some(&format!("GET /api/machineactions?$top=10000&$skip={received}"))
        );
    }
}

#[tokio::test]
async fn actions_are_asked_for_as_the_pages_write_it() {
    let server = Server::start(|_, _| json("200 OK", r#"{"value":[]}"#)).await;
    let client = client(&server.base);
    let since = "2026-01-05T08:00:00.75Z".parse().unwrap();
    actions(&client, &ActionQuery::Since { created_ge: since }).await;
    actions(&client, &ActionQuery::OfMachine(MachineId::parse("m1").unwrap())).await;
    let decoded: Vec<_> =
        server.lines().iter().map(|line| line.replace("%20", " ").replace("%27", "'")).collect();
    assert_eq!(
        decoded,
        [
            "GET /api/machineactions?$filter=type eq 'Offboard' and creationDateTimeUtc ge 2026-01-05T08:00:00Z&$top=10000&$skip=0",
            "GET /api/machineactions?$filter=machineId eq 'm1'&$top=10000&$skip=0",
        ]
    );
}
