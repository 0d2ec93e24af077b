//! [`Plan`]: the frozen, checked list of machines that a confirmation shows and a run carries out.
//!
//! A plan holds proofs ([`Offboardable`]), not ids, and the facts that the rule looked at, so that the rule is asked
//! once more just before each machine is sent. A refresh behind a confirmation cannot change a plan.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::domain::{Comment, Machine, MachineId, Mark, Offboardable, Refusal, RuleFacts, SafeText};

/// One machine of a plan, with what was known of it when the plan was frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The proof that the rule allows it.
    pub machine: Offboardable,
    /// `computerDnsName`, to show; a name never sends.
    pub name: Option<SafeText>,
    /// What the rule looked at.
    pub facts: RuleFacts,
    /// `lastSeen`, to tell later whether it came back.
    pub last_seen: Option<Timestamp>,
    /// Whether the service called it Inactive: its action waits until it is online.
    pub inactive: bool,
}

/// What was confirmed: at least one machine, none twice, each allowed by the rule, with the Comment as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    mark: Mark,
    comment: Comment,
    machines: Vec<Planned>,
}

/// Why a selection cannot become a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Nothing is selected.
    #[error("no machine is selected")]
    Empty,
    /// The rule refuses a machine.
    #[error("{id}: {}", .refusal.sentence())]
    Refused {
        /// Which machine.
        id: MachineId,
        /// Why.
        refusal: Refusal,
    },
}

impl Plan {
    /// Freezes machines as they stand. The mark names run and operator; the comment as sent carries it already,
    /// unless the mark is turned off.
    pub fn freeze<'a>(
        mark: Mark,
        comment: Comment,
        machines: impl IntoIterator<Item = &'a Machine>,
    ) -> Result<Self, PlanError> {
        let mut seen = HashSet::new();
        let mut planned = Vec::new();
        for machine in machines {
            if !seen.insert(machine.id.clone()) {
                continue;
            }
            let proof = Offboardable::of(machine)
                .map_err(|refusal| PlanError::Refused { id: machine.id.clone(), refusal })?;
            planned.push(Planned {
                machine: proof,
                name: machine.name.clone(),
                facts: machine.rule_facts(),
                last_seen: machine.last_seen,
                inactive: machine.health == Some(crate::domain::HealthStatus::Inactive),
            });
        }
        if planned.is_empty() { Err(PlanError::Empty) } else { Ok(Self { mark, comment, machines: planned }) }
    }

    /// The run's short name and the operator.
    pub fn mark(&self) -> &Mark {
        &self.mark
    }

    /// The Comment as it is sent.
    pub fn comment(&self) -> &Comment {
        &self.comment
    }

    /// The machines, in the order in which they are sent. Never empty.
    pub fn machines(&self) -> &[Planned] {
        &self.machines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(id: &str, platform: &str) -> Machine {
        Machine {
            os_platform: Some(platform.into()),
            onboarding_status: Some("Onboarded".into()),
            ..Machine::bare(MachineId::parse(id).unwrap())
        }
    }

    fn freeze(machines: &[Machine]) -> Result<Plan, PlanError> {
        let mark = Mark { run: "4f2a".into(), operator: "jdoe".into() };
        Plan::freeze(mark, Comment::parse("why", None).unwrap(), machines)
    }

    #[test]
    fn holds_each_machine_once_and_only_what_the_rule_allows() {
        let plan = freeze(&[machine("a", "Windows11"), machine("b", "Windows11"), machine("a", "Windows11")]);
        let ids: Vec<_> = plan.unwrap().machines().iter().map(|m| m.machine.id().to_string()).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(freeze(&[]), Err(PlanError::Empty));
        let refused = freeze(&[machine("a", "Windows11"), machine("b", "Linux")]);
        assert_eq!(refused.unwrap_err().to_string(), "b: outside offramp's rule: Linux");
    }
}
