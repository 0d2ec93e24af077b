//! The first row: badges, tenant, cloud and who acts; the tabs; what the screen shows is of when.
//!
//! As the width shrinks the middle goes first, then the names of the closed tabs; who acts is the last to go, and a
//! badge never does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::Span;

use super::paint::{fit, ground, put, put_right, width_of};
use crate::tui::shared::{Shared, Tab};
use crate::tui::theme::{Ground, Meaning};

/// Where the tabs stand while they fit: above the right pane of the status.
const TABS_X: u16 = 56;

/// Draws the header. `right` is what the screen shows, at its longest and its shortest.
pub fn draw(buf: &mut Buffer, area: Rect, shared: &Shared, tab: Tab, right: [Vec<Span<'_>>; 2]) {
    let theme = shared.theme;
    ground(buf, area, area.y, theme.ground(Ground::Band));
    let wide = area.width >= 100;
    let who = &shared.who;
    let badges: Vec<Span<'_>> = who
        .badges
        .iter()
        .flat_map(|badge| {
            let style =
                theme.style(Meaning::Text).patch(theme.ground(Ground::Badge)).add_modifier(Modifier::BOLD);
            [Span::styled(format!(" {badge} "), style), Span::raw(" ")]
        })
        .collect();
    let [long, short] = right;
    let right = if wide { long } else { short };
    let tabs = |open_only: bool| -> Vec<Span<'_>> {
        let gap = if wide { "   " } else { "  " };
        let mut out = Vec::new();
        for (number, one, name) in [("1", Tab::Machines, "Machines"), ("2", Tab::Runs, "Runs")] {
            if !out.is_empty() {
                out.push(Span::raw(gap));
            }
            out.push(theme.span(number, Meaning::Muted));
            if one == tab {
                out.push(Span::raw(" "));
                let open = theme.yours(name);
                out.push(Span { style: open.style.add_modifier(Modifier::UNDERLINED), ..open });
            } else if !open_only {
                out.push(theme.span(format!(" {name}"), Meaning::Muted));
            }
        }
        out
    };
    let parts = [
        who.tenant.as_str(),
        if wide { who.cloud.as_str() } else { who.cloud_short.as_str() },
        who.acts.as_str(),
    ];
    let left = |middle: bool| -> Vec<Span<'_>> {
        let mut out = badges.clone();
        out.push(theme.span(parts[0], Meaning::Strong));
        let mut rest = String::new();
        if middle && !parts[1].is_empty() {
            rest.push_str(if wide { " · " } else { " " });
            rest.push_str(parts[1]);
        }
        if !parts[2].is_empty() {
            rest.push_str(" · ");
            rest.push_str(parts[2]);
        }
        out.push(theme.span(rest, Meaning::Muted));
        out
    };
    let edge = if badges.is_empty() { 1 } else { 2 };
    let gap = if wide { 3 } else { 2 };
    let room = area.width.saturating_sub(edge + 1);
    let fits = |left: &[Span<'_>], tabs: &[Span<'_>]| {
        width_of(left) + gap + width_of(tabs) + 2 + width_of(&right) <= room
    };
    let (mut who_acts, mut open) = (left(true), tabs(false));
    for (middle, open_only) in [(true, false), (false, false), (true, true), (false, true)] {
        (who_acts, open) = (left(middle), tabs(open_only));
        if fits(&who_acts, &open) {
            break;
        }
    }
    let tabs_room = width_of(&open) + gap;
    let left_room = room.saturating_sub(tabs_room);
    let end = put(buf, area.x + edge, area.y, left_room, &who_acts);
    let x = if wide { end.saturating_add(gap).max(area.x + TABS_X) } else { end + gap };
    let tabs_end = put(buf, x, area.y, area.right().saturating_sub(x), &open);
    let cells = width_of(&right);
    if tabs_end + 2 + cells < area.right() {
        put_right(buf, area.right() - 1, area.y, &right);
    } else {
        let room = usize::from(area.right().saturating_sub(tabs_end + 3));
        let text: String = right.iter().map(|span| span.content.as_ref()).collect();
        put_right(
            buf,
            area.right() - 1,
            area.y,
            &[theme.span(fit(&text, room).into_owned(), Meaning::Muted)],
        );
    }
}
