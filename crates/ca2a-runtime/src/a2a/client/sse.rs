//! Server-sent events, as far as A2A uses them: the data of each (WHATWG HTML, section 9.2).

/// Bytes of one event at most.
pub(super) const MAX_EVENT: usize = 4 << 20;

/// Cuts a stream of bytes into events.
#[derive(Debug, Default)]
pub(super) struct EventReader {
    waiting: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
}

/// An event that is larger than is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

impl EventReader {
    /// Takes `chunk` in, and gives the data of the events that it completes.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Result<Vec<Vec<u8>>, TooLarge> {
        let mut events = Vec::new();
        for byte in chunk {
            if *byte != b'\n' {
                if self.waiting.len() >= MAX_EVENT {
                    return Err(TooLarge);
                }
                self.waiting.push(*byte);
                continue;
            }
            let line = std::mem::take(&mut self.waiting);
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if let Some(event) = self.line(line)? {
                events.push(event);
            }
        }
        Ok(events)
    }

    fn line(&mut self, line: &[u8]) -> Result<Option<Vec<u8>>, TooLarge> {
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return Ok(std::mem::take(&mut self.has_data).then_some(data));
        }
        let Some(value) = line.strip_prefix(b"data:") else { return Ok(None) };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        if self.data.len().saturating_add(value.len()) > MAX_EVENT {
            return Err(TooLarge);
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        self.data.extend_from_slice(value);
        self.has_data = true;
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    /// A2A-106
    #[test]
    fn events_are_cut_wherever_the_chunks_are() {
        covers!(accept, "A2A-106");
        let text = b": hello\r\nevent: x\ndata: one\n\nid: 4\ndata:two\ndata: three\n\n\ndata\n\ndata: lost";
        for size in 1..text.len() {
            let mut reader = EventReader::default();
            let events: Vec<_> =
                text.chunks(size).flat_map(|chunk| reader.take(chunk).unwrap_or_default()).collect();
            assert_eq!(events, [b"one".to_vec(), b"two\nthree".to_vec()], "{size}");
        }
    }

    /// A2A-106
    #[test]
    fn an_event_without_end_is_not_kept() {
        covers!(refuse, "A2A-106");
        let mut reader = EventReader::default();
        let chunk = vec![b'a'; MAX_EVENT];
        assert_eq!(reader.take(&chunk), Ok(Vec::new()));
        assert_eq!(reader.take(b"a"), Err(TooLarge));
    }
}
