//! A key of a dialog with what it does in full sentences: wrapped, never cut, because a decision hangs on it.

use ratatui::text::Line;

use crate::tui::theme::{Meaning, Theme};
use crate::tui::widget::paint::wrap;

/// Lines for one key: what it does stands plain, what follows from it muted, across the end of a line. `key_cells` is
/// the column of the keys.
pub fn lines(
    key: &str,
    does: &str,
    follows: &str,
    key_cells: usize,
    room: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let mut plain = does.split_whitespace().count();
    let mut out = Vec::new();
    let text = format!("{does} {follows}");
    for (index, line) in wrap(text.trim_end(), room.saturating_sub(key_cells)).into_iter().enumerate() {
        let head = if index == 0 { key } else { "" };
        let words: Vec<&str> = line.split(' ').collect();
        let (does, follows) = words.split_at(plain.min(words.len()));
        plain -= does.len();
        let gap = if does.is_empty() || follows.is_empty() { "" } else { " " };
        out.push(Line::from(vec![
            theme.span(format!("{head:<key_cells$}"), Meaning::Strong),
            theme.span(does.join(" "), Meaning::Text),
            theme.span(format!("{gap}{}", follows.join(" ")), Meaning::Muted),
        ]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Depth;

    #[test]
    fn loses_no_word_and_tells_what_is_done_from_what_follows() {
        let theme = Theme::new(Depth::True);
        for room in 12..60 {
            let lines =
                lines("X", "cancel the 12: never sent.", "Looking for the 3 goes on.", 4, room, theme);
            let part = |at: usize| {
                let parts: Vec<_> = lines.iter().map(|line| line.spans[at].content.trim()).collect();
                parts.join(" ").trim().to_owned()
            };
            assert_eq!(part(1), "cancel the 12: never sent.", "{room}");
            assert_eq!(part(2), "Looking for the 3 goes on.", "{room}");
        }
    }
}
