//! A titled rule: `── title ───────── right ──`.
//!
//! The title keeps its place. A position at the right goes when there is no room; a message is cut.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::paint::{fit, put, width, width_of};
use crate::tui::theme::{Meaning, Theme, sign};

/// The same with a message in place of the position. The beginning of the title stays (how many are selected is always
/// said), then the message has the room: what is said just now must be seen.
pub fn draw_with_message(buf: &mut Buffer, area: Rect, theme: Theme, title: &[Span<'_>], message: &Span<'_>) {
    let mut left = usize::from(area.width.saturating_sub(9));
    let (first, rest) = title.split_at(title.len().min(1));
    left = left.saturating_sub(first.iter().map(|span| width(&span.content)).sum());
    let cut = Span::styled(fit(&message.content, left), message.style);
    left = left.saturating_sub(width(&cut.content));
    let mut kept = first.to_vec();
    for span in rest {
        let text = fit(&span.content, left);
        left = left.saturating_sub(width(&text));
        kept.push(Span::styled(text.into_owned(), span.style));
    }
    draw(buf, area, theme, &kept, &[cut]);
}

/// Draws a rule over the first row of an area.
pub fn draw(buf: &mut Buffer, area: Rect, theme: Theme, title: &[Span<'_>], right: &[Span<'_>]) {
    if area.height == 0 || area.width < 8 {
        return;
    }
    let dashes = |buf: &mut Buffer, from: u16, to: u16| {
        for x in from..to.min(area.right()) {
            buf[(x, area.y)].set_symbol(sign::FREE).set_style(theme.style(Meaning::Faint));
        }
    };
    let room = area.width - 6; // two dashes and a blank at each end
    let mut at = area.x;
    if !title.is_empty() {
        dashes(buf, at, at + 2);
        at = put(buf, at + 3, area.y, room, title) + 1;
    }
    let cells = width_of(right);
    let x = (area.right() - 3).saturating_sub(cells);
    if cells > 0 && at + 2 <= x {
        dashes(buf, at, x - 1);
        put(buf, x, area.y, cells, right);
        at = area.right() - 2;
    }
    dashes(buf, at, area.right());
}
