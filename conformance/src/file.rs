//! Vector files: their formats, read into cases.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    demand::Demand,
    input::{Context, Input},
    kinds,
    report::Label,
    verdict::PackageVerdict,
};

/// A file of vectors.
///
/// Three formats exist and each case shows its own: one keeps its input under `input`, one beside `op`, one has a `kind`
/// instead of an `op`.
#[derive(Debug, Clone)]
pub struct VectorFile {
    pub(crate) context: Context,
    pub(crate) cases: Vec<Case>,
}

/// One case: an operation, its input and what is demanded of it.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// Printed, never read.
    pub(crate) label: Label,
    /// The requirement that the case says it is about.
    pub(crate) requirement: Option<String>,
    pub(crate) op: String,
    pub(crate) input: Input,
    /// What is demanded, or why nobody can tell.
    pub(crate) demand: Result<Demand, String>,
}

/// A file that holds no vectors.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileError {
    /// Not JSON.
    Json(serde_json::Error),
    /// JSON of another shape.
    Shape(String),
}

impl fmt::Display for FileError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json(error) => write!(out, "not JSON: {error}"),
            Self::Shape(what) => write!(out, "no vector file: {what}"),
        }
    }
}

impl std::error::Error for FileError {}

impl VectorFile {
    /// Reads a file of either format.
    ///
    /// # Errors
    /// Bytes that are not JSON, or JSON without `cases` that each have an `op` and an `expect`.
    pub fn read(bytes: &[u8]) -> Result<Self, FileError> {
        let mut file: Map<String, Value> = serde_json::from_slice(bytes).map_err(FileError::Json)?;
        let Some(Value::Array(cases)) = file.remove("cases") else {
            return Err(FileError::Shape("`cases` must be an array".to_owned()));
        };
        let read =
            |(at, case)| Case::read(case).map_err(|what| FileError::Shape(format!("case {at}: {what}")));
        let cases = kinds::spell_out(cases).into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
        Ok(Self { context: Context::new(&file), cases })
    }

    /// How many cases there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }
}

/// Members that say what a case is called, what it is about or what is expected: no operation sees them.
const NO_INPUT: [&str; 10] =
    ["id", "op", "group", "note", "about", "why", "requirement", "expect", "recommend", "recommended"];

impl Case {
    fn read(case: Value) -> Result<Self, String> {
        let Value::Object(mut case) = case else { return Err("must be an object".to_owned()) };
        let Some(Value::String(op)) = case.remove("op") else {
            return Err("`op` must be a string".to_owned());
        };
        let safer = case.remove("safer");
        if let Some(Value::Object(verdict)) = case.remove("verdict") {
            let demand = Ok(Demand::Package(PackageVerdict::read(verdict, safer.as_ref())));
            let input = case.get("input").and_then(Value::as_object).cloned();
            return Ok(Self::with_input(case, op, input, demand));
        }
        let Some(Value::Object(expect)) = case.remove("expect") else {
            return Err("`expect` must be an object".to_owned());
        };
        let advice = case.remove("recommend").or_else(|| case.remove("recommended"));
        let advice = advice.as_ref().and_then(Value::as_str);
        let demand = match op.as_str() {
            "trace_tests" => Ok(Demand::suite(expect, advice)),
            _ => Demand::new(expect, advice),
        };
        let input = match case.remove("input") {
            Some(Value::Object(input)) => Some(input),
            Some(_) => return Err("`input` must be an object".to_owned()),
            None => None,
        };
        Ok(Self::with_input(case, op, input, demand))
    }

    fn with_input(
        case: Map<String, Value>,
        op: String,
        input: Option<Map<String, Value>>,
        demand: Result<Demand, String>,
    ) -> Self {
        let label = Label::new(case.get("id").and_then(Value::as_str).unwrap_or_default());
        let text = |name| case.get(name).and_then(Value::as_str).map(str::to_owned);
        let requirement = text("requirement");
        let beside = || case.into_iter().filter(|(name, _)| !NO_INPUT.contains(&name.as_str())).collect();
        Self { label, requirement, op, input: Input::new(input.unwrap_or_else(beside)), demand }
    }
}
