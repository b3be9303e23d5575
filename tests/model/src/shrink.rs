//! Makes a plan that fails as small as it can be.

use crate::{op::Step, plan::Plan};

/// How often the plan is run, at most.
const PATIENCE: usize = 6000;

/// Takes away whatever does not matter: steps, scripts, steps of scripts, odd limits, missing callbacks.
pub(crate) fn shrink(plan: &Plan, fails: impl Fn(&Plan) -> bool) -> Plan {
    let mut search = Search { best: plan.clone(), left: PATIENCE, fails };
    loop {
        let before = search.size();
        search.lists();
        search.plugins();
        if search.size() == before || search.left == 0 {
            return search.best;
        }
    }
}

struct Search<F> {
    best: Plan,
    left: usize,
    fails: F,
}

impl<F: Fn(&Plan) -> bool> Search<F> {
    fn size(&self) -> usize {
        let cues: usize = self.best.cues.iter().map(|cue| 1 + cue.script.steps.len()).sum();
        let plugins = self.best.definitions.iter().chain([&self.best.zero]);
        let absent: u32 = plugins.map(|plugin| plugin.absent.count_ones()).sum();
        let odd = absent + self.best.limits.0.count_ones();
        self.best.steps.len() + cues + odd as usize
    }

    fn try_one(&mut self, plan: Plan) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let fails = (self.fails)(&plan);
        if fails {
            self.best = plan;
        }
        fails
    }

    /// Steps from the end, in pieces that get smaller; then scripts, then what they hold.
    fn lists(&mut self) {
        self.pieces(|plan| plan.steps.len(), |plan, range| drop(plan.steps.drain(range)));
        self.pieces(|plan| plan.cues.len(), |plan, range| drop(plan.cues.drain(range)));
        for at in 0..self.best.cues.len() {
            fn steps(plan: &mut Plan, at: usize) -> &mut Vec<Step> {
                &mut plan.cues[at].script.steps
            }
            self.pieces(
                |plan| plan.cues[at].script.steps.len(),
                |plan, range| drop(steps(plan, at).drain(range)),
            );
        }
    }

    fn pieces(
        &mut self,
        length: impl Fn(&Plan) -> usize,
        remove: impl Fn(&mut Plan, std::ops::Range<usize>),
    ) {
        let mut piece = length(&self.best).div_ceil(2);
        while piece > 0 {
            let mut end = length(&self.best);
            while end > 0 {
                let start = end.saturating_sub(piece);
                let mut plan = self.best.clone();
                remove(&mut plan, start..end);
                self.try_one(plan);
                end = start;
            }
            piece /= 2;
        }
    }

    fn plugins(&mut self) {
        for bit in 0..32 {
            let mut plan = self.best.clone();
            plan.limits.0 &= !(1 << bit);
            if plan.limits != self.best.limits {
                self.try_one(plan);
            }
            for at in 0..=self.best.definitions.len() {
                let mut plan = self.best.clone();
                let plugin = if at == 0 { &mut plan.zero } else { &mut plan.definitions[at - 1] };
                if plugin.absent >> bit & 1 == 1 {
                    plugin.absent &= !(1 << bit);
                    self.try_one(plan);
                }
            }
        }
    }
}
