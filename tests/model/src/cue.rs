//! Scripts that fit their crossing; what is drawn without looking seldom gets anywhere.

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::{
    argument::Null,
    argument::Ref,
    crossing::{Answer, Crossing},
    op::{HostOp, MessageOp, OfferOp, Op, ServiceOp, SessionOp, Step},
    phrase::{Phrase, step},
    plan::{Cue, Script},
};

impl<'a> Arbitrary<'a> for Cue {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        use Crossing::{
            Create, MessageIn, MessageOut, OfferCall, OfferEnded, OfferPublished, Request, RequestStop,
            SessionResult, SessionSend, SlowArrive, SlowRequest, Task,
        };
        let crossing = match u.arbitrary::<u8>()? {
            0..=39 => Request,
            40..=64 => SlowRequest,
            65..=79 => SlowArrive,
            80..=99 => MessageIn,
            100..=119 => MessageOut,
            120..=139 => SessionResult,
            140..=154 => SessionSend,
            155..=164 => Task,
            165..=194 => OfferCall,
            195..=199 => OfferPublished,
            200..=204 => OfferEnded,
            205..=212 => RequestStop,
            213..=218 => Create,
            _ => u.arbitrary()?,
        };
        // In the scene that most plans begin with, the third plugin serves and the first two own sessions.
        let definition = match (crossing, u.arbitrary::<u8>()?) {
            (Request | SlowRequest | SlowArrive, 0..=199) => 2,
            (SessionResult | SessionSend, n @ 0..=199) => n % 2,
            (OfferCall, n @ 0..=199) => 1 + n % 2,
            (_, n) => n % 5,
        };
        let mut steps = Vec::new();
        for _ in 0..u.arbitrary::<u8>()? % 4 {
            match u.arbitrary::<u8>()? {
                0..=63 => steps.push(u.arbitrary()?),
                64..=127 => u.arbitrary::<Phrase>()?.speak(&mut steps),
                _ => fitting(u, crossing, &mut steps)?,
            }
        }
        let pending = match crossing {
            Request | SlowRequest => 50,
            RequestStop => 150,
            _ => 0,
        };
        let answer = if u.arbitrary::<u8>()? < pending { Answer::Pending } else { u.arbitrary()? };
        Ok(Self { definition, crossing, script: Script { steps, answer } })
    }
}

/// The two plugins of the scene that publish offers call each other's, and end them meanwhile.
pub(crate) fn duet(u: &mut Unstructured<'_>, cues: &mut Vec<Cue>) -> Result<()> {
    let begins = [Crossing::MessageIn, Crossing::Request, Crossing::OfferPublished, Crossing::Task];
    let begin = begins[usize::from(u.arbitrary::<u8>()? % 4)];
    // The second of them serves.
    let first = if begin == Crossing::Request { 1 } else { u.arbitrary::<u8>()? % 2 };
    let crossings = [begin, Crossing::OfferCall, Crossing::OfferCall, Crossing::OfferEnded];
    for (turn, crossing) in (0..).zip(crossings) {
        let mut steps = Vec::new();
        for offer in 0..=u.arbitrary::<u8>()? % 2 {
            let op = OfferOp::Call { offer: Ref::Recent(offer), data: turn, null: Null(false) };
            steps.push(step(0, Op::Offer(op)));
            fitting(u, Crossing::OfferCall, &mut steps)?;
        }
        let script = Script { steps, answer: u.arbitrary()? };
        cues.push(Cue { definition: 1 + (first + turn) % 2, crossing, script });
    }
    Ok(())
}

/// A call or two about what the crossing was given.
fn fitting(u: &mut Unstructured<'_>, crossing: Crossing, steps: &mut Vec<Step>) -> Result<()> {
    use Crossing::{
        MessageIn, MessageOut, OfferCall, OfferEnded, OfferPublished, Request, RequestDone, SessionResult,
        SessionSend, SessionWritable, SlowArrive, SlowRequest,
    };
    let (request, session, message) = (Ref::Given, Ref::Given, Ref::Given);
    let choice = u.arbitrary::<u8>()? % 10;
    let op = match (crossing, choice) {
        (Request | SlowRequest | SlowArrive, 0..=2) => {
            let phrase = Phrase::Result { actor: 0, request, bytes: u.arbitrary()?, keep: u.arbitrary()? };
            phrase.speak(steps);
            return Ok(());
        }
        (Request | SlowRequest | SlowArrive, 3) => Op::Service(ServiceOp::Result { request, message }),
        (Request | SlowRequest | SlowArrive, 4) => {
            Op::Service(ServiceOp::Exception { request, code: u.arbitrary()?, text: u.arbitrary()? })
        }
        (Request | SlowRequest | SlowArrive | RequestDone, 5) => {
            Op::Service(ServiceOp::IsCancelled { request })
        }
        (SlowArrive, 6) => Op::Service(ServiceOp::DropCurrent { request }),
        (MessageIn | MessageOut, 0..=4) => {
            Phrase::Edit { actor: 0, bytes: u.arbitrary()? }.speak(steps);
            match choice {
                0 => Op::Message(MessageOp::Clear { message: Ref::Recent(0) }),
                1 => Op::Message(MessageOp::Retain { message: Ref::Recent(0) }),
                2 => Op::Message(MessageOp::ViewMut { message: Ref::Recent(0), null: u.arbitrary()? }),
                3 => Op::Message(MessageOp::Edit { message: Ref::Recent(0), null: u.arbitrary()? }),
                _ => return Ok(()),
            }
        }
        (SessionSend | SessionResult | SessionWritable, 0) => Op::Session(SessionOp::Suspend { session }),
        (SessionSend | SessionResult | SessionWritable, 1) => Op::Session(SessionOp::Resume { session }),
        (SessionSend | SessionResult | SessionWritable, 2) => Op::Session(SessionOp::Destroy { session }),
        (OfferCall | OfferEnded | OfferPublished, 0) => {
            let timeout = u.arbitrary()?;
            Op::Host(HostOp::Unload { instance: Ref::Recent(u.arbitrary::<u8>()? % 3), timeout })
        }
        (OfferCall | OfferEnded | OfferPublished, 1..=3) => {
            Op::Offer(OfferOp::Withdraw { offer: Ref::Recent(choice - 1) })
        }
        (OfferCall | OfferEnded | OfferPublished, 4..=5) => {
            Op::Offer(OfferOp::Publish { id: u.arbitrary()?, table: u.arbitrary()?, null: u.arbitrary()? })
        }
        (_, 8..=9) => {
            let offer = Ref::Recent(u.arbitrary::<u8>()? % 3);
            Op::Offer(OfferOp::Call { offer, data: choice, null: u.arbitrary()? })
        }
        (_, 6) => Op::Message(MessageOp::Retain { message }),
        (_, 7) => Op::Message(MessageOp::Read { message, length: u.arbitrary()?, null: u.arbitrary()? }),
        _ => return Ok(()),
    };
    steps.push(step(0, op));
    Ok(())
}
