//! Chance that can be repeated: every draw depends on the seed and on what is drawn, never on the order of calls.
//!
//! So the 700th machine is the same machine whichever page it comes in, and a fault that hits the second offboard
//! call of a machine hits it again however the calls interleave.

use fastrand::Rng;

/// The dice for the `n`th `what` of a tenant.
pub(super) fn dice(seed: u64, what: &str, n: u64) -> Rng {
    Rng::with_seed(mix(seed ^ mix(hash(what.as_bytes()) ^ mix(n))))
}

/// Whether the chance of `per_mille` in a thousand comes true.
pub(super) fn happens(rng: &mut Rng, per_mille: u32) -> bool {
    rng.u32(0..1_000) < per_mille
}

/// A GUID as the platform writes it: lower case, version 4.
pub(super) fn guid(rng: &mut Rng) -> String {
    let bits = rng.u128(..) & !(0xf000 << 64) & !(0xc000 << 48) | (0x4000 << 64) | (0x8000 << 48);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// FNV-1a.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The finalizer of `SplitMix64`: neighbours become unlike.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A reversible shuffle of all 32-bit numbers (a Feistel network): gives the start of a machine's id, from which the
/// machine can be found again without a table.
pub(super) fn shuffle(seed: u64, value: u32) -> u32 {
    let (mut left, mut right) = ((value >> 16) as u16, value as u16);
    for round in 0..4 {
        (left, right) = (right, left ^ round_key(seed, round, right));
    }
    u32::from(left) << 16 | u32::from(right)
}

/// Undoes [`shuffle`].
pub(super) fn unshuffle(seed: u64, value: u32) -> u32 {
    let (mut left, mut right) = ((value >> 16) as u16, value as u16);
    for round in (0..4).rev() {
        (left, right) = (right ^ round_key(seed, round, left), left);
    }
    u32::from(left) << 16 | u32::from(right)
}

fn round_key(seed: u64, round: u64, half: u16) -> u16 {
    mix(seed ^ mix(round << 32 | u64::from(half))) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_depends_on_seed_name_and_number_only() {
        let draw = |seed, what, n| dice(seed, what, n).u64(..);
        assert_eq!(draw(1, "machine", 7), draw(1, "machine", 7));
        assert_ne!(draw(1, "machine", 7), draw(2, "machine", 7));
        assert_ne!(draw(1, "machine", 7), draw(1, "action", 7));
        assert_ne!(draw(1, "machine", 7), draw(1, "machine", 8));
    }

    #[test]
    fn a_shuffled_number_finds_its_way_back() {
        for value in [0, 1, 2, 2_499, 65_535, 65_536, u32::MAX] {
            assert_eq!(unshuffle(42, shuffle(42, value)), value);
        }
        assert_ne!(shuffle(42, 0), shuffle(43, 0));
    }

    #[test]
    fn guids_have_the_form_of_version_4() {
        let guid = guid(&mut dice(1, "guid", 1));
        assert_eq!(guid.len(), 36);
        assert_eq!(&guid[14..15], "4");
        assert!("89ab".contains(&guid[19..20]));
    }
}
