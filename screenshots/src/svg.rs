//! A screen as SVG: grounds, then signs, each in its cell, then the caret.
//!
//! Lines, bars and corners are drawn here and not by the font, as terminals do: glyphs of a font meet their neighbours
//! only when its height and width are exactly the cell's.

use std::fmt::Write as _;

use vt100::{Cell, Color, Screen};

/// The cell and the edge in the picture's units. The font at 14 is 8.4 wide; with 8.5 every cell begins on a whole
/// point at twice the size, so that a letter looks the same in all of them, and a PNG of them is two thirds as large.
const CELL_WIDTH: f32 = 8.5;
const CELL_HEIGHT: f32 = 18.0;
const EDGE: f32 = 12.0;
const FONT_SIZE: f32 = 14.0;
/// From a cell's top to where its letters stand.
const BASELINE: f32 = 13.5;
const UNDERLINE: f32 = 15.5;
/// Where lines up and down stand in a cell: its middle, on a whole point.
const CENTRE: f32 = 4.5;
/// How thick light and heavy lines are.
const LIGHT: f32 = 1.0;
const HEAVY: f32 = 3.0;

type Rgb = [u8; 3];

/// A dark terminal: its ground, its letters, its sixteen colours.
const GROUND: Rgb = [0x10, 0x14, 0x1a];
const LETTERS: Rgb = [0xd7, 0xda, 0xe0];
const SIXTEEN: [Rgb; 16] = [
    [0x1c, 0x1f, 0x26],
    [0xf4, 0x7c, 0x74],
    [0x86, 0xc9, 0x86],
    [0xe8, 0xb7, 0x5a],
    [0x6a, 0xa5, 0xf0],
    [0xc5, 0x8b, 0xe0],
    [0x5c, 0xcb, 0xdb],
    [0xd7, 0xda, 0xe0],
    [0x60, 0x6a, 0x79],
    [0xff, 0x9a, 0x92],
    [0xa5, 0xe0, 0xa5],
    [0xff, 0xd2, 0x7a],
    [0x8f, 0xc0, 0xff],
    [0xdc, 0xaa, 0xf2],
    [0x86, 0xe3, 0xf0],
    [0xff, 0xff, 0xff],
];

/// How a cell looks once reverse and dim are worked out.
#[derive(Clone, Copy, PartialEq)]
struct Look {
    ground: Rgb,
    letters: Rgb,
    bold: bool,
    italic: bool,
    underline: bool,
}

impl Look {
    fn of(cell: &Cell) -> Self {
        let mut ground = colour(cell.bgcolor(), GROUND);
        let mut letters = colour(cell.fgcolor(), LETTERS);
        if cell.dim() {
            letters = std::array::from_fn(|i| mixed(letters[i], ground[i]));
        }
        if cell.inverse() {
            std::mem::swap(&mut ground, &mut letters);
        }
        Self { ground, letters, bold: cell.bold(), italic: cell.italic(), underline: cell.underline() }
    }
}

/// Three fifths of a letter's colour: still readable, and clearly less.
fn mixed(letters: u8, ground: u8) -> u8 {
    u8::try_from((u16::from(letters) * 3 + u16::from(ground) * 2) / 5).unwrap_or(u8::MAX)
}

fn colour(colour: Color, default: Rgb) -> Rgb {
    match colour {
        Color::Default => default,
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Idx(index @ 0..=15) => SIXTEEN[usize::from(index)],
        // xterm's cube of six levels a colour, then 24 greys.
        Color::Idx(index @ 16..=231) => [36, 6, 1].map(|step| match (index - 16) / step % 6 {
            0 => 0,
            level => 55 + level * 40,
        }),
        Color::Idx(index @ 232..) => [8 + (index - 232) * 10; 3],
    }
}

fn hex([red, green, blue]: Rgb) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The whole screen.
pub fn draw(screen: &Screen, family: &str) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let mut svg = String::new();
    let (width, height) = (left(columns) + EDGE, top(rows) + EDGE);
    let family = escaped(family);
    let ground = hex(GROUND);
    put(
        &mut svg,
        format_args!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="{family}" font-size="{FONT_SIZE}"><rect width="{width}" height="{height}" fill="{ground}"/>"#
        ),
    );
    let mut signs = String::new();
    for row in 0..rows {
        let cells: Vec<&Cell> = (0..columns).filter_map(|column| screen.cell(row, column)).collect();
        draw_row(&mut svg, &mut signs, row, &cells);
    }
    svg.push_str(&signs);
    if !screen.hide_cursor() {
        let (row, column) = screen.cursor_position();
        let (x, y, fill) = (left(column), top(row), hex(LETTERS));
        put(
            &mut svg,
            format_args!(
                r#"<rect x="{x:.1}" y="{y:.1}" width="{CELL_WIDTH}" height="{CELL_HEIGHT}" fill="{fill}" opacity="0.45"/>"#
            ),
        );
    }
    svg.push_str("</svg>");
    svg
}

fn draw_row(grounds: &mut String, signs: &mut String, row: u16, cells: &[&Cell]) {
    let y = top(row);
    // Neighbours that look alike are one shape, so that nothing shows where they meet.
    for (column, run) in runs(cells, |cell| Look::of(cell).ground) {
        let fill = Look::of(run[0]).ground;
        if fill != GROUND {
            bar(grounds, left(column), y, across(run), CELL_HEIGHT, fill);
        }
    }
    for (column, run) in runs(cells, |cell| (line(cell), Look::of(cell).letters)) {
        if let Some(line) = line(run[0]) {
            draw_line(signs, line, column, y, run);
        }
    }
    for (column, run) in runs(cells, Look::of).filter(|(_, run)| Look::of(run[0]).underline) {
        bar(signs, left(column), y + UNDERLINE, across(run), LIGHT, Look::of(run[0]).letters);
    }
    for (column, cell) in (0..).zip(cells).filter(|(_, cell)| line(cell).is_none()) {
        if !cell.contents().trim().is_empty() {
            draw_text(signs, left(column), y + BASELINE, cell);
        }
    }
}

/// Neighbours with the same key, and the column of the first.
fn runs<'a, K: PartialEq>(
    cells: &'a [&'a Cell],
    key: impl Fn(&Cell) -> K + 'a,
) -> impl Iterator<Item = (u16, &'a [&'a Cell])> {
    let mut column = 0;
    cells.chunk_by(move |one, next| key(one) == key(next)).map(move |run| {
        let start = column;
        column += u16::try_from(run.len()).unwrap_or(u16::MAX);
        (start, run)
    })
}

/// A cell a text: letters stay in their cells whatever the font, and `>=` is never drawn as one sign.
fn draw_text(svg: &mut String, x: f32, y: f32, cell: &Cell) {
    let look = Look::of(cell);
    let fill = hex(look.letters);
    let weight = if look.bold { r#" font-weight="bold""# } else { "" };
    let style = if look.italic { r#" font-style="italic""# } else { "" };
    let text = escaped(cell.contents());
    put(svg, format_args!(r#"<text x="{x:.1}" y="{y:.1}" fill="{fill}"{weight}{style}>{text}</text>"#));
}

/// Signs that touch their neighbours.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    /// Across, so thick.
    Across(f32),
    /// Up and down.
    Upright,
    /// A part of the cell from its left edge.
    Block(f32),
    /// A rounded corner that goes right or left, and down or up.
    Corner { right: bool, down: bool },
}

fn line(cell: &Cell) -> Option<Line> {
    Some(match cell.contents() {
        "─" => Line::Across(LIGHT),
        "━" => Line::Across(HEAVY),
        "│" => Line::Upright,
        "█" => Line::Block(1.0),
        "▌" => Line::Block(0.5),
        "╭" => Line::Corner { right: true, down: true },
        "╮" => Line::Corner { right: false, down: true },
        "╰" => Line::Corner { right: true, down: false },
        "╯" => Line::Corner { right: false, down: false },
        _ => return None,
    })
}

/// A run of one sign in one colour. Only lines across and whole blocks grow together; the others are drawn cell by cell.
fn draw_line(svg: &mut String, line: Line, column: u16, y: f32, run: &[&Cell]) {
    let fill = Look::of(run[0]).letters;
    let middle = y + CELL_HEIGHT / 2.0;
    if let Line::Across(thick) = line {
        return bar(svg, left(column), middle - thick / 2.0, across(run), thick, fill);
    }
    for (column, _) in (column..).zip(run) {
        let (x, centre) = (left(column), left(column) + CENTRE);
        match line {
            Line::Across(_) => {}
            Line::Upright => bar(svg, centre - LIGHT / 2.0, y, LIGHT, CELL_HEIGHT, fill),
            Line::Block(part) => bar(svg, x, y, CELL_WIDTH * part, CELL_HEIGHT, fill),
            Line::Corner { right, down } => {
                let radius = CENTRE;
                let (end_x, to_y) =
                    (if right { x + CELL_WIDTH } else { x }, if down { y + CELL_HEIGHT } else { y });
                let from_y = if down { middle + radius } else { middle - radius };
                let fill = hex(fill);
                put(
                    svg,
                    format_args!(
                        r#"<path d="M {centre:.2} {to_y:.2} V {from_y:.2} Q {centre:.2} {middle:.2} {end_x:.2} {middle:.2}" fill="none" stroke="{fill}" stroke-width="{LIGHT}"/>"#
                    ),
                );
            }
        }
    }
}

fn bar(svg: &mut String, x: f32, y: f32, width: f32, height: f32, fill: Rgb) {
    let fill = hex(fill);
    put(
        svg,
        format_args!(
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" fill="{fill}" shape-rendering="crispEdges"/>"#
        ),
    );
}

fn left(column: u16) -> f32 {
    EDGE + f32::from(column) * CELL_WIDTH
}

fn top(row: u16) -> f32 {
    EDGE + f32::from(row) * CELL_HEIGHT
}

fn across(run: &[&Cell]) -> f32 {
    f32::from(u16::try_from(run.len()).unwrap_or(u16::MAX)) * CELL_WIDTH
}

fn put(svg: &mut String, text: std::fmt::Arguments<'_>) {
    svg.write_fmt(text).expect("a string takes every text");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;

    fn drawn(text: &str) -> String {
        let cells = |count| NonZeroU16::new(count).expect("some cells");
        let mut terminal = vt100::Parser::new(cells(1), cells(12), 0);
        terminal.process(b"\x1b[?25l");
        terminal.process(text.as_bytes());
        draw(terminal.screen(), "Mono")
    }

    #[test]
    fn neighbours_on_one_ground_are_one_shape() {
        let svg = drawn("\x1b[48;2;28;35;45mab\x1b[1mcd");
        assert_eq!(svg.matches("#1c232d").count(), 1, "{svg}");
        assert!(svg.contains(r##"width="34.00" height="18.00" fill="#1c232d""##), "{svg}");
    }

    #[test]
    fn a_line_is_one_bar_in_each_of_its_colours() {
        let svg = drawn("\x1b[36m━━━\x1b[38;2;74;83;97m━━");
        assert_eq!(svg.matches("<rect").count(), 3, "{svg}");
        assert!(
            svg.contains(r#"width="25.50" height="3.00""#) && svg.contains(r#"width="17.00" height="3.00""#)
        );
    }

    #[test]
    fn each_letter_stands_alone_and_is_safe_to_write() {
        let svg = drawn(">=&");
        for text in [">&gt;<", ">=<", ">&amp;<"] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
    }

    #[test]
    fn reverse_and_dim_are_colours() {
        let svg = drawn("\x1b[7ma\x1b[27;2mb");
        assert!(svg.contains(r##"fill="#d7dae0" shape-rendering"##), "{svg}");
        assert!(svg.contains(r##"fill="#10141a">a<"##), "{svg}");
        assert!(svg.contains(r##"fill="#878a90">b<"##), "{svg}");
    }

    #[test]
    fn the_palette_is_that_of_xterm_above_the_sixteen() {
        for (index, rgb) in [(6, [0x5c, 0xcb, 0xdb]), (16, [0; 3]), (80, [0x5f, 0xd7, 0xd7]), (231, [255; 3])]
        {
            assert_eq!(colour(Color::Idx(index), GROUND), rgb, "{index}");
        }
        assert_eq!([232, 255].map(|index| colour(Color::Idx(index), GROUND)), [[8; 3], [238; 3]]);
    }

    #[test]
    fn the_caret_is_drawn_where_it_is_shown() {
        assert!(!drawn("a").contains("opacity"));
        assert!(drawn("a\x1b[?25h").contains(r#"<rect x="20.5" y="12.0""#));
    }
}
