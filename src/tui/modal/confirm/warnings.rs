//! The warnings of a confirmation, the gravest first. One that always shows would be a defect: each has its own
//! condition, and an ordinary selection meets none.

use super::facts::{Facts, percent};
use crate::domain::when::{age, count};
use crate::domain::{HealthStatus, Level, MachineValue};
use crate::inventory::Row;
use crate::tui::shared::Shared;

/// More than this of a group is a warning, however large the group.
const OF_GROUP_MANY: usize = 100;
/// The smallest group of which "most" means anything.
const GROUP_MIN: usize = 3;
/// What follows for a machine that is not online (reference, section 4.2).
const WAITS: &str =
    "the action waits until it is online; such actions were seen to time out after about 3 days";

/// The same for several.
const WAIT: &str =
    "their actions wait until they are online; such actions were seen to time out after about 3 days";

/// One warning: its beginning in bold, then the fact and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The beginning.
    pub(super) head: String,
    /// The fact, and what follows.
    pub(super) text: String,
    /// In a word or two, for the line that names what is one key away.
    pub(super) kind: String,
}

impl Warning {
    fn new(head: impl Into<String>, text: impl Into<String>, kind: impl Into<String>) -> Self {
        Self { head: head.into(), text: text.into(), kind: kind.into() }
    }
}

/// All warnings of a plan's rows; `hidden` of them are hidden by the filter.
pub(super) fn warnings(
    facts: &Facts,
    rows: &[&Row],
    hidden: usize,
    filter: &str,
    shared: &Shared,
) -> Vec<Warning> {
    let by_gravity = [
        of_tenant(facts, rows.len()),
        of_groups(facts, rows.len()),
        risk(rows),
        value(rows),
        hidden_by(hidden, filter),
        same_name(facts, rows),
        inactive(rows, shared),
        pending(rows, shared),
    ];
    by_gravity.into_iter().flatten().collect()
}

fn of_tenant(facts: &Facts, n: usize) -> Option<Warning> {
    let all = facts.tenant_size;
    (n * 4 > all && all > GROUP_MIN).then(|| {
        Warning::new(
            format!("{} of the tenant's {}", count(n), count(all)),
            format!(" are in it: {}, more than a quarter", percent(n, all)),
            "most of the tenant",
        )
    })
}

fn of_groups(facts: &Facts, n: usize) -> Option<Warning> {
    let most: Vec<_> = facts
        .groups
        .iter()
        .filter(|(group, in_it, of)| {
            !group.is_empty() && *of >= GROUP_MIN && (in_it * 2 > *of || *in_it > OF_GROUP_MANY)
        })
        .collect();
    let shown: Vec<_> = most
        .iter()
        .take(2)
        .map(|(group, in_it, of)| format!("{} of {group}'s {}", count(*in_it), count(*of)))
        .collect();
    let more = match most.len().saturating_sub(2) {
        0 => String::new(),
        more => format!(", and of {more} more"),
    };
    let what = match (most.iter().all(|(_, in_it, of)| in_it * 2 > *of), most.len()) {
        (true, 1) => "most of that group",
        (true, _) => "most of these groups",
        (false, _) => "very many of a group",
    };
    let verb = if n == 1 { "is" } else { "are" };
    (!most.is_empty())
        .then(|| Warning::new(shown.join(" and "), format!(" {verb} in it: {what}{more}"), "most of a group"))
}

fn risk(rows: &[&Row]) -> Option<Warning> {
    let high = those(rows, |row| row.machine.risk == Some(Level::High));
    match (high.len(), rows.len()) {
        (0, _) => None,
        (_, 1) => Some(Warning::new("risk High", ": its alerts stop too", "risk High")),
        (k, _) => Some(Warning::new(
            count(k),
            format!(
                " {} risk High: {}, {} alerts stop too",
                has(k),
                names_of(&high),
                if k == 1 { "its" } else { "their" }
            ),
            format!("{} with risk High", count(k)),
        )),
    }
}

fn value(rows: &[&Row]) -> Option<Warning> {
    let high = those(rows, |row| row.machine.value == Some(MachineValue::High));
    match (high.len(), rows.len()) {
        (0, _) => None,
        (_, 1) => Some(Warning::new("value High", ": somebody marked it", "value High")),
        (k, _) => Some(Warning::new(
            count(k),
            format!(" {} marked value High: {}", is(k), names_of(&high)),
            format!("{} with value High", count(k)),
        )),
    }
}

fn hidden_by(hidden: usize, filter: &str) -> Option<Warning> {
    let by = if filter.is_empty() {
        "not in the list as it is shown".to_owned()
    } else {
        format!("hidden by the filter {filter}")
    };
    (hidden > 0).then(|| {
        Warning::new(count(hidden), format!(" {} {by}", is(hidden)), format!("{} hidden", count(hidden)))
    })
}

fn same_name(facts: &Facts, rows: &[&Row]) -> Option<Warning> {
    if rows.len() == 1 {
        let newest = facts.siblings.iter().skip(1).find(|sibling| sibling.newest);
        return match (newest, facts.siblings.get(1)) {
            (Some(newest), _) => {
                Some(Warning::new(&*newest.tag, " has the same name and is the newest", "same name"))
            }
            (None, Some(other)) => {
                Some(Warning::new(&*other.tag, " has the same name; this one is the newest", "same name"))
            }
            (None, None) => None,
        };
    }
    let shared_name = those(rows, |row| row.tag.is_some());
    let k = shared_name.len();
    (k > 0).then(|| {
        Warning::new(
            count(k),
            format!(" {} a name that another record has too: {}", has(k), names_of(&shared_name)),
            format!("{} with another's name", count(k)),
        )
    })
}

fn inactive(rows: &[&Row], shared: &Shared) -> Option<Warning> {
    let inactive = those(rows, |row| row.machine.health == Some(HealthStatus::Inactive));
    match (inactive.len(), rows.len()) {
        (0, _) => None,
        (_, 1) => {
            let since = inactive[0].machine.last_seen.map(|at| age(at, shared.list_of));
            let head = since.map_or("inactive".into(), |since| format!("inactive for {since}"));
            Some(Warning::new(head, format!(": {WAITS}"), "inactive"))
        }
        (k, n) if k == n => Some(Warning::new(
            format!("all {} are inactive", count(k)),
            ": this will probably change nothing; such actions were seen to time out after about 3 days",
            "all inactive",
        )),
        (k, _) => Some(Warning::new(
            count(k),
            format!(" {} inactive: {}; {}", is(k), names_of(&inactive), if k == 1 { WAITS } else { WAIT }),
            format!("{} inactive", count(k)),
        )),
    }
}

fn pending(rows: &[&Row], shared: &Shared) -> Option<Warning> {
    let held = those(rows, |row| shared.status.held.contains(&row.machine.id));
    let k = held.len();
    let kind = format!("{} already pending", count(k));
    match (k, rows.len()) {
        (0, _) => None,
        (_, 1) => Some(Warning::new(
            "already pending",
            ": an earlier run holds it, and nothing is sent to it again while it does",
            kind,
        )),
        _ => Some(Warning::new(
            count(k),
            format!(
                " already pending: an earlier run holds {}, and nothing is sent to {} again while it does",
                names_of(&held),
                if k == 1 { "it" } else { "them" }
            ),
            kind,
        )),
    }
}

fn those<'a>(rows: &[&'a Row], fits: impl Fn(&Row) -> bool) -> Vec<&'a Row> {
    rows.iter().copied().filter(|row| fits(row)).collect()
}

fn is(k: usize) -> &'static str {
    if k == 1 { "is" } else { "are" }
}

fn has(k: usize) -> &'static str {
    if k == 1 { "has" } else { "have" }
}

/// Up to three names, or two and how many more.
fn names_of(rows: &[&Row]) -> String {
    let shown: Vec<_> = rows.iter().take(if rows.len() > 3 { 2 } else { 3 }).map(|row| row.name()).collect();
    match rows.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), count(more)),
    }
}
