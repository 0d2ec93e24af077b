//! `$filter`: exactly the part of `OData` that the reference shows (section 3, query options), and nothing beside it.
//!
//! The emulator must not be kinder than the service: what no page shows is refused, so that the client cannot come
//! to lean on it. Names of properties and values of enumerations are matched without case (seen 2022).

mod parse;

use super::clock::Moment;

/// How a property compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// As it stands.
    Text,
    /// Without case.
    Word,
    /// A number; quoted ones are accepted too, because the pages disagree on `rbacGroupId`.
    Number,
    /// A bare time.
    Time,
    /// A collection of texts, by `any` only.
    Texts,
}

/// A property that may stand in a filter.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Property {
    pub name: &'static str,
    pub kind: Kind,
}

const fn property(name: &'static str, kind: Kind) -> Property {
    Property { name, kind }
}

/// Section 3, "`$filter` on": the list of 2023 to 2025.
pub(super) const MACHINE: &[Property] = &[
    property("computerDnsName", Kind::Text),
    property("id", Kind::Text),
    property("version", Kind::Text),
    property("deviceValue", Kind::Word),
    property("aadDeviceId", Kind::Text),
    property("machineTags", Kind::Texts),
    property("lastSeen", Kind::Time),
    property("exposureLevel", Kind::Word),
    property("onboardingStatus", Kind::Word),
    property("lastIpAddress", Kind::Text),
    property("healthStatus", Kind::Word),
    property("osPlatform", Kind::Word),
    property("riskScore", Kind::Word),
    property("rbacGroupId", Kind::Number),
];

/// Section 5, "`$filter` on".
pub(super) const MACHINE_ACTION: &[Property] = &[
    property("id", Kind::Word),
    property("status", Kind::Word),
    property("machineId", Kind::Text),
    property("type", Kind::Word),
    property("requestor", Kind::Text),
    property("creationDateTimeUtc", Kind::Time),
];

/// The value of a property, to compare with.
#[derive(Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Text(&'a str),
    Number(i64),
    Time(Moment),
    Texts(Vec<&'a str>),
}

impl<'a> Scalar<'a> {
    pub(super) fn text(value: Option<&'a str>) -> Scalar<'a> {
        value.map_or(Scalar::Null, Scalar::Text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

#[derive(Debug, PartialEq)]
pub(super) enum Literal {
    Null,
    Text(String),
    Number(i64),
    Time(Moment),
}

/// A filter that was understood.
#[derive(Debug, PartialEq)]
pub(super) enum Filter {
    And(Box<Filter>, Box<Filter>),
    Or(Box<Filter>, Box<Filter>),
    Compare(&'static Property, Operator, Literal),
    StartsWith(&'static Property, String),
    AnyEquals(&'static Property, String),
}

impl Filter {
    /// Understands a filter over `properties`, or says in the framework's manner why not.
    pub(super) fn parse(text: &str, properties: &'static [Property]) -> Result<Filter, String> {
        parse::filter(text, properties)
    }

    /// Whether a thing with these properties passes.
    pub(super) fn holds<'a>(&self, value: &dyn Fn(&'static Property) -> Scalar<'a>) -> bool {
        match self {
            Filter::And(left, right) => left.holds(value) && right.holds(value),
            Filter::Or(left, right) => left.holds(value) || right.holds(value),
            Filter::Compare(property, operator, literal) => {
                compare(property.kind, &value(property), *operator, literal)
            }
            Filter::StartsWith(property, start) => match value(property) {
                Scalar::Text(text) => folded(property.kind, text).starts_with(&folded(property.kind, start)),
                _ => false,
            },
            Filter::AnyEquals(property, wanted) => match value(property) {
                Scalar::Texts(texts) => texts.contains(&wanted.as_str()),
                _ => false,
            },
        }
    }
}

fn folded(kind: Kind, text: &str) -> String {
    if kind == Kind::Word { text.to_ascii_lowercase() } else { text.to_owned() }
}

fn compare(kind: Kind, value: &Scalar<'_>, operator: Operator, literal: &Literal) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let ordering = match (value, literal) {
        (Scalar::Null, Literal::Null) => Some(Equal),
        (Scalar::Text(value), Literal::Text(literal)) => {
            Some(folded(kind, value).cmp(&folded(kind, literal)))
        }
        (Scalar::Number(value), Literal::Number(literal)) => Some(value.cmp(literal)),
        (Scalar::Time(value), Literal::Time(literal)) => Some(value.cmp(literal)),
        _ => None,
    };
    match operator {
        Operator::Equal => ordering == Some(Equal),
        // OData: a null differs from every value.
        Operator::NotEqual => ordering != Some(Equal),
        // And is neither greater nor less than any, itself included.
        _ if *value == Scalar::Null => false,
        Operator::Greater => ordering == Some(Greater),
        Operator::GreaterOrEqual => matches!(ordering, Some(Greater | Equal)),
        Operator::Less => ordering == Some(Less),
        Operator::LessOrEqual => matches!(ordering, Some(Less | Equal)),
    }
}

#[cfg(test)]
mod tests {
    use super::parse::time;
    use super::*;

    fn machine(property: &'static Property) -> Scalar<'static> {
        match property.name {
            "computerDnsName" => Scalar::Text("par-web-014.fabrikam.example"),
            "id" => Scalar::Text("7b1f"),
            "osPlatform" => Scalar::Text("WindowsServer2019"),
            "onboardingStatus" => Scalar::Text("Onboarded"),
            "healthStatus" => Scalar::Text("Active"),
            "version" => Scalar::Text("o'clock"),
            "rbacGroupId" => Scalar::Number(108),
            "lastSeen" => Scalar::Time(time("2026-01-05T08:44:05Z").unwrap()),
            "machineTags" => Scalar::Texts(vec!["web", "pci"]),
            _ => Scalar::Null,
        }
    }

    #[test]
    fn what_the_reference_shows_is_understood() {
        let cases = [
            ("onboardingStatus eq 'Onboarded'", true),
            ("onboardingstatus eq 'onboarded'", true),
            ("ComputerDnsName eq 'par-web-014.fabrikam.example'", true),
            ("computerDnsName eq 'PAR-WEB-014.fabrikam.example'", false),
            ("computerDnsName ne 'x'", true),
            ("startswith(computerDnsName,'par-')", true),
            ("startswith(computerDnsName, 'lyo-')", false),
            ("lastSeen gt 2018-08-01Z", true),
            ("lastSeen ge 2026-01-05T08:44:05Z", true),
            ("lastSeen gt 2026-01-05T08:44:05Z", false),
            ("lastSeen lt 2026-01-05T08:44:05.0000001Z", true),
            ("lastSeen le 2026-01-04", false),
            ("rbacGroupId eq 108", true),
            ("rbacGroupId eq '108'", true),
            ("rbacGroupId lt 108", false),
            ("version eq 'o''clock'", true),
            ("riskScore eq null", true),
            ("riskScore ne null", false),
            ("riskScore ne 'High'", true),
            ("riskScore gt 'A'", false),
            ("healthStatus ne null", true),
            ("machineTags/any(t: t eq 'pci')", true),
            ("machineTags/any(tag:tag eq 'sql')", false),
            // `and` binds tighter than `or`.
            ("healthStatus eq 'Active' or healthStatus eq 'x' and id eq 'x'", true),
            ("(healthStatus eq 'Active' or healthStatus eq 'x') and id eq 'x'", false),
            ("healthStatus eq 'Inactive' or osPlatform eq 'windowsserver2019'", true),
        ];
        for (text, expected) in cases {
            let filter = Filter::parse(text, MACHINE).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(filter.holds(&machine), expected, "{text}");
        }
    }

    #[test]
    fn what_no_page_shows_is_refused() {
        for text in [
            "",
            "managedBy eq 'Intune'",
            "osBuild eq 19045",
            "firstSeen gt 2020-01-01Z",
            "not (healthStatus eq 'Active')",
            "contains(computerDnsName,'web')",
            "endswith(computerDnsName,'web')",
            "healthStatus in ('Active','Inactive')",
            "healthStatus eq Active",
            "healthStatus = 'Active'",
            "healthStatus eq 'Active",
            "healthStatus eq 'Active' and",
            "healthStatus eq 'Active' healthStatus eq 'Active'",
            "(healthStatus eq 'Active'",
            "lastSeen gt '2020-01-01Z'",
            "lastSeen gt yesterday",
            "rbacGroupId eq paris",
            "machineTags eq 'web'",
            "machineTags/all(t: t eq 'web')",
            "machineTags/any(t: u eq 'web')",
            "machineTags/any(t: t ne 'web')",
            "healthStatus EQ 'Active'",
            "'Active' eq healthStatus",
            "healthStatus eq 'Active'; drop",
        ] {
            assert!(Filter::parse(text, MACHINE).is_err(), "{text}");
        }
    }

    #[test]
    fn twenty_five_terms_are_enough_and_twenty_six_too_many() {
        let joined = |terms| vec!["id eq 'x'"; terms].join(" or ");
        assert!(Filter::parse(&joined(25), MACHINE).is_ok());
        let error = Filter::parse(&joined(26), MACHINE).unwrap_err();
        assert_eq!(error, "The node count limit of '100' has been exceeded.");
    }

    #[test]
    fn deep_parentheses_are_an_error_and_no_overflow() {
        let deep = "(".repeat(100_000);
        assert!(Filter::parse(&deep, MACHINE).is_err());
    }

    #[test]
    fn actions_have_their_own_properties() {
        let text = "type eq 'Offboard' and creationDateTimeUtc ge 2026-01-05T08:00:00Z";
        assert!(Filter::parse(text, MACHINE_ACTION).is_ok());
        let bare = "id eq 5c0fd1ba-90e2-4a77-b8a4-1be3a1f0e7d2";
        assert!(Filter::parse(bare, MACHINE_ACTION).is_ok());
        assert!(Filter::parse("computerDnsName eq 'x'", MACHINE_ACTION).is_err());
    }
}
