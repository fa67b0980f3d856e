//! One list out of several files. What is in them is for the library to judge.

use ca2a_core::json::{self, Node, Value};

/// The items of `documents` as one document, in the order given. A single document stays as it is. Nodes hand on the
/// records that came with a call, so an item that an earlier file holds already is taken once; the same item twice in
/// one file is left to be refused.
pub(crate) fn gather(mut documents: Vec<Vec<u8>>, member: &str) -> Option<Vec<u8>> {
    if documents.len() <= 1 {
        return documents.pop();
    }
    let mut gathered: Vec<&[u8]> = Vec::new();
    for document in &documents {
        let new: Vec<_> =
            items(document, member).into_iter().filter(|item| !gathered.contains(item)).collect();
        gathered.extend(new);
    }
    Some(list(&gathered))
}

/// Items as one document.
pub(crate) fn list<T: AsRef<[u8]>>(items: &[T]) -> Vec<u8> {
    let items: Vec<_> = items.iter().map(AsRef::as_ref).collect();
    [b"[".as_slice(), &items.join(&b",\n"[..]), b"]"].concat()
}

/// The text of each item: of an array, of the array `member` of an object, of JSON Lines; of the whole where it is none
/// of these.
pub(crate) fn items<'d>(document: &'d [u8], member: &str) -> Vec<&'d [u8]> {
    if document.trim_ascii().is_empty() {
        return Vec::new();
    }
    let lines = || document.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    match json::read(document) {
        Ok(node) => spans(&node, member).into_iter().map(|span| span.of(document)).collect(),
        Err(_) if lines().all(|line| line.is_empty() || line.starts_with(b"{")) => {
            lines().filter(|line| !line.is_empty()).collect()
        }
        Err(_) => vec![document.trim_ascii()],
    }
}

fn spans(node: &Node<'_>, member: &str) -> Vec<json::Span> {
    let list = match &node.value {
        Value::Array(items) => Some(items.as_slice()),
        Value::Object(object) => object.get(member).and_then(Node::as_array),
        _ => None,
    };
    list.map_or_else(|| vec![node.span], |items| items.iter().map(|item| item.span).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(documents: &[&str]) -> Option<String> {
        let documents = documents.iter().map(|text| text.as_bytes().to_vec()).collect();
        gather(documents, "records").map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn every_form_of_a_list_is_taken_apart() {
        assert_eq!(gathered(&[]), None);
        assert_eq!(gathered(&["{\"a\":1}\n{\"a\":2}\n"]).unwrap(), "{\"a\":1}\n{\"a\":2}\n");
        let forms =
            ["[{\"a\": 1}]", "{\"records\":[{\"a\":2}]}", "{\"a\":3}\n\n{\"a\":4}\n", "{\"a\":5}", " "];
        let one = "[{\"a\": 1},\n{\"a\":2},\n{\"a\":3},\n{\"a\":4},\n{\"a\":5}]";
        assert_eq!(gathered(&forms).unwrap(), one);
    }

    #[test]
    fn an_item_is_taken_once_across_files_and_as_often_as_it_stands_in_one() {
        assert_eq!(gathered(&["[1,2]", "[2,3]"]).unwrap(), "[1,\n2,\n3]");
        assert_eq!(gathered(&["[1,1]", "[1]"]).unwrap(), "[1,\n1]");
    }

    #[test]
    fn what_cannot_be_read_stays_in_its_place() {
        assert_eq!(gathered(&["[1]", "{\"a\": tru", "[2]"]).unwrap(), "[1,\n{\"a\": tru,\n2]");
    }
}
