//! The frames that travel as binary WebSocket messages; `README.md` is their description for other clients.

use std::fmt;

/// Bytes of the longest head, that of a request.
pub const HEAD_MAX: usize = 20;

const MESSAGE: u8 = 0;
const REQUEST: u8 = 1;
const CANCEL: u8 = 2;
const RESULT: u8 = 3;
const EXCEPTION: u8 = 4;
const DONE: u8 = 5;

/// The head of a frame, which precedes its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// A message on a channel; the payload is the message.
    Message {
        /// The channel's index.
        channel: u16,
    },
    /// Asks a service; the payload is the request's.
    Request {
        /// The service's number.
        service: u32,
        /// The request's number within the service.
        id: u32,
        /// Chosen by the asker; its answers carry it.
        correlation: u64,
    },
    /// The request is cancelled. No payload.
    Cancel {
        /// That of the request.
        correlation: u64,
    },
    /// One result; the payload is the result.
    Result {
        /// That of the request.
        correlation: u64,
    },
    /// The request failed; the payload is a text in UTF-8.
    Exception {
        /// That of the request.
        correlation: u64,
        /// A Pintle status.
        code: i32,
    },
    /// The last frame of a request. No payload.
    Done {
        /// That of the request.
        correlation: u64,
        /// A Pintle status.
        code: i32,
    },
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// Shorter than its head; the number is how many bytes there were.
    Short(usize),
    /// The first byte is not the type of a frame.
    Type(u8),
    /// A reserved byte is not 0.
    Reserved,
    /// A frame without a payload has one of so many bytes.
    Payload(usize),
    /// The text of an exception is not UTF-8.
    Text,
}

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Short(length) => write!(out, "a frame of {length} bytes is shorter than its head"),
            Self::Type(tag) => write!(out, "{tag} is not the type of a frame"),
            Self::Reserved => out.write_str("a reserved byte of a frame is not 0"),
            Self::Payload(length) => write!(out, "{length} bytes follow a frame that has no payload"),
            Self::Text => out.write_str("the text of an exception is not UTF-8"),
        }
    }
}

impl Head {
    /// Bytes of this head.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Message { .. } => 4,
            Self::Cancel { .. } | Self::Result { .. } => 12,
            Self::Exception { .. } | Self::Done { .. } => 16,
            Self::Request { .. } => HEAD_MAX,
        }
    }

    /// Reads the head of `frame`; the payload begins at [`length`](Self::length).
    ///
    /// # Errors
    /// The bytes are not a frame.
    pub fn decode(frame: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields { rest: frame, whole: frame.len() };
        let [tag, reserved] = fields.take()?;
        let word = u16::from_le_bytes(fields.take()?);
        if tag > DONE {
            return Err(Malformed::Type(tag));
        }
        if reserved != 0 || (tag != MESSAGE && word != 0) {
            return Err(Malformed::Reserved);
        }
        let head = match tag {
            MESSAGE => Self::Message { channel: word },
            REQUEST => Self::Request {
                service: u32::from_le_bytes(fields.take()?),
                id: u32::from_le_bytes(fields.take()?),
                correlation: fields.correlation()?,
            },
            CANCEL => Self::Cancel { correlation: fields.correlation()? },
            RESULT => Self::Result { correlation: fields.correlation()? },
            EXCEPTION => Self::Exception { correlation: fields.correlation()?, code: fields.code()? },
            _ => Self::Done { correlation: fields.correlation()?, code: fields.code()? },
        };
        match head {
            Self::Cancel { .. } | Self::Done { .. } if !fields.rest.is_empty() => {
                Err(Malformed::Payload(fields.rest.len()))
            }
            Self::Exception { .. } if str::from_utf8(fields.rest).is_err() => Err(Malformed::Text),
            _ => Ok(head),
        }
    }

    /// The whole frame: this head, then `payload`.
    #[must_use]
    pub fn encode(self, payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::with_capacity(self.length() + payload.len());
        let (tag, word) = match self {
            Self::Message { channel } => (MESSAGE, channel),
            Self::Request { .. } => (REQUEST, 0),
            Self::Cancel { .. } => (CANCEL, 0),
            Self::Result { .. } => (RESULT, 0),
            Self::Exception { .. } => (EXCEPTION, 0),
            Self::Done { .. } => (DONE, 0),
        };
        frame.extend([tag, 0]);
        frame.extend(word.to_le_bytes());
        match self {
            Self::Message { .. } => {}
            Self::Request { service, id, correlation } => {
                frame.extend(service.to_le_bytes());
                frame.extend(id.to_le_bytes());
                frame.extend(correlation.to_le_bytes());
            }
            Self::Cancel { correlation } | Self::Result { correlation } => {
                frame.extend(correlation.to_le_bytes());
            }
            Self::Exception { correlation, code } | Self::Done { correlation, code } => {
                frame.extend(correlation.to_le_bytes());
                frame.extend(code.to_le_bytes());
            }
        }
        frame.extend_from_slice(payload);
        frame
    }
}

struct Fields<'a> {
    rest: &'a [u8],
    whole: usize,
}

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (field, rest) = self.rest.split_first_chunk().ok_or(Malformed::Short(self.whole))?;
        self.rest = rest;
        Ok(*field)
    }

    fn correlation(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    fn code(&mut self) -> Result<i32, Malformed> {
        Ok(i32::from_le_bytes(self.take()?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn heads() -> impl Strategy<Value = Head> {
        prop_oneof![
            any::<u16>().prop_map(|channel| Head::Message { channel }),
            any::<(u32, u32, u64)>().prop_map(|(service, id, correlation)| Head::Request {
                service,
                id,
                correlation
            }),
            any::<u64>().prop_map(|correlation| Head::Cancel { correlation }),
            any::<u64>().prop_map(|correlation| Head::Result { correlation }),
            any::<(u64, i32)>().prop_map(|(correlation, code)| Head::Exception { correlation, code }),
            any::<(u64, i32)>().prop_map(|(correlation, code)| Head::Done { correlation, code }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(head in heads(), text in ".{0,64}") {
            let payload = match head {
                Head::Cancel { .. } | Head::Done { .. } => "",
                _ => &text,
            };
            let frame = head.encode(payload.as_bytes());
            prop_assert_eq!(Head::decode(&frame), Ok(head));
            prop_assert_eq!(&frame[head.length()..], payload.as_bytes());
        }

        #[test]
        fn any_bytes_are_refused_or_are_the_only_spelling(bytes in prop::collection::vec(any::<u8>(), 0..48)) {
            if let Ok(head) = Head::decode(&bytes) {
                prop_assert_eq!(head.encode(&bytes[head.length()..]), bytes);
            }
        }

        #[test]
        fn a_head_that_is_cut_is_refused(head in heads(), cut in 0..HEAD_MAX) {
            let frame = head.encode(b"");
            prop_assume!(cut < frame.len());
            prop_assert_eq!(Head::decode(&frame[..cut]), Err(Malformed::Short(cut)));
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_readme() {
        assert_eq!(Head::Message { channel: 0x0102 }.encode(b"hi"), b"\x00\x00\x02\x01hi");
        assert_eq!(
            Head::Request { service: 1, id: 2, correlation: 3 }.encode(b"?"),
            b"\x01\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\0\0\0\0?"
        );
        assert_eq!(Head::Cancel { correlation: 3 }.encode(b""), b"\x02\0\0\0\x03\0\0\0\0\0\0\0");
        assert_eq!(Head::Result { correlation: 3 }.encode(b"!"), b"\x03\0\0\0\x03\0\0\0\0\0\0\0!");
        assert_eq!(
            Head::Exception { correlation: 3, code: 16 }.encode(b"no"),
            b"\x04\0\0\0\x03\0\0\0\0\0\0\0\x10\0\0\0no"
        );
        assert_eq!(
            Head::Done { correlation: 3, code: -1 }.encode(b""),
            b"\x05\0\0\0\x03\0\0\0\0\0\0\0\xff\xff\xff\xff"
        );
    }

    #[test]
    fn each_fault_is_named() {
        assert_eq!(Head::decode(b""), Err(Malformed::Short(0)));
        assert_eq!(Head::decode(b"\x06\0\0\0"), Err(Malformed::Type(6)));
        assert_eq!(Head::decode(b"\0\x01\0\0"), Err(Malformed::Reserved));
        assert_eq!(Head::decode(b"\x02\0\x01\0\0\0\0\0\0\0\0\0"), Err(Malformed::Reserved));
        assert_eq!(Head::decode(&Head::Cancel { correlation: 0 }.encode(b"x")), Err(Malformed::Payload(1)));
        let exception = Head::Exception { correlation: 0, code: 1 };
        assert_eq!(Head::decode(&exception.encode(b"\xff")), Err(Malformed::Text));
    }
}
