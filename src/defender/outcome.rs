//! [`OffboardOutcome`]: what one offboard call came to, and with it whether there is an action (reference, section 7;
//! engine, sections 2 and 4). Everything that happened after the request may have left is [`OffboardOutcome::Unknown`]
//! unless the answer itself proves that nothing was created.

use std::time::Duration;

use jiff::Timestamp;

use super::auth::Generation;
use super::error::{Refused, ServiceError};
use super::hidden::Hidden;
use super::http::{Answer, Failed, names_the_tenants_trouble};
use super::{json, wire};
use crate::domain::{MachineAction, MachineId, SafeText};

/// What came of a call, with what its caller needs beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered<T> {
    /// What came of it.
    pub value: T,
    /// The answer's `Date`, if the service itself gave it: its clock.
    pub date: Option<Timestamp>,
    /// Which token was sent. A 401 to an older one than the newest means nothing.
    pub generation: Generation,
}

/// What one offboard call came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OffboardOutcome {
    /// Any 2xx with a machine action of this machine. It may be somebody's earlier one.
    Accepted(MachineAction),
    /// There is an earlier action; nothing was created.
    AlreadyActive(Refused),
    /// Nothing was created: 400, 403, 404, 405, 413, 415 of the service itself.
    Refused(Refused),
    /// Nothing was created: 401.
    Unauthorized {
        /// What the service said.
        refused: Refused,
        /// Whether it names the tenant's trouble, which no new token ends.
        tenant_trouble: bool,
    },
    /// Nothing was created: 429.
    TooMany {
        /// How long to wait, if the service said so: 1 to 3,600 s.
        retry_after: Option<Duration>,
        /// What it said.
        refused: Refused,
    },
    /// Nothing was created: no byte of the request left.
    NotSent(ServiceError),
    /// There may be an action, or there may still come one.
    Unknown {
        /// What is wrong with the answer, if there is one.
        why: UnknownWhy,
        /// Whether the service itself ended the call: its own error, whatever the status. Then nothing is on its way
        /// any more; else the request may travel on behind whoever answered.
        answered_by_service: bool,
        /// For the operator.
        words: SafeText,
    },
}

/// Why it is not known what came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownWhy {
    /// No answer in time.
    TimeOut,
    /// The connection was lost.
    Lost,
    /// A yes that cannot be understood: its status.
    Unreadable(u16),
    /// A status that leaves it open, or an answer that is not the service's.
    Status(u16),
}

pub(super) fn of_answer(answer: &Answer, machine: &MachineId, hidden: &Hidden) -> OffboardOutcome {
    let status = answer.status;
    if answer.is_success() {
        return success(answer, machine, hidden);
    }
    match (status, answer.refused(hidden)) {
        (401, _) => {
            let refused = answer.refused_by_anyone(hidden);
            let tenant_trouble = names_the_tenants_trouble(&refused);
            OffboardOutcome::Unauthorized { refused, tenant_trouble }
        }
        (429, _) => OffboardOutcome::TooMany {
            retry_after: answer.retry_after,
            refused: answer.refused_by_anyone(hidden),
        },
        (400, Some(refused)) if says_already_active(&refused) => OffboardOutcome::AlreadyActive(refused),
        (400 | 403 | 404 | 405 | 413 | 415, Some(refused)) => OffboardOutcome::Refused(refused),
        (_, refused) => OffboardOutcome::Unknown {
            why: UnknownWhy::Status(status),
            // An empty body is the service's only where nothing but it answers so: not with 408, 409 or 5xx. And
            // gateways speak JSON too: with their statuses the call may still be on its way behind them.
            answered_by_service: refused.is_some() && !answer.body.is_empty() && !answer.may_be_a_gateways(),
            words: match refused {
                Some(refused) => said(&refused),
                None => said(&answer.error(hidden, 1)),
            },
        },
    }
}

fn success(answer: &Answer, machine: &MachineId, hidden: &Hidden) -> OffboardOutcome {
    let unknown = |error: &ServiceError| OffboardOutcome::Unknown {
        why: UnknownWhy::Unreadable(answer.status),
        answered_by_service: false,
        words: said(error),
    };
    if let Err(error) = &answer.whole {
        return unknown(error);
    }
    let action = match json::parse(&answer.body) {
        Ok(json) => wire::action(&json).ok_or("it is no machine action".to_owned()),
        Err(why) => Err(why),
    };
    match action {
        Ok(action) if action.machine.as_ref().is_none_or(|of| is_same(of, machine)) => {
            OffboardOutcome::Accepted(action)
        }
        Ok(_) => unknown(&answer.unreadable("it is an action of another machine", hidden)),
        Err(why) => unknown(&answer.unreadable(&why, hidden)),
    }
}

/// A sentence around words that are safe already: made safe once more they would carry their signs twice.
fn said(what: &impl ToString) -> SafeText {
    SafeText::restored(&what.to_string())
}

/// Ids are case-sensitive by the pages; an answer that only spells ours differently is still ours.
fn is_same(a: &MachineId, b: &MachineId) -> bool {
    a.as_str().eq_ignore_ascii_case(b.as_str())
}

/// By its code, or by the message that threads report (reference, sections 4.2 and 7).
fn says_already_active(refused: &Refused) -> bool {
    let has = |text: &Option<SafeText>, words: &str| {
        text.as_ref().is_some_and(|text| text.as_str().to_ascii_lowercase().contains(words))
    };
    has(&refused.code, "activerequestalreadyexists") || has(&refused.message, "already in progress")
}

pub(super) fn of_failure(failed: Failed) -> OffboardOutcome {
    if failed.before_first_byte {
        return OffboardOutcome::NotSent(failed.error);
    }
    let timed_out = matches!(failed.error, ServiceError::NotReachable { step: super::Step::TimeOut, .. });
    OffboardOutcome::Unknown {
        why: if timed_out { UnknownWhy::TimeOut } else { UnknownWhy::Lost },
        answered_by_service: false,
        words: said(&failed.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = r#"{"error":{"code":"Code","message":"Words."}}"#;
    const ACTION: &str = r#"{"id":"a-1","type":"Offboard","status":"Pending","machineId":"M1"}"#;

    fn of(status: u16, body: &str) -> OffboardOutcome {
        of_answer(&Answer::example(status, body), &MachineId::parse("m1").unwrap(), &Hidden::default())
    }

    /// Reference, section 7, and engine, section 2: is there an action, and may one still come?
    #[test]
    fn the_table_of_outcomes() {
        const HTML: &str = "<html><title>502 Bad Gateway</title>";
        for (status, body, expected) in [
            (200, ACTION, "accepted"),
            (201, ACTION, "accepted"),
            (202, r#"{"id":"a-1","machineId":null}"#, "accepted"),
            (200, r#"{"id":"a-1","machineId":"m2"}"#, "unknown, on its way"),
            (200, r#"{"id":"a-1","#, "unknown, on its way"),
            (200, "{}", "unknown, on its way"),
            (200, HTML, "unknown, on its way"),
            (204, "", "unknown, on its way"),
            (400, r#"{"error":{"code":"ActiveRequestAlreadyExists","message":"x"}}"#, "already active"),
            (
                400,
                r#"{"error":{"code":"BadRequest","message":"Action is already in progress"}}"#,
                "already active",
            ),
            (400, SERVICE, "refused"),
            (400, "", "refused"),
            (403, SERVICE, "refused"),
            (404, "", "refused"),
            (405, "", "refused"),
            (413, SERVICE, "refused"),
            (415, SERVICE, "refused"),
            (400, HTML, "unknown, on its way"),
            (403, HTML, "unknown, on its way"),
            (404, r#"{"statusCode":404,"message":"Resource not found"}"#, "unknown, on its way"),
            (401, SERVICE, "unauthorized"),
            (401, HTML, "unauthorized"),
            (
                401,
                r#"{"error":{"code":"Unauthorized","message":"… No Tvm license"}}"#,
                "the tenant's trouble",
            ),
            (429, SERVICE, "too many"),
            (429, "slow down", "too many"),
            (408, "", "unknown, on its way"),
            (408, SERVICE, "unknown, on its way"),
            (409, SERVICE, "unknown, ended"),
            (500, SERVICE, "unknown, ended"),
            (500, "", "unknown, on its way"),
            (502, HTML, "unknown, on its way"),
            (502, SERVICE, "unknown, on its way"),
            (503, SERVICE, "unknown, on its way"),
            (504, SERVICE, "unknown, on its way"),
            (302, "", "unknown, on its way"),
        ] {
            let is = match of(status, body) {
                OffboardOutcome::Accepted(_) => "accepted",
                OffboardOutcome::AlreadyActive(_) => "already active",
                OffboardOutcome::Refused(_) => "refused",
                OffboardOutcome::Unauthorized { tenant_trouble: true, .. } => "the tenant's trouble",
                OffboardOutcome::Unauthorized { .. } => "unauthorized",
                OffboardOutcome::TooMany { .. } => "too many",
                OffboardOutcome::NotSent(_) => "not sent",
                OffboardOutcome::Unknown { answered_by_service: true, .. } => "unknown, ended",
                OffboardOutcome::Unknown { .. } => "unknown, on its way",
            };
            assert_eq!(is, expected, "{status} {body}");
        }
    }

    /// Whatever stands in between has a clock of its own.
    #[test]
    fn only_the_services_own_date_is_its_time() {
        let date: Timestamp = "2026-11-24T12:04:31Z".parse().unwrap();
        for (status, body, expected) in [
            (201, ACTION, true),
            (400, SERVICE, true),
            (401, SERVICE, true),
            (429, SERVICE, true),
            (500, SERVICE, true),
            (200, "<html>Sign in to the hotel</html>", false),
            (401, "<html>", false),
            (404, "", false),
            (429, "slow down", false),
            (408, SERVICE, false),
            (502, SERVICE, false),
            (503, SERVICE, false),
            (504, "<html>", false),
        ] {
            let answer = Answer { date: Some(date), ..Answer::example(status, body) };
            assert_eq!(answer.date_of_service(&Hidden::default()).is_some(), expected, "{status} {body}");
        }
    }

    #[test]
    fn words_for_the_operator() {
        let OffboardOutcome::Unknown { words, why, .. } = of(502, "<h1>Bad  gateway\u{1b}[2J</h1>") else {
            panic!()
        };
        assert_eq!(why, UnknownWhy::Status(502));
        assert_eq!(words.as_str(), "api.example: 502 from a gateway, \"<h1>Bad gateway‹001B›[2J</h1>\"");
    }
}
