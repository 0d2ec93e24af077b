//! The drawer over the right part of the list: every property of the cursor's machine under the service's own name,
//! the ones that this program does not know too, and the records that share its name beside it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Span;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use crate::inventory::Row;
use crate::tui::layout::Rows;
use crate::tui::shared::Shared;
use crate::tui::theme::{Meaning, sign};
use crate::tui::widget::paint::{fit, put, put_right, width, wrap};

/// Cells of the drawer where it leaves the list beside it.
pub(super) const WIDTH: u16 = 74;
/// Cells for a property's name.
const NAME: usize = 24;

/// The properties that a decision needs first; the rest follows in the service's order.
const FIRST: &[&str] = &[
    "id",
    "onboardingStatus",
    "healthStatus",
    "lastSeen",
    "firstSeen",
    "",
    "osPlatform",
    "version",
    "osBuild",
    "osArchitecture",
    "agentVersion",
    "",
    "rbacGroupName",
    "deviceValue",
    "riskScore",
    "exposureLevel",
    "machineTags",
    "managedBy",
    "",
    "lastIpAddress",
    "lastExternalIpAddress",
    "isPotentialDuplication",
];

fn area(shared: &Shared) -> Rect {
    let rows = Rows::of(shared.area);
    if shared.area.width >= 100 {
        let area = Rect { y: rows.headings.y, height: rows.list.height + 1, ..shared.area };
        Rect { x: area.right() - WIDTH, width: WIDTH, ..area }
    } else {
        // It covers the list and the two lines below, save a margin that says that it floats.
        let height = rows.list.height + 3;
        Rect { x: 2, width: shared.area.width.saturating_sub(4), y: rows.headings.y, height }
    }
}

/// Lines of properties that the drawer shows at once.
pub(super) fn height(shared: &Shared) -> usize {
    usize::from(area(shared).height.saturating_sub(2))
}

/// Lines that there are for a row.
pub(super) fn lines(row: Option<&Row>, shared: &Shared) -> usize {
    row.map_or(0, |row| content(row, shared).len())
}

/// Draws the drawer.
pub(super) fn draw(row: &Row, scroll: usize, shared: &Shared, buf: &mut Buffer) {
    let theme = shared.theme;
    let area = area(shared);
    if shared.area.width < 100 {
        // Where it covers the list it owns its rows.
        Clear.render(Rect { x: shared.area.x, width: shared.area.width, ..area }, buf);
    }
    Clear.render(area, buf);
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.style(Meaning::Muted))
        .render(area, buf);
    let name = super::view::full_name(row);
    let tag = row.tag.as_ref().map(|tag| format!(" {tag}")).unwrap_or_default();
    let verdict = match &row.offboardable {
        Ok(_) => theme.span(" offboardable ", Meaning::Ok),
        Err(refusal) => theme.span(format!(" {} ", refusal.short()), Meaning::Warning),
    };
    let room =
        usize::from(area.width.saturating_sub(8)).saturating_sub(width(&verdict.content) + width(&tag));
    let mut title = theme.span(format!(" {}{tag} ", fit(&name, room)), Meaning::Text);
    title.style = title.style.add_modifier(Modifier::BOLD);
    put(buf, area.x + 2, area.y, area.width - 4, &[title]);
    put_right(buf, area.right() - 2, area.y, &[verdict]);
    let lines = content(row, shared);
    let height = height(shared);
    let scroll = scroll.min(lines.len().saturating_sub(height));
    for (y, line) in (area.y + 1..area.bottom() - 1).zip(lines.iter().skip(scroll)) {
        put(buf, area.x + 3, y, area.width.saturating_sub(5), line);
    }
    let below = lines.len().saturating_sub(scroll + height);
    if below > 0 || scroll > 0 {
        let text = if below > 0 { format!(" {below} more ^d ") } else { " ^u back ".into() };
        put(buf, area.x + 2, area.bottom() - 1, 20, &[theme.span(text, Meaning::Muted)]);
    }
}

fn content<'a>(row: &'a Row, shared: &Shared) -> Vec<Vec<Span<'a>>> {
    let theme = shared.theme;
    let machine = &row.machine;
    let room = usize::from(area(shared).width.saturating_sub(6)).saturating_sub(NAME);
    let mut out: Vec<Vec<Span<'a>>> = Vec::new();
    if area(shared).height > 20 {
        out.push(vec![]);
    }
    let mut property = |name: &'a str, value: &str, note: String| {
        for (index, line) in wrap(value, room).into_iter().enumerate() {
            let name = if index == 0 { fit(name, NAME - 1).into_owned() } else { String::new() };
            let mut spans =
                vec![theme.span(format!("{name:<NAME$}"), Meaning::Muted), theme.span(line, Meaning::Text)];
            if index == 0 && !note.is_empty() {
                spans.push(theme.span(format!(" {note}"), Meaning::Muted));
            }
            out.push(spans);
        }
    };
    let value = |name: &str| {
        machine.properties.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value.as_str())
    };
    for name in FIRST {
        if name.is_empty() {
            property("", "", String::new());
            continue;
        }
        let Some(value) = value(name).or_else(|| (*name == "id").then(|| machine.id.as_str())) else {
            continue;
        };
        let note = match *name {
            "lastSeen" => machine.last_seen.map(|at| format!("{} · about daily", shared.age(at))),
            "firstSeen" => machine.first_seen.map(|at| shared.age(at)),
            _ => None,
        };
        property(name, value, note.unwrap_or_default());
    }
    let rest = machine.properties.iter().filter(|(name, _)| {
        !FIRST.contains(&name.as_str()) && !name.as_str().starts_with("@odata") && name.as_str() != "id"
    });
    let mut gap = true;
    for (name, value) in rest {
        if std::mem::take(&mut gap) {
            property("", "", String::new());
        }
        let note = value.cut_from().map(|chars| format!("cut from {chars} characters")).unwrap_or_default();
        property(name.as_str(), value.as_str(), note);
    }
    let others: Vec<&Row> = shared.inventory.namesakes(row).collect();
    if !others.is_empty() {
        property("", "", String::new());
        let words = match others.len() {
            1 => "1 other record has this name".to_owned(),
            n => format!("{n} other records have this name"),
        };
        out.push(vec![
            theme.span(sign::WARNING, Meaning::Warning),
            theme.span(format!(" {words}"), Meaning::Warning),
        ]);
        for other in others {
            let age = |at: Option<jiff::Timestamp>| at.map_or_else(|| "–".to_owned(), |at| shared.age(at));
            let health = other.machine.health.as_ref().map_or("–", |health| health.as_str());
            let tag = other.tag.clone().unwrap_or_default();
            out.push(vec![
                theme.span(format!("{tag:<8}"), Meaning::Text),
                theme.span(
                    format!(
                        "{health}, seen {}, first {}, {}",
                        age(other.machine.last_seen),
                        age(other.machine.first_seen),
                        other.machine.os_label()
                    ),
                    Meaning::Muted,
                ),
            ]);
        }
    }
    out
}
