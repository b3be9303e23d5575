//! Runs a plan on the model and on the kernel, and compares what happened.

use std::fmt::{self, Write as _};

use crate::{
    event::Event,
    kernel::on_kernel,
    model::Model,
    op::{HostOp, MessageOp, Null, Op, PluginOp, Ref, Step},
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
    for n in 0..16 {
        steps.push(host(HostOp::Receipt { instance: Ref::Recent(n) }));
    }
    for n in 0..64 {
        let (message, null) = (Ref::Recent(n), Null(false));
        steps.push(step(0, Op::Message(MessageOp::Length { message, null })));
    }
    steps
}

/// Runs the plan on both and compares.
///
/// # Errors
/// Where they differ, after the plan was made as small as it can be.
pub fn check(plan: &Plan) -> Result<(), Box<Difference>> {
    let Some(_) = differs(plan) else { return Ok(()) };
    let plan = crate::shrink::shrink(plan, |plan| differs(plan).is_some());
    let transcript = differs(&plan).expect("a smaller plan that still differs");
    Err(Box::new(Difference { plan, transcript }))
}

/// The transcript up to the first difference, if there is one.
fn differs(plan: &Plan) -> Option<String> {
    let (steps, model) = on_model(plan);
    let kernel = on_kernel(plan, &steps);
    if model == kernel {
        return None;
    }
    let mut text = String::new();
    let mut depth = 0_usize;
    let mut lines = model.iter().zip(&kernel);
    for (expected, _) in lines.by_ref().take_while(|(expected, got)| expected == got) {
        depth = depth.saturating_sub(usize::from(expected.is_end()));
        let _ = writeln!(text, "{:width$}{expected}", "", width = depth * 2);
        depth += usize::from(expected.is_begin());
    }
    let common = model.iter().zip(&kernel).take_while(|(expected, got)| expected == got).count();
    for (who, trace) in [("the model", &model), ("the kernel", &kernel)] {
        let _ = writeln!(text, "{who}:");
        for event in trace.iter().skip(common).take(4) {
            let _ = writeln!(text, "    {event}");
        }
    }
    Some(text)
}
