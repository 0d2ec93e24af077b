//! [`Comment`]: the reason that every action carries. It cannot exist blank, too long, or with anything in it that
//! a terminal would act on.
//!
//! What is sent is the operator's words followed by the [`Mark`] of run and operator: with app sign-in the service
//! knows no person, so the mark is how a colleague, an auditor and our own look-up find who did what.

use std::fmt;

use super::SafeText;
use super::text::is_hidden;

/// A Comment as it is sent: it says something after trimming.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Comment(String);

/// Why a text cannot be a Comment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommentError {
    /// Nothing but blanks.
    #[error("Say why. A comment of blanks alone is refused.")]
    Blank,
    /// Longer than the bound, mark included.
    #[error("Too long by {over}: {max} characters at most, the mark included.")]
    TooLong {
        /// How many characters are too many.
        over: usize,
        /// The bound.
        max: usize,
    },
    /// A character that would not be seen, or that a terminal would act on.
    #[error("It holds a hidden character, {0}. Write it without.")]
    Hidden(SafeText),
}

impl Comment {
    /// Characters at most, mark included. The service documents no limit (reference, section 4).
    pub const CHARS_MAX: usize = 1_000;

    /// The operator's words, followed by the mark if there is one.
    pub fn parse(words: &str, mark: Option<&Mark>) -> Result<Self, CommentError> {
        if let Some(hidden) = words.chars().find(|c| is_hidden(*c)) {
            return Err(CommentError::Hidden(SafeText::new(&hidden.to_string())));
        }
        let words = words.trim();
        if words.is_empty() {
            return Err(CommentError::Blank);
        }
        let whole = mark.map_or_else(|| words.to_owned(), |mark| format!("{words} {mark}"));
        let chars = whole.chars().count();
        if chars > Self::CHARS_MAX {
            return Err(CommentError::TooLong { over: chars - Self::CHARS_MAX, max: Self::CHARS_MAX });
        }
        Ok(Self(whole))
    }

    /// What was stored as a Comment, with its mark.
    pub fn restored(stored: &str) -> Result<Self, CommentError> {
        Self::parse(stored, None)
    }

    /// What is sent, to the character.
    pub fn as_sent(&self) -> &str {
        &self.0
    }

    /// What is shown, and what a Comment that comes back is compared with.
    pub fn shown(&self) -> SafeText {
        SafeText::bounded(&self.0, Self::CHARS_MAX)
    }
}

/// `[offramp 4f2a jdoe]`: which run, and which person on this host.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mark {
    /// The run's short name.
    pub run: String,
    /// The operating system's name of the operator, made safe.
    pub operator: SafeText,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[offramp {} {}]", self.run, self.operator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark() -> Mark {
        Mark { run: "4f2a".into(), operator: "jdoe".into() }
    }

    #[test]
    fn carries_the_mark() {
        let comment = Comment::parse("  CHG-1042 retire the Paris web tier ", Some(&mark())).unwrap();
        assert_eq!(comment.as_sent(), "CHG-1042 retire the Paris web tier [offramp 4f2a jdoe]");
        assert_eq!(Comment::restored(comment.as_sent()), Ok(comment));
        assert_eq!(Comment::parse("CHG-1042", None).unwrap().as_sent(), "CHG-1042");
    }

    #[test]
    fn cannot_be_blank_hidden_or_endless() {
        assert_eq!(Comment::parse("", Some(&mark())), Err(CommentError::Blank));
        assert_eq!(Comment::parse("   ", Some(&mark())), Err(CommentError::Blank));
        for hidden in ["a\u{1b}[2J", "a\u{202e}b", "a\nb", "\u{200b}", "\u{a0}", "\u{3000}"] {
            assert!(matches!(Comment::parse(hidden, None), Err(CommentError::Hidden(_))), "{hidden:?}");
        }
        let room = Comment::CHARS_MAX - " [offramp 4f2a jdoe]".len();
        assert!(Comment::parse(&"x".repeat(room), Some(&mark())).is_ok());
        assert_eq!(
            Comment::parse(&"x".repeat(room + 3), Some(&mark())),
            Err(CommentError::TooLong { over: 3, max: 1_000 })
        );
    }
}
