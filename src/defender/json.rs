//! [`Json`]: one value of the service's JSON with its properties in the service's order, and lists read row by row.
//!
//! `serde_json::Value` sorts properties (or brings a map that does not, for everybody). Text is borrowed from the
//! answer where it can be; a newtype does that, `#[serde(borrow)]` on an `Option` would not. A page is never in memory
//! as a tree: each row is turned into a machine while the page is read.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// One value, its text borrowed from the answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The properties of an object, none of anything else.
    pub(super) fn properties(&self) -> &[(Cow<'a, str>, Json<'a>)] {
        match self {
            Self::Object(properties) => properties,
            _ => &[],
        }
    }

    /// A property of an object by its name, to the letter.
    pub(super) fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.properties().iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// A text, number or truth value as text; nothing for null, lists and objects.
    pub(super) fn scalar(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(number) => Some(number.to_string().into()),
            Self::Bool(truth) => Some(if *truth { "true" } else { "false" }.into()),
            Self::Null | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// A whole number, be it a number or a text that is one (reference, section 2: both occur).
    pub(super) fn whole(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64().or_else(|| {
                let float = number.as_f64()?;
                (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
            }),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// As a person reads it: scalars bare, a list of scalars with commas, everything else as JSON.
    pub(super) fn shown(&self) -> Cow<'_, str> {
        match self {
            Self::List(items) if !items.is_empty() => {
                let scalars: Option<Vec<_>> = items.iter().map(Json::scalar).collect();
                scalars.map_or_else(|| self.to_string().into(), |scalars| scalars.join(", ").into())
            }
            other => other.scalar().unwrap_or_else(|| other.to_string().into()),
        }
    }
}

/// As JSON, without blanks.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |f: &mut fmt::Formatter<'_>, text: &str| {
            f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
        };
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(value) => text(f, value),
            Self::List(items) => {
                f.write_char('[')?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { "," } else { "" })?;
                }
                f.write_char(']')
            }
            Self::Object(properties) => {
                f.write_char('{')?;
                for (i, (key, value)) in properties.iter().enumerate() {
                    f.write_str(if i > 0 { "," } else { "" })?;
                    text(f, key)?;
                    write!(f, ":{value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

/// Text that is borrowed where it stands unescaped in the answer.
struct Word<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Word<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Word<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Owned(text.to_owned())))
            }
        }
        from.deserialize_str(Reads)
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Json<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json<'de>, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, truth: bool) -> Result<Json<'de>, E> {
                Ok(Json::Bool(truth))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
                Ok(Json::Number(number.into()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
                Ok(Json::Number(number.into()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
                Ok(serde_json::Number::from_f64(number).map_or(Json::Null, Json::Number))
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
                Ok(Json::Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
                Ok(Json::Text(Cow::Owned(text.to_owned())))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json<'de>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Json::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
                let mut properties = Vec::new();
                while let Some((Word(key), value)) = map.next_entry()? {
                    properties.push((key, value));
                }
                Ok(Json::Object(properties))
            }
        }
        from.deserialize_any(Reads)
    }
}

/// Reads a whole answer. The text is checked once, not string by string.
pub(super) fn parse(body: &[u8]) -> Result<Json<'_>, String> {
    serde_json::from_str(text(body)?).map_err(|error| error.to_string())
}

/// Reads `{"value": […]}` and hands over each row as soon as it is read.
pub(super) fn each_row(body: &[u8], mut row: impl FnMut(&Json<'_>)) -> Result<(), String> {
    let text = text(body)?;
    let mut from = serde_json::Deserializer::from_str(text);
    let found = List(&mut row).deserialize(&mut from).and_then(|found| from.end().map(|()| found));
    match found {
        Ok(true) => Ok(()),
        Ok(false) => Err("there is no \"value\" in it".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn text(body: &[u8]) -> Result<&str, String> {
    // Some gateways and old samples put a mark of the byte order in front.
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    std::str::from_utf8(body).map_err(|_| "it is not UTF-8".to_owned())
}

/// The object around the rows; tells whether there was a `value`.
struct List<'f, F>(&'f mut F);

impl<'de, F: FnMut(&Json<'de>)> DeserializeSeed<'de> for List<'_, F> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&Json<'de>)> Visitor<'de> for List<'_, F> {
    type Value = bool;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a list named \"value\"")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(Word(key)) = map.next_key()? {
            if key == "value" {
                map.next_value_seed(Rows(&mut *self.0))?;
                found = true;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

struct Rows<'f, F>(&'f mut F);

impl<'de, F: FnMut(&Json<'de>)> DeserializeSeed<'de> for Rows<'_, F> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&Json<'de>)> Visitor<'de> for Rows<'_, F> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(row) = seq.next_element::<Json<'de>>()? {
            (self.0)(&row);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_services_order_and_borrows() {
        let json = parse(br#"{"b":1,"a":"x\u0041","c":[true,null,1.5],"b2":{"z":-2}}"#).unwrap();
        let names: Vec<_> = json.properties().iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["b", "a", "c", "b2"]);
        assert_eq!(json.to_string(), r#"{"b":1,"a":"xA","c":[true,null,1.5],"b2":{"z":-2}}"#);
        let Json::Text(Cow::Owned(_)) = json.get("a").unwrap() else {
            panic!("an escape cannot be borrowed")
        };
        let plain = parse(br#"{"a":"plain"}"#).unwrap();
        let Json::Text(Cow::Borrowed("plain")) = plain.get("a").unwrap() else { panic!("{plain:?}") };
    }

    #[test]
    fn what_a_person_reads() {
        for (json, shown) in [
            (r#""par-web""#, "par-web"),
            ("null", "null"),
            ("19045", "19045"),
            ("false", "false"),
            (r#"["web","pci"]"#, "web, pci"),
            ("[]", "[]"),
            (r#"{"vmId":"7"}"#, r#"{"vmId":"7"}"#),
            (r#"[{"ipAddress":"10.1.2.3"}]"#, r#"[{"ipAddress":"10.1.2.3"}]"#),
        ] {
            assert_eq!(parse(json.as_bytes()).unwrap().shown(), shown);
        }
    }

    #[test]
    fn whole_numbers_in_every_dress() {
        for (json, whole) in [
            ("19045", Some(19_045)),
            (r#""19045""#, Some(19_045)),
            ("19045.0", Some(19_045)),
            ("-2145844840", Some(-2_145_844_840)),
            ("1.5", None),
            ("1e300", None),
            (r#""x""#, None),
            ("null", None),
        ] {
            assert_eq!(parse(json.as_bytes()).unwrap().whole(), whole, "{json}");
        }
    }

    #[test]
    fn rows_come_one_by_one_and_a_list_must_be_one() {
        let rows = |text: &str| {
            let mut rows = Vec::new();
            each_row(text.as_bytes(), |row| rows.push(row.to_string())).map(|()| rows)
        };
        assert_eq!(
            rows(r#"{"@odata.context":"x","value":[{"id":1},2],"more":{}}"#).unwrap(),
            [r#"{"id":1}"#, "2"]
        );
        assert_eq!(rows("\u{feff}{\"value\":[]}").unwrap(), [""; 0]);
        for bad in [
            "",
            "[]",
            "{}",
            r#"{"value":null}"#,
            r#"{"value":{}}"#,
            r#"{"value":[{]}"#,
            r#"{"value":[]} x"#,
            "<html>",
        ] {
            assert!(rows(bad).is_err(), "{bad}");
        }
        assert!(each_row(b"{\"value\":[\"\xff\"]}", |_| ()).is_err());
        let deep = format!("{{\"value\":[{}]}}", "[".repeat(100_000));
        assert!(rows(&deep).is_err(), "a stack is not for an answer to fill");
    }
}
