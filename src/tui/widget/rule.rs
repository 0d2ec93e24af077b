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
    let line = theme.style(Meaning::Faint);
    for x in area.left()..area.right() {
        buf[(x, area.y)].set_symbol(sign::FREE).set_style(line);
    }
    let room = area.width - 6; // two dashes and a blank at each end
    let mut end = area.x + 2;
    if !title.is_empty() {
        put(buf, end, area.y, 1, &[Span::raw(" ")]);
        end = put(buf, end + 1, area.y, room, title);
        put(buf, end, area.y, 1, &[Span::raw(" ")]);
        end += 1;
    }
    let cells = width_of(right);
    if cells > 0 && end + cells + 5 <= area.right() {
        let x = area.right() - 3 - cells;
        put(buf, x - 1, area.y, 1, &[Span::raw(" ")]);
        put(buf, x, area.y, cells, right);
        put(buf, x + cells, area.y, 1, &[Span::raw(" ")]);
    }
}
