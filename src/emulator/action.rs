//! A machine action and its life: what will become of it is drawn when it is created, and its state at any later
//! moment follows.

use fastrand::Rng;
use serde::Serialize;
use serde_json::Value;

use super::clock::{HOUR_MS, MINUTE_MS, Moment, SECOND_MS};
use super::filter::{Property, Scalar};

/// An action that no machine picks up ends after 72 h 14 min 4 s ± 1 s (reference, section 4.2, seen 2025).
const TIME_OUT_MS: u64 = 72 * HOUR_MS + 14 * MINUTE_MS + 4 * SECOND_MS;
/// 0x80190198, HTTP 408 (section 5).
const TIMED_OUT: i64 = -2_145_844_840;
/// 0x80004004, aborted (section 5).
const ABORTED: i64 = -2_147_467_260;
/// 0x80004005, unspecified: no recording of a failed action exists (inferred).
const UNSPECIFIED: i64 = -2_147_467_259;

/// Whether a machine can be reached when an action is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Online: done in 2 to 23 s (section 5, seen 2024).
    Prompt,
    /// Its communication is impaired: minutes (inferred).
    Slow,
    /// Inactive, or its sensor was stopped before.
    Never,
}

/// What will become of an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Done { picked_up: Moment, done: Moment, fails: bool },
    TimesOut(Moment),
}

impl Fate {
    pub(super) fn draw(rng: &mut Rng, created: Moment, reach: Reach, fails: bool) -> Fate {
        let waits_ms = match reach {
            Reach::Prompt => rng.u64(500..5 * SECOND_MS),
            Reach::Slow => rng.u64(MINUTE_MS..20 * MINUTE_MS),
            Reach::Never => {
                return Fate::TimesOut(created.plus_ms(TIME_OUT_MS - SECOND_MS + rng.u64(0..2 * SECOND_MS)));
            }
        };
        let picked_up = created.plus_ms(waits_ms);
        let done = picked_up.plus_ms(rng.u64(1_500..18 * SECOND_MS)).plus_ticks(rng.i64(0..10_000));
        Fate::Done { picked_up, done, fails }
    }
}

/// A cancellation.
#[derive(Clone, Debug)]
pub(super) struct Cancellation {
    pub at: Moment,
    pub requestor: String,
    pub comment: String,
}

/// One action of the tenant.
#[derive(Clone, Debug)]
pub(super) struct Action {
    pub id: String,
    pub r#type: &'static str,
    pub machine_id: String,
    pub computer_dns_name: Option<String>,
    pub requestor: String,
    pub source: &'static str,
    pub comment: String,
    pub created: Moment,
    /// How long it is missing from lists.
    pub list_lag_ms: u64,
    pub fate: Fate,
    pub cancelled: Option<Cancellation>,
}

impl Action {
    /// The state at `now`: status, since when, `errorHResult`.
    pub(super) fn state(&self, now: Moment) -> (&'static str, Moment, i64) {
        if let Some(cancelled) = &self.cancelled {
            return ("Cancelled", cancelled.at, ABORTED);
        }
        match self.fate {
            Fate::TimesOut(at) if at <= now => ("TimeOut", at, TIMED_OUT),
            Fate::Done { done, fails: true, .. } if done <= now => ("Failed", done, UNSPECIFIED),
            Fate::Done { done, .. } if done <= now => ("Succeeded", done, 0),
            Fate::Done { picked_up, .. } if picked_up <= now => ("InProgress", picked_up, 0),
            // Recorded actions were updated some hundred nanoseconds after their creation (section 4).
            _ => ("Pending", self.created.plus_ticks(3), 0),
        }
    }

    pub(super) fn is_final(&self, now: Moment) -> bool {
        !matches!(self.state(now).0, "Pending" | "InProgress")
    }

    /// When it stopped the sensor, if it has.
    pub(super) fn stopped_sensor(&self, now: Moment) -> Option<Moment> {
        let (status, since, _) = self.state(now);
        (self.r#type == OFFBOARD && status == "Succeeded").then_some(since)
    }

    pub(super) fn is_listed(&self, now: Moment) -> bool {
        now >= self.created.plus_ms(self.list_lag_ms)
    }

    /// For `$filter`.
    pub(super) fn property(&self, property: &Property, now: Moment) -> Scalar<'_> {
        match property.name {
            "id" => Scalar::Text(&self.id),
            "status" => Scalar::Text(self.state(now).0),
            "machineId" => Scalar::Text(&self.machine_id),
            "type" => Scalar::Text(self.r#type),
            "requestor" => Scalar::Text(&self.requestor),
            "creationDateTimeUtc" => Scalar::Time(self.created),
            _ => Scalar::Null,
        }
    }

    /// As the service's JSON has it at `now`, nulls included (sections 4 and 5).
    pub(super) fn json(&self, now: Moment, old_spelling: bool) -> ActionJson<'_> {
        let (status, since, error_h_result) = self.state(now);
        let cancelled = self.cancelled.as_ref();
        ActionJson {
            id: &self.id,
            r#type: self.r#type,
            title: (),
            requestor: &self.requestor,
            requestor_comment: &self.comment,
            status,
            machine_id: &self.machine_id,
            computer_dns_name: self.computer_dns_name.as_deref(),
            creation_date_time_utc: self.created,
            last_update_date_time_utc: (!old_spelling).then_some(since),
            last_update_time_utc: old_spelling.then_some(since),
            cancellation_requestor: cancelled.map(|it| it.requestor.as_str()),
            cancellation_comment: cancelled.map(|it| it.comment.as_str()),
            cancellation_date_time_utc: cancelled.map(|it| it.at),
            error_h_result,
            scope: (self.r#type == "RunAntiVirusScan").then_some("Full"),
            external_id: (),
            request_source: self.source,
            related_file_info: (),
            commands: [],
            troubleshoot_info: (),
        }
    }
}

/// The kind of action that this project is about; 2017's name was another (section 5).
pub(super) const OFFBOARD: &str = "Offboard";

/// A machine action on the wire.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActionJson<'a> {
    id: &'a str,
    r#type: &'static str,
    title: (),
    requestor: &'a str,
    requestor_comment: &'a str,
    status: &'static str,
    machine_id: &'a str,
    computer_dns_name: Option<&'a str>,
    creation_date_time_utc: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_update_date_time_utc: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_update_time_utc: Option<Moment>,
    cancellation_requestor: Option<&'a str>,
    cancellation_comment: Option<&'a str>,
    cancellation_date_time_utc: Option<Moment>,
    error_h_result: i64,
    scope: Option<&'static str>,
    external_id: (),
    request_source: &'static str,
    related_file_info: (),
    commands: [Value; 0],
    troubleshoot_info: (),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::dice::dice;

    fn created() -> Moment {
        Moment::from_timestamp("2026-01-05T08:44:05.1234567Z".parse().unwrap())
    }

    fn action(reach: Reach, fails: bool) -> Action {
        Action {
            id: "5c0fd1ba-90e2-4a77-b8a4-1be3a1f0e7d2".to_owned(),
            r#type: OFFBOARD,
            machine_id: "m".to_owned(),
            computer_dns_name: None,
            requestor: "demo".to_owned(),
            source: "PublicApi",
            comment: "CHG-1".to_owned(),
            created: created(),
            list_lag_ms: 0,
            fate: Fate::draw(&mut dice(1, "fate", 1), created(), reach, fails),
            cancelled: None,
        }
    }

    /// The different statuses, second by second.
    fn life(action: &Action, seconds: u64) -> Vec<&'static str> {
        let mut life: Vec<_> =
            (0..seconds * 10).map(|tenth| action.state(created().plus_ms(tenth * 100)).0).collect();
        life.dedup();
        life
    }

    #[test]
    fn an_online_machine_is_done_within_23_seconds() {
        assert_eq!(life(&action(Reach::Prompt, false), 24), ["Pending", "InProgress", "Succeeded"]);
        assert_eq!(life(&action(Reach::Prompt, true), 24), ["Pending", "InProgress", "Failed"]);
    }

    #[test]
    fn a_slow_one_takes_minutes() {
        let action = action(Reach::Slow, false);
        assert_eq!(action.state(created().plus_ms(30 * SECOND_MS)).0, "Pending");
        assert_eq!(action.state(created().plus_ms(30 * MINUTE_MS)).0, "Succeeded");
    }

    #[test]
    fn one_that_is_never_reached_times_out_after_72_hours_and_14_minutes() {
        let action = action(Reach::Never, false);
        assert_eq!(action.state(created().plus_ms(TIME_OUT_MS - 1_001)).0, "Pending");
        let (status, _, error) = action.state(created().plus_ms(TIME_OUT_MS + 1_001));
        assert_eq!((status, error), ("TimeOut", TIMED_OUT));
    }

    #[test]
    fn a_cancelled_action_stays_cancelled() {
        let mut action = action(Reach::Prompt, false);
        let at = created().plus_ms(100);
        action.cancelled = Some(Cancellation { at, requestor: "demo".to_owned(), comment: "no".to_owned() });
        assert_eq!(action.state(created().plus_ms(HOUR_MS)), ("Cancelled", at, ABORTED));
        assert_eq!(action.stopped_sensor(created().plus_ms(HOUR_MS)), None);
    }

    #[test]
    fn a_new_action_looks_as_recorded() {
        let action = action(Reach::Prompt, false);
        let json = serde_json::to_value(action.json(created(), false)).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "id": "5c0fd1ba-90e2-4a77-b8a4-1be3a1f0e7d2", "type": "Offboard", "title": null,
                "requestor": "demo", "requestorComment": "CHG-1", "status": "Pending", "machineId": "m",
                "computerDnsName": null, "creationDateTimeUtc": "2026-01-05T08:44:05.1234567Z",
                "lastUpdateDateTimeUtc": "2026-01-05T08:44:05.123457Z", "cancellationRequestor": null,
                "cancellationComment": null, "cancellationDateTimeUtc": null, "errorHResult": 0, "scope": null,
                "externalId": null, "requestSource": "PublicApi", "relatedFileInfo": null, "commands": [],
                "troubleshootInfo": null
            })
        );
    }
}
