//! What a tenant can say that a terminal must not act on: escape sequences, controls, direction overrides, hidden
//! characters, giants. Text can hold control characters (reference, section 3: NUL was seen in the service's own
//! sample data), and a machine's name is chosen by whoever owns the machine.

use fastrand::Rng;
use serde_json::{Value, json};

use super::dice::happens;
use super::machine::{Machine, Text};

/// Every this many machines one has a hostile name.
const EVERY: u32 = 3;
/// Characters of a giant string: more than any screen, less than a page should cost.
const GIANT: usize = 40_000;

const NAMES: &[&str] = &[
    // OSC 52: the clipboard. OSC 0: the title. OSC 8: a link.
    "osc52-\u{1b}]52;c;cm0gLXJmIH4K\u{7}-end",
    "title-\u{1b}]0;owned\u{1b}\\-end",
    "link-\u{1b}]8;;http://evil.example/\u{7}par-web-001\u{1b}]8;;\u{7}",
    // CSI: clear, home, colours, the alternate screen, a report of the cursor.
    "csi-\u{1b}[2J\u{1b}[H\u{1b}[31m-end",
    "alt-\u{1b}[?1049l\u{1b}[?25l\u{1b}[6n-end",
    // The same by C1, which some terminals obey; DCS and APC.
    "c1-\u{9b}2J\u{9d}0;owned\u{9c}-end",
    "dcs-\u{90}q\u{9c}\u{1b}P+q544e\u{1b}\\\u{1b}_x\u{1b}\\-end",
    "nul-\u{0}\u{8}\u{8}\u{8}\u{7f}-end",
    "lines-\r\npar-web-001.fabrikam.example\t\u{b}\u{c}-end",
    // Direction overrides and isolates: shown otherwise than it is.
    "rtl-\u{202e}100-bew-rap\u{202c}-end",
    "isolate-\u{2066}\u{2067}abc\u{2069}-end",
    // Two names that differ only in what cannot be seen.
    "twin-web-001",
    "twin-\u{200b}web-001",
    "twin-web\u{ad}-001\u{feff}",
    // Homoglyphs, combining marks without end, wide and joined characters, an invalid-looking variation.
    "p\u{430}r-web-001",
    "zalgo-e\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}\u{30b}\u{30c}",
    "wide-漢字コンピュータ-👩‍👩‍👧‍👦-\u{2764}\u{fe0f}",
    "tags-\u{e0041}\u{e0042}\u{e007f}-end",
    "",
    " ",
    "=cmd|' /C calc'!A0",
    "%s%n{}{{}}${PATH}`id`$(id);rm -rf ~",
    GIANT_NAME,
];

/// Stands for a name of [`GIANT`] characters.
const GIANT_NAME: &str = "giant";

/// The name of the host with this index, if it is one of the hostile ones.
pub(super) fn name(index: u32) -> Option<String> {
    if !index.is_multiple_of(EVERY) {
        return None;
    }
    let turn = (index / EVERY) as usize;
    let name = NAMES[turn % NAMES.len()];
    // Giants once only in 200: they are there to be bounded, not to fill the wire.
    if name == GIANT_NAME {
        return (turn < NAMES.len() || turn.is_multiple_of(200)).then(|| giant(turn));
    }
    Some(name.to_owned())
}

fn giant(turn: usize) -> String {
    let unit = format!("giant{turn}\u{1b}[41m-");
    unit.chars().cycle().take(GIANT).collect()
}

/// Puts what is hostile, unknown or of the wrong kind into the other properties.
pub(super) fn spoil(machine: &mut Machine, index: u32, rng: &mut Rng) {
    if happens(rng, 150) {
        machine.machine_tags.push(Text::Owned(text(rng)));
    }
    if happens(rng, 5) {
        machine.machine_tags = (0..500).map(|n| Text::Owned(format!("tag{n}\u{1b}[5m"))).collect();
    }
    if happens(rng, 50) {
        machine.rbac_group_name = Some(Text::Owned(text(rng)));
    }
    if happens(rng, 100) {
        // Docs disagree on the kind (section 3).
        machine.rbac_group_id = match &machine.rbac_group_id {
            Value::Number(number) => json!(number.to_string()),
            _ => Value::Null,
        };
    }
    if happens(rng, 30) {
        machine.last_ip_address = Some(text(rng));
    }
    if happens(rng, 20) {
        machine.os_platform = Text::Owned(text(rng));
    }
    if happens(rng, 20) {
        machine.version = Some(Text::Owned(text(rng)));
    }
    for level in [&mut machine.risk_score, &mut machine.exposure_level, &mut machine.device_value] {
        if happens(rng, 15) {
            *level = Some(Text::Owned(text(rng)));
        }
    }
    if index.is_multiple_of(211) {
        machine.health_status = Text::Owned(text(rng));
    }
}

/// A piece of hostile text, not a giant.
pub(super) fn text(rng: &mut Rng) -> String {
    let name = NAMES[rng.usize(..NAMES.len() - 1)];
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_tenant_already_has_every_hostile_name() {
        let names: Vec<String> = (0..75).filter_map(name).collect();
        for hostile in NAMES.iter().filter(|name| **name != GIANT_NAME) {
            assert!(names.iter().any(|name| name == hostile), "{hostile:?}");
        }
        assert!(names.iter().any(|name| name.chars().count() == GIANT));
    }
}
