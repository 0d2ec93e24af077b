//! What is selected: proofs that the rule allows each machine, by id. It survives filter, sort and refresh, and every
//! change can be undone, one after the other.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::{MachineId, Offboardable};

/// Changes that can be undone.
const UNDO_MAX: usize = 100;

/// The selected machines. Undo is a value: what the selection was.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    selected: Arc<BTreeSet<Offboardable>>,
    before: Vec<Arc<BTreeSet<Offboardable>>>,
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
        self.change(|selected| selected.extend(machines))
    }

    /// Selects the one, or unselects it.
    pub fn toggle(&mut self, machine: &Offboardable) {
        self.change(|selected| {
            if !selected.remove(machine) {
                selected.insert(machine.clone());
            }
        });
    }

    /// Turns each of these over.
    pub fn invert(&mut self, machines: impl IntoIterator<Item = Offboardable>) {
        self.change(|selected| {
            for machine in machines {
                if !selected.remove(&machine) {
                    selected.insert(machine);
                }
            }
        });
    }

    /// Unselects everything.
    pub fn clear(&mut self) {
        self.change(BTreeSet::clear);
    }

    /// Unselects these.
    pub fn remove<'a>(&mut self, ids: impl IntoIterator<Item = &'a MachineId>) -> usize {
        let ids: BTreeSet<&MachineId> = ids.into_iter().collect();
        let before = self.len();
        self.change(|selected| selected.retain(|machine| !ids.contains(machine.id())));
        before - self.len()
    }

    /// Takes the last change back. Says whether there was one.
    pub fn undo(&mut self) -> bool {
        self.before.pop().map(|before| self.selected = before).is_some()
    }

    /// Whether there is a change to take back.
    pub fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    /// Keeps only what a new list still allows, in what is selected and in what undo would bring back; a machine that
    /// is gone or refused now can never come back by undo. Says how many of the selected had to go.
    pub fn keep_only(&mut self, allowed: impl Fn(&Offboardable) -> bool) -> usize {
        let sift = |set: &mut Arc<BTreeSet<Offboardable>>| {
            if set.iter().all(&allowed) {
                return 0;
            }
            let before = set.len();
            Arc::make_mut(set).retain(|machine| allowed(machine));
            before - set.len()
        };
        self.before.iter_mut().for_each(|set| _ = sift(set));
        sift(&mut self.selected)
    }

    /// Says how many more are selected after the change.
    fn change(&mut self, change: impl FnOnce(&mut BTreeSet<Offboardable>)) -> usize {
        let mut changed = BTreeSet::clone(&self.selected);
        change(&mut changed);
        let more = changed.len().saturating_sub(self.selected.len());
        if changed != *self.selected {
            if self.before.len() == UNDO_MAX {
                self.before.remove(0);
            }
            self.before.push(std::mem::replace(&mut self.selected, Arc::new(changed)));
        }
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Machine;

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
