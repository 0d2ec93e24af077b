//! What goes wrong with a call: by script in tests, by chance in a rough tenant.
//!
//! Both speak the same words, [`Scripted`], so that whatever a rough tenant does by chance a test can have done at
//! exactly the third call. Each is a row of the reference's section 7, or a gateway's manner (section 6, shape 4).

use std::fmt;
use std::str::FromStr;

use fastrand::Rng;

use super::Api;
use super::clock::{MINUTE_MS, SECOND_MS};
use super::company::weighted;

/// How unkind the tenant is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Faults {
    /// Every call is answered, as the reference says.
    #[default]
    None,
    /// The network and the gateways fail: dropped connections before and after the action is created, 5xx before
    /// and after, HTML, 429 without `Retry-After`, slow answers, late lists, links that lie.
    Rough,
    /// The network is well, but names and tags hold escape sequences, hidden characters and giant strings.
    Hostile,
}

impl FromStr for Faults {
    type Err = String;

    fn from_str(text: &str) -> Result<Faults, String> {
        [Faults::None, Faults::Rough, Faults::Hostile]
            .into_iter()
            .find(|faults| faults.to_string() == text)
            .ok_or_else(|| format!("{text} is not one of none, rough, hostile"))
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Faults::None => "none",
            Faults::Rough => "rough",
            Faults::Hostile => "hostile",
        })
    }
}

/// What happens to one call. "Created" is said of the offboard call; for any other read "done".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scripted {
    /// Nothing unusual.
    Normal,
    /// Nothing is created, and this is answered. A body that starts with `{` is sent as JSON, an empty one as none,
    /// any other as HTML.
    Status(u16, String),
    /// The connection ends without an answer, and nothing is created.
    DropBeforeCreate,
    /// The action is created, then the connection ends without an answer.
    DropAfterCreate,
    /// The action is created; the answer breaks off in the middle of its body.
    CreatedThenCut,
    /// The action is created, and 500 `InternalServerError` is answered.
    CreatedThen500,
    /// 500 `InternalServerError`, and nothing is created.
    Fail500,
    /// A gateway's 502 page, and nothing is created.
    Html502,
    /// The action is created, and a gateway answers 502 with a page.
    CreatedThenHtml502,
    /// The action is created, and 200 is answered with something that cannot be read.
    CreatedThenGarbage,
    /// 429, as if the window were full, with or without `Retry-After` (seconds).
    TooManyRequests(Option<u64>),
    /// No answer ever comes, and nothing is created.
    Hang,
    /// The action is created, but no answer ever comes.
    CreatedThenHang,
    /// Answered as usual, this many milliseconds of the tenant after it was done.
    Slow(u64),
    /// The connection ends at once; the request is counted, and the action created, this many milliseconds of the
    /// tenant later: it travelled on behind the gateway.
    Late(u64),
}

/// Up to this long after its creation an action of a rough tenant is missing from lists.
pub(super) const LIST_LAG_ROUGH_MS: u64 = 20 * SECOND_MS;

/// What a rough tenant does with a call of this API.
pub(super) fn rough(api: Api, rng: &mut Rng) -> Scripted {
    use Scripted::{
        CreatedThen500, CreatedThenCut, CreatedThenHtml502, DropAfterCreate, DropBeforeCreate, Fail500,
        Html502, Late, Normal, Slow, Status, TooManyRequests,
    };
    let slow = Slow(rng.u64(2 * SECOND_MS..20 * SECOND_MS));
    let late = Late(rng.u64(SECOND_MS..30 * SECOND_MS));
    let unavailable = Status(503, String::new());
    let choices = match api {
        Api::Offboard | Api::Cancel => vec![
            (760, Normal),
            (70, slow),
            (35, DropBeforeCreate),
            (30, DropAfterCreate),
            (15, CreatedThenCut),
            (25, Fail500),
            (15, CreatedThen500),
            (15, Html502),
            (15, CreatedThenHtml502),
            (10, late),
            (10, TooManyRequests(None)),
        ],
        Api::Machines | Api::MachineActions | Api::MachineAction => vec![
            (820, Normal),
            (70, slow),
            (30, DropBeforeCreate),
            (15, CreatedThenCut),
            (25, Fail500),
            (15, Html502),
            (15, unavailable),
            (10, TooManyRequests(None)),
        ],
        // A 404 for one machine was reported to come and go (section 6).
        Api::Machine => {
            let gone = r#"{"error":{"code":"ResourceNotFound","message":"Machine was not found"}}"#;
            vec![(860, Normal), (60, slow), (40, Status(404, gone.to_owned())), (40, Fail500)]
        }
        Api::Token => vec![(940, Normal), (40, slow), (20, unavailable)],
        Api::Other => vec![(1, Normal)],
    };
    weighted(rng, &choices).clone()
}

/// How long a call may be scripted to take: a bound against a mistyped number.
pub(super) const WAIT_MAX_MS: u64 = 24 * 60 * MINUTE_MS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_command_line_are_read_and_written() {
        for faults in [Faults::None, Faults::Rough, Faults::Hostile] {
            assert_eq!(faults.to_string().parse(), Ok(faults));
        }
        assert!("mild".parse::<Faults>().is_err());
    }
}
