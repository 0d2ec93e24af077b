//! What a confirmation says of a plan: facts by count and share, warnings by gravity, what has to be typed, how long
//! the sending takes. Computed once, when the plan is frozen.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::time::sending_time;
use super::warnings::{Warning, warnings};
use crate::domain::OsFamily;
use crate::domain::when::plural;
use crate::inventory::Row;
use crate::offboard::Plan;
use crate::tui::shared::Shared;
use crate::tui::widget::paint::fit;

/// A name longer than this is not typed: the start of the id is.
const NAME_TYPED_MAX: usize = 63;
/// A plan of more machines asks for the tenant's name too.
const LARGE: usize = 1_000;

/// What is shown of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// `Offboard 37 machines from contoso.com?`
    pub title: String,
    /// The only machine's name, when there is one.
    pub name: String,
    /// What has to be typed.
    pub expected: String,
    /// How long the sending takes, by the engine's schedule.
    pub time: String,
    /// The gravest first.
    pub warnings: Vec<Warning>,
    pub(super) comment: String,
    pub(super) os: Vec<(String, usize)>,
    pub(super) groups: Vec<(String, usize, usize)>,
    pub(super) names: Vec<String>,
    pub(super) full_name: String,
    pub(super) tenant_size: usize,
    pub(super) siblings: Vec<Sibling>,
}

/// One of the records that share a name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sibling {
    pub(super) tag: String,
    pub(super) newest: bool,
    pub(super) id: String,
    pub(super) first_seen: Option<Timestamp>,
    pub(super) last_seen: Option<Timestamp>,
    pub(super) health: String,
    pub(super) risk: String,
    pub(super) value: String,
    pub(super) os: String,
}

impl Sibling {
    fn of(row: &Row) -> Self {
        let machine = &row.machine;
        Self {
            tag: row.tag.clone().unwrap_or_default(),
            newest: false,
            id: machine.id.to_string(),
            first_seen: machine.first_seen,
            last_seen: machine.last_seen,
            health: machine.health.as_ref().map_or("–", |health| health.as_str()).to_owned(),
            risk: machine.risk.as_ref().map_or("–", |risk| risk.as_str()).to_owned(),
            value: machine.value.as_ref().map_or("–", |value| value.as_str()).to_owned(),
            os: machine.os_label(),
        }
    }
}

impl Facts {
    /// Looks at a plan's machines in the list as it stands.
    pub fn of(plan: &Plan, hidden: usize, filter: &str, shared: &Shared) -> Self {
        let inventory = &shared.inventory;
        let rows: Vec<&Row> =
            plan.machines().iter().filter_map(|planned| inventory.get(planned.machine.id())).collect();
        let n = plan.machines().len();
        let names: Vec<String> = rows.iter().map(|row| row.name()).collect();
        let mut os: BTreeMap<String, usize> = BTreeMap::new();
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &rows {
            *os.entry(os_fact(row)).or_default() += 1;
            let group = row.machine.group.as_ref().map_or("", |group| group.as_str());
            *groups.entry(group).or_default() += 1;
        }
        let mut os: Vec<_> = os.into_iter().collect();
        os.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut groups: Vec<_> = groups
            .into_iter()
            .map(|(group, in_it)| (group.to_owned(), in_it, inventory.group_size(group)))
            .collect();
        groups.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut siblings = Vec::new();
        let mut full_name = String::new();
        if let [row] = rows[..] {
            full_name = row.machine.name.as_ref().map_or_else(|| row.label.clone(), ToString::to_string);
            let mut others: Vec<&Row> = inventory.namesakes(row).collect();
            others.sort_by_key(|other| std::cmp::Reverse(other.machine.first_seen));
            if !others.is_empty() {
                siblings = std::iter::once(row).chain(others).map(Sibling::of).collect();
                let newest = (0..siblings.len()).max_by_key(|index| siblings[*index].first_seen);
                if let Some(newest) = newest {
                    siblings[newest].newest = true;
                }
            }
        }
        let tenant = shared.who.tenant.to_string();
        let large = n > LARGE || n * 4 > inventory.len();
        let (name, expected) = match rows[..] {
            [row] if n == 1 => (row.name(), typed_name(row)),
            _ if large && !tenant.is_empty() => (String::new(), format!("{n} {tenant}")),
            _ => (String::new(), n.to_string()),
        };
        let title = if n == 1 {
            format!("Offboard {} from {tenant}?", fit(&name, 48))
        } else {
            format!("Offboard {} from {tenant}?", plural(n, "machine"))
        };
        let mut facts = Self {
            title,
            name,
            expected,
            time: sending_time(n, &shared.status.calls, shared.now),
            warnings: Vec::new(),
            comment: plan.comment().shown().to_string(),
            os,
            groups,
            names,
            full_name,
            tenant_size: inventory.len(),
            siblings,
        };
        facts.warnings = warnings(&facts, &rows, hidden, filter, shared);
        facts
    }
}

/// The platform by its label; the release for Windows 10 alone, where the rule depends on it.
fn os_fact(row: &Row) -> String {
    let platform = row.machine.os_platform.as_ref().map_or("", |platform| platform.as_str());
    if OsFamily::of(platform) == OsFamily::Windows10 {
        return row.machine.os_label();
    }
    crate::domain::platform_label(platform)
}

/// What has to be typed for one machine: its name as the title shows it, with the start of its id where others share
/// the name; the first eight of the id where the name is missing or can't be typed.
fn typed_name(row: &Row) -> String {
    let typable = row.label.len() <= NAME_TYPED_MAX && row.label.bytes().all(|b| b.is_ascii_graphic());
    if !typable || row.machine.short_name().is_none() {
        return row.machine.id.start(8).to_owned();
    }
    match &row.tag {
        Some(tag) => format!("{} {}", row.label, tag.trim_start_matches('#')),
        None => row.label.clone(),
    }
}

/// A share to a tenth: `1.2 %`.
pub(super) fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "0 %".into();
    }
    let tenths = (part * 1_000 + whole / 2) / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_to_a_tenth() {
        assert_eq!(percent(37, 3_018), "1.2 %");
        assert_eq!(percent(812, 3_018), "26.9 %");
        assert_eq!(percent(1, 1), "100.0 %");
    }
}
