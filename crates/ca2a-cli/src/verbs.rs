//! The verbs, one file each. A verb reads its files, calls the library that answers its question, and says what
//! came out; it decides nothing itself.

pub(crate) mod keygen;
