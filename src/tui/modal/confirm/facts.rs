//! What a confirmation says of a plan: facts by count and share, warnings by gravity, what has to be typed, how long
//! the sending takes. Computed once, when the plan is frozen.

use std::collections::BTreeMap;

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use crate::domain::when::{age, count, date_minute, minute, plural};
use crate::domain::{HealthStatus, Level, MachineValue, OsFamily};
use crate::inventory::Row;
use crate::offboard::Plan;
use crate::offboard::view::Calls;
use crate::tui::app::Shared;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::paint::{fit, width, wrap};

/// A name longer than this is not typed: the start of the id is.
const NAME_TYPED_MAX: usize = 63;
/// A plan of more machines asks for the tenant's name too.
const LARGE: usize = 1_000;
/// More than this of a group is a warning, however large the group.
const OF_GROUP_MANY: usize = 100;
/// The smallest group of which "most" means anything.
const GROUP_MIN: usize = 3;

/// One warning: its beginning in bold, then the fact and what follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    head: String,
    text: String,
    /// In a word or two, for the line that names what is one key away.
    kind: String,
}

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
    comment: String,
    os: Vec<(String, usize)>,
    groups: Vec<(String, usize, usize)>,
    names: Vec<String>,
    full_name: String,
    tenant_size: usize,
    siblings: Vec<Sibling>,
}

/// One of the records that share a name.
#[derive(Debug, Clone, PartialEq)]
struct Sibling {
    tag: String,
    newest: bool,
    id: String,
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    health: String,
    risk: String,
    value: String,
    os: String,
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
        facts.warnings = facts.warn(&rows, n, hidden, filter, shared);
        facts
    }

    fn warn(&self, rows: &[&Row], n: usize, hidden: usize, filter: &str, shared: &Shared) -> Vec<Warning> {
        let mut out = Vec::new();
        let mut warn = |head: String, text: String, kind: String| out.push(Warning { head, text, kind });
        let one = n == 1;
        if n * 4 > self.tenant_size && self.tenant_size > GROUP_MIN {
            warn(
                format!("{} of the tenant's {}", count(n), count(self.tenant_size)),
                format!(" are in it: {}, more than a quarter", percent(n, self.tenant_size)),
                "most of the tenant".into(),
            );
        }
        let most: Vec<&(String, usize, usize)> = self
            .groups
            .iter()
            .filter(|(group, in_it, of)| {
                !group.is_empty() && *of >= GROUP_MIN && (in_it * 2 > *of || *in_it > OF_GROUP_MANY)
            })
            .collect();
        if !most.is_empty() {
            let shown: Vec<_> = most
                .iter()
                .take(2)
                .map(|(group, in_it, of)| format!("{} of {group}'s {}", count(*in_it), count(*of)))
                .collect();
            let more = match most.len().saturating_sub(2) {
                0 => String::new(),
                more => format!(" and of {}", plural(more, "more group")),
            };
            let really_most = most.iter().all(|(_, in_it, of)| in_it * 2 > *of);
            let what = match (really_most, most.len()) {
                (true, 1) => "most of that group",
                (true, _) => "most of these groups",
                (false, _) => "very many of a group",
            };
            warn(
                shown.join(" and "),
                format!("{more} {} in it: {what}", if one { "is" } else { "are" }),
                "most of a group".into(),
            );
        }
        let named = |rows: &[&Row]| names_of(rows);
        let high: Vec<&Row> =
            rows.iter().copied().filter(|row| row.machine.risk == Some(Level::High)).collect();
        match high.len() {
            0 => {}
            _ if one => warn("risk High".into(), ": its alerts stop too".into(), "risk High".into()),
            k => warn(
                count(k),
                format!(
                    " {} risk High: {}, {} alerts stop too",
                    if k == 1 { "has" } else { "have" },
                    named(&high),
                    if k == 1 { "its" } else { "their" }
                ),
                format!("{} with risk High", count(k)),
            ),
        }
        let valued: Vec<&Row> =
            rows.iter().copied().filter(|row| row.machine.value == Some(MachineValue::High)).collect();
        match valued.len() {
            0 => {}
            _ if one => warn("value High".into(), ": somebody marked it".into(), "value High".into()),
            k => warn(
                count(k),
                format!(" {} marked value High: {}", if k == 1 { "is" } else { "are" }, named(&valued)),
                format!("{} with value High", count(k)),
            ),
        }
        if hidden > 0 {
            let by = if filter.is_empty() {
                "not in the list as it is shown".to_owned()
            } else {
                format!("hidden by the filter {filter}")
            };
            let verb = if hidden == 1 { "is" } else { "are" };
            warn(count(hidden), format!(" {verb} {by}"), format!("{} hidden", count(hidden)));
        }
        let shared_name: Vec<&Row> = rows.iter().copied().filter(|row| row.tag.is_some()).collect();
        if one {
            if let Some(newest) = self.siblings.iter().skip(1).find(|sibling| sibling.newest) {
                warn(newest.tag.clone(), " has the same name and is the newest".into(), "same name".into());
            } else if let Some(other) = self.siblings.get(1) {
                warn(
                    other.tag.clone(),
                    " has the same name; this one is the newest".into(),
                    "same name".into(),
                );
            }
        } else if !shared_name.is_empty() {
            let k = shared_name.len();
            warn(
                count(k),
                format!(
                    " {} a name that another record has too: {}",
                    if k == 1 { "has" } else { "have" },
                    named(&shared_name)
                ),
                format!("{} with another's name", count(k)),
            );
        }
        let inactive: Vec<&Row> =
            rows.iter().copied().filter(|row| row.machine.health == Some(HealthStatus::Inactive)).collect();
        let waits =
            "the action waits until it is online; such actions were seen to time out after about 3 days";
        match inactive.len() {
            0 => {}
            1 if one => {
                let since = inactive[0].machine.last_seen.map(|at| age(at, shared.list_of));
                warn(
                    since.map_or("inactive".into(), |since| format!("inactive for {since}")),
                    format!(": {waits}"),
                    "inactive".into(),
                );
            }
            k if k == n => warn(
                format!("all {} are inactive", count(k)),
                ": this will probably change nothing; such actions were seen to time out after about 3 days"
                    .into(),
                "all inactive".into(),
            ),
            k => warn(
                count(k),
                format!(" {} inactive: {}; {waits}", if k == 1 { "is" } else { "are" }, named(&inactive)),
                format!("{} inactive", count(k)),
            ),
        }
        let held: Vec<&Row> =
            rows.iter().copied().filter(|row| shared.status.held.contains(&row.machine.id)).collect();
        match held.len() {
            0 => {}
            k => warn(
                if one { "already pending".into() } else { count(k) },
                format!(
                    "{}: an earlier run holds {}, and nothing is sent to {} again while it does",
                    if one { String::new() } else { " already pending".into() },
                    if one { "it".to_owned() } else { named(&held) },
                    if k == 1 { "it" } else { "them" }
                ),
                format!("{} already pending", count(k)),
            ),
        }
        out
    }

    /// The lines that scroll, how many of them are the first page, and how many must have been on screen.
    pub fn body<'a>(&self, shared: &Shared, room: usize, first: usize) -> (Vec<Line<'a>>, usize, usize) {
        let theme = shared.theme;
        let one = self.names.len() == 1;
        let head_cells = if one { 14 } else { 10 };
        let mut out: Vec<Line<'a>> = vec![Line::default()];
        let mut fact = |name: &str, value: &str, more: Option<&str>| {
            for (index, line) in wrap(value, room - head_cells).into_iter().enumerate() {
                let name = if index == 0 { name } else { "" };
                let mut spans = vec![
                    theme.span(format!("{name:<head_cells$}"), Meaning::Muted),
                    theme.span(line, Meaning::Text),
                ];
                if let Some(more) = more {
                    spans.push(theme.span(more.to_owned(), Meaning::Muted));
                }
                out.push(Line::from(spans));
            }
        };
        fact("Comment", &self.comment, None);
        let groups = |most: usize| {
            let mut shown: Vec<_> = self
                .groups
                .iter()
                .take(most)
                .map(|(group, in_it, of)| {
                    if group.is_empty() {
                        format!("{} in no group", count(*in_it))
                    } else {
                        format!("{} of {}'s {}", count(*in_it), fit(group, 24), count(*of))
                    }
                })
                .collect();
            if self.groups.len() > most {
                shown.push(format!("{} more groups", count(self.groups.len() - most)));
            }
            shown.join(" · ")
        };
        if one {
            fact("Machine", &self.full_name, None);
            if self.siblings.is_empty() {
                let os = self.os.first().map_or("", |(os, _)| os.as_str()).to_owned();
                fact("OS", &os, None);
            }
            fact("Group", &groups(1), None);
        } else {
            let n: usize = self.os.iter().map(|(_, k)| k).sum();
            let most = if room > 80 { 4 } else { 3 };
            fact("OS", &os_counts(&self.os, n, most), None);
            let share = percent(n, self.tenant_size);
            let tenant = format!("{share} of the tenant's {}", count(self.tenant_size));
            let all = format!("{share} of all {}", count(self.tenant_size));
            let (wide, long) = (groups(3), groups(2));
            let line =
                [format!("{wide}      {tenant}"), format!("{wide} · {all}"), format!("{long} · {all}")]
                    .into_iter()
                    .find(|line| width(line) <= room - head_cells)
                    .unwrap_or_else(|| format!("{} · {all}", groups(1)));
            fact("Groups", &line, None);
            let tail = format!(" … ↓ all {}", count(self.names.len()));
            let whole = self.names.join(" ");
            if width(&whole) <= room - head_cells {
                fact("Machines", &whole, None);
            } else {
                let mut some = String::new();
                for name in &self.names {
                    if width(&some) + 1 + width(name) + width(&tail) > room - head_cells {
                        break;
                    }
                    some.push_str(name);
                    some.push(' ');
                }
                fact("Machines", some.trim_end(), Some(&tail));
            }
        }
        if let [this, other, rest @ ..] = &self.siblings[..] {
            out.push(Line::default());
            Self::side_by_side(this, other, rest.len(), shared, room, &mut out);
        }
        let mut must_read = 0;
        let warning = |warning: &Warning| -> Vec<Line<'a>> {
            let whole = format!("{}{}", warning.head, warning.text);
            let lines = wrap(&whole, room - 2);
            lines
                .into_iter()
                .enumerate()
                .map(|(index, line)| {
                    if index > 0 {
                        return Line::from(vec![Span::raw("  "), theme.span(line, Meaning::Text)]);
                    }
                    let cut = warning.head.len().min(line.len());
                    let cut = if line.is_char_boundary(cut) { cut } else { 0 };
                    Line::from(vec![
                        theme.span(format!("{} ", sign::WARNING), Meaning::Warning),
                        theme.span(line[..cut].to_owned(), Meaning::Strong),
                        theme.span(line[cut..].to_owned(), Meaning::Text),
                    ])
                })
                .collect()
        };
        if !self.warnings.is_empty() {
            out.push(Line::default());
            if !one && shared.area.height >= 30 {
                let mut title = theme.span("Read first", Meaning::Warning);
                title.style = title.style.add_modifier(ratatui::style::Modifier::BOLD);
                out.push(Line::from(title));
            }
            for one in self.warnings.iter().take(first) {
                out.extend(warning(one));
            }
            must_read = out.len();
        }
        let rest = self.warnings.get(first..).unwrap_or_default();
        if !rest.is_empty() {
            let kinds: Vec<_> = rest.iter().map(|warning| warning.kind.as_str()).collect();
            out.push(Line::from(vec![
                theme.span(format!("  {} more: ", rest.len()), Meaning::Warning),
                theme.span("↓", Meaning::Strong),
                theme.span(format!("   {}", kinds.join(", ")), Meaning::Muted),
            ]));
        }
        let page = out.len();
        if !rest.is_empty() {
            for one in rest {
                out.extend(warning(one));
            }
            must_read = out.len();
        }
        if !one {
            let title = format!("All {}", count(self.names.len()));
            out.push(Line::from(theme.span(title, Meaning::Muted)));
            out.extend(
                whole_names(&self.names, room - 2)
                    .into_iter()
                    .map(|line| Line::from(theme.span(format!("  {line}"), Meaning::Text))),
            );
        }
        (out, page, must_read)
    }

    fn side_by_side(
        this: &Sibling,
        other: &Sibling,
        more: usize,
        shared: &Shared,
        room: usize,
        out: &mut Vec<Line<'_>>,
    ) {
        let theme = shared.theme;
        let half = (room - 14) / 2;
        let mut row = |name: &str, left: String, right: String, left_meaning: Meaning| {
            let left = fit(&left, half - 2).into_owned();
            let pad = " ".repeat(half - width(&left));
            out.push(Line::from(vec![
                theme.span(format!("{name:<14}"), Meaning::Muted),
                theme.span(left, left_meaning),
                Span::raw(pad),
                theme.span(fit(&right, half).into_owned(), Meaning::Text),
            ]));
        };
        let newest = |sibling: &Sibling| if sibling.newest { ", newest" } else { "" };
        row(
            &format!("{} records", more + 2),
            format!("THIS ONE  {}{}", this.tag, newest(this)),
            format!(
                "the other  {}{}{}",
                other.tag,
                newest(other),
                if more > 0 { format!(", {more} more") } else { String::new() }
            ),
            Meaning::Accent,
        );
        row("id", this.id.clone(), other.id.clone(), Meaning::Text);
        let when = |at: Option<Timestamp>| {
            at.map_or_else(
                || "–".to_owned(),
                |at| format!("{} {:>4}", date_minute(at), age(at, shared.list_of)),
            )
        };
        row("first seen", when(this.first_seen), when(other.first_seen), Meaning::Text);
        row("last report", when(this.last_seen), when(other.last_seen), Meaning::Text);
        row("health", this.health.clone(), other.health.clone(), Meaning::Text);
        row("risk", this.risk.clone(), other.risk.clone(), Meaning::Text);
        row("value", this.value.clone(), other.value.clone(), Meaning::Text);
        row("OS", this.os.clone(), other.os.clone(), Meaning::Text);
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

fn os_counts(os: &[(String, usize)], n: usize, most: usize) -> String {
    let keep = if os.len() > most { most - 1 } else { os.len() };
    let mut shown: Vec<_> = os.iter().take(keep).map(|(os, k)| format!("{} {os}", count(*k))).collect();
    let others = n - os.iter().take(keep).map(|(_, k)| k).sum::<usize>();
    if others > 0 {
        shown.push(format!("{} others", count(others)));
    }
    shown.join(" · ")
}

fn names_of(rows: &[&Row]) -> String {
    let shown: Vec<_> = rows.iter().take(if rows.len() > 3 { 2 } else { 3 }).map(|row| row.name()).collect();
    match rows.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), count(more)),
    }
}

/// All names in lines; a name and the start of its id stay together.
fn whole_names(names: &[String], room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for name in names {
        let name = fit(name, room);
        let line = lines.last_mut().expect("there is a line from the start");
        let gap = if line.is_empty() { 0 } else { 2 };
        if width(line) + gap + width(&name) <= room {
            line.push_str(&"  "[..gap]);
            line.push_str(&name);
        } else {
            lines.push(name.into_owned());
        }
    }
    lines
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

fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "0 %".into();
    }
    let tenths = (part * 1_000 + whole / 2) / whole;
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// How long the sending takes: for the sending, never for the effect.
fn sending_time(n: usize, calls: &Calls, now: Timestamp) -> String {
    let latency = f64::from(calls.latency_ms.max(1)) / 1_000.0;
    let free = calls.free_now as usize;
    let seconds = sending_seconds(n, calls);
    if n <= free {
        let free = match free {
            1 => "1 call is free now".to_owned(),
            free => format!("{} calls are free now", count(free)),
        };
        return if seconds <= latency.max(2.0) {
            format!("{free}: sent at once.")
        } else {
            format!("{free}: all sent in about {} s.", seconds.ceil())
        };
    }
    let by = Timestamp::from_second(now.as_second() + seconds.ceil() as i64).unwrap_or(now);
    let first = match free {
        0 => "No call is free now, then 100 a minute".to_owned(),
        1 => "1 call is free now, then 100 a minute".to_owned(),
        free => format!("{} calls are free now, then 100 a minute", count(free)),
    };
    let hours = if n > 1_500 { " and 1,500 an hour" } else { "" };
    let about = if seconds < 5_400.0 {
        plural((seconds / 60.0).ceil() as usize, "minute")
    } else {
        format!("{:.1} hours", seconds / 3_600.0)
    };
    format!("{first}{hours}: all sent in about {about}, by {}.", minute(by, now))
}

/// Seconds until the last of `n` calls has left, by the two windows as they are and a ramp of calls in flight.
fn sending_seconds(n: usize, calls: &Calls) -> f64 {
    let latency = f64::from(calls.latency_ms.max(1)) / 1_000.0;
    let free = (calls.free_now as usize).min(n);
    // One more call in flight for each answer, up to sixteen: 1, 2, 4, 8, 16, 16 …
    let burst = |k: usize| {
        let (mut sent, mut flight, mut rounds) = (0, 1, 0);
        while sent < k {
            sent += flight;
            flight = (flight * 2).min(16);
            rounds += 1;
        }
        f64::from(rounds) * latency
    };
    let left = n - free;
    if left == 0 {
        return burst(free);
    }
    let hour_free = (calls.hour.max - calls.hour.used.min(calls.hour.max)) as usize;
    let hours = (n.saturating_sub(hour_free)).div_ceil(1_500);
    let in_last_hour = if hours == 0 { left } else { (n.saturating_sub(hour_free) - 1) % 1_500 + 1 };
    let minutes = in_last_hour.div_ceil(100);
    hours as f64 * (3_600.0 + latency) + minutes as f64 * (60.0 + latency) + burst(100.min(left))
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

    #[test]
    fn the_time_is_about_sending_and_follows_the_windows() {
        let now: Timestamp = "2026-11-24T12:01:10Z".parse().unwrap();
        let mut calls = Calls::default();
        assert_eq!(sending_time(1, &calls, now), "100 calls are free now: sent at once.");
        assert_eq!(sending_time(100, &calls, now), "100 calls are free now: all sent in about 3 s.");
        calls.free_now = 37;
        calls.minute.used = 63;
        calls.hour.used = 412;
        let large = sending_time(812, &calls, now);
        assert_eq!(
            large,
            "37 calls are free now, then 100 a minute: all sent in about 9 minutes, by 12:09Z."
        );
        calls.free_now = 0;
        calls.hour.used = 1_500;
        let next_hour = sending_time(10, &calls, now);
        assert!(next_hour.starts_with("No call is free now"), "{next_hour}");
    }
}
