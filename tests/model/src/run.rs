//! Runs a plan on the model and on the kernel, and compares what happened.

use std::fmt::{self, Write as _};

use crate::{
    event::{Event, Value},
    model::Model,
    op::{HostOp, Op, PluginOp, Ref, Step},
    phrase::step,
    plan::Plan,
};

/// Where the kernel did something else than the model.
#[derive(Debug)]
pub struct Difference {
    /// What the plan is, after everything that does not matter was taken away.
    pub plan: Plan,
    transcript: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.transcript)
    }
}

/// The calls from outside, with the instance that makes each: the end of every run included.
fn on_model(plan: &Plan) -> (Vec<(usize, Step)>, Vec<Event>) {
    let mut model = Model::new(plan);
    let mut made = Vec::new();
    for step in plan.steps.iter().chain(&ending()) {
        let Some(actor) = model.actor(step.actor) else { continue };
        model.perform(actor, step);
        made.push((actor, step.clone()));
    }
    (made, model.stage.into_trace())
}

/// How every run ends: the plugins are unloaded, and what is left is looked at.
fn ending() -> Vec<Step> {
    let host = |op| step(0, Op::Host(op));
    let mut steps = Vec::new();
    for _ in 0..3 {
        steps.push(host(HostOp::Turn));
    }
    for n in 0..8 {
        steps.push(host(HostOp::Unload { instance: Ref::Recent(n) }));
    }
    for actor in 1..8 {
        steps.push(step(actor, Op::Plugin(PluginOp::Stopped)));
    }
    for _ in 0..3 {
        steps.push(host(HostOp::Turn));
    }
    steps
}

/// The model's trace, as text.
#[must_use]
pub fn tell(plan: &Plan) -> String {
    let (_, trace) = on_model(plan);
    let mut text = String::new();
    for event in &trace {
        let _ = writeln!(text, "{event}");
    }
    text
}
