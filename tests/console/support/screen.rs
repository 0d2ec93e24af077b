//! What stands on the terminal, as an operator reads it: lines, and the dialog that has the keys.

use std::fmt;

/// The screen at one moment.
#[derive(Clone, PartialEq, Eq)]
pub struct Screen {
    /// One text a cell; the second cell of a wide character is empty, a blank is a blank.
    cells: Vec<Vec<String>>,
    /// Row and column of the cursor.
    pub cursor: (usize, usize),
    /// Whether the cursor is shown.
    pub cursor_shown: bool,
    /// Whether the alternate screen is on.
    pub alternate: bool,
    /// Whether pastes are marked.
    pub bracketed_paste: bool,
}

/// The dialog that floats over the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Box {
    /// What stands left in its upper edge.
    pub title: String,
    /// Its lines between the edges.
    pub lines: Vec<String>,
    /// Its columns, edges included.
    columns: std::ops::RangeInclusive<usize>,
}

impl Box {
    /// Whether as much is free left of it as right of it, on a screen of so many columns.
    pub fn is_in_the_middle_of(&self, columns: u16) -> bool {
        let right = usize::from(columns).saturating_sub(self.columns.end() + 1);
        right.abs_diff(*self.columns.start()) <= 1
    }

    /// Its text as one line, as it would be read aloud: wrapping and columns make no difference.
    pub fn read_aloud(&self) -> String {
        one_line(&self.lines.join(" "))
    }
}

/// A text with every run of blanks as one.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Screen {
    /// From a terminal.
    pub fn of(terminal: &vt100::Screen) -> Self {
        let (rows, columns) = terminal.size();
        let cell = |row, column| {
            let cell = terminal.cell(row, column).expect("inside the screen");
            match cell.contents() {
                "" if cell.is_wide_continuation() => String::new(),
                "" => " ".to_owned(),
                text => text.to_owned(),
            }
        };
        let (row, column) = terminal.cursor_position();
        Self {
            cells: (0..rows.get())
                .map(|row| (0..columns.get()).map(|column| cell(row, column)).collect())
                .collect(),
            cursor: (row.into(), column.into()),
            cursor_shown: !terminal.hide_cursor(),
            alternate: terminal.alternate_screen(),
            bracketed_paste: terminal.bracketed_paste(),
        }
    }

    /// A line without the blanks at its end.
    pub fn line(&self, row: usize) -> String {
        self.cells[row].concat().trim_end().to_owned()
    }

    /// All lines.
    pub fn lines(&self) -> Vec<String> {
        (0..self.cells.len()).map(|row| self.line(row)).collect()
    }

    /// The last line: the keys.
    pub fn keys(&self) -> String {
        self.line(self.cells.len() - 1)
    }

    /// Whether a line holds this text.
    pub fn contains(&self, text: &str) -> bool {
        self.line_with(text).is_some()
    }

    /// The first line that holds this text.
    pub fn line_with(&self, text: &str) -> Option<String> {
        self.lines().into_iter().find(|line| line.contains(text))
    }

    /// What stands left of the cursor in its line.
    pub fn before_cursor(&self) -> String {
        let (row, column) = self.cursor;
        self.cells.get(row).map(|cells| cells[..column.min(cells.len())].concat()).unwrap_or_default()
    }

    /// The dialog on top, if one is open. A box whose edge something else interrupts is covered by another one; the
    /// drawer with the details is a box as well, but leaves the screen's keys where they are.
    pub fn dialog(&self) -> Option<Box> {
        let is_drawer = self.keys().contains("Enter close");
        if is_drawer {
            return None;
        }
        let mut found = None;
        for top in 0..self.cells.len() {
            for left in 0..self.cells[top].len() {
                if self.cells[top][left] == "╭" {
                    found = self.whole_box(top, left).or(found);
                }
            }
        }
        found
    }

    fn whole_box(&self, top: usize, left: usize) -> Option<Box> {
        let right = (left..self.cells[top].len()).find(|column| self.cells[top][*column] == "╮")?;
        let bottom = (top..self.cells.len()).find(|row| self.cells[*row][left] == "╰")?;
        let sides = top + 1..bottom;
        let whole = self.cells[bottom][right] == "╯"
            && sides.clone().all(|row| self.cells[row][left] == "│" && self.cells[row][right] == "│");
        let edge = self.cells[top][left + 1..right].concat();
        // `─ Title ────── right ─`
        let title = edge.trim_start_matches('─').split(" ─").next().unwrap_or_default().trim().to_owned();
        let lines = sides.map(|row| self.cells[row][left + 1..right].concat().trim().to_owned()).collect();
        whole.then_some(Box { title, lines, columns: left..=right })
    }
}

impl fmt::Display for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.cells.first().map_or(0, Vec::len);
        writeln!(f, "┌{}┐ cursor {:?}", "─".repeat(width), self.cursor)?;
        for cells in &self.cells {
            writeln!(f, "│{}│", cells.concat())?;
        }
        writeln!(f, "└{}┘", "─".repeat(width))
    }
}
