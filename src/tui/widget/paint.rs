//! Writing text into cells: cut with a sign, wrapped between words, aligned.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Cells that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `cells` cells; what is cut ends in `…`.
pub fn fit(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut left = cells.saturating_sub(1);
    for c in text.chars() {
        let cells = c.width().unwrap_or(0);
        if cells > left {
            break;
        }
        left -= cells;
        out.push(c);
    }
    if cells > 0 {
        out.push('…');
    }
    Cow::Owned(out)
}

/// The end of a text in at most `cells` cells: what an IPv6 address keeps.
pub fn fit_end(text: &str, cells: usize) -> Cow<'_, str> {
    if width(text) <= cells || cells == 0 {
        return fit(text, cells);
    }
    let mut end: Vec<char> = Vec::new();
    let mut left = cells - 1;
    for c in text.chars().rev() {
        let cells = c.width().unwrap_or(0);
        if cells > left {
            break;
        }
        left -= cells;
        end.push(c);
    }
    Cow::Owned(std::iter::once('…').chain(end.into_iter().rev()).collect())
}

/// The text in lines of at most `cells` cells, broken between words; a word that is longer is broken inside.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let gap = usize::from(!line.is_empty());
        if width(&line) + gap + width(word) <= cells {
            if gap == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if width(&line) + c.width().unwrap_or(0) > cells {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

/// Writes pieces from `x` on, in at most `cells` cells, and says where they end. What does not fit is cut with `…`.
pub fn put(buf: &mut Buffer, x: u16, y: u16, cells: u16, pieces: &[Span<'_>]) -> u16 {
    let area = buf.area;
    if y >= area.bottom() || x >= area.right() {
        return x;
    }
    let end = x.saturating_add(cells).min(area.right());
    let mut at = x;
    for piece in pieces {
        let room = usize::from(end - at);
        let text = fit(&piece.content, room);
        let cut = text.len() < piece.content.len() || matches!(text, Cow::Owned(_));
        at = buf.set_stringn(at, y, &text, room, piece.style).0;
        if cut || at >= end {
            break;
        }
    }
    at
}

/// Writes pieces so that they end before `right`.
pub fn put_right(buf: &mut Buffer, right: u16, y: u16, pieces: &[Span<'_>]) -> u16 {
    let cells = pieces.iter().map(|piece| width(&piece.content)).sum::<usize>() as u16;
    let x = right.saturating_sub(cells);
    put(buf, x, y, cells, pieces);
    x
}

/// Cells that pieces take.
pub fn width_of(pieces: &[Span<'_>]) -> u16 {
    pieces.iter().map(|piece| width(&piece.content)).sum::<usize>() as u16
}

/// Lays a ground under a whole row of an area.
pub fn ground(buf: &mut Buffer, area: Rect, y: u16, style: Style) {
    buf.set_style(Rect { y, height: 1, ..area }.intersection(buf.area), style);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so_and_never_takes_more_than_its_cells() {
        for (text, cells, shown) in [
            ("par-web-016", 20, "par-web-016"),
            ("par-web-016", 11, "par-web-016"),
            ("par-web-016", 5, "par-…"),
            ("par", 1, "…"),
            ("par", 0, ""),
            ("東京都", 5, "東京…"),
            ("東京都", 4, "東…"),
        ] {
            assert_eq!(fit(text, cells), shown);
            assert!(width(&fit(text, cells)) <= cells);
        }
        assert_eq!(fit_end("fe80::1234:5678", 6), "…:5678");
        assert_eq!(fit_end("10.1.2.3", 8), "10.1.2.3");
    }

    #[test]
    fn wrapping_breaks_between_words_and_loses_nothing() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("", 5), [""]);
    }
}
