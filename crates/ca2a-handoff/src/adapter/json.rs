//! Free-form objects as `serde` sees them: in their order, with integers and floats apart.
//!
//! `serde` hands over numbers as 64-bit integers or doubles, so that an integer beyond 64 bits arrives as a double. Such a
//! double is refused: it cannot be told what stood there.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt;

use ca2a_core::json::{Node, Number, Object, Value};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap as _, SerializeSeq as _},
};

pub(super) fn serialize<S: Serializer>(object: &Object<'static>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(object.len()))?;
    for (name, node) in object.iter() {
        map.serialize_entry(name, &Out(node))?;
    }
    map.end()
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Object<'static>, D::Error> {
    match In::deserialize(deserializer)?.0.value {
        Value::Object(object) => Ok(object),
        _ => Err(de::Error::custom("expected an object")),
    }
}

struct Out<'n>(&'n Node<'static>);

impl Serialize for Out<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(truth) => serializer.serialize_bool(*truth),
            Value::Number(number) => serialize_number(number, serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => {
                let mut sequence = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    sequence.serialize_element(&Out(item))?;
                }
                sequence.end()
            }
            Value::Object(object) => self::serialize(object, serializer),
        }
    }
}

fn serialize_number<S: Serializer>(number: &Number<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Number::Int(int) => serializer.serialize_i64(*int),
        Number::Float(float) => serializer.serialize_f64(*float),
        Number::Text(text) => match (text.parse::<i64>(), text.parse::<u64>(), text.parse::<f64>()) {
            (Ok(int), _, _) => serializer.serialize_i64(int),
            (_, Ok(int), _) => serializer.serialize_u64(int),
            (_, _, Ok(float)) if text.contains(['.', 'e', 'E']) => serializer.serialize_f64(float),
            _ => Err(serde::ser::Error::custom("an integer beyond 64 bits has no place in this form")),
        },
    }
}

struct In(Node<'static>);

impl<'de> Deserialize<'de> for In {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = In;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<In, E> {
        Ok(In(Node::NULL))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<In, E> {
        Ok(In(truth.into()))
    }

    fn visit_i64<E>(self, int: i64) -> Result<In, E> {
        Ok(In(text(alloc::format!("{int}"))))
    }

    fn visit_u64<E>(self, int: u64) -> Result<In, E> {
        Ok(In(text(alloc::format!("{int}"))))
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<In, E> {
        /// 2^63: from here on a double may be what became of an integer.
        const FIRST_DOUBTFUL: f64 = 9_223_372_036_854_775_808.0;
        if float.abs() >= FIRST_DOUBTFUL {
            return Err(E::custom("a number this large may have been an integer; it cannot be told here"));
        }
        Ok(In(Value::Number(Number::Float(float)).into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<In, E> {
        Ok(In(String::from(text).into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<In, A::Error> {
        let mut nodes: Vec<Node<'static>> = Vec::new();
        while let Some(In(node)) = items.next_element()? {
            nodes.push(node);
        }
        Ok(In(nodes.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<In, A::Error> {
        let mut object: Object<'static> = Object::new();
        while let Some((name, In(node))) = members.next_entry::<String, In>()? {
            if object.contains(&name) {
                return Err(de::Error::custom("an object holds two members of one name"));
            }
            object.insert(name, node);
        }
        Ok(In(object.into()))
    }
}

fn text(digits: String) -> Node<'static> {
    Value::Number(Number::Text(Cow::Owned(digits))).into()
}
