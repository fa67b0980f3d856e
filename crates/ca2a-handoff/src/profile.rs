//! The three forms that the package has signed packets in. (HAND-7)
//!
//! A packet does not say which one it was signed under, and they exclude one another. A profile is therefore always named:
//! by whoever signs, and by whoever verifies, or found by trying them in one order.
//!
//! | profile | releases | members | order | text |
//! |---|---|---|---|---|
//! | P1 | 0.2.1 to 0.3.2 | 18 | as declared | UTF-8 |
//! | P2 | 0.3.3 | 21 | as declared | UTF-8 |
//! | P3 | 0.3.4, 0.4.0 | 21 | sorted | ASCII |

mod p1;
mod p2;
mod p3;

use alloc::vec::Vec;
use core::{fmt, str::FromStr};

use crate::{HandoffError, SignedTaskPacket, text::FloatSpelling};

/// How the pydantic of a P1 or P2 signer spelled a float: two honest installations of one release disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pydantic {
    /// Up to 2.12: `1e16`.
    Old,
    /// From 2.13 on: `1e+16`.
    New,
}

impl Pydantic {
    pub(crate) fn floats(self) -> FloatSpelling {
        match self {
            Self::Old => FloatSpelling::PydanticOld,
            Self::New => FloatSpelling::PydanticNew,
        }
    }
}

/// What a packet signature covers, byte for byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// 0.2.1 to 0.3.2.
    P1(Pydantic),
    /// 0.3.3.
    P2(Pydantic),
    /// 0.3.4 and 0.4.0.
    P3,
}

impl Profile {
    /// The order in which [`ProfileChoice::Auto`] tries them (HAND-10).
    pub const AUTO: [Self; 5] = [
        Self::P3,
        Self::P2(Pydantic::New),
        Self::P2(Pydantic::Old),
        Self::P1(Pydantic::New),
        Self::P1(Pydantic::Old),
    ];

    /// `P1`, `P2` or `P3`: the spelling of floats is a trait of the signer, not of the profile.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::P1(_) => "P1",
            Self::P2(_) => "P2",
            Self::P3 => "P3",
        }
    }

    /// Whether the order of free-form members is part of what is signed.
    #[must_use]
    pub fn keeps_order(self) -> bool {
        self != Self::P3
    }

    pub(crate) fn signing_input(self, packet: &SignedTaskPacket) -> Result<Vec<u8>, HandoffError> {
        match self {
            Self::P1(pydantic) => p1::signing_input(packet, pydantic),
            Self::P2(pydantic) => Ok(p2::signing_input(packet, pydantic)),
            Self::P3 => Ok(p3::signing_input(packet)),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Which profiles a verifier takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProfileChoice {
    /// This one and no other.
    Exactly(Profile),
    /// The first of [`Profile::AUTO`] that matches; P1 never for a packet that sets what P1 does not cover.
    #[default]
    Auto,
}

/// Text that names no profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a profile is `P1`, `P2`, `P3` or `auto`")]
pub struct UnknownProfile;

impl FromStr for ProfileChoice {
    type Err = UnknownProfile;

    /// `P1` and `P2` mean the newer spelling of floats.
    fn from_str(text: &str) -> Result<Self, UnknownProfile> {
        Ok(match text {
            "auto" => Self::Auto,
            "P1" => Self::Exactly(Profile::P1(Pydantic::New)),
            "P2" => Self::Exactly(Profile::P2(Pydantic::New)),
            "P3" => Self::Exactly(Profile::P3),
            _ => return Err(UnknownProfile),
        })
    }
}
