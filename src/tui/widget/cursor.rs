//! The row of a list that the keys act on.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::paint::{ground, put};
use crate::tui::theme::{Ground, Meaning, Theme, sign};

/// Lays the cursor under a row that is drawn already.
pub fn draw(buf: &mut Buffer, area: Rect, theme: Theme) {
    if theme.cursor_is_reversed() {
        // One ground, no patches: the row drops its colours and keeps bold.
        for x in area.left()..area.right() {
            let cell = &mut buf[(x, area.y)];
            let bold = cell.modifier & Modifier::BOLD;
            cell.set_style(Style::reset());
            cell.modifier = bold;
        }
    }
    ground(buf, area, area.y, theme.ground(Ground::Cursor));
    put(buf, area.x, area.y, 1, &[theme.span(sign::CURSOR, Meaning::Accent)]);
}
