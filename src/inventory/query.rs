//! The filter: plain words. All of them must match, in any order, anywhere in name, IP, tags and group, without
//! regard to case; an id matches as its beginning only, from 8 characters on.

use super::Row;

/// How much of an id a word must give before it can match one.
const ID_CHARS_MIN: usize = 8;

/// A filter that was parsed. The empty one matches everything.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    words: Vec<String>,
}

impl Query {
    /// Reads what was typed. Every text is a filter.
    pub fn parse(text: &str) -> Self {
        Self { words: text.split_whitespace().map(str::to_lowercase).collect() }
    }

    /// Whether it matches everything.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The words, in lower case.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// The same filter without one of its words: what that word costs.
    #[must_use]
    pub fn without(&self, index: usize) -> Self {
        let words = self.words.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, word)| word.clone());
        Self { words: words.collect() }
    }

    /// Whether a row matches all words.
    pub fn matches(&self, row: &Row) -> bool {
        self.words.iter().all(|word| {
            row.search().contains(word.as_str())
                || (word.len() >= ID_CHARS_MIN && row.id_lower().starts_with(word.as_str()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Machine, MachineId};
    use crate::inventory::Inventory;

    #[test]
    fn words_match_name_ip_tags_and_group_and_an_id_by_its_beginning() {
        let mut inventory = Inventory::default();
        inventory.add(vec![Machine {
            name: Some("PAR-web-014.corp.contoso.com".into()),
            ip: Some("10.1.4.7".into()),
            group: Some("DMZ".into()),
            tags: vec!["pci".into(), "Web Tier".into()],
            ..Machine::bare(MachineId::parse("7b1f4967D9728e5aa3c06a9e617a22a4a5a17378").unwrap())
        }]);
        let row = &inventory.rows()[0];
        for (text, matches) in [
            ("", true),
            ("par", true),
            ("WEB par", true),
            ("dmz", true),
            ("10.1.4", true),
            ("tier", true),
            ("7b1f4967", true),
            ("7B1F4967d972", true),
            ("7b1f496", false),
            ("1f4967d9", false),
            ("par lyon", false),
            ("014web", false),
        ] {
            assert_eq!(Query::parse(text).matches(row), matches, "{text}");
        }
        assert_eq!(Query::parse("par lyon").without(1), Query::parse("par"));
    }
}
