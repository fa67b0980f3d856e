//! Reading DER piece by piece, keeping the bytes of what is signed.

use ::der::{
    Decode as _, Reader as _, SliceReader, Tag,
    asn1::{AnyRef, GeneralizedTime, UtcTime},
};

use super::error::Malformed;

/// What is left of a constructed value.
pub(super) struct Pieces<'a> {
    reader: SliceReader<'a>,
    what: &'static str,
}

impl<'a> Pieces<'a> {
    /// The inside of `bytes`, one SEQUENCE and nothing after it.
    pub(super) fn sequence(bytes: &'a [u8], what: &'static str) -> Result<Self, Malformed> {
        let whole = AnyRef::from_der(bytes).map_err(|_| Malformed(what))?;
        Self::inside(whole, Tag::Sequence, what)
    }

    /// The inside of `value`, which must be tagged `tag`.
    pub(super) fn inside(value: AnyRef<'a>, tag: Tag, what: &'static str) -> Result<Self, Malformed> {
        if ::der::Tagged::tag(&value) != tag {
            return Err(Malformed(what));
        }
        let reader = SliceReader::new(value.value()).map_err(|_| Malformed(what))?;
        Ok(Self { reader, what })
    }

    /// The bytes of the next value, header included.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        self.reader.tlv_bytes().map_err(|_| Malformed(self.what))
    }

    /// The next value, whatever it is.
    pub(super) fn any(&mut self) -> Result<AnyRef<'a>, Malformed> {
        self.reader.decode().map_err(|_| Malformed(self.what))
    }

    /// The next value read as `T`.
    pub(super) fn read<T: ::der::Decode<'a>>(&mut self) -> Result<T, Malformed> {
        self.reader.decode().map_err(|_| Malformed(self.what))
    }

    /// The next value's inside, if it is tagged `tag`; otherwise it stays where it is.
    pub(super) fn optional(&mut self, tag: Tag) -> Result<Option<AnyRef<'a>>, Malformed> {
        if self.is_empty() {
            return Ok(None);
        }
        let found = Tag::peek(&self.reader).map_err(|_| Malformed(self.what))?;
        if found == tag { self.any().map(Some) } else { Ok(None) }
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.reader.is_finished()
    }

    /// Ends the reading.
    pub(super) fn end(self) -> Result<(), Malformed> {
        self.reader.finish().map_err(|_| Malformed(self.what))
    }
}

/// The context-specific constructed tag `number`.
pub(super) fn context(number: u32) -> Tag {
    Tag::ContextSpecific { constructed: true, number: ::der::TagNumber(number) }
}

/// A `Time` as Unix seconds; those before 1970 are no time that a certificate of ours can have.
pub(super) fn time(value: AnyRef<'_>) -> Result<u64, Malformed> {
    let wrong = Malformed("a time is neither UTCTime nor GeneralizedTime");
    let seconds = match ::der::Tagged::tag(&value) {
        Tag::UtcTime => value.decode_as::<UtcTime>().map_err(|_| wrong)?.to_unix_duration(),
        Tag::GeneralizedTime => value.decode_as::<GeneralizedTime>().map_err(|_| wrong)?.to_unix_duration(),
        _ => return Err(wrong),
    };
    Ok(seconds.as_secs())
}
