//! Below the list: the MachineAction of the cursor's row as the service returned it, or what is known of a machine
//! that has none.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::words::{Called, without_action};
use crate::domain::when::instant;
use crate::domain::{MachineAction, SafeText};
use crate::offboard::view::{MachineState, MachineView};
use crate::tui::layout::is_tall;
use crate::tui::shared::Shared;
use crate::tui::theme::Meaning;
use crate::tui::widget::paint::{fit, put, width};
use crate::tui::widget::rule;

/// Two columns of properties: where names and values begin.
const COLUMNS: [(u16, u16); 2] = [(4, 25), (69, 92)];

/// The pairs that stand side by side, and what takes a whole line; the rest follows in the service's order.
const PAIRS: &[[&str; 2]] = &[
    ["id", "status"],
    ["machineId", "type"],
    ["computerDnsName", "requestor"],
    ["requestorComment", ""],
    ["creationDateTimeUtc", "lastUpdateDateTimeUtc"],
    ["errorHResult", "requestSource"],
];

/// Where one line has to do: several short ones on the first, then one a line.
const LINES: &[&[&str]] = &[
    &["status", "type", "requestor"],
    &["id"],
    &["requestorComment"],
    &["creationDateTimeUtc"],
    &["lastUpdateDateTimeUtc"],
    &["errorHResult"],
];

/// The rule above the pane: whose action it is, and when it was asked.
pub(super) fn head(machine: &MachineView, called: &Called, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let tall = is_tall(shared.area);
    let what = match &machine.action {
        Some(_) if tall => "MachineAction, as the service returned it",
        Some(_) => "MachineAction, as returned",
        None => without_action(machine.state),
    };
    let (verb, at) = match (&machine.action, machine.state) {
        (Some(_), _) => ("asked ", machine.asked),
        (None, MachineState::Unknown | MachineState::Undecided | MachineState::Left) => {
            ("looked ", machine.asked)
        }
        (None, _) => ("", machine.sent),
    };
    let right = at.map_or_else(Vec::new, |at| {
        vec![theme.span(verb, Meaning::Muted), theme.span(instant(at, shared.now), Meaning::Text)]
    });
    let tag = called.tag.as_ref().map(|tag| format!(" {tag}")).unwrap_or_default();
    let taken = width(what) + width(&tag) + right.iter().map(Span::width).sum::<usize>() + 16;
    let name = fit(&called.label, usize::from(area.width).saturating_sub(taken).max(12)).into_owned();
    let title = [
        theme.span(name, Meaning::Strong),
        theme.span(tag, Meaning::Muted),
        theme.span(format!(" · {what}"), Meaning::Text),
    ];
    rule::draw(buf, area, theme, &title, &right);
}

/// What stands below the rule.
pub(super) fn draw(machine: &MachineView, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let tall = is_tall(shared.area);
    match &machine.action {
        Some(action) if tall => pairs(action, shared, buf, area),
        Some(action) => lines(action, shared, buf, area),
        None => history(machine, tall, shared, buf, area),
    }
}

fn pairs(action: &MachineAction, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let (mut rest, mut y) = (others(action, PAIRS.iter().flatten().copied()), area.y);
    for pair in PAIRS {
        if y >= area.bottom() {
            return;
        }
        let whole_line = pair[1].is_empty();
        let mut any = false;
        for (name, (x, value_x)) in pair.iter().zip(COLUMNS) {
            let property = match property(action, name) {
                // The place of what is missing goes to what this program does not know.
                None if !whole_line && !name.is_empty() => rest.next(),
                found => found,
            };
            let Some((name, value)) = property else { continue };
            any = true;
            let end = if x == COLUMNS[0].0 && !whole_line { COLUMNS[1].0 - 2 } else { area.width };
            let name = fit(name, usize::from(value_x - x - 1)).into_owned();
            put(buf, area.x + x, y, value_x - x - 1, &[theme.span(name, Meaning::Muted)]);
            let meaning =
                if pair[1] == "status" && x != COLUMNS[0].0 { Meaning::Strong } else { Meaning::Text };
            put(
                buf,
                area.x + value_x,
                y,
                end.saturating_sub(value_x),
                &[theme.span(value.to_string(), meaning)],
            );
        }
        y += u16::from(any);
    }
    for (name, value) in rest {
        if y >= area.bottom() {
            return;
        }
        let (x, value_x) = COLUMNS[0];
        put(buf, area.x + x, y, value_x - x - 1, &[theme.span(name.to_owned(), Meaning::Muted)]);
        put(
            buf,
            area.x + value_x,
            y,
            area.width.saturating_sub(value_x),
            &[theme.span(value.to_string(), Meaning::Text)],
        );
        y += 1;
    }
}

fn lines(action: &MachineAction, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let mut y = area.y;
    let mut line = |spans: Vec<Span<'_>>| {
        if y < area.bottom() && !spans.is_empty() {
            put(buf, area.x + 4, y, area.width.saturating_sub(5), &spans);
            y += 1;
        }
    };
    for names in LINES {
        let mut spans = Vec::new();
        for name in *names {
            if let Some((name, value)) = property(action, name) {
                let meaning = if name == "status" { Meaning::Strong } else { Meaning::Text };
                let gap = if spans.is_empty() { "" } else { "  " };
                spans.push(theme.span(format!("{gap}{name} "), Meaning::Muted));
                spans.push(theme.span(value.to_string(), meaning));
            }
        }
        line(spans);
    }
    for (name, value) in others(action, LINES.iter().flat_map(|names| names.iter().copied())) {
        line(vec![
            theme.span(format!("{name} "), Meaning::Muted),
            theme.span(value.to_string(), Meaning::Text),
        ]);
    }
}

fn property<'a>(action: &'a MachineAction, name: &str) -> Option<(&'a str, &'a SafeText)> {
    let found = action.properties.iter().find(|(key, _)| key.as_str() == name);
    // In lists the service writes the name differently (reference, section 5).
    let found = found.or_else(|| {
        let other = (name == "lastUpdateDateTimeUtc").then_some("lastUpdateTimeUtc")?;
        action.properties.iter().find(|(key, _)| key.as_str() == other)
    });
    found.map(|(name, value)| (name.as_str(), value))
}

fn others(
    action: &MachineAction,
    known: impl Iterator<Item = &'static str>,
) -> impl Iterator<Item = (&str, &SafeText)> {
    let known: Vec<&str> = known.chain(["lastUpdateTimeUtc"]).collect();
    action
        .properties
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .filter(move |(name, _)| !known.contains(name) && !name.starts_with("@odata"))
}

/// A machine without an action: what was answered and looked for, its id, and what can be done.
fn history(machine: &MachineView, tall: bool, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let theme = shared.theme;
    let id = SafeText::new(machine.id.as_str());
    let todo = match machine.state {
        MachineState::Undecided => &[
            ("Enter", "send it again (a new confirmation), or leave it (final: left; free for another run)"),
            ("", "The Action center in the portal may show what the list does not."),
        ][..],
        MachineState::Queued => &[("", "It is checked against the rule once more before it is sent.")],
        _ => &[],
    };
    let mut facts: Vec<(&str, &str)> =
        machine.history.iter().map(|(name, words)| (name.as_str(), words.as_str())).collect();
    if let Some(why) = machine.why.as_ref().filter(|_| facts.is_empty()) {
        facts.push(("why", why.as_str()));
    }
    // The id comes before a line that would push it out.
    let room = usize::from(area.height).saturating_sub(if tall { todo.len() } else { 0 });
    facts.truncate(room.saturating_sub(1));
    facts.push(("machineId", id.as_str()));
    let mut y = area.y;
    for (index, (name, words)) in facts.into_iter().enumerate() {
        let words_meaning = if index == 0 { Meaning::Strong } else { Meaning::Text };
        fact(
            name,
            theme.span(words.to_owned(), words_meaning),
            tall,
            shared,
            buf,
            Rect { y, height: 1, ..area },
        );
        y += 1;
    }
    if tall {
        let free = area.bottom().saturating_sub(y + todo.len() as u16);
        y += free.min(1);
        for (key, words) in todo.iter().take(usize::from(area.bottom().saturating_sub(y))) {
            let meaning = if key.is_empty() { Meaning::Muted } else { Meaning::Text };
            fact(key, theme.span(*words, meaning), tall, shared, buf, Rect { y, height: 1, ..area });
            y += 1;
        }
    }
}

fn fact(name: &str, words: Span<'_>, tall: bool, shared: &Shared, buf: &mut Buffer, area: Rect) {
    let name = shared.theme.span(name.to_owned(), Meaning::Muted);
    let (x, value_x) = COLUMNS[0];
    let end = if tall {
        put(buf, area.x + x, area.y, value_x - x - 1, &[name]);
        area.x + value_x
    } else {
        put(buf, area.x + x, area.y, area.width.saturating_sub(x + 1), &[name]) + 1
    };
    put(buf, end, area.y, area.right().saturating_sub(end + 1), &[words]);
}
