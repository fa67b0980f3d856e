//! Strict JSON: one reader for everything that arrives, and the values it makes.
//!
//! The reader takes bytes and accepts I-JSON (RFC 7493) and nothing looser: UTF-8 without a byte order mark, no
//! duplicate member, no lone surrogate, no `-0`, bounded size and depth (CORE-1 to CORE-4). What numbers may look
//! like is the [`NumberPolicy`]; where each value stood in the input is its [`Span`], so that a signature can cover
//! the bytes as received.
//!
//! ```
//! use ca2a_core::json;
//!
//! let document = json::read(br#"{"depth": 1, "scope": ["read"]}"#)?;
//! let object = document.as_object().expect("an object");
//! assert_eq!(object.uint("depth")?, 1);
//!
//! let refused = json::read(br#"{"depth": 1, "depth": 2}"#).unwrap_err();
//! assert_eq!(refused.kind(), json::ReadErrorKind::DuplicateMember);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod elements;
mod number;
mod plain;
mod read_error;
mod reader;
mod shape;
mod text;
mod value;

pub use elements::{Elements, elements};
pub(crate) use number::is_safe as is_safe_integer;
pub use number::{MAX_SAFE_INTEGER, Number, NumberPolicy};
pub(crate) use plain::plain_length;
pub use read_error::{ReadError, ReadErrorKind};
pub use reader::{DEFAULT_LIMITS, Limits, Reader, read};
pub use shape::{ShapeError, ShapeProblem};
pub use text::{to_pretty, to_text};
pub use value::{Node, Object, Span, Value};
