//! A text that has to be typed before Enter does anything, and what is missing of it.

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
    let (expected, typed) = (words(expected), words(typed));
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
            ("par-web-014", "PAR-WEB-014", not_yet("that is not par-web-014")),
        ] {
            assert_eq!(compare(expected, typed), said, "{expected} / {typed}");
        }
    }
}
