//! Runs a plan on the model and on the kernel, and compares what happened.

use std::fmt::{self, Write as _};

use crate::{
    argument::{Null, Ref, Wait},
    event::{Event, Kind},
    kernel::on_kernel,
    model::Model,
    op::{HostOp, MessageOp, Op, PluginOp, SessionOp, SocketOp, Step},
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
    let mut make = |model: &mut Model, step: Step| {
        if let Some(actor) = model.actor(step.actor) {
            model.perform(actor, &step);
            made.push((actor, step));
        }
    };
    for step in &plan.steps {
        make(&mut model, step.clone());
    }
    for step in stops(&model) {
        make(&mut model, step);
    }
    for step in looks(&model) {
        make(&mut model, step);
    }
    (made, model.stage.into_trace())
}

fn host(op: HostOp) -> Step {
    step(0, Op::Host(op))
}

/// The numbers of all objects of a kind, as references name them.
fn all(model: &Model, kind: Kind) -> impl Iterator<Item = Ref> + use<> {
    (0..model.stage.all(kind).len()).filter_map(|n| u8::try_from(n).ok()).map(Ref::Recent)
}

/// Every run ends with all plugins unloaded.
fn stops(model: &Model) -> Vec<Step> {
    let instances = || all(model, Kind::Instance);
    let mut steps = vec![host(HostOp::Turn), host(HostOp::Turn)];
    steps.extend(instances().map(|instance| host(HostOp::Unload { instance, timeout: Wait::Forever })));
    steps.extend((1..8).zip(instances()).map(|(actor, _)| step(actor, Op::Plugin(PluginOp::Stopped))));
    steps.extend([host(HostOp::Turn), host(HostOp::Turn), host(HostOp::Turn)]);
    steps
}

/// Then what is left is looked at.
fn looks(model: &Model) -> Vec<Step> {
    let null = Null(false);
    let receipts = all(model, Kind::Instance).map(|instance| host(HostOp::Receipt { instance }));
    let lengths =
        all(model, Kind::Message).map(|message| step(0, Op::Message(MessageOp::Length { message, null })));
    let states = all(model, Kind::Socket).map(|socket| step(0, Op::Socket(SocketOp::State { socket, null })));
    let ids =
        all(model, Kind::Session).map(|session| step(0, Op::Session(SessionOp::ClientId { session, null })));
    receipts.chain(lengths).chain(states).chain(ids).collect()
}

/// What happens in the plan, as the model has it.
#[must_use]
pub fn transcript(plan: &Plan) -> String {
    let (_, trace) = on_model(plan);
    trace.iter().map(|event| format!("{event}\n")).collect()
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
    let (kernel, panic) = on_kernel(plan, &steps);
    if model == kernel && panic.is_none() {
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
    if let Some(panic) = panic {
        let _ = writeln!(text, "the kernel panicked: {panic}");
    }
    Some(text)
}
