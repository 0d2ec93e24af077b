//! The pictures, as data: which keys an operator presses, and what has to be read before the next one.
//!
//! After a key wait for something that only this key brings. The screen of a moment ago passes every other test.

/// One thing that the operator does.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// Presses a key, by its name in the footer.
    Press(&'static str),
    /// Types a text, key by key.
    Type(&'static str),
    /// Types what the confirmation asks for: it stands between `Type` and `to confirm`.
    TypeWhatIsAsked,
    /// Presses a key as long as a text is there.
    PressWhile(&'static str, &'static str),
    /// Waits until a text is there.
    See(&'static str),
}

use Step::{Press, PressWhile, See, Type, TypeWhatIsAsked};

/// One picture.
pub struct Scene {
    /// The file, without its ending.
    pub name: &'static str,
    /// The terminal's width in cells.
    pub columns: u16,
    /// The terminal's height in cells.
    pub rows: u16,
    /// What follows `offramp` on the command line.
    pub arguments: &'static [&'static str],
    /// How the screen comes about: parts that several pictures share, one after the other.
    pub steps: &'static [&'static [Step]],
}

const DEMO: &[&str] = &["demo", "--seed", "1"];
/// Actions of the service take minutes; a reader of the picture should see some that are done.
const DEMO_FAST: &[&str] = &["demo", "--seed", "1", "--faults", "rough", "--speed", "5"];

const LISTED: &[Step] = &[See("list of")];
const PARIS_WEB: &[Step] =
    &[Press("/"), Type("par web"), See("/ par web"), Press("Enter"), See("c offboard")];
const THREE_SELECTED: &[Step] = &[Press("space"), Press("space"), Press("space"), See("3 selected")];
/// The older of two records with one name, in a group where every machine counts.
const ONE_RECORD_OF_TWO: &[Step] = &[
    Press("/"),
    Type("par-db-003"),
    See("/ par-db-003"),
    Press("Enter"),
    See("c offboard"),
    Press("j"),
    See("2 of 2"),
    Press("space"),
    See("1 selected"),
];
/// The key is offered once there is something to undo.
const ALL_SELECTED: &[Step] = &[Press("a"), See("u undo")];
/// More than a minute's calls: the run has to wait, and shows how.
const PARIS: &[Step] = &[Press("/"), Type("par-"), See("/ par-"), Press("Enter"), See("c offboard")];
const COMMENTED: &[Step] = &[
    Press("c"),
    See("Comment for"),
    Type("CHG-1042 retire the Paris web tier"),
    See("Paris web tier [offramp"),
];
const COMMENTED_ONE: &[Step] =
    &[Press("c"), See("Comment for"), Type("CHG-1043 record of the old disk"), See("the old disk [offramp")];
const COMMENTED_PARIS: &[Step] =
    &[Press("c"), See("Comment for"), Type("CHG-1051 close the Paris site"), See("the Paris site [offramp")];
const ASKED: &[Step] = &[Press("Enter"), See("to confirm"), PressWhile("Down", "read the warnings first")];
const ANSWERED: &[Step] = &[TypeWhatIsAsked, See("✓ matches")];
const WAITING: &[Step] =
    &[See("matches"), PressWhile("Enter", "to confirm"), See(" succeeded"), See("the minute is full")];
const STOPPED: &[Step] = &[Press("!"), See("Stopped: nothing more is sent")];

/// Every picture.
pub const SCENES: &[Scene] = &[
    wide("machines", DEMO, &[LISTED, PARIS_WEB, THREE_SELECTED]),
    narrow("machines-80x24", DEMO, &[LISTED, PARIS_WEB, THREE_SELECTED]),
    wide("filter", DEMO, &[LISTED, &[Press("/"), Type("par w"), See("/ par w")]]),
    wide("help", DEMO, &[LISTED, PARIS_WEB, THREE_SELECTED, &[Press("?"), See("Keys on Machines")]]),
    wide("comment", DEMO, &[LISTED, PARIS_WEB, THREE_SELECTED, COMMENTED]),
    wide("confirm-one", DEMO, &[LISTED, ONE_RECORD_OF_TWO, COMMENTED_ONE, ASKED, ANSWERED]),
    wide(
        "confirm-many",
        DEMO,
        &[LISTED, PARIS_WEB, ALL_SELECTED, COMMENTED, ASKED, &[Type("4"), See("not yet")]],
    ),
    wide("run", DEMO_FAST, &[LISTED, PARIS, ALL_SELECTED, COMMENTED_PARIS, ASKED, ANSWERED, WAITING]),
    wide(
        "stopped",
        DEMO_FAST,
        &[LISTED, PARIS, ALL_SELECTED, COMMENTED_PARIS, ASKED, ANSWERED, WAITING, STOPPED],
    ),
];

const fn wide(
    name: &'static str,
    arguments: &'static [&'static str],
    steps: &'static [&'static [Step]],
) -> Scene {
    Scene { name, columns: 120, rows: 36, arguments, steps }
}

const fn narrow(
    name: &'static str,
    arguments: &'static [&'static str],
    steps: &'static [&'static [Step]],
) -> Scene {
    Scene { name, columns: 80, rows: 24, arguments, steps }
}
