//! The last row: the keys of the screen, from the key table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{ground, put};
use crate::tui::keymap::{self, Context, Scope};
use crate::tui::theme::{Ground, Meaning, Theme};

/// Draws the keys of a scope.
pub fn draw(buf: &mut Buffer, area: Rect, theme: Theme, scope: Scope, context: &Context) {
    ground(buf, area, area.y, theme.ground(Ground::Band));
    let mut x = area.x + 1;
    for (index, (key, label)) in
        keymap::footer(scope, context, usize::from(area.width.saturating_sub(2))).into_iter().enumerate()
    {
        let gap = if index == 0 { 0 } else { 3 };
        let room = area.right().saturating_sub(x + gap);
        let meaning = Meaning::Muted;
        x = put(
            buf,
            x + gap,
            area.y,
            room,
            &[theme.span(key, Meaning::Strong), theme.span(" ", meaning), theme.span(label, meaning)],
        );
    }
}
