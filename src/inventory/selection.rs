//! What is selected: proofs that the rule allows each machine, by id. It survives filter, sort and refresh, and every
//! change can be undone, one after the other.

use std::collections::BTreeSet;

use crate::domain::Offboardable;

/// Changes that can be undone.
const UNDO_MAX: usize = 100;

/// The selected machines. Undo is a value: what each change added and took away.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    selected: BTreeSet<Offboardable>,
    changes: Vec<Change>,
}

/// One change of the selection.
#[derive(Debug, Clone, Default)]
struct Change {
    added: Vec<Offboardable>,
    removed: Vec<Offboardable>,
}

impl Selection {
    /// How many are selected.
    pub fn len(&self) -> usize {
        self.selected.len()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.selected.is_empty()
    }

    /// Whether this one is.
    pub fn contains(&self, machine: &Offboardable) -> bool {
        self.selected.contains(machine)
    }

    /// The selected, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Offboardable> {
        self.selected.iter()
    }

    /// Selects these too. Says how many are new.
    pub fn add(&mut self, machines: impl IntoIterator<Item = Offboardable>) -> usize {
        let added: Vec<_> =
            machines.into_iter().filter(|machine| self.selected.insert(machine.clone())).collect();
        let more = added.len();
        self.note(Change { added, removed: Vec::new() });
        more
    }

    /// Selects the one, or unselects it.
    pub fn toggle(&mut self, machine: &Offboardable) {
        self.invert([machine.clone()]);
    }

    /// Turns each of these over.
    pub fn invert(&mut self, machines: impl IntoIterator<Item = Offboardable>) {
        let mut change = Change::default();
        for machine in machines {
            if self.selected.remove(&machine) {
                change.removed.push(machine);
            } else {
                self.selected.insert(machine.clone());
                change.added.push(machine);
            }
        }
        self.note(change);
    }

    /// Unselects everything.
    pub fn clear(&mut self) {
        let removed = std::mem::take(&mut self.selected).into_iter().collect();
        self.note(Change { added: Vec::new(), removed });
    }

    /// Takes the last change back. Says whether there was one.
    pub fn undo(&mut self) -> bool {
        let Some(change) = self.changes.pop() else { return false };
        for machine in &change.added {
            self.selected.remove(machine);
        }
        self.selected.extend(change.removed);
        true
    }

    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Keeps only what is allowed, in what is selected and in what undo would bring back: a machine that is gone,
    /// refused now, or in a run can never come back by undo. Says how many of the selected had to go.
    pub fn keep_only(&mut self, allowed: impl Fn(&Offboardable) -> bool) -> usize {
        for change in &mut self.changes {
            change.added.retain(&allowed);
            change.removed.retain(&allowed);
        }
        self.changes.retain(Change::is_one);
        let before = self.len();
        self.selected.retain(allowed);
        before - self.len()
    }

    fn note(&mut self, change: Change) {
        if change.is_one() {
            if self.changes.len() == UNDO_MAX {
                self.changes.remove(0);
            }
            self.changes.push(change);
        }
    }
}

impl Change {
    fn is_one(&self) -> bool {
        !self.added.is_empty() || !self.removed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Machine, MachineId};

    fn machine(id: &str) -> Offboardable {
        Offboardable::of(&Machine {
            os_platform: Some("Windows11".into()),
            onboarding_status: Some("Onboarded".into()),
            ..Machine::bare(MachineId::parse(id).unwrap())
        })
        .unwrap()
    }

    fn ids(selection: &Selection) -> String {
        selection.iter().map(|m| m.id().as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_change_can_be_undone_one_after_the_other() {
        let mut selection = Selection::default();
        assert_eq!(selection.add(["a", "b"].map(machine)), 2);
        selection.toggle(&machine("b"));
        selection.invert(["a", "c"].map(machine));
        selection.clear();
        let mut seen = vec![ids(&selection)];
        while selection.undo() {
            seen.push(ids(&selection));
        }
        assert_eq!(seen, ["", "c", "a", "a b", ""]);
    }

    #[test]
    fn what_changes_nothing_is_nothing_to_undo() {
        let mut selection = Selection::default();
        selection.clear();
        selection.add([]);
        assert!(!selection.can_undo());
        selection.add([machine("a")]);
        assert_eq!(selection.add([machine("a")]), 0);
        assert!(selection.undo() && !selection.undo());
    }

    #[test]
    fn undo_does_not_bring_back_what_a_new_list_refuses() {
        let mut selection = Selection::default();
        selection.add(["a", "b"].map(machine));
        selection.clear();
        assert_eq!(selection.keep_only(|m| m.id().as_str() != "b"), 0);
        selection.undo();
        assert_eq!(ids(&selection), "a");
        assert_eq!(selection.keep_only(|_| false), 1);
    }
}
