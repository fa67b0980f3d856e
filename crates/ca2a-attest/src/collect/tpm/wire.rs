//! Commands to a TPM and its responses, as bytes (TPM 2.0 Library Part 1, section 18; Part 3).

use alloc::vec::Vec;

use super::code::ResponseCode;
use crate::verify::reader::{Malformed, Reader};

const TPM_ST_NO_SESSIONS: u16 = 0x8001;
const TPM_ST_SESSIONS: u16 = 0x8002;

/// A password session with the empty password: TPM_RS_PW, no nonce, no attribute, no password.
const EMPTY_PASSWORD: [u8; 9] = [0x40, 0, 0, 0x09, 0, 0, 0, 0, 0];

/// TPM_ALG_NULL.
pub(super) const ALG_NULL: u16 = 0x0010;

/// A command: its code, the objects that it is about, and what it asks.
#[derive(Debug, Clone)]
pub(super) struct Command {
    pub(super) code: CommandCode,
    handles: Vec<u32>,
    /// How many of the handles have to be authorized, the first ones.
    authorized: usize,
    parameters: Vec<u8>,
}

macro_rules! commands {
    ($($name:ident = $code:literal, $text:literal, $answers:literal;)*) => {
        /// TPM_CC of a command that is used here.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[cfg_attr(not(feature = "provision"), allow(dead_code, reason = "some commands are for provisioning alone"))]
        pub(super) enum CommandCode { $($name = $code,)* }

        impl CommandCode {
            /// The name in the specification.
            pub(super) const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            const fn number(self) -> u32 {
                match self { $(Self::$name => $code,)* }
            }

            /// How many handles its response has.
            const fn handles(self) -> usize {
                match self { $(Self::$name => $answers,)* }
            }
        }
    };
}

commands! {
    EvictControl = 0x120, "TPM2_EvictControl", 0;
    CreatePrimary = 0x131, "TPM2_CreatePrimary", 1;
    NvWrite = 0x137, "TPM2_NV_Write", 0;
    GetTime = 0x14c, "TPM2_GetTime", 0;
    NvRead = 0x14e, "TPM2_NV_Read", 0;
    Create = 0x153, "TPM2_Create", 0;
    Load = 0x157, "TPM2_Load", 1;
    Quote = 0x158, "TPM2_Quote", 0;
    Sign = 0x15d, "TPM2_Sign", 0;
    FlushContext = 0x165, "TPM2_FlushContext", 0;
    NvReadPublic = 0x169, "TPM2_NV_ReadPublic", 0;
    ReadPublic = 0x173, "TPM2_ReadPublic", 0;
    PcrRead = 0x17e, "TPM2_PCR_Read", 0;
    PcrExtend = 0x182, "TPM2_PCR_Extend", 0;
}

impl Command {
    /// A command about `handles`, of which the first `authorized` take the empty password.
    pub(super) fn new(code: CommandCode, handles: &[u32], authorized: usize) -> Self {
        Self { code, handles: handles.into(), authorized, parameters: Vec::new() }
    }

    /// Adds a parameter as it is.
    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.parameters.extend_from_slice(bytes);
        self
    }

    pub(super) fn u16(self, number: u16) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    #[cfg(feature = "provision")]
    pub(super) fn u32(self, number: u32) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// Adds a TPM2B of `bytes`.
    pub(super) fn sized(self, bytes: &[u8]) -> Self {
        self.bytes(&sized(bytes))
    }

    /// The bytes for the TPM.
    pub(super) fn encode(&self) -> Vec<u8> {
        let tag = if self.authorized == 0 { TPM_ST_NO_SESSIONS } else { TPM_ST_SESSIONS };
        let mut body = Vec::from(self.code.number().to_be_bytes());
        body.extend(self.handles.iter().flat_map(|handle| handle.to_be_bytes()));
        if self.authorized > 0 {
            let area = EMPTY_PASSWORD.repeat(self.authorized);
            body.extend(u32::try_from(area.len()).unwrap_or(u32::MAX).to_be_bytes());
            body.extend(area);
        }
        body.extend_from_slice(&self.parameters);
        let size = u32::try_from(body.len()).unwrap_or(u32::MAX).saturating_add(6);
        let mut bytes = Vec::from(tag.to_be_bytes());
        bytes.extend(size.to_be_bytes());
        bytes.extend(body);
        bytes
    }

    /// Reads the response to this command to its last byte.
    pub(super) fn decode(&self, bytes: &[u8]) -> Result<Response, Malformed> {
        let mut reader = Reader::new(bytes);
        let tag = reader.u16_be("tag")?;
        let size = reader.u32_be("responseSize")?;
        if usize::try_from(size) != Ok(bytes.len()) {
            return Err(Malformed::new("responseSize", "is not the length of the response"));
        }
        let code = ResponseCode(reader.u32_be("responseCode")?);
        if !code.is_success() {
            // What a TPM refuses has nothing behind the code.
            reader.finish("response")?;
            return Ok(Response { code, handle: None, parameters: Vec::new() });
        }
        let handle = match self.code.handles() {
            0 => None,
            _ => Some(reader.u32_be("handle")?),
        };
        let parameters = match (tag, self.authorized) {
            (TPM_ST_NO_SESSIONS, 0) => reader.rest().to_vec(),
            (TPM_ST_SESSIONS, 1..) => {
                let size = usize::try_from(reader.u32_be("parameterSize")?).unwrap_or(usize::MAX);
                let parameters = reader.take(size, "parameters")?.to_vec();
                for _ in 0..self.authorized {
                    reader.sized(64, "nonceTPM")?;
                    reader.u8("sessionAttributes")?;
                    reader.sized(64, "hmac")?;
                }
                reader.finish("authorizationArea")?;
                parameters
            }
            _ => return Err(Malformed::new("tag", "is not that of the command")),
        };
        Ok(Response { code, handle, parameters })
    }
}

/// What a TPM answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) code: ResponseCode,
    pub(super) handle: Option<u32>,
    pub(super) parameters: Vec<u8>,
}

/// A TPM2B of `bytes`, which are ours and shorter than 64 KiB.
pub(super) fn sized(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::from(u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(bytes);
    out
}
