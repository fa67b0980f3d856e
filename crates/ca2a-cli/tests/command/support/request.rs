//! A request over HTTP/1.1, as somebody who only looks at its outside reads it.

use std::io::{BufRead, Read as _};

/// A request, whole.
pub struct Request {
    /// Its first line and its headers, with the empty line that ends them.
    pub head: String,
    pub body: Vec<u8>,
}

impl Request {
    /// The next request of a connection; `None` where it ends before one is whole.
    pub fn read(from: &mut impl BufRead) -> Option<Self> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if from.read_line(&mut head).unwrap_or(0) == 0 {
                return None;
            }
        }
        let mut request = Self { head, body: Vec::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        from.take(length).read_to_end(&mut request.body).ok()?;
        (request.body.len() as u64 == length).then_some(request)
    }

    /// The value of the header `name`, which is written in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// Whether its first line begins with `start`, a method and what follows it.
    pub fn is(&self, start: &str) -> bool {
        self.head.starts_with(start)
    }
}
