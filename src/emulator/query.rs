//! Query strings and forms: taking them apart, and the `$` options that lists know.

use std::fmt::Write as _;

use super::filter::{Filter, Property};

/// `$top` is at most this, and without it a page has at most this many rows (reference, sections 3 and 5).
pub(super) const PAGE_MAX: usize = 10_000;

/// The options of a list.
#[derive(Debug, Default)]
pub(super) struct ListQuery {
    pub top: Option<usize>,
    pub skip: usize,
    pub filter: Option<Filter>,
    /// The filter as it was asked, for links.
    pub filter_text: String,
    pub count: bool,
    /// An option whose name was lost: somebody followed a broken link (section 3, paging).
    pub nameless: bool,
}

impl ListQuery {
    /// An error is the sentence for an answer of shape 2 (section 6).
    pub(super) fn parse(query: &str, properties: &'static [Property]) -> Result<ListQuery, String> {
        let mut list = ListQuery::default();
        for (name, value) in pairs(query) {
            match name.as_str() {
                "$top" => {
                    let top = number(&name, &value)?;
                    if top > PAGE_MAX {
                        return Err(format!(
                            "The limit of '{PAGE_MAX}' for Top query has been exceeded. \
                             The value from the incoming request is '{value}'."
                        ));
                    }
                    list.top = Some(top);
                }
                "$skip" => list.skip = number(&name, &value)?,
                "$filter" => {
                    list.filter = Some(Filter::parse(&value, properties)?);
                    list.filter_text = value;
                }
                "$count" => list.count = value == "true",
                "" => list.nameless = true,
                // An unknown option that starts with `$` is refused; `$orderby`, `$expand` and `$select` are not
                // documented or not reliable (section 3), so nobody shall come to lean on them here.
                _ if name.starts_with('$') => {
                    return Err(format!("The query parameter '{name}' is not supported."));
                }
                _ => {}
            }
        }
        Ok(list)
    }
}

fn number(name: &str, value: &str) -> Result<usize, String> {
    value.parse().map_err(|_| format!("Invalid value '{value}' for {name} query option found."))
}

/// The pairs of an `application/x-www-form-urlencoded` text. A space may be `+` or `%20` (section 3).
pub(super) fn pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(&name.replace('+', " ")), decoded(&value.replace('+', " ")))
        })
        .collect()
}

/// Undoes percent encoding; what is no encoding stays.
pub(super) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            decoded.push(byte);
            at += 3;
        } else {
            decoded.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// Encodes what must not stand in a query's value.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'\'' | b'(' | b')' | b',')
        {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::filter::MACHINE;

    #[test]
    fn a_broken_links_options_are_nameless() {
        let query = "=onboardingstatus%20eq%20'x'&=10000&$skip=10000";
        let list = ListQuery::parse(query, MACHINE).unwrap();
        assert!(list.nameless && list.filter.is_none());
        assert_eq!(list.skip, 10_000);
    }

    #[test]
    fn spaces_come_in_two_forms_and_names_may_be_encoded() {
        for query in ["$filter=id+eq+'x'", "%24filter=id%20eq%20%27x%27"] {
            assert!(ListQuery::parse(query, MACHINE).unwrap().filter.is_some(), "{query}");
        }
    }

    #[test]
    fn unknown_and_unreadable_options_are_refused() {
        for query in ["$stop=5", "$orderby=id", "$select=id", "$top=10001", "$top=-1", "$skip=x", "$filter=x"]
        {
            assert!(ListQuery::parse(query, MACHINE).is_err(), "{query}");
        }
        assert!(ListQuery::parse("api-version=1&$top=10000", MACHINE).is_ok());
    }

    #[test]
    fn encoding_and_decoding_are_each_others_inverse() {
        for text in ["a b+c", "100%", "é'&=", "%zz", "%e"] {
            assert_eq!(decoded(&encoded(text)), text);
        }
        assert_eq!(decoded("%zz%4"), "%zz%4");
    }
}
