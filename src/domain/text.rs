//! [`SafeText`]: text that a terminal only shows and never acts on.
//!
//! Everything from outside (the service's strings, files, the clipboard, the environment) becomes `SafeText` where it
//! comes in. Nothing is hidden silently: a character that would not be seen stands there as its number, `‹202E›`, and
//! the opening sign `‹` is itself written as `‹2039›`, so that two different texts never look the same because of it.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_width::UnicodeWidthChar;

/// Text made safe: no control characters, no bidirectional overrides or isolates, nothing of no width save a few
/// combining marks, and never longer than its bound.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SafeText {
    text: CompactString,
    /// How many characters there were before the cut; 0 when nothing was cut.
    cut_from: u32,
}

/// Combining marks in a row that are still read as one letter. Vietnamese and Indic scripts need up to three.
const MARKS_IN_A_ROW_MAX: usize = 3;

impl SafeText {
    /// How many characters of one property are kept, the sign of the cut included.
    pub const PROPERTY_CHARS_MAX: usize = 512;

    /// One property of the service, or any other short text: keeps [`Self::PROPERTY_CHARS_MAX`] characters.
    pub fn new(raw: &str) -> Self {
        Self::bounded(raw, Self::PROPERTY_CHARS_MAX)
    }

    /// Keeps at most `chars_max` characters; what is cut ends in `…`.
    pub fn bounded(raw: &str, chars_max: usize) -> Self {
        if raw.len() <= chars_max && raw.bytes().all(|b| (0x20..0x7f).contains(&b)) {
            return Self { text: raw.into(), cut_from: 0 };
        }
        let mut text = CompactString::with_capacity(raw.len().min(chars_max * 4));
        let mut chars = 0;
        let mut marks = 0;
        let mut cut_at = 0; // where the text ends if the sign of the cut has to follow
        for c in raw.chars() {
            marks = if c.width() == Some(0) { marks + 1 } else { 0 };
            let shown =
                is_hidden(c) || c == '‹' || marks > MARKS_IN_A_ROW_MAX || (marks > 0 && text.is_empty());
            let unit: CompactString = if shown {
                compact_str::format_compact!("‹{:04X}›", u32::from(c))
            } else {
                CompactString::from(c.encode_utf8(&mut [0; 4]) as &str)
            };
            let width = if shown { unit.chars().count() } else { 1 };
            if chars + width > chars_max {
                text.truncate(cut_at);
                text.push('…');
                return Self { text, cut_from: raw.chars().count() as u32 };
            }
            text.push_str(&unit);
            chars += width;
            if chars < chars_max {
                cut_at = text.len();
            }
        }
        Self { text, cut_from: 0 }
    }

    /// Text that was `SafeText` when we stored it. A store is a file, and a file is outside: what is not safe as it
    /// stands is made safe anew, what is safe comes back as it was.
    pub fn restored(stored: &str) -> Self {
        let harmless = stored.chars().all(|c| !is_hidden(c));
        if harmless && stored.chars().count() <= 4 * Self::PROPERTY_CHARS_MAX && marks_are_few(stored) {
            Self { text: stored.into(), cut_from: 0 }
        } else {
            Self::new(stored)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// How many characters the text had, if it was cut.
    pub fn cut_from(&self) -> Option<u32> {
        (self.cut_from > 0).then_some(self.cut_from)
    }
}

/// Whether a character acts on a terminal, reorders what stands around it, or cannot be seen where it stands.
///
/// A blank other than U+0020 counts as hidden: two names that differ in it would look the same.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}'          // C0, DEL, C1
        | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' // blanks that are not the blank
        | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{2800}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
        | '\u{200b}'..='\u{200f}'                         // zero width, directional marks
        | '\u{2028}'..='\u{202e}'                         // line ends, embeddings, overrides
        | '\u{2060}'..='\u{206f}'                         // joiners, isolates, invisible operators
        | '\u{fe00}'..='\u{fe0f}'                         // variation selectors: terminals disagree on the width
        | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'                       // tags, more variation selectors
    ) || c.width().is_none()
}

fn marks_are_few(text: &str) -> bool {
    let mut marks = MARKS_IN_A_ROW_MAX;
    text.chars().all(|c| {
        marks = if c.width() == Some(0) { marks + 1 } else { 0 };
        marks <= MARKS_IN_A_ROW_MAX
    })
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text.as_str())
    }
}

impl From<&str> for SafeText {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl Serialize for SafeText {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.text)
    }
}

/// Reads what [`Serialize`] wrote: see [`SafeText::restored`].
impl<'de> Deserialize<'de> for SafeText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self::restored(&text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shows_what_would_be_hidden() {
        for (raw, shown) in [
            ("par-web-014.corp.contoso.com", "par-web-014.corp.contoso.com"),
            ("", ""),
            ("a\u{202e}b", "a‹202E›b"),
            ("a\u{2066}b\u{2069}", "a‹2066›b‹2069›"),
            ("nul\0", "nul‹0000›"),
            ("\u{1b}]52;c;aGk=\u{7}", "‹001B›]52;c;aGk=‹0007›"),
            ("\u{9b}31m", "‹009B›31m"),
            ("del\u{7f}", "del‹007F›"),
            ("zero\u{200b}width", "zero‹200B›width"),
            ("soft\u{ad}hyphen", "soft‹00AD›hyphen"),
            ("hard\u{a0}blank", "hard‹00A0›blank"),
            ("❤\u{fe0f}", "❤‹FE0F›"),
            ("tag\u{e0041}", "tag‹E0041›"),
            ("line\nend\ttab", "line‹000A›end‹0009›tab"),
            ("‹202E›", "‹2039›202E›"),
            ("Müller 東京", "Müller 東京"),
            ("e\u{301}", "e\u{301}"),
            ("\u{301}e", "‹0301›e"),
            ("z\u{301}\u{302}\u{303}\u{304}", "z\u{301}\u{302}\u{303}‹0304›"),
        ] {
            assert_eq!(SafeText::new(raw).as_str(), shown, "{raw:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let whole = SafeText::bounded("abcde", 5);
        assert_eq!((whole.as_str(), whole.cut_from()), ("abcde", None));
        let cut = SafeText::bounded("abcdef", 5);
        assert_eq!((cut.as_str(), cut.cut_from()), ("abcd…", Some(6)));
        let never_half_a_sign = SafeText::bounded("ab\u{202e}cdef", 7);
        assert_eq!(never_half_a_sign.as_str(), "ab…");
    }

    proptest! {
        #[test]
        fn nothing_that_acts_ever_comes_out(raw in any::<String>(), bound in 1_usize..80) {
            let safe = SafeText::bounded(&raw, bound);
            prop_assert!(safe.as_str().chars().all(|c| !is_hidden(c)), "{:?}", safe);
            prop_assert!(safe.as_str().chars().count() <= bound.max(1));
        }

        #[test]
        fn different_texts_look_different(a in "[a‹›2039\u{202e}\u{200b}\0 ]{0,8}", b in "[a‹›2039\u{202e}\u{200b}\0 ]{0,8}") {
            prop_assert_eq!(a == b, SafeText::new(&a) == SafeText::new(&b));
        }

        #[test]
        fn stored_text_comes_back_as_it_was(raw in any::<String>()) {
            let safe = SafeText::new(&raw);
            let restored = SafeText::restored(safe.as_str());
            prop_assert_eq!(restored.as_str(), safe.as_str());
        }
    }
}
