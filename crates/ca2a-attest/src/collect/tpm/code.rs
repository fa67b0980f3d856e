//! What a TPM says when it does not do what it was told (TPM 2.0 Library Part 2, section 6.6).

use core::fmt;

/// TPM_RC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseCode(pub u32);

const YIELDED: u32 = 0x908;
const TESTING: u32 = 0x90a;
const RETRY: u32 = 0x922;

impl ResponseCode {
    /// Whether the command was carried out.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 == 0
    }

    /// Whether the same command may go better in a moment: TPM_RC_RETRY, TPM_RC_YIELDED, TPM_RC_TESTING (ATT-527).
    #[must_use]
    pub const fn is_passing(self) -> bool {
        matches!(self.0, RETRY | YIELDED | TESTING)
    }

    /// The name, for those that a collector meets.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        // A code of format 1 says which parameter, handle or session it is about.
        const FORMAT_1: u32 = 0x80;
        let code = if self.0 & FORMAT_1 != 0 { self.0 & 0xbf } else { self.0 };
        Some(match code {
            0x082 => "TPM_RC_ATTRIBUTES",
            0x083 => "TPM_RC_HASH",
            0x084 => "TPM_RC_VALUE",
            0x085 => "TPM_RC_HIERARCHY",
            0x08b => "TPM_RC_HANDLE",
            0x08e => "TPM_RC_AUTH_FAIL",
            0x092 => "TPM_RC_SCHEME",
            0x095 => "TPM_RC_SIZE",
            0x098 => "TPM_RC_TAG",
            0x09c => "TPM_RC_KEY",
            0x0a0 => "TPM_RC_TICKET",
            0x0a2 => "TPM_RC_BAD_AUTH",
            0x100 => "TPM_RC_INITIALIZE",
            0x101 => "TPM_RC_FAILURE",
            0x120 => "TPM_RC_DISABLED",
            0x143 => "TPM_RC_COMMAND_CODE",
            0x146 => "TPM_RC_NV_RANGE",
            0x149 => "TPM_RC_NV_AUTHORIZATION",
            0x14a => "TPM_RC_NV_UNINITIALIZED",
            0x14b => "TPM_RC_NV_SPACE",
            0x14c => "TPM_RC_NV_DEFINED",
            0x902 => "TPM_RC_OBJECT_MEMORY",
            0x903 => "TPM_RC_SESSION_MEMORY",
            YIELDED => "TPM_RC_YIELDED",
            TESTING => "TPM_RC_TESTING",
            0x920 => "TPM_RC_NV_RATE",
            0x921 => "TPM_RC_LOCKOUT",
            RETRY => "TPM_RC_RETRY",
            0x923 => "TPM_RC_NV_UNAVAILABLE",
            _ => return None,
        })
    }
}

impl fmt::Display for ResponseCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(out, "{name} (0x{:03x})", self.0),
            None => write!(out, "0x{:03x}", self.0),
        }
    }
}
