//! A titled rule: `── title ───────── right ──`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::paint::{put, width_of};
use crate::tui::theme::{Meaning, Theme, sign};

/// Draws a rule over the first row of an area. The title keeps its place; the right text goes when there is no room.
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
