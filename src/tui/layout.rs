//! Area to rectangles: the rows of a screen, and the columns of the machines (design: "Rows", "Columns").
//!
//! Pure, and used by `update` (how many rows is a page?) and by `view` alike.

use ratatui::layout::Rect;

/// The least that the console needs.
pub const WIDTH_MIN: u16 = 60;
/// The least that the console needs.
pub const HEIGHT_MIN: u16 = 15;

/// Whether nothing can be drawn but that.
pub fn is_too_small(area: Rect) -> bool {
    area.width < WIDTH_MIN || area.height < HEIGHT_MIN
}

/// Whether a screen has three lines of details and the wide status.
pub fn is_tall(area: Rect) -> bool {
    area.width >= 100 && area.height >= 30
}

/// The rows of the list screens, top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rows {
    /// Badges, tenant, tabs.
    pub header: Rect,
    /// Filter and counts.
    pub filter: Rect,
    /// Headings, or the hint of an open field.
    pub headings: Rect,
    /// The list.
    pub list: Rect,
    /// The rule with the selection.
    pub rule: Rect,
    /// The details of the cursor's row.
    pub strip: Rect,
    /// Calls and the last run.
    pub status: Rect,
    /// Keys.
    pub keys: Rect,
}

impl Rows {
    /// Divides an area.
    pub fn of(area: Rect) -> Self {
        let tall = is_tall(area);
        let (strip, status) = if tall { (3, 4) } else { (1, 3) };
        let mut y = area.y;
        let mut row = |height: u16| {
            let rect = Rect { y, height, ..area };
            y += height;
            rect
        };
        let (header, filter, headings) = (row(1), row(1), row(1));
        let list = row(area.height.saturating_sub(3 + 1 + strip + status + 1));
        Self {
            header,
            filter,
            headings,
            list,
            rule: row(1),
            strip: row(strip),
            status: row(status),
            keys: row(1),
        }
    }
}

/// What a column of the machines shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The name.
    Name,
    /// Platform and version.
    Os,
    /// The device group.
    Group,
    /// Health.
    Health,
    /// Risk.
    Risk,
    /// Value.
    Value,
    /// Age of the last report.
    Seen,
    /// Last IP address.
    Ip,
    /// The start of the id.
    Id,
    /// Tags.
    Tags,
}

impl Column {
    /// The heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Os => "OS",
            Self::Group => "GROUP",
            Self::Health => "HEALTH",
            Self::Risk => "RISK",
            Self::Value => "VALUE",
            Self::Seen => "SEEN",
            Self::Ip => "IP",
            Self::Id => "ID",
            Self::Tags => "TAGS",
        }
    }
}

/// The columns for a width: what, first cell, cells.
pub fn columns(width: u16) -> Vec<(Column, u16, u16)> {
    use Column as C;
    let rest = |x: u16| width.saturating_sub(x + 1);
    match width {
        ..80 => {
            let seen = width.saturating_sub(6);
            let risk = seen.saturating_sub(8);
            vec![(C::Name, 4, risk.saturating_sub(6)), (C::Risk, risk, 6), (C::Seen, seen, 5)]
        }
        80..100 => vec![
            (C::Name, 4, 20),
            (C::Os, 26, 16),
            (C::Group, 44, 9),
            (C::Health, 55, 8),
            (C::Risk, 65, 6),
            (C::Seen, 73, 5),
        ],
        100..160 => {
            let mut all = vec![
                (C::Name, 4, 20),
                (C::Os, 26, 16),
                (C::Group, 44, 8),
                (C::Health, 54, 8),
                (C::Risk, 64, 6),
                (C::Value, 72, 7),
                (C::Seen, 81, 4),
            ];
            if width < 120 {
                all.push((C::Ip, 87, rest(87)));
            } else {
                all.extend([(C::Ip, 87, 15), (C::Tags, 104, rest(104))]);
            }
            all
        }
        _ => vec![
            (C::Name, 4, 26),
            (C::Os, 32, 18),
            (C::Group, 52, 12),
            (C::Health, 66, 10),
            (C::Risk, 78, 8),
            (C::Value, 88, 8),
            (C::Seen, 98, 6),
            (C::Ip, 106, 15),
            (C::Id, 123, 9),
            (C::Tags, 134, rest(134)),
        ],
    }
}

/// The first row to show, so that the cursor keeps a fifth of the list between itself and the edge, save at the ends,
/// and the list does not move when it need not.
pub fn scrolled(offset: usize, cursor: usize, count: usize, height: usize) -> usize {
    let margin = height / 5;
    let last = count.saturating_sub(height);
    let lowest = (cursor + margin + 1).saturating_sub(height);
    let highest = cursor.saturating_sub(margin);
    offset.max(lowest).min(highest).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_of_the_design() {
        let small = Rows::of(Rect::new(0, 0, 80, 24));
        assert_eq!((small.list.y, small.list.height, small.status.height), (3, 15, 3));
        let tall = Rows::of(Rect::new(0, 0, 120, 36));
        assert_eq!((tall.list.height, tall.strip.height, tall.status.y, tall.keys.y), (24, 3, 31, 35));
        let least = Rows::of(Rect::new(0, 0, WIDTH_MIN, HEIGHT_MIN));
        assert_eq!((least.list.height, least.keys.bottom()), (6, HEIGHT_MIN));
    }

    #[test]
    fn columns_never_overlap_and_stay_inside() {
        for width in WIDTH_MIN..240 {
            let columns = columns(width);
            for pair in columns.windows(2) {
                assert!(pair[0].1 + pair[0].2 < pair[1].1, "{width}: {pair:?}");
            }
            let (_, x, cells) = columns[columns.len() - 1];
            assert!(x + cells <= width, "{width}");
        }
    }

    #[test]
    fn the_cursor_keeps_its_distance_from_the_edges_save_at_the_ends() {
        let height = 15;
        let mut offset = 0;
        for cursor in (0..100).chain((0..100).rev()) {
            offset = scrolled(offset, cursor, 100, height);
            let row = cursor - offset;
            assert!(row < height);
            assert!(row >= 3 || offset == 0, "{cursor}");
            assert!(row < height - 3 || offset == 100 - height, "{cursor}");
        }
        assert_eq!(scrolled(50, 0, 5, height), 0);
        assert_eq!(scrolled(0, 0, 0, height), 0);
    }
}
