//! The flags that name a signing profile.

use ca2a_handoff::{Profile, ProfileChoice, Pydantic};
use clap::ValueEnum;

/// Which profile, and in which spelling of floats.
#[derive(Debug, clap::Args)]
pub(super) struct ProfileArgs {
    /// The signing profile; `auto` tries P3, P2 and P1, and says which matched
    #[arg(long, value_enum, default_value = "auto", ignore_case = true)]
    profile: Name,
    /// How the signer's pydantic spelled floats under P1 and P2: up to 2.12 (`1e16`), or from 2.13 on (`1e+16`)
    #[arg(long, value_enum, value_name = "SPELLING")]
    p1_floats: Option<Spelling>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Name {
    #[value(name = "P1")]
    P1,
    #[value(name = "P2")]
    P2,
    #[value(name = "P3")]
    P3,
    Auto,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Spelling {
    Old,
    New,
}

impl ProfileArgs {
    fn pydantic(&self) -> Pydantic {
        match self.p1_floats {
            Some(Spelling::Old) => Pydantic::Old,
            Some(Spelling::New) | None => Pydantic::New,
        }
    }

    pub(super) fn choice(&self) -> ProfileChoice {
        match self.profile {
            Name::P1 => ProfileChoice::Exactly(Profile::P1(self.pydantic())),
            Name::P2 => ProfileChoice::Exactly(Profile::P2(self.pydantic())),
            Name::P3 => ProfileChoice::Exactly(Profile::P3),
            Name::Auto => ProfileChoice::Auto,
        }
    }

    /// The profile to sign under: the newest, unless another is named.
    pub(super) fn to_sign(&self) -> Profile {
        match self.choice() {
            ProfileChoice::Exactly(profile) => profile,
            ProfileChoice::Auto => Profile::P3,
        }
    }
}
