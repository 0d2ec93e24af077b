//! A message in a titled rule, until the next key. It has the room first: what is said just now must be seen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{fit, width};
use super::rule;
use crate::tui::theme::{Meaning, Theme};

/// Cells of a rule that are neither title nor message: dashes and blanks.
const FRAME: usize = 9;

/// Draws a rule with a message; the title takes what is left, or goes.
pub fn draw(buf: &mut Buffer, area: Rect, theme: Theme, title: &str, notice: &str) {
    let room = usize::from(area.width).saturating_sub(FRAME);
    let notice = fit(notice, room);
    let left = room - width(&notice);
    let title =
        if left < 8 { None } else { Some(theme.span(fit(title, left).into_owned(), Meaning::Strong)) };
    rule::draw(buf, area, theme, title.as_slice(), &[theme.span(notice, Meaning::Warning)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::Depth;

    #[test]
    fn is_seen_whatever_the_title_and_the_width() {
        for width in 20..120 {
            for (title, notice) in
                [("Run 51d0", "! no"), ("x".repeat(200).as_str(), "! process 4711 drives it")]
            {
                let area = Rect::new(0, 0, width, 1);
                let mut buf = Buffer::empty(area);
                draw(&mut buf, area, Theme::new(Depth::True), title, notice);
                let line: String = (0..width).map(|x| buf[(x, 0)].symbol()).collect();
                let seen = fit(notice, usize::from(width) - FRAME);
                assert!(line.contains(seen.as_ref()), "{width}: {line}");
            }
        }
    }
}
