//! Area to rectangles, for an open run. Pure: `update` asks it how many rows a page has, `view` where to draw.

use ratatui::layout::Rect;

use crate::tui::layout::is_tall;

/// The list keeps so many rows before anything else gives way.
const LIST_MIN: u16 = 4;

/// Where everything stands, top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) header: Rect,
    pub(super) title: Rect,
    pub(super) progress: Rect,
    pub(super) counts: Rect,
    /// What a stop left where; of no height while the run is not halted.
    pub(super) block: Rect,
    /// Whether the block has room for every line.
    pub(super) block_is_whole: bool,
    pub(super) headings: Rect,
    pub(super) list: Rect,
    pub(super) rule: Rect,
    pub(super) pane: Rect,
    pub(super) status: Rect,
    pub(super) keys: Rect,
}

impl Places {
    /// Divides an area; `block` is how many lines the block has, and how many of them cannot go.
    pub(super) fn of(area: Rect, block: (u16, u16)) -> Self {
        let tall = is_tall(area);
        let (pane_whole, status, gap) = if tall { (6, 4, 1) } else { (4, 1, 0) };
        // Header, title, progress, counts, headings, rule, keys.
        let left = area.height.saturating_sub(7 + status + gap);
        let (whole, least) = (block.0 + if block.0 > 0 { gap } else { 0 }, block.1);
        // The pane gives a row, then the block all that may go, then the pane all but one.
        let for_pane = |in_block: u16| left.saturating_sub(in_block + LIST_MIN).min(pane_whole);
        let block_is_whole = for_pane(whole) + 1 >= pane_whole;
        let in_block = if block_is_whole { whole } else { least };
        let pane = for_pane(in_block).max(1);
        let in_block = in_block.min(left.saturating_sub(pane + 1));
        let mut y = area.y;
        let mut row = |height: u16| {
            let rect = Rect { y, height, ..area };
            y += height;
            rect
        };
        let (header, title, progress, counts) = (row(1), row(1), row(1), row(1));
        row(gap);
        let mut block = row(in_block);
        if block_is_whole && block.height > 0 {
            block.height -= gap; // a blank row above the headings
        }
        Self {
            header,
            title,
            progress,
            counts,
            block,
            block_is_whole,
            headings: row(1),
            list: row(left.saturating_sub(in_block + pane)),
            rule: row(1),
            pane: row(pane),
            status: row(status),
            keys: row(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(width: u16, height: u16, block: (u16, u16)) -> Places {
        Places::of(Rect::new(0, 0, width, height), block)
    }

    #[test]
    fn the_rows_of_the_design() {
        let tall = places(120, 36, (0, 0));
        assert_eq!((tall.headings.y, tall.list.y, tall.list.height), (5, 6, 18));
        assert_eq!((tall.rule.y, tall.pane.y, tall.status.y, tall.keys.y), (24, 25, 31, 35));
        let stopped = places(120, 36, (10, 3));
        assert_eq!((stopped.block.y, stopped.block.height, stopped.headings.y), (5, 10, 16));
        assert_eq!((stopped.list.y, stopped.list.height), (17, 7));
        let small = places(80, 24, (0, 0));
        assert_eq!((small.headings.y, small.list.height, small.status.y), (4, 12, 22));
        let stopped = places(80, 24, (8, 3));
        assert_eq!((stopped.block.y, stopped.headings.y, stopped.list.height), (4, 12, 4));
    }

    #[test]
    fn every_size_and_block_leaves_a_row_for_the_list_and_nothing_overlaps() {
        for width in [60, 80, 99, 100, 160] {
            for height in 15..60 {
                for lines in 0..14 {
                    let p = places(width, height, (lines, lines.min(3)));
                    assert!(p.list.height >= 1, "{width}×{height}, {lines}");
                    assert!(
                        p.block.bottom() <= p.headings.y && p.keys.bottom() == height,
                        "{width}×{height}"
                    );
                }
            }
        }
    }
}
