//! What a list is asked for: `$filter`, `$top`, `$skip` (reference, sections 3 and 5).

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::MachineId;

/// The largest page that a list gives (reference, section 3).
pub(super) const PAGE_ROWS_MAX: usize = 10_000;

/// Which machine actions to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionQuery {
    /// The Offboard actions that were created then or later.
    Since {
        /// In the service's time; asked for by the second, rounded down.
        created_ge: Timestamp,
    },
    /// Every action of one machine.
    OfMachine(MachineId),
    /// Every action of the tenant.
    All,
}

impl ActionQuery {
    pub(super) fn filter(&self) -> Option<String> {
        match self {
            Self::Since { created_ge } => {
                let bare = TimeZone::UTC.to_datetime(*created_ge).strftime("%Y-%m-%dT%H:%M:%SZ");
                Some(format!("type eq 'Offboard' and creationDateTimeUtc ge {bare}"))
            }
            Self::OfMachine(id) => Some(format!("machineId eq {}", quoted(id.as_str()))),
            Self::All => None,
        }
    }
}

/// The query of one page. With `$top` there is never a link to the next one, and that is wanted: reported links lied.
pub(super) fn page_query(filter: Option<&str>, skip: usize) -> String {
    let mut query = String::new();
    if let Some(filter) = filter {
        // The `$` stays as it is: a name that was encoded is another name to a strict reader.
        let _ = write!(query, "$filter={}&", percent_encoded(filter));
    }
    let _ = write!(query, "$top={PAGE_ROWS_MAX}&$skip={skip}");
    query
}

/// A text in a filter: in quotes, and a quote in it doubled.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~':(),".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_as_the_pages_write_them() {
        let since = ActionQuery::Since { created_ge: "2026-01-05T08:00:00.9Z".parse().unwrap() };
        assert_eq!(
            since.filter().as_deref(),
            Some("type eq 'Offboard' and creationDateTimeUtc ge 2026-01-05T08:00:00Z")
        );
        let machine = ActionQuery::OfMachine(MachineId::parse("9c1e77a0").unwrap());
        assert_eq!(machine.filter().as_deref(), Some("machineId eq '9c1e77a0'"));
        assert_eq!(ActionQuery::All.filter(), None);
    }

    #[test]
    fn a_quote_is_doubled_and_everything_else_encoded() {
        assert_eq!(quoted("O'Brien's"), "'O''Brien''s'");
        assert_eq!(
            page_query(Some("name eq 'O''Brien & co'"), 7),
            "$filter=name%20eq%20'O''Brien%20%26%20co'&$top=10000&$skip=7"
        );
        assert_eq!(page_query(None, 0), "$top=10000&$skip=0");
        assert_eq!(percent_encoded("é+#"), "%C3%A9%2B%23");
    }
}
