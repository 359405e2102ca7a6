//! A set of digests that may grow to many millions: the latest are in memory, all others are in temporary files.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Most digests in memory: a hash table of 1.2 MB.
const ROOM: usize = 1 << 16;
/// Digests that are read from a file at once: 4 KB.
const BLOCK: usize = 512;
/// Bytes of a digest.
const WIDTH: usize = size_of::<u64>();

/// A set of digests. Where temporary files cannot be written, all of them stay in memory.
#[derive(Debug, Clone)]
pub(crate) struct DigestSet {
    room: usize,
    recent: HashSet<u64>,
    /// Earlier ones, the largest file first.
    files: Vec<Arc<SortedFile>>,
}

impl Default for DigestSet {
    fn default() -> DigestSet {
        DigestSet::with_room(ROOM)
    }
}

impl DigestSet {
    fn with_room(room: usize) -> DigestSet {
        DigestSet { room, recent: HashSet::new(), files: Vec::new() }
    }

    /// Adds a digest. Returns `false` if it is among the latest ones already.
    pub fn insert(&mut self, digest: u64) -> bool {
        let is_new = self.recent.insert(digest);
        if is_new && self.recent.len().is_multiple_of(self.room) {
            // If no file can be written, they stay in memory, and the next try comes after `room` more.
            let _ = self.move_to_file();
        }
        is_new
    }

    /// Whether a digest was added.
    ///
    /// # Errors
    /// A temporary file cannot be read.
    pub fn contains(&self, digest: u64) -> io::Result<bool> {
        if self.recent.contains(&digest) {
            return Ok(true);
        }
        for file in &self.files {
            if file.contains(digest)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.recent.is_empty() && self.files.is_empty()
    }

    /// How many are in memory.
    pub fn in_memory(&self) -> usize {
        self.recent.len()
    }

    /// Adds all digests of another set.
    pub fn merge(&mut self, other: DigestSet) {
        for digest in other.recent {
            self.insert(digest);
        }
        for file in other.files {
            self.add_file(file);
        }
    }

    fn move_to_file(&mut self) -> io::Result<()> {
        let mut sorted: Vec<u64> = self.recent.iter().copied().collect();
        sorted.sort_unstable();
        let file = SortedFile::write(sorted.into_iter().map(Ok))?;
        self.recent.clear();
        self.add_file(Arc::new(file));
        Ok(())
    }

    /// Files of about the same size become one: there are few, and each digest is written few times.
    fn add_file(&mut self, mut file: Arc<SortedFile>) {
        while let Some(last) = self.files.pop_if(|last| last.digests < file.digests.saturating_mul(2)) {
            match last.merged(&file) {
                Ok(merged) => file = Arc::new(merged),
                Err(_) => {
                    self.files.push(last);
                    break;
                }
            }
        }
        self.files.push(file);
    }
}

/// Digests in ascending order in a temporary file that has no name.
#[derive(Debug)]
struct SortedFile {
    file: Mutex<File>,
    digests: usize,
    /// The first digest of each block.
    firsts: Vec<u64>,
}

impl SortedFile {
    /// Writes digests, which come in ascending order; equal ones once.
    fn write(sorted: impl Iterator<Item = io::Result<u64>>) -> io::Result<SortedFile> {
        let mut writer = BufWriter::new(tempfile::tempfile()?);
        let (mut digests, mut firsts, mut last) = (0_usize, Vec::new(), None);
        for digest in sorted {
            let digest = digest?;
            if last == Some(digest) {
                continue;
            }
            if digests.is_multiple_of(BLOCK) {
                firsts.push(digest);
            }
            writer.write_all(&digest.to_le_bytes())?;
            (digests, last) = (digests + 1, Some(digest));
        }
        let file = Mutex::new(writer.into_inner().map_err(io::IntoInnerError::into_error)?);
        Ok(SortedFile { file, digests, firsts })
    }

    fn contains(&self, digest: u64) -> io::Result<bool> {
        match self.firsts.partition_point(|first| *first <= digest) {
            0 => Ok(false),
            after => Ok(self.block(after - 1)?.binary_search(&digest).is_ok()),
        }
    }

    fn block(&self, number: usize) -> io::Result<Vec<u64>> {
        let from = number * BLOCK;
        let mut bytes = vec![0; self.digests.saturating_sub(from).min(BLOCK) * WIDTH];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start((from * WIDTH) as u64))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes.as_chunks().0.iter().map(|digest| u64::from_le_bytes(*digest)).collect())
    }

    fn all(&self) -> impl Iterator<Item = io::Result<u64>> {
        (0..self.firsts.len()).flat_map(|number| match self.block(number) {
            Ok(digests) => digests.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        })
    }

    fn merged(&self, other: &SortedFile) -> io::Result<SortedFile> {
        let (mut ours, mut theirs) = (self.all().peekable(), other.all().peekable());
        SortedFile::write(std::iter::from_fn(|| match (ours.peek(), theirs.peek()) {
            (Some(Ok(our)), Some(Ok(their))) if their < our => theirs.next(),
            (None, _) => theirs.next(),
            _ => ours.next(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_digest_is_found_and_no_other(
            added in vec(any::<u64>(), 0..3_000),
            repeated in vec(0_u64..50, 0..300),
            others in vec(any::<u64>(), 0..50),
            rooms in (1_usize..700, 1_usize..700),
        ) {
            let mut model = HashSet::new();
            let (mut first, mut second) = (DigestSet::with_room(rooms.0), DigestSet::with_room(rooms.1));
            for (number, digest) in added.iter().chain(&repeated).enumerate() {
                model.insert(*digest);
                if number % 3 == 0 { second.insert(*digest) } else { first.insert(*digest) };
            }
            first.merge(second);
            prop_assert!(first.in_memory() < rooms.0);
            prop_assert_eq!(first.is_empty(), model.is_empty());
            for digest in added.iter().chain(&repeated).chain(&others).chain(&[0, u64::MAX]) {
                prop_assert_eq!(first.contains(*digest).ok(), Some(model.contains(digest)));
            }
        }
    }

    #[test]
    fn files_are_few_and_no_digest_is_there_twice() {
        let mut set = DigestSet::with_room(16);
        for digest in 0..16 * 1_000_u64 {
            set.insert(digest.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
        assert!(set.files.len() <= 10, "{} files", set.files.len());
        assert_eq!(set.files.iter().map(|file| file.digests).sum::<usize>(), 16_000);
    }
}
