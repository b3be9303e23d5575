//! Runs a plan on the model and on the kernel, and compares what happened.

use std::{
    fmt::{self, Write as _},
    panic::{self, AssertUnwindSafe},
};

use crate::{ending::Run, kernel::on_kernel, plan::Plan};

/// Lines of a transcript before a difference, at most: the end of a run is long.
const SHOWN: usize = 150;

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

/// Runs something; the words of a panic if there is one.
pub(crate) fn caught<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    panic::catch_unwind(AssertUnwindSafe(run)).map_err(|words| {
        let text = words.downcast_ref::<String>().cloned();
        text.or_else(|| words.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
    })
}

/// What happens in the plan, as the model has it.
#[must_use]
pub fn transcript(plan: &Plan) -> String {
    let trace = Run::new(plan).model.stage.into_trace();
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
    let Run { model, made, .. } = match caught(|| Run::new(plan)) {
        Ok(run) => run,
        Err(panic) => return Some(format!("the model contradicts itself: {panic}\n")),
    };
    let model = model.stage.into_trace();
    let (kernel, panic) = on_kernel(plan, &made);
    if model == kernel && panic.is_none() {
        return None;
    }
    let mut text = String::new();
    let mut depth = 0_usize;
    let common = model.iter().zip(&kernel).take_while(|(expected, got)| expected == got).count();
    for (at, expected) in model.iter().take(common).enumerate() {
        depth = depth.saturating_sub(usize::from(expected.is_end()));
        if at + SHOWN > common {
            let _ = writeln!(text, "{:width$}{expected}", "", width = depth * 2);
        }
        depth += usize::from(expected.is_begin());
    }
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
