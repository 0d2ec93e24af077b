//! The simulated tenant over real HTTP: each endpoint, each limit, each kind of fault, as the API reference has them.
//!
//! These tests speak HTTP by hand. They must not use the client: it is checked against the emulator elsewhere, and
//! would hide what both got wrong.

#![expect(clippy::unwrap_used, reason = "in a test, what is missing fails it")]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use offramp::emulator::{
    Api, Counted, EmptyList, Emulator, Faults, Links, Options, RetryAfter, Scripted, SecondCall, Switches,
};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

const ONLINE: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const INACTIVE: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const UBUNTU: &str = "cccccccccccccccccccccccccccccccccccccccc";
const NOT_ONBOARDED: &str = "dddddddddddddddddddddddddddddddddddddddd";

/// The tenant's time passes by `advance` alone: no test here depends on how fast the machine is.
const FROZEN: f64 = 1e-9;

/// A tenant with the four machines above and nobody else, and one who calls it.
struct Tenant {
    emulator: Emulator,
    http: reqwest::Client,
}

fn four_machines() -> Vec<Value> {
    let machine = |id: &str, name: &str, platform: &str, health: &str, onboarding: &str| {
        json!({
            "id": id, "computerDnsName": name, "osPlatform": platform, "version": "21H2", "osBuild": 20348,
            "healthStatus": health, "onboardingStatus": onboarding, "machineTags": ["web"],
            "lastSeen": "2026-01-05T08:44:05Z", "riskScore": null, "rbacGroupId": 101,
        })
    };
    vec![
        machine(ONLINE, "par-web-001.fabrikam.example", "WindowsServer2022", "Active", "Onboarded"),
        machine(INACTIVE, "par-web-002.fabrikam.example", "WindowsServer2022", "Inactive", "Onboarded"),
        machine(UBUNTU, "par-lin-001.fabrikam.example", "Ubuntu", "Active", "Onboarded"),
        machine(NOT_ONBOARDED, "lyo-web-001", "WindowsServer2022", "Active", "CanBeOnboarded"),
    ]
}

fn options() -> Options {
    let switches = Switches { extra_machines: four_machines(), failed_per_mille: 0, ..Switches::default() };
    Options { devices: 0, switches, speed: FROZEN, ..Options::default() }
}

fn client() -> reqwest::Client {
    // The library must not repeat a dropped call: the tests count them.
    reqwest::Client::builder().no_proxy().retry(reqwest::retry::never()).build().unwrap()
}

impl Tenant {
    async fn start(options: Options) -> Tenant {
        Tenant { emulator: Emulator::start(options).await.unwrap(), http: client() }
    }

    async fn with(change: impl FnOnce(&mut Switches)) -> Tenant {
        let mut options = options();
        change(&mut options.switches);
        Tenant::start(options).await
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.emulator.url());
        self.http.request(method, url).bearer_auth(self.emulator.access_token())
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        response.json().await.unwrap()
    }

    async fn try_offboard(&self, machine: &str) -> reqwest::Result<Response> {
        let path = format!("/api/machines/{machine}/offboard");
        self.request(Method::POST, &path).json(&json!({"Comment": "CHG-1042"})).send().await
    }

    async fn offboard(&self, machine: &str) -> Response {
        self.try_offboard(machine).await.unwrap()
    }

    async fn action(&self, id: &str) -> Value {
        self.json(&format!("/api/machineactions/{id}")).await
    }

    async fn token(&self, tenant: &str, endpoint: &str, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        let url = format!("{}/{tenant}/{endpoint}", self.emulator.url());
        let response = self.http.post(url).form(fields).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    fn credentials(&self) -> [(&str, &str); 4] {
        [
            ("grant_type", "client_credentials"),
            ("client_id", self.emulator.client_id()),
            ("client_secret", self.emulator.client_secret()),
            ("scope", "https://api.securitycenter.microsoft.com/.default"),
        ]
    }
}

async fn code(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    (status, body["error"]["code"].as_str().unwrap().to_owned())
}

fn ids(list: &Value) -> Vec<&str> {
    list["value"].as_array().unwrap().iter().map(|machine| machine["id"].as_str().unwrap()).collect()
}

mod sign_in {
    use base64::Engine as _;

    use super::*;

    fn claims(answer: &Value) -> Value {
        let token = answer["access_token"].as_str().unwrap();
        let payload = token.split('.').nth(1).unwrap();
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn the_right_secret_gets_a_token_that_the_api_takes() {
        let tenant = Tenant::start(options()).await;
        for name in [tenant.emulator.tenant_id(), tenant.emulator.domain()] {
            let (status, answer) = tenant.token(name, "oauth2/v2.0/token", &tenant.credentials()).await;
            assert_eq!(status, StatusCode::OK);
            assert_eq!(answer["token_type"], "Bearer");
            let lives = answer["expires_in"].as_i64().unwrap();
            assert!((3_600..5_400).contains(&lives), "{lives} s");
            let claims = claims(&answer);
            assert_eq!(claims["aud"], "https://api.securitycenter.microsoft.com");
            assert_eq!(claims["tid"], tenant.emulator.tenant_id());
            assert_eq!(claims["appid"], tenant.emulator.client_id());
            assert_eq!(claims["app_displayname"], tenant.emulator.app_name());
            assert_eq!(claims["roles"], json!(["Machine.Read.All", "Machine.Offboard"]));
            assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), lives);

            let url = format!("{}/api/machines", tenant.emulator.url());
            let token = answer["access_token"].as_str().unwrap();
            let listed = tenant.http.get(url).bearer_auth(token).send().await.unwrap();
            assert_eq!(listed.status(), StatusCode::OK);
        }
    }

    #[tokio::test]
    async fn version_1_says_numbers_as_strings_and_forgetting_the_resource_gets_another_service() {
        let tenant = Tenant::start(options()).await;
        let domain = tenant.emulator.domain();
        let [grant, id, secret, _] = tenant.credentials();
        let resource = ("resource", "https://api.securitycenter.microsoft.com");
        let (_, answer) = tenant.token(domain, "oauth2/token", &[grant, id, secret, resource]).await;
        assert!(answer["expires_in"].is_string());
        assert_eq!(claims(&answer)["aud"], "https://api.securitycenter.microsoft.com");

        let (_, answer) = tenant.token(domain, "oauth2/token", &[grant, id, secret]).await;
        assert_eq!(claims(&answer)["aud"], "00000002-0000-0000-c000-000000000000");
    }

    #[tokio::test]
    async fn id_and_secret_may_come_by_basic_authorization() {
        let tenant = Tenant::start(options()).await;
        let url = format!("{}/{}/oauth2/v2.0/token", tenant.emulator.url(), tenant.emulator.tenant_id());
        let [grant, (_, id), (_, secret), scope] = tenant.credentials();
        let answer = tenant.http.post(url).basic_auth(id, Some(secret)).form(&[grant, scope]).send().await;
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn each_refusal_has_its_number() {
        let tenant = Tenant::start(options()).await;
        let guid = tenant.emulator.tenant_id();
        let cases = [
            ("client_secret", "the secret's id", 401, "invalid_client", 7_000_215),
            ("client_id", "00000000-0000-0000-0000-000000000000", 400, "unauthorized_client", 700_016),
            ("scope", "https://api.securitycenter.microsoft.com", 400, "invalid_scope", 70_011),
            ("scope", "https://graph.microsoft.com/.default", 400, "invalid_resource", 500_011),
            ("grant_type", "password", 400, "unsupported_grant_type", 70_003),
        ];
        for (field, value, status, error, number) in cases {
            let mut fields = tenant.credentials();
            fields.iter_mut().filter(|(name, _)| *name == field).for_each(|it| it.1 = value);
            let (got, answer) = tenant.token(guid, "oauth2/v2.0/token", &fields).await;
            assert_eq!((got.as_u16(), &answer["error"]), (status, &json!(error)));
            assert_eq!(answer["error_codes"], json!([number]));
            let description = answer["error_description"].as_str().unwrap();
            assert!(description.starts_with(&format!("AADSTS{number}: ")), "{description}");
            for part in ["\r\nTrace ID: ", "\r\nCorrelation ID: ", "\r\nTimestamp: "] {
                assert!(description.contains(part), "{description}");
            }
            assert!(!description.contains(tenant.emulator.client_secret()));
        }
        let (_, answer) = tenant.token("contoso.example", "oauth2/v2.0/token", &tenant.credentials()).await;
        assert_eq!(answer["error_codes"], json!([90_002]));
    }

    #[tokio::test]
    async fn an_ended_foreign_withdrawn_or_missing_token_is_401() {
        let tenant = Tenant::start(options()).await;
        let url = format!("{}/api/machines", tenant.emulator.url());
        let status = async |token: Option<String>| {
            let request = tenant.http.get(&url);
            let request =
                token.map(|token| request.try_clone().unwrap().bearer_auth(token)).unwrap_or(request);
            request.send().await.unwrap().status().as_u16()
        };
        let altered = |claim: &str, value: Value| {
            tenant.emulator.access_token_with(|claims| {
                claims.insert(claim.to_owned(), value);
            })
        };
        assert_eq!(status(None).await, 401);
        assert_eq!(status(Some("not a token".to_owned())).await, 401);
        assert_eq!(status(Some(altered("exp", json!(1)))).await, 401);
        assert_eq!(status(Some(altered("tid", json!("somebody else's")))).await, 401);
        let token = tenant.emulator.access_token();
        assert_eq!(status(Some(token.clone())).await, 200);
        tenant.emulator.withdraw_tokens();
        assert_eq!(status(Some(token)).await, 401);
        assert_eq!(status(Some(tenant.emulator.access_token())).await, 200);
    }

    #[tokio::test]
    async fn a_wrong_audience_or_a_missing_permission_is_403_and_says_which() {
        let tenant = Tenant::start(options()).await;
        tenant.emulator.set_switches(|it| it.audience = Some("https://graph.microsoft.com".to_owned()));
        assert_eq!(code(tenant.get("/api/machines").await).await, (403, "Forbidden".to_owned()));

        tenant.emulator.set_switches(|it| {
            it.audience = None;
            it.roles = vec!["Machine.Read.All".to_owned()];
        });
        assert_eq!(tenant.get("/api/machines").await.status(), StatusCode::OK);
        let refused: Value = tenant.offboard(ONLINE).await.json().await.unwrap();
        assert_eq!(
            refused["error"]["message"],
            "Missing application roles. API required roles: Machine.Offboard, \
             application roles: Machine.Read.All."
        );

        tenant.emulator.set_switches(|it| it.roles.clear());
        let refused: Value = tenant.get("/api/machines").await.json().await.unwrap();
        assert_eq!(
            refused["error"]["message"],
            "Missing application roles. API required roles: Machine.Read.All,Machine.ReadWrite.All."
        );
    }

    #[tokio::test]
    async fn the_tenants_own_trouble_is_a_401_that_says_so() {
        let words = "Unauthorized request - reason of failure: Account mode is inactive";
        let tenant = Tenant::with(|it| it.unauthorized = Some(words.to_owned())).await;
        let response = tenant.get("/api/machines").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.json::<Value>().await.unwrap()["error"]["message"], words);
    }
}

mod machines {
    use super::*;

    #[tokio::test]
    async fn a_list_has_the_services_headers_and_the_tenants_date() {
        let tenant = Tenant::start(options()).await;
        tenant.emulator.advance(Duration::from_hours(24 * 400));
        let response = tenant.get("/api/machines").await;
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(
            header("content-type").unwrap(),
            "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8"
        );
        assert_eq!(header("odata-version").unwrap(), "4.0");
        assert_eq!(header("transfer-encoding").unwrap(), "chunked");
        assert_eq!(header("content-length"), None);
        assert!(header("mise-correlation-id").is_some());
        let date = jiff::fmt::rfc2822::parse(&header("date").unwrap()).unwrap().timestamp();
        assert!(date > jiff::Timestamp::now() + Duration::from_hours(24 * 399), "{date}");
    }

    #[tokio::test]
    async fn a_drawn_machine_has_every_property_of_the_reference() {
        let tenant = Tenant::start(Options { devices: 40, ..Options::default() }).await;
        let list = tenant.json("/api/machines").await;
        assert_eq!(list["@odata.context"], format!("{}/api/$metadata#Machines", tenant.emulator.url()));
        assert_eq!(list.get("@odata.nextLink"), None);
        let machines = list["value"].as_array().unwrap();
        assert_eq!(machines.len(), 40);
        for name in [
            "id",
            "computerDnsName",
            "firstSeen",
            "lastSeen",
            "osPlatform",
            "version",
            "osBuild",
            "osProcessor",
            "osArchitecture",
            "lastIpAddress",
            "lastExternalIpAddress",
            "agentVersion",
            "healthStatus",
            "onboardingStatus",
            "riskScore",
            "exposureLevel",
            "deviceValue",
            "rbacGroupId",
            "rbacGroupName",
            "isAadJoined",
            "aadDeviceId",
            "machineTags",
            "managedBy",
            "managedByStatus",
            "mergedIntoMachineId",
            "isPotentialDuplication",
            "isExcluded",
            "exclusionReason",
            "ipAddresses",
            "vmMetadata",
        ] {
            assert!(machines.iter().all(|machine| machine.get(name).is_some()), "{name}");
        }
        let one = tenant.json(&format!("/api/machines/{}", machines[0]["id"].as_str().unwrap())).await;
        let context = format!("{}/api/$metadata#Machines/$entity", tenant.emulator.url());
        assert_eq!(one["@odata.context"], context);
        for (name, value) in machines[0].as_object().unwrap() {
            assert_eq!(one[name], *value, "{name}");
        }
    }

    #[tokio::test]
    async fn pages_of_top_and_skip_bring_every_machine_once_and_no_link() {
        let tenant = Tenant::start(Options { devices: 250, ..options() }).await;
        let mut seen = HashSet::new();
        loop {
            let page = tenant.json(&format!("/api/machines?$top=100&$skip={}", seen.len())).await;
            assert_eq!(page.get("@odata.nextLink"), None);
            let ids = ids(&page);
            assert!(ids.iter().all(|id| seen.insert((*id).to_owned())), "no machine comes twice");
            if ids.is_empty() {
                break;
            }
        }
        assert_eq!(seen.len(), 254);
    }

    #[tokio::test]
    async fn without_top_a_correct_link_leads_to_the_rest() {
        let tenant = Tenant::with(|it| it.page_cap = Some(3)).await;
        let first = tenant.json("/api/machines?$filter=machineTags/any(t:+t+eq+'web')&$count=true").await;
        assert_eq!((ids(&first).len(), &first["@odata.count"]), (3, &json!(4)));
        let link = first["@odata.nextLink"].as_str().unwrap();
        let rest = tenant.json(link.strip_prefix(&tenant.emulator.url()).unwrap()).await;
        assert_eq!(ids(&rest), [NOT_ONBOARDED]);
        assert_eq!(rest.get("@odata.nextLink"), None);
    }

    #[tokio::test]
    async fn broken_links_lose_their_names_and_never_end() {
        let tenant = Tenant::with(|it| {
            it.page_cap = Some(3);
            it.links = Links::Broken;
        })
        .await;
        let mut path = "/api/machines?$filter=onboardingStatus%20eq%20'Onboarded'".to_owned();
        let mut seen = HashSet::new();
        for _ in 0..10 {
            let page = tenant.json(&path).await;
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            let link = page["@odata.nextLink"].as_str().expect("every answer has one");
            path = link.strip_prefix(&tenant.emulator.url()).unwrap().to_owned();
            assert!(
                path.starts_with("/api/machines?=onboardingStatus") && path.ends_with("&$skip=3"),
                "{path}"
            );
        }
        assert!(seen.contains(NOT_ONBOARDED), "it brought unfiltered machines");
    }

    #[tokio::test]
    async fn links_can_be_endless_absent_or_elsewhere() {
        let tenant = Tenant::with(|it| it.links = Links::Endless).await;
        let link = |page: &Value| page["@odata.nextLink"].as_str().unwrap().to_owned();
        let mut page = tenant.json("/api/machines?$top=10").await;
        for _ in 0..5 {
            page = tenant.json(link(&page).strip_prefix(&tenant.emulator.url()).unwrap()).await;
            assert!(!ids(&page).is_empty());
        }
        tenant.emulator.set_switches(|it| it.links = Links::Elsewhere);
        assert!(!link(&tenant.json("/api/machines").await).starts_with(&tenant.emulator.url()));
        tenant.emulator.set_switches(|it| (it.links, it.page_cap) = (Links::Never, Some(1)));
        assert_eq!(tenant.json("/api/machines").await.get("@odata.nextLink"), None);
    }

    #[tokio::test]
    async fn filters_work_and_what_no_page_shows_is_400_in_shape_2() {
        let tenant = Tenant::start(options()).await;
        let cases = [
            ("healthStatus eq 'Inactive'", vec![INACTIVE]),
            (
                "startswith(computerDnsName,'par-web') and osPlatform eq 'windowsserver2022'",
                vec![ONLINE, INACTIVE],
            ),
            ("onboardingstatus ne 'onboarded' or osPlatform eq 'Ubuntu'", vec![UBUNTU, NOT_ONBOARDED]),
            ("riskScore ne null", vec![]),
            (
                "lastSeen ge 2026-01-05T08:44:05Z and rbacGroupId eq 101",
                vec![ONLINE, INACTIVE, UBUNTU, NOT_ONBOARDED],
            ),
        ];
        for (filter, expected) in cases {
            let request = tenant.request(Method::GET, "/api/machines").query(&[("$filter", filter)]);
            let list: Value = request.send().await.unwrap().json().await.unwrap();
            assert_eq!(ids(&list), expected, "{filter}");
        }
        let many = vec!["id eq 'x'"; 26].join(" or ");
        for (option, value) in [
            ("$filter", "managedBy eq 'Intune'"),
            ("$filter", "contains(computerDnsName,'web')"),
            ("$filter", many.as_str()),
            ("$top", "10001"),
            ("$stop", "10"),
            ("$orderby", "id"),
        ] {
            let request = tenant.request(Method::GET, "/api/machines").query(&[(option, value)]);
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{option}={value}");
            assert_eq!(response.headers().get("odata-version"), None);
            let body: Value = response.json().await.unwrap();
            assert_eq!((&body["error"]["code"], &body["error"]["details"]), (&json!(""), &json!([])));
        }
    }

    #[tokio::test]
    async fn no_machine_is_said_in_two_ways() {
        let tenant = Tenant::with(|it| it.no_machines = Some(EmptyList::NotFound)).await;
        assert_eq!(code(tenant.get("/api/machines").await).await, (404, "NotFound".to_owned()));
        tenant.emulator.set_switches(|it| it.no_machines = Some(EmptyList::EmptyValue));
        assert!(ids(&tenant.json("/api/machines?$top=10").await).is_empty());
    }

    #[tokio::test]
    async fn one_machine_is_found_by_id_or_name_and_404_otherwise() {
        let tenant = Tenant::start(options()).await;
        assert_eq!(tenant.json(&format!("/API/Machines/{ONLINE}")).await["id"], ONLINE);
        assert_eq!(tenant.json(&format!("/api/v1.0/machines/{ONLINE}")).await["id"], ONLINE);
        let unknown = "e".repeat(40);
        let response = tenant.get(&format!("/api/machines/{unknown}")).await;
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["error"]["code"], "ResourceNotFound");
        assert_eq!(body["error"]["message"], format!("Machine {unknown} was not found"));
        assert!(body["error"]["target"].is_string());
    }

    #[tokio::test]
    async fn pages_may_repeat_rows() {
        let tenant = Tenant::with(|it| it.page_overlap = 1).await;
        let first = tenant.json("/api/machines?$top=2").await;
        let second = tenant.json("/api/machines?$top=2&$skip=2").await;
        assert_eq!(ids(&first)[1], ids(&second)[0]);
    }
}

mod offboard {
    use super::*;

    #[tokio::test]
    async fn an_offboard_call_gets_its_machine_action() {
        let tenant = Tenant::start(options()).await;
        let response = tenant.offboard(ONLINE).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        let action: Value = response.json().await.unwrap();
        let context = format!("{}/api/$metadata#MachineActions/$entity", tenant.emulator.url());
        assert_eq!(action["@odata.context"], context);
        for (name, value) in [
            ("type", json!("Offboard")),
            ("status", json!("Pending")),
            ("machineId", json!(ONLINE)),
            ("computerDnsName", json!("par-web-001.fabrikam.example")),
            ("requestor", json!(tenant.emulator.app_name())),
            ("requestorComment", json!("CHG-1042")),
            ("requestSource", json!("PublicApi")),
            ("errorHResult", json!(0)),
            ("commands", json!([])),
            ("title", Value::Null),
        ] {
            assert_eq!(action[name], value, "{name}");
        }
        let id = action["id"].as_str().unwrap();
        let [(machine, created, comment, _)] = &tenant.emulator.offboard_actions()[..] else {
            panic!("one action exists")
        };
        assert_eq!((machine.as_str(), created.as_str(), comment.as_str()), (ONLINE, id, "CHG-1042"));
        let log = tenant.emulator.log();
        let call = log.last().unwrap();
        assert_eq!((call.api, call.method.as_str(), call.status), (Api::Offboard, "POST", Some(201)));
        assert_eq!((call.machine_id.as_deref(), call.action_id.as_deref()), (Some(ONLINE), Some(id)));
    }

    #[tokio::test]
    async fn success_may_be_200() {
        let tenant = Tenant::with(|it| it.offboard_status = 200).await;
        assert_eq!(tenant.offboard(ONLINE).await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn what_must_not_be_offboarded_is_refused_and_creates_nothing() {
        let tenant = Tenant::start(options()).await;
        let post = async |machine: &str, body: &'static str| {
            let path = format!("/api/machines/{machine}/offboard");
            let request = tenant.request(Method::POST, &path).header("content-type", "application/json");
            code(request.body(body).send().await.unwrap()).await
        };
        let unknown = "e".repeat(40);
        let merged = "f".repeat(40);
        let record = json!({
            "id": merged, "mergedIntoMachineId": ONLINE, "osPlatform": "Windows11", "onboardingStatus": "Onboarded",
        });
        tenant.emulator.set_switches(|it| it.extra_machines.push(record));
        for (machine, body, status, expected) in [
            (ONLINE, "{}", 400, "MissingRequiredParameter"),
            (ONLINE, r#"{"comment": "lower case"}"#, 400, "MissingRequiredParameter"),
            (ONLINE, r#"{"Comment": "  "}"#, 400, "InvalidInput"),
            (ONLINE, r#"{"Comment": 5}"#, 400, "InvalidRequestBody"),
            (ONLINE, "Comment", 400, "InvalidRequestBody"),
            (UBUNTU, r#"{"Comment": "x"}"#, 400, "OsPlatformNotSupported"),
            (NOT_ONBOARDED, r#"{"Comment": "x"}"#, 400, "BadRequest"),
            (&merged, r#"{"Comment": "x"}"#, 400, "BadRequest"),
            (&unknown, r#"{"Comment": "x"}"#, 404, "ResourceNotFound"),
        ] {
            assert_eq!(post(machine, body).await, (status, expected.to_owned()), "{machine} {body}");
        }
        let path = format!("/api/machines/{ONLINE}/offboard");
        let untyped = tenant.request(Method::POST, &path).body(r#"{"Comment": "x"}"#).send().await;
        assert_eq!(untyped.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(tenant.emulator.offboard_actions().is_empty());
    }

    #[tokio::test]
    async fn a_second_call_is_told_that_one_is_under_way_in_two_ways() {
        let tenant = Tenant::with(|it| it.second_call = SecondCall::Alternate).await;
        let first: Value = tenant.offboard(INACTIVE).await.json().await.unwrap();
        let refused: Value = tenant.offboard(INACTIVE).await.json().await.unwrap();
        assert_eq!(refused["error"]["code"], "ActiveRequestAlreadyExists");
        assert_eq!(refused["error"]["message"], "Action is already in progress");
        let earlier: Value = tenant.offboard(INACTIVE).await.json().await.unwrap();
        assert_eq!(earlier["id"], first["id"]);
        assert_eq!(tenant.emulator.offboard_actions().len(), 1);
    }

    #[tokio::test]
    async fn any_other_method_is_405_and_an_unknown_path_404_both_without_a_body() {
        let tenant = Tenant::start(options()).await;
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let path = format!("/api/machines/{ONLINE}/offboard");
            let response = tenant.request(method, &path).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
            assert_eq!(response.headers()["allow"], "POST");
            assert_eq!(response.headers()["content-length"], "0");
        }
        let response = tenant.get("/api/nothing").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()["content-length"], "0");
        assert!(response.text().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_stopped_sensor_freezes_last_seen_and_the_machine_is_inactive_on_day_7_and_gone_on_day_180() {
        let tenant = Tenant::start(Options { devices: 400, ..options() }).await;
        let list = tenant.json("/api/machines").await;
        let fits = |machine: &&Value| {
            machine["healthStatus"] == "Active"
                && machine["onboardingStatus"] == "Onboarded"
                && machine["osPlatform"] == "Windows11"
                && machine["mergedIntoMachineId"].is_null()
        };
        let path = {
            let machine = list["value"].as_array().unwrap().iter().skip(4).find(fits).unwrap();
            format!("/api/machines/{}", machine["id"].as_str().unwrap())
        };
        let id = path.rsplit('/').next().unwrap();
        assert_eq!(tenant.offboard(id).await.status(), StatusCode::CREATED);
        tenant.emulator.advance(Duration::from_secs(30));
        let after = tenant.json(&path).await;
        assert_eq!(
            (&after["healthStatus"], &after["onboardingStatus"]),
            (&json!("Active"), &json!("Onboarded"))
        );
        tenant.emulator.advance(Duration::from_hours(8 * 24));
        let later = tenant.json(&path).await;
        assert_eq!(later["lastSeen"], after["lastSeen"]);
        assert_eq!(later["healthStatus"], "Inactive");
        tenant.emulator.advance(Duration::from_hours(180 * 24));
        assert_eq!(tenant.get(&path).await.status(), StatusCode::NOT_FOUND);
        let rest = tenant.json("/api/machines").await;
        assert!(!ids(&rest).contains(&id));
    }

    #[tokio::test]
    async fn a_machine_may_come_back_and_a_stopped_one_answers_no_more() {
        let tenant = Tenant::with(|it| it.returning = BTreeMap::from([(ONLINE.to_owned(), 3_600_000)])).await;
        tenant.offboard(ONLINE).await;
        tenant.emulator.advance(Duration::from_mins(30));
        let path = format!("/api/machines/{ONLINE}");
        assert_eq!(tenant.json(&path).await["lastSeen"], "2026-01-05T08:44:05Z");
        let second: Value = tenant.offboard(ONLINE).await.json().await.unwrap();
        tenant.emulator.advance(Duration::from_mins(10));
        assert_eq!(tenant.action(second["id"].as_str().unwrap()).await["status"], "Pending");
        tenant.emulator.advance(Duration::from_mins(30));
        assert_ne!(tenant.json(&path).await["lastSeen"], "2026-01-05T08:44:05Z");
    }
}

mod actions {
    use super::*;

    #[tokio::test]
    async fn an_action_on_an_online_machine_succeeds_within_seconds() {
        let tenant = Tenant::start(options()).await;
        let action: Value = tenant.offboard(ONLINE).await.json().await.unwrap();
        let id = action["id"].as_str().unwrap();
        let mut life = vec!["Pending".to_owned()];
        // Shorter than any state lasts; 24 s of it stay inside the single call's own limit.
        for _ in 0..96 {
            tenant.emulator.advance(Duration::from_millis(250));
            let action = tenant.action(id).await;
            let status = action["status"].as_str().unwrap();
            if *life.last().unwrap() != status {
                life.push(status.to_owned());
            }
        }
        assert_eq!(life, ["Pending", "InProgress", "Succeeded"]);
    }

    #[tokio::test]
    async fn some_fail_and_inactive_machines_time_out_after_72_hours_and_14_minutes() {
        let tenant = Tenant::with(|it| it.failing = BTreeSet::from([ONLINE.to_owned()])).await;
        let failing: Value = tenant.offboard(ONLINE).await.json().await.unwrap();
        let silent: Value = tenant.offboard(INACTIVE).await.json().await.unwrap();
        tenant.emulator.advance(Duration::from_mins(1));
        assert_eq!(tenant.action(failing["id"].as_str().unwrap()).await["status"], "Failed");
        let silent = silent["id"].as_str().unwrap();
        tenant.emulator.advance(Duration::from_mins(72 * 60 + 13));
        assert_eq!(tenant.action(silent).await["status"], "Pending");
        tenant.emulator.advance(Duration::from_secs(10));
        let ended = tenant.action(silent).await;
        assert_eq!((&ended["status"], &ended["errorHResult"]), (&json!("TimeOut"), &json!(-2_145_844_840)));
    }

    #[tokio::test]
    async fn actions_are_listed_newest_first_with_filter_top_and_skip() {
        let tenant = Tenant::start(options()).await;
        tenant.offboard(ONLINE).await;
        tenant.emulator.advance(Duration::from_secs(1));
        tenant.offboard(INACTIVE).await;
        let machines = async |query: &str| {
            let list = tenant.json(&format!("/api/machineactions{query}")).await;
            let ids = list["value"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["machineId"].as_str().unwrap().to_owned());
            ids.collect::<Vec<_>>()
        };
        assert_eq!(machines("").await, [INACTIVE, ONLINE]);
        assert_eq!(machines("?$top=1&$skip=1").await, [ONLINE]);
        assert_eq!(machines(&format!("?$filter=machineId+eq+'{ONLINE}'&$top=2")).await, [ONLINE]);
        let since = "?$filter=type eq 'Offboard' and creationDateTimeUtc ge 2026-01-05T08:00:00Z";
        assert_eq!(machines(since).await.len(), 2);
        assert_eq!(machines("?$filter=requestor eq 'kim'").await.len(), 0);
        let refused = tenant.get("/api/machineactions?$filter=computerDnsName eq 'x'").await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    }

    #[tokio::test]
    async fn an_action_id_must_be_a_guid_and_known() {
        let tenant = Tenant::start(options()).await;
        assert_eq!(code(tenant.get("/api/machineactions/17").await).await, (400, "BadRequest".to_owned()));
        let unknown = "/api/machineactions/5c0fd1ba-90e2-4a77-b8a4-1be3a1f0e7d2";
        assert_eq!(code(tenant.get(unknown).await).await, (404, "ResourceNotFound".to_owned()));
    }

    #[tokio::test]
    async fn cancelling_works_until_the_action_is_final() {
        let tenant = Tenant::start(options()).await;
        let cancel = async |id: &str| {
            let path = format!("/api/machineactions/{id}/cancel");
            tenant.request(Method::POST, &path).json(&json!({"Comment": "mistake"})).send().await.unwrap()
        };
        let action: Value = tenant.offboard(INACTIVE).await.json().await.unwrap();
        let id = action["id"].as_str().unwrap();
        let cancelled = cancel(id).await;
        assert_eq!(cancelled.status(), StatusCode::OK);
        let cancelled: Value = cancelled.json().await.unwrap();
        assert_eq!(cancelled["status"], "Cancelled");
        assert_eq!(cancelled["cancellationComment"], "mistake");
        assert_eq!(cancelled["errorHResult"], -2_147_467_260);
        assert_eq!(cancel(id).await.status(), StatusCode::BAD_REQUEST);
        assert_eq!(cancel("5c0fd1ba-90e2-4a77-b8a4-1be3a1f0e7d2").await.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn the_tenant_may_have_a_history_an_old_spelling_and_ids_as_requestors() {
        let tenant = Tenant::start(Options {
            devices: 100,
            switches: Switches { history: 20, requestor_is_app_id: true, ..options().switches },
            ..Options::default()
        })
        .await;
        assert!(tenant.emulator.offboard_actions().is_empty(), "nothing that a call created");
        tenant.offboard(ONLINE).await;
        tenant.emulator.set_switches(|it| it.old_action_spelling = true);
        let list = tenant.json("/api/machineactions").await;
        let actions = list["value"].as_array().unwrap();
        assert_eq!(actions.len(), 21);
        assert_eq!(actions[0]["requestor"], tenant.emulator.client_id());
        assert!(actions.iter().all(|action| action.get("lastUpdateTimeUtc").is_some()));
        assert!(actions.iter().all(|action| action.get("lastUpdateDateTimeUtc").is_none()));
        let created: Vec<_> = actions.iter().map(|it| it["creationDateTimeUtc"].as_str().unwrap()).collect();
        assert!(created.windows(2).all(|pair| pair[0][..19] >= pair[1][..19]), "newest first");
    }
}

mod limits {
    use super::*;

    #[tokio::test]
    async fn the_101st_call_of_a_minute_is_429_and_other_apis_are_free() {
        let tenant = Tenant::start(options()).await;
        for _ in 0..100 {
            assert_eq!(tenant.get("/api/machines?$top=1").await.status(), StatusCode::OK);
        }
        let refused = tenant.get("/api/machines?$top=1").await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        let seconds: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds} s");
        let body: Value = refused.json().await.unwrap();
        assert_eq!(body["error"]["code"], "429");
        assert_eq!(body["error"]["message"], "API calls quota exceeded! maximum allowed 100 per 00:01:00");
        assert_eq!(tenant.offboard(ONLINE).await.status(), StatusCode::CREATED);
        assert_eq!(tenant.emulator.busiest(Api::Machines, 60_000), 101);
        tenant.emulator.advance(Duration::from_secs(seconds));
        assert_eq!(tenant.get("/api/machines?$top=1").await.status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn of_150_calls_at_once_100_are_admitted() {
        let tenant = Tenant::with(|it| {
            it.extra_machines = (0..150)
                .map(|n| json!({"id": format!("{n:040x}"), "osPlatform": "Windows11", "onboardingStatus": "Onboarded"}))
                .collect();
        })
        .await;
        let calls: Vec<_> = (0..150)
            .map(|n| {
                let path = format!("/api/machines/{n:040x}/offboard");
                tokio::spawn(tenant.request(Method::POST, &path).json(&json!({"Comment": "x"})).send())
            })
            .collect();
        let mut statuses = BTreeMap::new();
        for call in calls {
            *statuses.entry(call.await.unwrap().unwrap().status().as_u16()).or_insert(0) += 1;
        }
        assert_eq!(statuses, BTreeMap::from([(201, 100), (429, 50)]));
        assert_eq!(tenant.emulator.offboard_actions().len(), 100);
        assert_eq!(tenant.emulator.busiest(Api::Offboard, 60_000), 150);
    }

    #[tokio::test]
    async fn a_fast_tenants_minute_is_short() {
        let mut fast = Options { speed: 1e6, ..options() };
        fast.switches.token_lifetime_seconds = Some(u64::from(u32::MAX));
        let tenant = Tenant::start(fast).await;
        // A real millisecond is more than a quarter of an hour here: 100 calls cannot share a minute.
        for _ in 0..105 {
            assert_eq!(tenant.get("/api/machines?$top=1").await.status(), StatusCode::OK);
        }
        assert!(tenant.emulator.busiest(Api::Machines, 60_000) < 100);
    }

    #[tokio::test]
    async fn somebody_else_may_have_filled_the_window() {
        let tenant = Tenant::start(options()).await;
        tenant.emulator.spend(Api::Offboard, 100);
        assert_eq!(tenant.offboard(ONLINE).await.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(tenant.emulator.busiest(Api::Offboard, 60_000), 1);
        assert!(tenant.emulator.offboard_actions().is_empty());
    }

    #[tokio::test]
    async fn a_429_has_several_faces() {
        let tenant = Tenant::with(|it| {
            it.always_429 = BTreeSet::from([Api::Offboard]);
            it.retry_after = RetryAfter::Missing;
            it.documented_429 = true;
        })
        .await;
        let refused = tenant.offboard(ONLINE).await;
        assert_eq!(refused.headers().get("retry-after"), None);
        assert_eq!(code(refused).await, (429, "TooManyRequests".to_owned()));
        tenant.emulator.set_switches(|it| it.retry_after = RetryAfter::Seconds(17));
        assert_eq!(tenant.offboard(ONLINE).await.headers()["retry-after"], "17");
    }
}

mod faults {
    use super::*;

    /// What the client saw, and whether the action exists.
    async fn scripted(scripted: Scripted) -> (Result<(u16, String), String>, usize) {
        let tenant = Tenant::with(|it| it.offboard_script = vec![scripted]).await;
        let seen = match tenant.try_offboard(ONLINE).await {
            Err(error) => Err(format!("no answer: {}", error.is_request())),
            Ok(response) => {
                let status = response.status().as_u16();
                response.text().await.map(|text| (status, text)).map_err(|_| "half an answer".to_owned())
            }
        };
        let calls = tenant.emulator.log().iter().filter(|call| call.api == Api::Offboard).count();
        assert_eq!(calls, 1, "the call was sent once");
        (seen, tenant.emulator.offboard_actions().len())
    }

    #[tokio::test]
    async fn a_connection_can_end_before_and_after_the_action_is_created() {
        assert_eq!(scripted(Scripted::DropBeforeCreate).await, (Err("no answer: true".to_owned()), 0));
        assert_eq!(scripted(Scripted::DropAfterCreate).await, (Err("no answer: true".to_owned()), 1));
        assert_eq!(scripted(Scripted::CreatedThenCut).await, (Err("half an answer".to_owned()), 1));
    }

    #[tokio::test]
    async fn failures_tell_nothing_about_the_action() {
        for (fault, status, starts, actions) in [
            (Scripted::Fail500, 500, "{\"error\":", 0),
            (Scripted::CreatedThen500, 500, "{\"error\":", 1),
            (Scripted::Html502, 502, "<!DOCTYPE html>", 0),
            (Scripted::CreatedThenHtml502, 502, "<!DOCTYPE html>", 1),
            (Scripted::CreatedThenGarbage, 200, "{\"@odata.context\":", 1),
            (Scripted::Status(503, String::new()), 503, "", 0),
            (Scripted::Status(403, r#"{"error":{"code":"Forbidden"}}"#.to_owned()), 403, "{", 0),
            (Scripted::TooManyRequests(None), 429, "{\"error\":", 0),
        ] {
            let (seen, created) = scripted(fault.clone()).await;
            let (got, text) = seen.unwrap();
            assert_eq!((got, created), (status, actions), "{fault:?}");
            assert!(text.starts_with(starts), "{fault:?}: {text}");
        }
    }

    #[tokio::test]
    async fn a_call_may_never_be_answered_and_dropping_the_tenant_ends_it() {
        let tenant = Tenant::with(|it| it.offboard_script = vec![Scripted::CreatedThenHang]).await;
        let path = format!("{}/api/machines/{ONLINE}/offboard", tenant.emulator.url());
        let request = tenant.http.post(path).bearer_auth(tenant.emulator.access_token());
        let call = tokio::spawn(request.json(&json!({"Comment": "x"})).send());
        while tenant.emulator.offboard_actions().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(!call.is_finished());
        assert_eq!(tenant.emulator.log().last().unwrap().status, None);
        drop(tenant.emulator);
        assert!(call.await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_request_may_arrive_long_after_its_connection_is_gone() {
        let tenant = Tenant::with(|it| it.offboard_script = vec![Scripted::Late(30_000)]).await;
        assert!(tenant.try_offboard(ONLINE).await.is_err());
        assert!(tenant.emulator.offboard_actions().is_empty() && tenant.emulator.log().is_empty());
        tenant.emulator.advance(Duration::from_secs(31));
        let created = tenant.emulator.offboard_actions()[0].3;
        assert!((30_000..31_000).contains(&created), "{created} ms");
        assert_eq!(tenant.emulator.log()[0].at, created);
    }

    #[tokio::test]
    async fn a_slow_call_may_count_on_arrival_or_with_its_answer() {
        let tenant = Tenant::with(|it| it.offboard_latency_ms = 3_600_000).await;
        let url = format!("{}/api/machines/{ONLINE}/offboard", tenant.emulator.url());
        let request = tenant.http.post(url).bearer_auth(tenant.emulator.access_token());
        let call = tokio::spawn(request.json(&json!({"Comment": "x"})).send());
        while tenant.emulator.offboard_actions().is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(!call.is_finished(), "the action exists, the answer takes its hour");

        let mut late = Options { speed: 1.0, ..options() };
        late.switches.counted = Counted::OnAnswer;
        late.switches.offboard_latency_ms = 30;
        late.switches.offboard_jitter_ms = 5;
        let tenant = Tenant::start(late).await;
        assert_eq!(tenant.offboard(ONLINE).await.status(), StatusCode::CREATED);
        assert!(tenant.emulator.log()[0].at >= 30, "it was counted when the answer left");
    }

    #[tokio::test]
    async fn a_script_can_be_about_one_machine_or_another_api() {
        let tenant = Tenant::with(|it| {
            it.machine_scripts = BTreeMap::from([(INACTIVE.to_owned(), vec![Scripted::Fail500])]);
            it.scripts = BTreeMap::from([
                (Api::Machines, vec![Scripted::Normal, Scripted::Html502]),
                (Api::Token, vec![Scripted::Status(503, String::new())]),
            ]);
        })
        .await;
        assert_eq!(tenant.offboard(ONLINE).await.status(), StatusCode::CREATED);
        assert_eq!(tenant.offboard(INACTIVE).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(tenant.offboard(INACTIVE).await.status(), StatusCode::CREATED);
        for expected in [200, 502, 200] {
            assert_eq!(tenant.get("/api/machines").await.status().as_u16(), expected);
        }
    }

    #[tokio::test]
    async fn a_new_action_can_be_missing_from_lists_for_a_while() {
        let tenant = Tenant::with(|it| it.list_lag_ms = Some(20_000)).await;
        let action: Value = tenant.offboard(INACTIVE).await.json().await.unwrap();
        let listed = async || tenant.json("/api/machineactions").await["value"].as_array().unwrap().len();
        assert_eq!(listed().await, 0);
        assert_eq!(tenant.action(action["id"].as_str().unwrap()).await["status"], "Pending");
        tenant.emulator.advance(Duration::from_secs(20));
        assert_eq!(listed().await, 1);
    }

    #[tokio::test]
    async fn a_rough_tenant_does_all_of_it_by_chance_and_the_same_by_the_same_seed() {
        let run = async |seed| {
            let rough = Options { devices: 1_000, faults: Faults::Rough, speed: 1e3, seed, ..options() };
            let tenant = Tenant::start(rough).await;
            // Without the limits in the way: they are another test's.
            let token = async || tenant.emulator.access_token();
            let machines: Vec<String> = {
                let quiet = Tenant::start(Options { devices: 1_000, seed, ..Options::default() }).await;
                let list = quiet.json("/api/machines?$filter=osPlatform eq 'Windows11'").await;
                ids(&list).into_iter().take(400).map(str::to_owned).collect()
            };
            let mut seen = Vec::new();
            for machine in &machines {
                tenant.emulator.advance(Duration::from_secs(1));
                let url = format!("{}/api/machines/{machine}/offboard", tenant.emulator.url());
                let call = tenant.http.post(url).bearer_auth(token().await).json(&json!({"Comment": "x"}));
                seen.push(match call.send().await {
                    Err(_) => "dropped".to_owned(),
                    Ok(response) => {
                        let status = response.status().as_u16();
                        let html = response.headers().get("content-type").is_some_and(|it| it == "text/html");
                        let waits = response.headers().contains_key("retry-after");
                        let whole = response.bytes().await.is_ok();
                        format!("{status} html {html} retry-after {waits} whole {whole}")
                    }
                });
            }
            (seen, machines.len())
        };
        let (first, machines) = run(5).await;
        assert_eq!(machines, 400);
        for kind in [
            "dropped",
            "201 html false retry-after false whole true",
            "201 html false retry-after false whole false",
            "500 html false retry-after false whole true",
            "502 html true retry-after false whole true",
            "429 html false retry-after false whole true",
        ] {
            assert!(first.iter().any(|seen| seen == kind), "{kind} in {first:?}");
        }
        assert_eq!(run(5).await.0, first);
        assert_ne!(run(6).await.0, first);
    }

    #[tokio::test]
    async fn a_hostile_tenant_answers_well_and_says_terrible_things() {
        let tenant =
            Tenant::start(Options { devices: 300, faults: Faults::Hostile, ..Options::default() }).await;
        let list = tenant.json("/api/machines").await;
        let names: Vec<_> = list["value"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|it| it["computerDnsName"].as_str())
            .collect();
        for piece in ["\u{1b}]52;", "\u{1b}[2J", "\u{9b}", "\0", "\u{202e}", "\u{200b}", "\r\n"] {
            assert!(names.iter().any(|name| name.contains(piece)), "{piece:?}");
        }
        assert!(names.iter().any(|name| name.len() > 10_000));
    }
}

#[tokio::test]
async fn the_environment_is_all_that_is_needed_to_sign_in_and_list() {
    let tenant = Tenant::start(options()).await;
    let environment: BTreeMap<_, _> = tenant.emulator.environment().into_iter().collect();
    let url = format!(
        "{}/{}/oauth2/v2.0/token",
        environment["AZURE_AUTHORITY_HOST"], environment["AZURE_TENANT_ID"]
    );
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", &environment["AZURE_CLIENT_ID"]),
        ("client_secret", &environment["AZURE_CLIENT_SECRET"]),
        ("scope", "https://api.securitycenter.microsoft.com/.default"),
    ];
    let answer: Value = tenant.http.post(url).form(&form).send().await.unwrap().json().await.unwrap();
    let list = tenant.http.get(format!("{}/api/machines", environment["OFFRAMP_API_URL"]));
    let list = list.bearer_auth(answer["access_token"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(ids(&list.json().await.unwrap()).len(), 4);
}

#[tokio::test]
async fn the_tenant_listens_on_loopback_only_and_stops_when_dropped() {
    let outside = Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    assert!(Emulator::start(outside).await.is_err());
    assert!(Emulator::start(Options { speed: 0.0, ..Options::default() }).await.is_err());

    let tenant = Tenant::start(options()).await;
    let address = tenant.emulator.url();
    let address = address.strip_prefix("http://").unwrap();
    drop(tenant.emulator);
    // The listener closes in its own task; until then a connection is still taken.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
