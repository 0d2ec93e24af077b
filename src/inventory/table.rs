//! [`Inventory`]: the machines of one list, each with what the screens ask of it again and again: its label, whether
//! the rule allows it, its search text.

use std::collections::HashMap;

use crate::domain::{Machine, MachineId, Offboardable, Refusal};

/// The first characters of an id that tell namesakes apart, as a rule.
const ID_START: usize = 4;
/// No id is told apart by more: `layout.md` leaves room for no more beside a name.
const ID_START_MAX: usize = 12;

/// One machine of the list.
#[derive(Debug, Clone)]
pub struct Row {
    /// The machine as the service gave it.
    pub machine: Machine,
    /// The proof that the rule allows it, or the reason when not.
    pub offboardable: Result<Offboardable, Refusal>,
    /// The name without the tenant's commonest domain; the start of the id where there is no name.
    pub label: String,
    /// `#7b1f`, where another record has this name.
    pub tag: Option<String>,
    search: String,
    id_lower: String,
}

impl Row {
    fn new(machine: Machine) -> Self {
        let offboardable = Offboardable::of(&machine);
        let mut search = String::new();
        let texts = [&machine.name, &machine.ip, &machine.group];
        for text in texts.into_iter().flatten().chain(&machine.tags) {
            search.push_str(&text.as_str().to_lowercase());
            search.push('\n'); // a word never matches across two properties
        }
        let id_lower = machine.id.as_str().to_lowercase();
        Self { machine, offboardable, label: String::new(), tag: None, search, id_lower }
    }

    /// What plain words are looked for in, in lower case.
    pub fn search(&self) -> &str {
        &self.search
    }

    /// The id in lower case.
    pub fn id_lower(&self) -> &str {
        &self.id_lower
    }

    /// The machine as every place names it: `par-web-014 #7b1f`.
    pub fn name(&self) -> String {
        match &self.tag {
            Some(tag) => format!("{} {tag}", self.label),
            None => self.label.clone(),
        }
    }

    /// What namesakes share: the bare name without regard to case and blanks, which can't be told apart on a screen.
    /// Bare names of two forests are namesakes too.
    fn name_key(&self) -> Option<String> {
        let words = self.machine.short_name()?.split_whitespace();
        Some(words.collect::<Vec<_>>().join(" ").to_lowercase())
    }
}

/// All machines of the tenant, as far as the list brought them, sorted by name.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    rows: Vec<Row>,
    by_id: HashMap<MachineId, usize>,
    by_name: HashMap<String, Vec<usize>>,
    groups: HashMap<String, usize>,
}

impl Inventory {
    /// Adds a page. A machine that is there already stays as it is: machines are one per id, whatever pages repeat.
    pub fn add(&mut self, machines: Vec<Machine>) {
        if machines.is_empty() {
            return; // the page that proves the end: nothing to arrange anew
        }
        for machine in machines {
            if !self.by_id.contains_key(&machine.id) {
                self.by_id.insert(machine.id.clone(), usize::MAX);
                self.rows.push(Row::new(machine));
            }
        }
        self.arrange();
    }

    /// The machines in their order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// How many machines the list brought.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it brought none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A machine by its id.
    pub fn get(&self, id: &MachineId) -> Option<&Row> {
        self.index_of(id).map(|index| &self.rows[index])
    }

    /// Where a machine stands.
    pub fn index_of(&self, id: &MachineId) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// How many machines a device group has.
    pub fn group_size(&self, group: &str) -> usize {
        self.groups.get(group).copied().unwrap_or(0)
    }

    /// How many machines the rule allows.
    pub fn offboardable_count(&self) -> usize {
        self.rows.iter().filter(|row| row.offboardable.is_ok()).count()
    }

    /// The other records that share a machine's name.
    pub fn namesakes(&self, row: &Row) -> impl Iterator<Item = &Row> {
        let same = row.name_key().and_then(|key| self.by_name.get(&key)).map_or(&[][..], Vec::as_slice);
        let own = row.machine.id.clone();
        same.iter().map(|index| &self.rows[*index]).filter(move |other| other.machine.id != own)
    }

    fn arrange(&mut self) {
        let domain = self.commonest_domain();
        for row in &mut self.rows {
            let name = row.machine.name.as_ref().map_or("", |name| name.as_str());
            let name = name.trim();
            let bare = domain.as_deref().and_then(|domain| strip_domain(name, domain)).unwrap_or(name);
            row.label = if bare.is_empty() {
                format!("no name {}", row.machine.id.start(8))
            } else {
                bare.to_owned()
            };
        }
        self.rows.sort_by_cached_key(|row| (row.label.to_lowercase(), row.machine.id.clone()));
        self.by_name.clear();
        self.groups.clear();
        for (index, row) in self.rows.iter().enumerate() {
            self.by_id.insert(row.machine.id.clone(), index);
            if let Some(key) = row.name_key() {
                self.by_name.entry(key).or_default().push(index);
            }
            if let Some(group) = &row.machine.group {
                *self.groups.entry(group.as_str().to_owned()).or_default() += 1;
            }
        }
        for indices in self.by_name.values() {
            let ids: Vec<&str> = indices.iter().map(|index| self.rows[*index].machine.id.as_str()).collect();
            let length = telling_length(&ids);
            for index in indices {
                let row = &mut self.rows[*index];
                row.tag = (indices.len() > 1).then(|| format!("#{}", row.machine.id.start(length)));
            }
        }
    }

    fn commonest_domain(&self) -> Option<String> {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for row in &self.rows {
            let name = row.machine.name.as_ref().map_or("", |name| name.as_str());
            if let Some((host, domain)) = name.split_once('.')
                && !host.is_empty()
                && domain.contains('.')
            {
                *counts.entry(domain.to_ascii_lowercase()).or_default() += 1;
            }
        }
        counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0))).map(|(domain, _)| domain)
    }
}

fn strip_domain<'a>(name: &'a str, domain: &str) -> Option<&'a str> {
    let (host, rest) = name.split_once('.')?;
    (!host.is_empty() && rest.eq_ignore_ascii_case(domain)).then_some(host)
}

/// How much of these ids tells them apart: four characters, unless that is not enough.
fn telling_length(ids: &[&str]) -> usize {
    (ID_START..ID_START_MAX)
        .find(|length| {
            let mut starts: Vec<_> = ids.iter().map(|id| id.get(..*length).unwrap_or(id)).collect();
            starts.sort_unstable();
            starts.windows(2).all(|pair| pair[0] != pair[1])
        })
        .unwrap_or(ID_START_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(id: &str, name: &str) -> Machine {
        let name = (!name.is_empty()).then(|| name.into());
        Machine { name, ..Machine::bare(MachineId::parse(id).unwrap()) }
    }

    fn names(inventory: &Inventory) -> Vec<String> {
        inventory.rows().iter().map(Row::name).collect()
    }

    #[test]
    fn names_lose_the_commonest_domain_and_namesakes_carry_their_id() {
        let mut inventory = Inventory::default();
        inventory.add(vec![
            machine("c20d83e1", "par-web-014.corp.contoso.com"),
            machine("aa000000", "lab.other.example"),
            machine("9c1e77a0", "PAR-WEB-016.corp.contoso.com"),
        ]);
        inventory.add(vec![machine("7b1f4967", "PAR-WEB-014"), machine("dd000000", "")]);
        assert_eq!(
            names(&inventory),
            [
                "lab.other.example",
                "no name dd000000",
                "PAR-WEB-014 #7b1f",
                "par-web-014 #c20d",
                "PAR-WEB-016"
            ]
        );
        let first = inventory.get(&MachineId::parse("7b1f4967").unwrap()).unwrap();
        let others: Vec<_> = inventory.namesakes(first).map(Row::name).collect();
        assert_eq!(others, ["par-web-014 #c20d"]);
    }

    #[test]
    fn ids_that_begin_alike_are_told_apart_by_more_of_them() {
        let mut inventory = Inventory::default();
        inventory.add(vec![machine("abcdef01", "x"), machine("abcdef02", "x")]);
        assert_eq!(names(&inventory), ["x #abcdef01", "x #abcdef02"]);
    }

    #[test]
    fn a_machine_is_there_once_whatever_pages_repeat() {
        let mut inventory = Inventory::default();
        inventory.add(vec![machine("a", "one"), machine("a", "two")]);
        inventory.add(vec![machine("a", "three"), machine("b", "four")]);
        assert_eq!(names(&inventory), ["four", "one"]);
        assert_eq!(inventory.index_of(&MachineId::parse("a").unwrap()), Some(1));
    }
}
