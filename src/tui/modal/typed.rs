//! A text that has to be typed before Enter does anything, and what is missing of it.

use crate::domain::when::count;

/// How what was typed compares with what has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// Nothing yet.
    Nothing,
    /// It is the text.
    Matches,
    /// It is not, and how so.
    NotYet(String),
}

/// Compares; blanks around and between do not count, case does: a name is typed as it is shown.
pub fn compare(expected: &str, typed: &str) -> Typed {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let (expected, mut typed) = (words(expected), words(typed));
    // A number may be typed as it is shown, with its thousands apart.
    if let Some(number) = expected.split(' ').next().and_then(|first| first.parse::<usize>().ok()) {
        let (shown, plain) = (count(number), number.to_string());
        if typed == shown || typed.starts_with(&format!("{shown} ")) {
            typed.replace_range(..shown.len(), &plain);
        }
    }
    if typed.is_empty() {
        return Typed::Nothing;
    }
    if typed == expected {
        return Typed::Matches;
    }
    match expected.strip_prefix(&typed) {
        // `3` is a beginning of `37`, and still another number.
        Some(_) if expected.bytes().all(|b| b.is_ascii_digit()) => {
            Typed::NotYet(format!("not yet: {typed} is not {expected}"))
        }
        Some(missing) => Typed::NotYet(format!("not yet: {} is missing", missing.trim_start())),
        None => Typed::NotYet(format!("that is not {expected}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_missing() {
        let not_yet = |text: &str| Typed::NotYet(text.into());
        for (expected, typed, said) in [
            ("37", "", Typed::Nothing),
            ("37", "  ", Typed::Nothing),
            ("37", "37", Typed::Matches),
            ("37", " 37 ", Typed::Matches),
            ("37", "3", not_yet("not yet: 3 is not 37")),
            ("37", "38", not_yet("that is not 37")),
            ("37", "037", not_yet("that is not 37")),
            ("812 contoso.com", "812", not_yet("not yet: contoso.com is missing")),
            ("812 contoso.com", "812 contoso", not_yet("not yet: .com is missing")),
            ("812 contoso.com", "812  contoso.com", Typed::Matches),
            ("par-web-014 7b1f", "par-web-014", not_yet("not yet: 7b1f is missing")),
            ("1200 contoso.com", "1,200 contoso.com", Typed::Matches),
            ("1200", "1,200", Typed::Matches),
            ("1200", "12,00", not_yet("that is not 1200")),
            ("par-web-014", "PAR-WEB-014", not_yet("that is not par-web-014")),
        ] {
            assert_eq!(compare(expected, typed), said, "{expected} / {typed}");
        }
    }
}
