//! The service's JSON in our words (reference, sections 3, 5 and 6): machines, machine actions, refusals.
//!
//! Nothing here fails because of a property: what is absent, null or of another kind than the pages say is simply not
//! known, and what stood there is kept among the properties. Only a row without an id of its own is no row.

use std::borrow::Cow;

use jiff::Timestamp;

use super::error::Refused;
use super::hidden::Hidden;
use super::json::Json;
use crate::domain::{
    ActionId, ActionKind, ActionStatus, Comment, HealthStatus, Level, Machine, MachineAction, MachineId,
    MachineValue, SafeText,
};

/// One machine; nothing if it has no id that a call could carry, or more than one.
pub(super) fn machine(row: &Json<'_>) -> Option<Machine> {
    let mut machine = Machine::bare(MachineId::parse(&only(row, "id")?).ok()?);
    for (name, value) in row.properties() {
        match name.as_ref() {
            "computerDnsName" => machine.name = safe(value),
            "firstSeen" => machine.first_seen = time(value),
            "lastSeen" => machine.last_seen = time(value),
            "osPlatform" => machine.os_platform = safe(value),
            "version" => machine.version = safe(value),
            "osBuild" => machine.os_build = value.whole(),
            "healthStatus" => machine.health = text(value).map(|text| HealthStatus::parse(&text)),
            "riskScore" => machine.risk = text(value).map(|text| Level::parse(&text)),
            "exposureLevel" => machine.exposure = text(value).map(|text| Level::parse(&text)),
            "deviceValue" => machine.value = text(value).map(|text| MachineValue::parse(&text)),
            "rbacGroupName" => machine.group = safe(value),
            "lastIpAddress" => machine.ip = safe(value),
            "machineTags" => machine.tags = tags(value),
            "managedBy" => machine.managed_by = safe(value),
            "aadDeviceId" => machine.aad_device_id = safe(value),
            "vmMetadata" => machine.vm_id = value.get("vmId").and_then(safe),
            "mergedIntoMachineId" => machine.merged_into = safe(value),
            // The pages spell it in two ways (reference, section 3).
            other if other.eq_ignore_ascii_case("onboardingStatus") => {
                machine.onboarding_status = safe(value);
            }
            _ => {}
        }
    }
    machine.properties = properties(row, true);
    Some(machine)
}

/// One machine action; nothing if it has no id.
pub(super) fn action(row: &Json<'_>) -> Option<MachineAction> {
    let id = ActionId::parse(&only(row, "id")?).ok()?;
    let of = |name: &str| row.get(name);
    let word = |name: &str| of(name).and_then(text).unwrap_or_default();
    Some(MachineAction {
        id,
        kind: ActionKind::parse(&word("type")),
        status: ActionStatus::parse(&word("status")),
        machine: of("machineId").and_then(text).and_then(|id| MachineId::parse(&id).ok()),
        name: of("computerDnsName").and_then(safe),
        requestor: of("requestor").and_then(safe),
        // A comment is compared with what was sent: it is kept to its whole length.
        comment: of("requestorComment")
            .and_then(text)
            .map(|text| SafeText::bounded(&text, Comment::CHARS_MAX)),
        created: of("creationDateTimeUtc").and_then(time),
        updated: of("lastUpdateDateTimeUtc")
            .and_then(time)
            .or_else(|| of("lastUpdateTimeUtc").and_then(time)),
        error_hresult: of("errorHResult").and_then(Json::whole),
        properties: properties(row, false),
    })
}

/// An error in the service's own shape (reference, section 6); nothing for any other answer.
pub(super) fn refused(status: u16, answer: &Json<'_>, hidden: &Hidden) -> Option<Refused> {
    let error = answer.get("error")?;
    let word = |name: &str| error.get(name).and_then(text).map(|text| hidden.safe(&text));
    let known = |name: &str| matches!(error.get(name), Some(Json::Text(_)));
    (known("code") || known("message")).then(|| Refused {
        status,
        code: word("code"),
        message: word("message"),
        tracking: word("target"),
        correlation: None,
    })
}

/// The text of a property that must stand there once, and not empty.
fn only<'a>(row: &'a Json<'_>, name: &str) -> Option<Cow<'a, str>> {
    let mut named = row.properties().iter().filter(|(key, _)| key == name);
    match (named.next(), named.next()) {
        (Some((_, Json::Text(text))), None) => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

fn text<'a>(value: &'a Json<'_>) -> Option<Cow<'a, str>> {
    value.scalar().filter(|text| !text.is_empty())
}

fn safe(value: &Json<'_>) -> Option<SafeText> {
    text(value).map(|text| SafeText::new(&text))
}

/// 0 to 7 fractional digits and a `Z`; anything else is no time, and stays among the properties.
fn time(value: &Json<'_>) -> Option<Timestamp> {
    text(value)?.parse().ok()
}

fn tags(value: &Json<'_>) -> Vec<SafeText> {
    match value {
        Json::List(items) => items.iter().filter_map(safe).collect(),
        other => safe(other).into_iter().collect(),
    }
}

/// Every property of the row's own; annotations such as `@odata.context` are none.
fn properties(row: &Json<'_>, nulls: bool) -> Vec<(SafeText, SafeText)> {
    row.properties()
        .iter()
        .filter(|(name, value)| !name.starts_with("@odata.") && (nulls || *value != Json::Null))
        .map(|(name, value)| (SafeText::new(name), SafeText::new(&value.shown())))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json::parse;
    use super::*;

    fn machine_of(text: &str) -> Option<Machine> {
        machine(&parse(text.as_bytes()).unwrap())
    }

    fn action_of(text: &str) -> Option<MachineAction> {
        action(&parse(text.as_bytes()).unwrap())
    }

    #[test]
    fn a_recorded_machine() {
        let machine = machine_of(
            r#"{"@odata.context":"x","id":"9c1e77a0","computerDnsName":"par-web-016.corp","firstSeen":"2024-02-14T07:40:55Z",
            "lastSeen":"2026-11-24T11:52:03.1182345Z","osPlatform":"WindowsServer2022","osVersion":null,"version":"21H2","osBuild":20348,
            "healthStatus":"Active","onboardingStatus":"Onboarded","riskScore":"Low","exposureLevel":"Medium","deviceValue":"Normal",
            "rbacGroupId":7,"rbacGroupName":"DMZ","machineTags":["web","pci"],"managedBy":"Intune","lastIpAddress":"10.1.4.9",
            "aadDeviceId":null,"mergedIntoMachineId":null,"vmMetadata":{"vmId":"v-1","cloudProvider":"Azure"},"ipAddresses":[]}"#,
        )
        .unwrap();
        assert_eq!(machine.name.as_deref_str(), Some("par-web-016.corp"));
        assert_eq!(machine.last_seen, Some("2026-11-24T11:52:03.1182345Z".parse().unwrap()));
        assert_eq!((machine.os_build, machine.risk), (Some(20_348), Some(Level::Low)));
        assert_eq!(machine.tags, [SafeText::new("web"), SafeText::new("pci")]);
        assert_eq!((machine.vm_id.as_deref_str(), machine.merged_into), (Some("v-1"), None));
        let shown: Vec<_> =
            machine.properties.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(shown.first().map(String::as_str), Some("id=9c1e77a0"));
        for property in ["osVersion=null", "rbacGroupId=7", "machineTags=web, pci", "ipAddresses=[]"] {
            assert!(shown.iter().any(|shown| shown == property), "{property} in {shown:?}");
        }
    }

    #[test]
    fn other_kinds_than_the_pages_say_are_no_failure() {
        for (json, property, shown) in [
            (r#"{"id":"a","rbacGroupId":"7"}"#, "rbacGroupId", "7"),
            (r#"{"id":"a","osBuild":"19045"}"#, "osBuild", "19045"),
            (r#"{"id":"a","computerDnsName":["x"]}"#, "computerDnsName", "x"),
            (r#"{"id":"a","lastSeen":"yesterday"}"#, "lastSeen", "yesterday"),
            (r#"{"id":"a","machineTags":"one"}"#, "machineTags", "one"),
            (r#"{"id":"a","riskScore":{"x":1}}"#, "riskScore", r#"{"x":1}"#),
            (r#"{"id":"a","novelty":true}"#, "novelty", "true"),
        ] {
            let machine = machine_of(json).unwrap();
            let value = machine.property(property).unwrap();
            assert_eq!(value.as_str(), shown);
        }
        assert_eq!(machine_of(r#"{"id":"a","osBuild":"19045"}"#).unwrap().os_build, Some(19_045));
        let raw = machine_of(r#"{"id":"a","healthStatus":"Dreaming","osPlatform":"Plan9"}"#).unwrap();
        assert_eq!(raw.health, Some(HealthStatus::Other("Dreaming".into())));
        assert_eq!(raw.os_label(), "Plan9");
    }

    #[test]
    fn onboarding_status_under_any_case_of_its_name() {
        for name in ["onboardingStatus", "onboardingstatus", "OnboardingStatus"] {
            let machine = machine_of(&format!(r#"{{"id":"a","{name}":"onboarded"}}"#)).unwrap();
            assert_eq!(machine.onboarding_status.as_deref_str(), Some("onboarded"));
        }
        for none in ["null", r#""""#, "[]"] {
            let machine = machine_of(&format!(r#"{{"id":"a","onboardingStatus":{none}}}"#)).unwrap();
            assert_eq!(machine.onboarding_status, None);
        }
    }

    #[test]
    fn a_row_needs_one_id() {
        for bad in [
            r#"{"computerDnsName":"x"}"#,
            r#"{"id":null}"#,
            r#"{"id":""}"#,
            r#"{"id":7}"#,
            r#"{"id":"a/../b"}"#,
            r#"{"id":"a","id":"b"}"#,
            r#""a""#,
            "null",
        ] {
            assert_eq!(machine_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_recorded_action_and_its_old_spellings() {
        let action = action_of(
            r#"{"@odata.context":"…#MachineActions/$entity","id":"2e9da30d-27f6-4208-81f2-9cd3d67893ba","type":"Offboard","title":null,
            "requestor":"ir-automation","requestorComment":"CHG-1042","status":"Pending","machineId":"9c1e77a0","computerDnsName":"par-web-016",
            "creationDateTimeUtc":"2026-11-24T12:04:31.2Z","lastUpdateDateTimeUtc":"2026-11-24T12:04:31.2000005Z","errorHResult":0,
            "requestSource":"PublicApi","commands":[],"scope":null}"#,
        )
        .unwrap();
        assert_eq!((&action.kind, &action.status), (&ActionKind::Offboard, &ActionStatus::Pending));
        assert_eq!(action.machine, Some(MachineId::parse("9c1e77a0").unwrap()));
        assert_eq!(action.error_hresult, Some(0));
        assert!(action.updated > action.created);
        assert!(action.property("scope").is_none(), "nulls are left out");
        assert_eq!(action.property("commands").map(SafeText::as_str), Some("[]"));

        let old = action_of(
            r#"{"id":"a1","type":"OffboardMachine","status":"Canceled","machineId":null,"lastUpdateTimeUtc":"2026-11-24T12:04:31Z"}"#,
        )
        .unwrap();
        assert_eq!((&old.kind, &old.status), (&ActionKind::Offboard, &ActionStatus::Cancelled));
        assert_eq!(old.updated, Some("2026-11-24T12:04:31Z".parse().unwrap()));
        assert_eq!(action_of(r#"{"type":"Offboard"}"#), None);
    }

    #[test]
    fn a_long_comment_comes_back_whole() {
        let comment = Comment::parse(&"é".repeat(Comment::CHARS_MAX), None).unwrap();
        let json = format!(r#"{{"id":"a","requestorComment":"{}"}}"#, comment.as_sent());
        assert_eq!(action_of(&json).unwrap().comment, Some(comment.shown()));
    }

    #[test]
    fn refusals_in_their_shapes() {
        let of = |text: &str| refused(400, &parse(text.as_bytes()).unwrap(), &Hidden::default());
        let documented =
            of(r#"{"error":{"code":"BadRequest","message":"No.","target":"|b18-ac."}}"#).unwrap();
        assert_eq!(documented.to_string(), "400 BadRequest: No.");
        assert_eq!(documented.tracking.as_deref_str(), Some("|b18-ac."));
        let odata = of(r#"{"error":{"code":"","message":"The query is not valid.","details":[]}}"#).unwrap();
        assert_eq!(odata.to_string(), "400 Bad Request: The query is not valid.");
        for other in [
            r#"{"error":"invalid_client"}"#,
            r#"{"message":"x"}"#,
            "[]",
            r#"{"error":{}}"#,
            r#"{"error":null}"#,
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    proptest! {
        /// Whatever a property holds, its row is read, and what it held is shown.
        #[test]
        fn no_value_breaks_a_row(name in any::<String>(), value in json_value()) {
            let known = ["lastSeen", "osBuild", "machineTags", "riskScore", "vmMetadata", "onboardingStatus", "status", "errorHResult"];
            for name in known.iter().copied().chain([name.as_str()]).filter(|name| *name != "id") {
                let name = serde_json::to_string(name).unwrap();
                let row = format!(r#"{{"id":"a",{name}:{value}}}"#);
                let machine = machine_of(&row).unwrap();
                prop_assert!(machine.properties.len() == 2 || name.starts_with("\"@odata."));
                prop_assert!(action_of(&row).is_some());
            }
        }
    }

    fn json_value() -> impl Strategy<Value = String> {
        let text = any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap());
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|truth| truth.to_string()),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<f64>()
                .prop_filter("JSON has no others", |number| number.is_finite())
                .prop_map(|number| format!("{number:e}")),
            text.clone(),
        ];
        leaf.prop_recursive(3, 16, 4, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4)
                    .prop_map(|items| format!("[{}]", items.join(","))),
                (text.clone(), inner).prop_map(|(key, value)| format!("{{{key}:{value}}}")),
            ]
        })
    }

    /// `Option<SafeText>` as `Option<&str>`, to keep tables short.
    trait AsDerefStr {
        fn as_deref_str(&self) -> Option<&str>;
    }
    impl AsDerefStr for Option<SafeText> {
        fn as_deref_str(&self) -> Option<&str> {
            self.as_ref().map(SafeText::as_str)
        }
    }
    impl Machine {
        fn property(&self, name: &str) -> Option<&SafeText> {
            self.properties.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value)
        }
    }
}
