//! Ways to a TPM: its device, or the socket of a software TPM.

use alloc::{boxed::Box, format, string::String, vec, vec::Vec};
use core::{fmt, str::FromStr, time::Duration};
use std::{
    fs::File,
    io::{self, Read, Write},
    net::TcpStream,
    path::PathBuf,
};

/// The largest response that there is (TPM_PT_MAX_RESPONSE_SIZE of every TPM for PCs).
pub(super) const LARGEST: usize = 4096;

/// The tag, the size and the code that every response begins with.
const HEADER: usize = 10;

/// How long a software TPM may be silent: making an RSA key takes it seconds.
const SILENCE: Duration = Duration::from_secs(60);

/// A way to a TPM.
pub trait Transport {
    /// What to call it in a message.
    fn place(&self) -> String;

    /// Sends `command` and returns the response, as it came, of at most 4096 bytes.
    ///
    /// # Errors
    /// What the system says.
    fn transmit(&mut self, command: &[u8]) -> io::Result<Vec<u8>>;
}

/// Where a TPM is. As text: `/dev/tpmrm0`, `unix:/run/swtpm.sock` or `tcp:127.0.0.1:2321`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TpmAddress {
    /// A character device of the kernel's resource manager.
    Device(PathBuf),
    /// A socket of a software TPM.
    Unix(PathBuf),
    /// A host and port of a software TPM.
    Tcp(Box<str>),
}

impl Default for TpmAddress {
    /// `/dev/tpmrm0`.
    fn default() -> Self {
        Self::Device(PathBuf::from("/dev/tpmrm0"))
    }
}

impl TpmAddress {
    /// Opens the way there.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(&self) -> io::Result<Box<dyn Transport>> {
        let place = format!("{self}");
        Ok(match self {
            Self::Device(path) => {
                let device = File::options().read(true).write(true).open(path)?;
                Box::new(Device { device, place })
            }
            #[cfg(not(unix))]
            Self::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
            #[cfg(unix)]
            Self::Unix(path) => {
                let stream = std::os::unix::net::UnixStream::connect(path)?;
                stream.set_read_timeout(Some(SILENCE))?;
                stream.set_write_timeout(Some(SILENCE))?;
                Box::new(Socket { stream, place })
            }
            Self::Tcp(host) => {
                let stream = TcpStream::connect(&**host)?;
                stream.set_read_timeout(Some(SILENCE))?;
                stream.set_write_timeout(Some(SILENCE))?;
                Box::new(Socket { stream, place })
            }
        })
    }
}

/// A text that is no address of a TPM.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no TPM: write `/dev/tpmrm0`, `unix:PATH` or `tcp:HOST:PORT`")]
pub struct TpmAddressError(Box<str>);

impl FromStr for TpmAddress {
    type Err = TpmAddressError;

    fn from_str(text: &str) -> Result<Self, TpmAddressError> {
        if text.starts_with('/') {
            return Ok(Self::Device(text.into()));
        }
        match text.split_once(':') {
            Some(("unix", path)) if path.starts_with('/') => Ok(Self::Unix(path.into())),
            Some(("tcp", host)) if host.contains(':') => Ok(Self::Tcp(host.into())),
            _ => Err(TpmAddressError(text.chars().take(200).collect())),
        }
    }
}

impl fmt::Display for TpmAddress {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(path) => write!(out, "{}", path.display()),
            Self::Unix(path) => write!(out, "unix:{}", path.display()),
            Self::Tcp(host) => write!(out, "tcp:{host}"),
        }
    }
}

/// One write is a command, one read its whole response.
struct Device {
    device: File,
    place: String,
}

impl Transport for Device {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn transmit(&mut self, command: &[u8]) -> io::Result<Vec<u8>> {
        if self.device.write(command)? != command.len() {
            return Err(io::ErrorKind::WriteZero.into());
        }
        let mut response = vec![0; LARGEST];
        let length = self.device.read(&mut response)?;
        response.truncate(length);
        Ok(response)
    }
}

/// A stream, in which a response is as long as its header says.
struct Socket<S> {
    stream: S,
    place: String,
}

impl<S: Read + Write> Transport for Socket<S> {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn transmit(&mut self, command: &[u8]) -> io::Result<Vec<u8>> {
        self.stream.write_all(command)?;
        let mut response = vec![0; HEADER];
        self.stream.read_exact(&mut response)?;
        let size = response.get(2..6).and_then(|size| size.try_into().ok()).map_or(0, u32::from_be_bytes);
        let size = usize::try_from(size).ok().filter(|size| (HEADER..=LARGEST).contains(size));
        let size = size.ok_or(io::ErrorKind::InvalidData)?;
        response.resize(size, 0);
        self.stream.read_exact(response.get_mut(HEADER..).unwrap_or_default())?;
        Ok(response)
    }
}
