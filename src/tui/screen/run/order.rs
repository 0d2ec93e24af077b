//! The machines of a run in the order of their urgency, under their headings. Worked out once when they arrive, never
//! while drawing: a run has thousands.

use std::collections::HashMap;

use crate::domain::MachineId;
use crate::offboard::view::{MachineState, MachineView};

/// Under which heading a machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Needs,
    UnderWay,
    Queued,
    Done,
}

impl Group {
    const ALL: [Self; 4] = [Self::Needs, Self::UnderWay, Self::Queued, Self::Done];

    fn of(state: MachineState) -> Self {
        match state {
            state if state.needs_a_person() => Self::Needs,
            MachineState::Sending | MachineState::Accepted | MachineState::Adopted => Self::UnderWay,
            MachineState::Queued => Self::Queued,
            _ => Self::Done,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Needs => "Needs you",
            Self::UnderWay => "Under way",
            Self::Queued => "Queued",
            Self::Done => "Done",
        }
    }
}

/// Within a group: what has failed before what is doubtful, what is done before what was never sent.
fn rank(state: MachineState) -> u8 {
    use MachineState as S;
    match state {
        S::Undecided => 2,
        S::Unknown | S::SetAside | S::Cancelled | S::Left => 1,
        _ => 0,
    }
}

/// A line of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A heading, and how many machines stand under it.
    Heading(Group, usize),
    /// The machine at this position of the order.
    Machine(usize),
}

/// Positions of machines, and where the headings stand among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Order {
    /// By position: the machine's place in the list as it arrived.
    machines: Vec<usize>,
    positions: HashMap<MachineId, usize>,
    /// How many machines each group has.
    sizes: [usize; 4],
    /// How many characters of an id tell namesakes of this run apart; by place, none where the name is its own.
    tags: HashMap<usize, String>,
}

impl Order {
    /// Puts machines in order: within a group and a rank they stay as they came.
    pub(super) fn of(machines: &[MachineView]) -> Self {
        let mut order: Vec<usize> = (0..machines.len()).collect();
        order.sort_by_key(|index| (Group::of(machines[*index].state), rank(machines[*index].state)));
        let mut sizes = [0; 4];
        for machine in machines {
            sizes[Group::of(machine.state) as usize] += 1;
        }
        let positions = order
            .iter()
            .enumerate()
            .map(|(position, index)| (machines[*index].id.clone(), position))
            .collect();
        Self { machines: order, positions, sizes, tags: tags(machines) }
    }

    /// How many machines there are.
    pub(super) fn len(&self) -> usize {
        self.machines.len()
    }

    /// The machine's place in the list as it arrived.
    pub(super) fn index(&self, position: usize) -> Option<usize> {
        self.machines.get(position).copied()
    }

    /// Where a machine stands.
    pub(super) fn position(&self, id: &MachineId) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// `#7b1f`, where another machine of this run has the same name.
    pub(super) fn tag(&self, index: usize) -> Option<&str> {
        self.tags.get(&index).map(String::as_str)
    }

    /// How many machines need a person: they stand first.
    pub(super) fn needs(&self) -> usize {
        self.sizes[Group::Needs as usize]
    }

    fn groups(&self) -> impl Iterator<Item = (Group, usize)> + '_ {
        Group::ALL.into_iter().zip(self.sizes).filter(|(_, size)| *size > 0)
    }

    /// How many lines the list has, headings included.
    pub(super) fn lines(&self) -> usize {
        self.machines.len() + self.groups().count()
    }

    /// The line of a position.
    pub(super) fn line_of(&self, position: usize) -> usize {
        let mut before = 0;
        let mut headings = 0;
        for (_, size) in self.groups() {
            headings += 1;
            before += size;
            if position < before {
                break;
            }
        }
        position + headings
    }

    /// Whether a machine stands on a line.
    pub(super) fn is_machine(&self, line: usize) -> bool {
        matches!(self.line(line), Some(Line::Machine(_)))
    }

    /// What stands on a line.
    pub(super) fn line(&self, line: usize) -> Option<Line> {
        let (mut at, mut before) = (line, 0);
        for (group, size) in self.groups() {
            match at {
                0 => return Some(Line::Heading(group, size)),
                _ if at <= size => return Some(Line::Machine(before + at - 1)),
                _ => (at, before) = (at - size - 1, before + size),
            }
        }
        None
    }
}

/// Names that two machines of the run share: told apart by as much of the id as it takes.
fn tags(machines: &[MachineView]) -> HashMap<usize, String> {
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (index, machine) in machines.iter().enumerate() {
        if let Some(name) = &machine.name {
            let bare = name.as_str().split('.').next().unwrap_or_default().to_lowercase();
            by_name.entry(bare).or_default().push(index);
        }
    }
    let mut out = HashMap::new();
    for same in by_name.into_values().filter(|same| same.len() > 1) {
        let ids = || same.iter().map(|index| machines[*index].id.as_str());
        let alike = |length: usize| {
            let mut starts: Vec<&str> = ids().map(|id| id.get(..length).unwrap_or(id)).collect();
            starts.sort_unstable();
            starts.windows(2).any(|pair| pair[0] == pair[1])
        };
        let length = (4..12).find(|length| !alike(*length)).unwrap_or(12);
        for index in same {
            out.insert(index, format!("#{}", machines[index].id.start(length)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::sample::runs::machine;

    #[test]
    fn every_line_is_a_heading_or_a_machine_and_each_machine_has_its_line() {
        use MachineState as S;
        let states = [
            S::Queued,
            S::Succeeded,
            S::Undecided,
            S::Accepted,
            S::Refused,
            S::Cancelled,
            S::Unknown,
            S::Sending,
            S::Left,
            S::Failed,
            S::Adopted,
            S::SetAside,
            S::TimedOut,
            S::CancelledThere,
            S::Untraceable,
        ];
        for n in 0..=states.len() {
            let machines: Vec<_> =
                (0..n).map(|i| machine(&format!("m-{i}"), &format!("{i:04}"), states[i])).collect();
            let order = Order::of(&machines);
            let lines: Vec<_> = (0..order.lines()).filter_map(|line| order.line(line)).collect();
            assert_eq!(lines.len(), order.lines());
            assert_eq!(order.line(order.lines()), None);
            let mut headed = 0;
            for position in 0..n {
                assert_eq!(order.line(order.line_of(position)), Some(Line::Machine(position)));
                let index = order.index(position).unwrap();
                assert_eq!(order.position(&machines[index].id), Some(position));
                assert_eq!(position < order.needs(), machines[index].state.needs_a_person());
            }
            for line in &lines {
                if let Line::Heading(_, size) = line {
                    headed += size;
                }
            }
            assert_eq!(headed, n);
        }
    }

    #[test]
    fn namesakes_carry_the_start_of_their_ids() {
        let machines = [
            machine("par-web-014", "7b1f49", MachineState::Queued),
            machine("PAR-WEB-014", "7b1fc2", MachineState::Queued),
            machine("par-web-015", "8fd5", MachineState::Queued),
        ];
        let order = Order::of(&machines);
        assert_eq!((order.tag(0), order.tag(1), order.tag(2)), (Some("#7b1f4"), Some("#7b1fc"), None));
    }
}
