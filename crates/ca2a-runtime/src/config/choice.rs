//! Values that are one of a few words.

use crate::{peer::CallerRequirement, store::SyncPolicy};

/// A value that is one of a few words.
pub trait Choice: Copy + 'static {
    /// All there are.
    const ALL: &'static [Self];

    /// The word.
    fn as_str(self) -> &'static str;
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl Choice for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)*];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                out.write_str(self.as_str())
            }
        }
    };
}

choice! {
    /// What attests this node.
    Provider {
        /// Whatever hardware there is. Never software.
        Auto "auto",
        /// A TPM 2.0.
        Tpm "tpm",
        /// AMD SEV-SNP.
        SevSnp "sev-snp",
        /// Intel TDX.
        Tdx "tdx",
        /// OPAQUE's runtime.
        Opaque "opaque",
        /// An unsigned report, which proves nothing.
        SoftwareOnly "software-only",
    }
}

choice! {
    /// What the peer calls enforcement. Read for its sake: a node always enforces.
    EnforcementMode {
        /// Refuse what is not allowed.
        Enforcing "enforcing",
        /// The peer's word for logging alone; this node enforces all the same.
        Advisory "advisory",
        /// The peer's word for neither; this node enforces all the same.
        Silent "silent",
    }
}

choice! {
    /// Whose evidence a caller verifier judges.
    VerifierPlatform {
        /// A TPM 2.0.
        Tpm "tpm",
        /// AMD SEV-SNP.
        SevSnp "sev-snp",
        /// Intel TDX.
        Tdx "tdx",
    }
}

choice! {
    /// A way to speak A2A.
    A2aBinding {
        /// JSON-RPC, at `/`.
        JsonRpc "jsonrpc",
        /// HTTP+JSON, below it.
        HttpJson "http+json",
        /// gRPC.
        Grpc "grpc",
    }
}

choice! {
    /// Whether an A2A message must carry authority.
    A2aDemand {
        /// Every message.
        Required "required",
        /// A message without cA2A is served for everybody.
        Optional "optional",
    }
}

impl Choice for CallerRequirement {
    const ALL: &'static [Self] = &[Self::None, Self::Any, Self::Hardware];

    fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Any => "any",
            Self::Hardware => "hardware",
        }
    }
}

impl Choice for SyncPolicy {
    const ALL: &'static [Self] = &[Self::EachCommit, Self::OnClose];

    fn as_str(self) -> &'static str {
        match self {
            Self::EachCommit => "each-commit",
            Self::OnClose => "on-close",
        }
    }
}
