//! What model and kernel have in common while they run: the names of what was seen, the scripts that are left, and the trace.

use std::collections::{HashMap, VecDeque};

use crate::{
    argument::Ref,
    crossing::Crossing,
    event::{Event, KINDS, Kind, Value},
    op::{Op, Step},
    plan::{Plan, Script},
};

/// A reference that was looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Zero,
    Ones,
    NeverUsed,
    UnknownKind,
    Foreign(Kind, usize),
    Generation(Kind, usize),
    Object(Kind, usize),
}

/// One run, on the model or on the kernel.
pub(crate) struct Stage {
    trace: Vec<Event>,
    seen: [Vec<u64>; KINDS],
    numbers: [HashMap<u64, usize>; KINDS],
    given: Vec<Vec<(Kind, usize)>>,
    scripts: HashMap<(usize, Crossing), VecDeque<Script>>,
}

impl Stage {
    /// The beginning: nothing was seen, every script is left.
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut scripts: HashMap<_, VecDeque<Script>> = HashMap::new();
        for cue in &plan.cues {
            let definition = usize::from(cue.definition) % (plan.definitions.len() + 1);
            scripts.entry((definition, cue.crossing)).or_default().push_back(cue.script.clone());
        }
        Self {
            trace: Vec::new(),
            seen: Default::default(),
            numbers: Default::default(),
            given: Vec::new(),
            scripts,
        }
    }

    /// What plugin zero does in its next worker task, before the scripts that are left.
    pub(crate) fn work_next(&mut self, steps: &[Step]) {
        let script = Script { steps: steps.to_vec(), ..Script::default() };
        self.scripts.entry((0, Crossing::WorkerTask)).or_default().push_front(script);
    }

    /// Writes a line.
    pub(crate) fn tell(&mut self, event: Event) {
        self.trace.push(event);
    }

    /// The whole trace.
    pub(crate) fn into_trace(self) -> Vec<Event> {
        self.trace
    }

    /// The object's number; a handle that was not seen before gets the next one.
    pub(crate) fn name(&mut self, kind: Kind, bits: u64) -> Value {
        if bits == 0 {
            return Value::Nothing;
        }
        let seen = &mut self.seen[kind as usize];
        let number = *self.numbers[kind as usize].entry(bits).or_insert_with(|| {
            seen.push(bits);
            seen.len() - 1
        });
        Value::Object(kind, number)
    }

    /// The handle behind a number.
    pub(crate) fn bits(&self, kind: Kind, number: usize) -> u64 {
        self.seen[kind as usize][number]
    }

    /// The number of a handle that was seen.
    pub(crate) fn number(&self, kind: Kind, bits: u64) -> Option<usize> {
        self.numbers[kind as usize].get(&bits).copied()
    }

    /// All handles of a kind, oldest first.
    pub(crate) fn all(&self, kind: Kind) -> &[u64] {
        &self.seen[kind as usize]
    }

    /// What a call is about, for the transcript.
    pub(crate) fn objects(&self, op: &Op) -> Vec<Value> {
        op.references().into_iter().map(|(kind, reference)| self.find(kind, reference).value()).collect()
    }

    /// Looks a reference up.
    pub(crate) fn find(&self, kind: Kind, reference: Ref) -> Target {
        match reference {
            Ref::Given => {
                let given = self.given.last().and_then(|list| list.iter().find(|(of, _)| *of == kind));
                match given {
                    Some((_, number)) => Target::Object(kind, *number),
                    None => self.newest(kind, 0),
                }
            }
            Ref::Number(number) if number < self.seen[kind as usize].len() => Target::Object(kind, number),
            Ref::Number(_) => Target::Zero,
            Ref::Recent(n) => self.newest(kind, n),
            Ref::Zero => Target::Zero,
            Ref::Ones => Target::Ones,
            Ref::NeverUsed => Target::NeverUsed,
            Ref::UnknownKind => Target::UnknownKind,
            Ref::OtherKind(n) => self.newest(kind.other(), n),
            Ref::Foreign(n) => match self.newest(kind, n) {
                Target::Object(kind, number) => Target::Foreign(kind, number),
                nothing => nothing,
            },
            Ref::Generation(n) => match self.newest(kind, n) {
                Target::Object(kind, number) => Target::Generation(kind, number),
                nothing => nothing,
            },
        }
    }

    fn newest(&self, kind: Kind, n: u8) -> Target {
        let count = self.seen[kind as usize].len();
        if count == 0 {
            return Target::Zero;
        }
        Target::Object(kind, count - 1 - usize::from(n) % count)
    }

    /// A crossing begins; its script, if there is one left.
    pub(crate) fn enter(
        &mut self,
        instance: usize,
        definition: usize,
        crossing: Crossing,
        arguments: Vec<Value>,
    ) -> Script {
        let objects = arguments.iter().filter_map(|value| match value {
            Value::Object(kind, number) => Some((*kind, *number)),
            _ => None,
        });
        self.given.push(objects.collect());
        self.tell(Event::Enter { instance, crossing, arguments });
        let script = self.scripts.get_mut(&(definition, crossing)).and_then(VecDeque::pop_front);
        script.unwrap_or_default()
    }

    /// A crossing ends.
    pub(crate) fn leave(&mut self, status: i32) {
        self.given.pop();
        self.tell(Event::Leave { status });
    }
}

impl Target {
    /// As the transcript shows it.
    pub(crate) fn value(self) -> Value {
        match self {
            Self::Object(kind, number) => Value::Object(kind, number),
            Self::Zero => Value::Nothing,
            other => Value::Bytes(format!("{other:?}").into_bytes()),
        }
    }
}
