//! The lines of a confirmation that scroll: facts, then warnings, then every name.

use jiff::Timestamp;
use ratatui::text::{Line, Span};

use super::facts::{Facts, Sibling, percent};
use super::warnings::Warning;
use crate::domain::when::{age, count, date_minute};
use crate::tui::shared::Shared;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::paint::{fit, width, wrap};

impl Facts {
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

fn os_counts(os: &[(String, usize)], n: usize, most: usize) -> String {
    let keep = if os.len() > most { most - 1 } else { os.len() };
    let mut shown: Vec<_> = os.iter().take(keep).map(|(os, k)| format!("{} {os}", count(*k))).collect();
    let others = n - os.iter().take(keep).map(|(_, k)| k).sum::<usize>();
    if others > 0 {
        shown.push(format!("{} others", count(others)));
    }
    shown.join(" · ")
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
