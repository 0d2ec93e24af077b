//! Answers, and the shapes that errors have (reference, section 6), with the headers of each (section 3).

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::json;

/// What kind of body an answer has; decides its headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A list or an entity: `OData` headers, chunked.
    OData,
    /// An error of the API, or anything from the sign-in host.
    Json,
    /// A gateway's page.
    Html,
    /// No body at all: an unknown route, a wrong method.
    Bare,
}

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub kind: Kind,
    pub body: String,
    /// Seconds.
    pub retry_after: Option<u64>,
    /// For 405.
    pub allow: Option<&'static str>,
}

impl Reply {
    pub(super) fn odata(status: u16, body: String) -> Reply {
        Reply { status, kind: Kind::OData, body, retry_after: None, allow: None }
    }

    pub(super) fn json(status: u16, body: String) -> Reply {
        Reply { kind: Kind::Json, ..Reply::odata(status, body) }
    }

    pub(super) fn html(status: u16, title: &str) -> Reply {
        let body = format!(
            "<!DOCTYPE html>\r\n<html><head><title>{status} {title}</title></head>\r\n\
             <body><center><h1>{status} {title}</h1></center><hr></body></html>\r\n"
        );
        Reply { kind: Kind::Html, ..Reply::odata(status, body) }
    }

    /// Shape 3: an empty body.
    pub(super) fn bare(status: u16) -> Reply {
        Reply { kind: Kind::Bare, ..Reply::odata(status, String::new()) }
    }

    /// An entity: its properties with `@odata.context` before them.
    pub(super) fn entity(status: u16, context: &str, entity: &impl Serialize) -> Reply {
        #[derive(Serialize)]
        struct Entity<'a, T> {
            #[serde(rename = "@odata.context")]
            context: &'a str,
            #[serde(flatten)]
            entity: &'a T,
        }
        Reply::odata(status, written(&Entity { context, entity }))
    }

    /// A list.
    pub(super) fn list(
        context: &str,
        count: Option<usize>,
        value: &impl Serialize,
        next_link: Option<String>,
    ) -> Reply {
        #[derive(Serialize)]
        struct List<'a, T> {
            #[serde(rename = "@odata.context")]
            context: &'a str,
            #[serde(rename = "@odata.count", skip_serializing_if = "Option::is_none")]
            count: Option<usize>,
            value: &'a T,
            #[serde(rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
            next_link: Option<String>,
        }
        Reply::odata(200, written(&List { context, count, value, next_link }))
    }

    /// Shape 1: as documented; `target` is the tracking id that support asks for.
    pub(super) fn error(status: u16, code: &str, message: &str, target: &str) -> Reply {
        Reply::json(
            status,
            json!({"error": {"code": code, "message": message, "target": target}}).to_string(),
        )
    }

    /// Shape 2: from the `OData` layer.
    pub(super) fn bad_query(reason: &str) -> Reply {
        let message = format!("The query specified in the URI is not valid. {reason}");
        Reply::json(400, json!({"error": {"code": "", "message": message, "details": []}}).to_string())
    }
}

fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("our own structs have string keys and no failing parts")
}

/// A tracking id in its second form: `|b1838e63-40a6640ddd2719ac.` (section 6).
pub(super) fn tracking(rng: &mut fastrand::Rng) -> String {
    if rng.bool() {
        return super::dice::guid(rng);
    }
    let mut id = String::new();
    let _ = write!(id, "|{:08x}-{:016x}.", rng.u32(..), rng.u64(..));
    id
}
