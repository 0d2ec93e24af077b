//! Colours by meaning, and the signs that say the same without colour. Nothing else in the program names a colour.
//!
//! "No colour" is a theme of ours, not the library's switch: with `NO_COLOR` crossterm would turn each colour into a
//! full reset and wipe bold.

use std::borrow::Cow;

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    True,
    /// The palette of 256.
    Palette,
    /// The terminal's own sixteen.
    Sixteen,
    /// None: weight, underline and reverse only.
    None,
}

impl Depth {
    /// By `NO_COLOR`, `COLORTERM` and `TERM`, as a lookup of variables gives them.
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        if variable("NO_COLOR").is_some_and(|value| !value.is_empty()) {
            return Self::None;
        }
        let colorterm = variable("COLORTERM").unwrap_or_default();
        let term = variable("TERM").unwrap_or_default();
        match () {
            () if matches!(colorterm.as_str(), "truecolor" | "24bit") => Self::True,
            () if term.contains("256color") => Self::Palette,
            () => Self::Sixteen,
        }
    }
}

/// What a piece of the screen means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// What counts: the terminal's own colour.
    Text,
    /// The same, bold: what is yours, or what must be read.
    Strong,
    /// Labels, normal values, rows that the rule refuses.
    Muted,
    /// Whatever a dialog covers.
    Behind,
    /// Lines only, never words.
    Faint,
    /// Yours: mark, count, prompt, tab, progress.
    Accent,
    /// The service finished it; eligible; the input matches.
    Ok,
    /// Read before going on; waiting; hidden; unknown.
    Warning,
    /// Failed, or cannot be taken back.
    Danger,
}

/// What lies under a piece of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The cursor's row.
    Cursor,
    /// Header and keys.
    Band,
    /// An input.
    Field,
    /// READ-ONLY, DEMO, LOCAL.
    Badge,
}

/// The colours of one terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    depth: Depth,
}

impl Theme {
    /// The theme for so many colours.
    pub fn new(depth: Depth) -> Self {
        Self { depth }
    }

    /// How a meaning looks.
    pub fn style(self, meaning: Meaning) -> Style {
        let style = Style::new();
        let colour = |rgb: u32, palette: u8, sixteen: Color| match self.depth {
            Depth::True => style.fg(Color::Rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)),
            Depth::Palette => style.fg(Color::Indexed(palette)),
            Depth::Sixteen => style.fg(sixteen),
            Depth::None => style,
        };
        let dim = |rgb, palette| match self.depth {
            Depth::True | Depth::Palette => colour(rgb, palette, Color::Reset),
            Depth::Sixteen | Depth::None => style.add_modifier(Modifier::DIM),
        };
        let loud =
            |style: Style| if self.depth == Depth::None { style.add_modifier(Modifier::BOLD) } else { style };
        match meaning {
            Meaning::Text => style,
            Meaning::Strong => style.add_modifier(Modifier::BOLD),
            Meaning::Muted => dim(0x98_a1af, 248),
            Meaning::Behind => dim(0x60_6a79, 242),
            Meaning::Faint => dim(0x4a_5361, 239),
            Meaning::Accent => loud(colour(0x5c_cbdb, 80, Color::Cyan)),
            Meaning::Ok => colour(0x86_c986, 114, Color::Green),
            Meaning::Warning => loud(colour(0xe8_b75a, 179, Color::Yellow)),
            Meaning::Danger => loud(colour(0xf4_7c74, 210, Color::Red)),
        }
    }

    /// A piece of text with its meaning.
    pub fn span<'a>(self, text: impl Into<Cow<'a, str>>, meaning: Meaning) -> Span<'a> {
        Span::styled(text, self.style(meaning))
    }

    /// A piece that is yours: accent, and bold.
    pub fn yours<'a>(self, text: impl Into<Cow<'a, str>>) -> Span<'a> {
        Span::styled(text, self.style(Meaning::Accent).add_modifier(Modifier::BOLD))
    }

    /// How a ground looks: to be laid under what is written.
    pub fn ground(self, ground: Ground) -> Style {
        let style = Style::new();
        let painted = |rgb: u32, palette: u8| match self.depth {
            Depth::True => Some(style.bg(Color::Rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8))),
            Depth::Palette => Some(style.bg(Color::Indexed(palette))),
            Depth::Sixteen | Depth::None => None,
        };
        match ground {
            Ground::Cursor => painted(0x22_3147, 237).unwrap_or(style.add_modifier(Modifier::REVERSED)),
            Ground::Band => painted(0x1c_232d, 235).unwrap_or(style),
            Ground::Field => painted(0x22_2a35, 236).unwrap_or(style.add_modifier(Modifier::UNDERLINED)),
            Ground::Badge => painted(0x3a_4250, 238).unwrap_or(style.add_modifier(Modifier::REVERSED)),
        }
    }

    /// Whether the cursor's row is reversed: then it drops its colours and keeps bold, so that it is one ground.
    pub fn cursor_is_reversed(self) -> bool {
        matches!(self.depth, Depth::Sixteen | Depth::None)
    }
}

/// The signs that stand beside every colour.
pub mod sign {
    /// The cursor, in column 0.
    pub const CURSOR: &str = "▌";
    /// Selected.
    pub const SELECTED: &str = "●";
    /// Not final: a range that is not kept, an action that is pending.
    pub const OPEN: &str = "○";
    /// Ineligible, cancelled, none.
    pub const NONE: &str = "–";
    /// Succeeded, matches.
    pub const DONE: &str = "✓";
    /// Failed.
    pub const FAILED: &str = "✗";
    /// Unknown, undecided.
    pub const UNKNOWN: &str = "?";
    /// Queued.
    pub const QUEUED: &str = "·";
    /// Read this.
    pub const WARNING: &str = "!";
    /// Used part of a bar.
    pub const USED: &str = "━";
    /// Free part of a bar, and rules.
    pub const FREE: &str = "─";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(variables: &[(&str, &str)]) -> Depth {
        Depth::detect(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_depth_is_what_the_environment_says() {
        assert_eq!(depth(&[("COLORTERM", "truecolor"), ("TERM", "xterm-256color")]), Depth::True);
        assert_eq!(depth(&[("TERM", "xterm-256color")]), Depth::Palette);
        assert_eq!(depth(&[("TERM", "linux")]), Depth::Sixteen);
        assert_eq!(depth(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")]), Depth::None);
        assert_eq!(depth(&[("NO_COLOR", ""), ("COLORTERM", "truecolor")]), Depth::True);
    }

    #[test]
    fn without_colours_no_style_has_one() {
        let theme = Theme::new(Depth::None);
        for meaning in [
            Meaning::Text,
            Meaning::Strong,
            Meaning::Muted,
            Meaning::Behind,
            Meaning::Faint,
            Meaning::Accent,
            Meaning::Ok,
            Meaning::Warning,
            Meaning::Danger,
        ] {
            assert_eq!(theme.style(meaning).fg, None, "{meaning:?}");
        }
        for ground in [Ground::Cursor, Ground::Band, Ground::Field, Ground::Badge] {
            assert_eq!(theme.ground(ground).bg, None, "{ground:?}");
        }
    }
}
