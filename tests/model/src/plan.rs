//! What one run does: the limits, the plugins, what their callbacks play, and the calls from outside.

use arbitrary::{Arbitrary, Result, Unstructured};
use pintle_abi_core::{Limits, NO_INBOX, NO_WORKERS};
use serde::{Deserialize, Serialize};

use crate::{
    argument::{IDS, Id, Null, Ref, Small, Span, Table, Words},
    crossing::{Answer, Crossing},
    cue::duet,
    op::{HostOp, OfferOp, Op, ServiceOp, SessionOp, SocketOp, Step},
    phrase::{Phrase, step},
};

/// Calls from outside, at most.
const STEPS: usize = 160;
/// Scripts, at most.
const CUES: usize = 120;

/// A whole run. [`Plan::from_bytes`] makes one of any bytes; as JSON it is readable.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Plan {
    pub(crate) limits: Tightness,
    /// Plugin zero.
    pub(crate) zero: Definition,
    /// The plugins that can be added.
    pub(crate) definitions: Vec<Definition>,
    pub(crate) cues: Vec<Cue>,
    pub(crate) steps: Vec<Step>,
}

/// One plugin, as its descriptor and callback table say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Definition {
    pub(crate) priority: i32,
    /// Bit n: the nth crossing has no callback.
    pub(crate) absent: u32,
    pub(crate) opens_sockets: bool,
    pub(crate) session_data: bool,
    /// The services that it announces.
    pub(crate) services: Vec<u32>,
    /// The offers that it announces.
    #[serde(default)]
    pub(crate) offers: Vec<u8>,
    /// The offers that it cannot do without.
    #[serde(default)]
    pub(crate) needs: Vec<u8>,
}

impl Definition {
    /// Whether it offers this callback.
    pub(crate) fn has(&self, crossing: Crossing) -> bool {
        crossing == Crossing::Create || crossing.rule().is_none() || self.absent >> (crossing as u32) & 1 == 0
    }
}

impl<'a> Arbitrary<'a> for Definition {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let (announced, offered) = (u.arbitrary::<u8>()?, u.arbitrary::<u8>()?);
        Ok(Self {
            priority: i32::from(u.arbitrary::<u8>()? % 3) - 1,
            absent: u.arbitrary::<u32>()? & u.arbitrary::<u32>()? & u.arbitrary::<u32>()?,
            opens_sockets: announced & 32 == 0,
            session_data: announced & 64 == 0,
            services: (0..4).filter(|service| announced >> service & 1 == 0).collect(),
            offers: (0..IDS).filter(|id| offered >> id & 1 == 0).collect(),
            needs: if offered >> 4 == 0 { vec![offered % IDS] } else { Vec::new() },
        })
    }
}

/// What one crossing does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
    pub(crate) answer: Answer,
}

impl Default for Script {
    fn default() -> Self {
        Self { steps: Vec::new(), answer: Answer::Ok }
    }
}

/// A script for the next such crossing of a plugin (0: plugin zero).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cue {
    pub(crate) definition: u8,
    pub(crate) crossing: Crossing,
    pub(crate) script: Script,
}

/// Which limits are small.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tightness(pub(crate) u32);

impl Tightness {
    /// The limits of the run.
    pub(crate) fn limits(self) -> Limits {
        let pick = |bit: u32, small: u32, roomy: u32| if self.0 >> bit & 1 == 1 { small } else { roomy };
        Limits {
            size: size_of::<Limits>().try_into().expect("a small struct"),
            plugins: pick(0, 3, 8),
            sockets: pick(1, 2, 16),
            sessions: pick(2, 3, 24),
            channels: pick(3, 2, 8),
            services: pick(4, 2, 8),
            requests: pick(5, 3, 32),
            requests_per_session: pick(6, 2, 16),
            messages: pick(7, 6, 96),
            message_bytes: 64,
            large_messages: pick(8, 2, 16),
            large_message_bytes: 256,
            worker_messages: pick(9, 2, 32),
            worker_large_messages: pick(10, 1, 16),
            tasks: pick(11, 2, 32),
            timers: pick(12, 2, 16),
            watches: pick(13, 2, 16),
            inbox: pick(14, pick(15, 1, 3), pick(15, 16, NO_INBOX)),
            workers: NO_WORKERS,
            depth: pick(16, pick(17, 2, 4), 16),
            offers: pick(18, 2, 8),
        }
    }
}

impl Plan {
    /// A plan from any bytes at all; more bytes, more calls.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self::arbitrary(&mut Unstructured::new(bytes)).unwrap_or_default()
    }

    /// Reads what [`to_json`](Self::to_json) wrote.
    ///
    /// # Errors
    /// When the text is not such a plan.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// The plan as text that can be kept and read.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a plan holds only numbers, names and lists")
    }

    /// How many calls come from outside.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps.len()
    }
}

impl<'a> Arbitrary<'a> for Plan {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let scene = u.arbitrary::<u8>()?;
        let tight = u.arbitrary::<u32>()? & u.arbitrary::<u32>()?;
        let mut plan = Self { limits: Tightness(tight), zero: u.arbitrary()?, ..Self::default() };
        for _ in 0..4 {
            plan.definitions.push(u.arbitrary()?);
        }
        if scene < 240 {
            plan.begin(scene % 4 == 0);
        }
        while !u.is_empty() && plan.steps.len() < STEPS {
            match u.arbitrary::<u8>()? {
                0..=59 => plan.steps.push(u.arbitrary()?),
                60..=129 => u.arbitrary::<Phrase>()?.speak(&mut plan.steps),
                130..=131 => {
                    let (instance, timeout) = (Ref::Recent(u.arbitrary::<u8>()? % 4), u.arbitrary()?);
                    plan.steps.push(step(0, Op::Host(HostOp::Unload { instance, timeout })));
                    plan.steps.push(step(0, Op::Host(HostOp::TurnLater { after: u.arbitrary()? })));
                    plan.steps.push(step(0, Op::Host(HostOp::Add { definition: u.arbitrary()? })));
                }
                132..=159 => plan.steps.push(step(0, Op::Host(HostOp::Turn))),
                160..=247 if plan.cues.len() < CUES => plan.cues.push(u.arbitrary()?),
                248.. if plan.cues.len() < CUES => duet(u, &mut plan.cues)?,
                _ => {}
            }
        }
        Ok(plan)
    }
}

impl Plan {
    /// A scene to begin with: three plugins, a socket that is served, sessions of two owners, a service, three offers.
    fn begin(&mut self, with_inbox: bool) {
        if with_inbox {
            self.zero.absent |= 1 << Crossing::MessageIn as u32;
            self.limits.0 |= 1 << 14;
        }
        self.definitions[0].absent &= !(1 << Crossing::SocketListening as u32);
        self.definitions[0].opens_sockets = true;
        self.cues.push(Cue {
            definition: 1,
            crossing: Crossing::SocketListening,
            script: Script {
                steps: vec![step(1, Op::Socket(SocketOp::Attach { socket: G, address: Words::Word(1) }))],
                answer: Answer::Ok,
            },
        });
        let publish = |id| {
            Op::Offer(OfferOp::Publish { id: Id::Offer(id), table: Table::Number(id), null: Null(false) })
        };
        self.cues.push(Cue {
            definition: 1,
            crossing: Crossing::Create,
            script: Script { steps: vec![step(1, publish(0)), step(1, publish(2))], answer: Answer::Ok },
        });
        self.definitions[0].offers = vec![0, 2];
        self.definitions[1].offers = vec![1, 2];
        self.definitions.iter_mut().take(3).for_each(|it| it.needs.clear());
        self.definitions[1].services = vec![0, 1];
        let socket = |op| Op::Socket(op);
        let create = || {
            Op::Session(SessionOp::Create {
                socket: G,
                client_id: 7,
                family: Small(1),
                data: 1,
                user: Words::Word(1),
                protocol: Words::Empty,
                null: Null(false),
            })
        };
        self.steps.extend([
            step(0, Op::Host(HostOp::Add { definition: 0 })),
            step(0, Op::Host(HostOp::Add { definition: 1 })),
            step(0, Op::Host(HostOp::Add { definition: 2 })),
            step(
                1,
                socket(SocketOp::Open { modes: [Small(0), Small(2)], count: Small(2), null: Null(false) }),
            ),
            step(1, socket(SocketOp::Listen { socket: G, address: Words::Word(0) })),
            step(
                2,
                Op::Service(ServiceOp::Declare {
                    service: Small(0),
                    slow: [Small(1), Small(3)],
                    count: Small(2),
                    null: Null(false),
                }),
            ),
            step(2, publish(1)),
            step(0, create()),
            step(1, create()),
            step(0, Op::Host(HostOp::TurnLater { after: Span(10) })),
        ]);
    }
}

use crate::argument::Ref::Given as G;
