//! Searches for a secret in all the memory of this process, freed memory included.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

/// A secret whose text stands nowhere but in what it is given to: here each byte is inverted.
pub(crate) struct Needle {
    inverted: Vec<u8>,
    /// Both are allocated before the secret is given away, because what the search allocated would overwrite freed memory.
    maps: Vec<u8>,
    chunk: Vec<u8>,
}

impl Needle {
    /// `length` letters, which no needle of another length begins with.
    pub(crate) fn new(length: usize) -> Self {
        let mut state = std::process::id().wrapping_mul(0x9e37_79b9) ^ u32::try_from(length).unwrap_or(1);
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            !b"abcdefghijkmnpqrstuvwxyzABCDEFGH"[(state >> 27) as usize]
        };
        let inverted = std::iter::repeat_with(next).take(length).collect();
        Self { inverted, maps: vec![0; 1 << 20], chunk: vec![0; 1 << 20] }
    }

    /// Hands the text to `take`, in one allocation that is wiped afterwards.
    pub(crate) fn with<T>(&self, take: impl FnOnce(&str) -> T) -> T {
        let mut text: Vec<u8> = Vec::with_capacity(self.inverted.len());
        text.extend(self.inverted.iter().map(|byte| !byte));
        let taken = take(str::from_utf8(&text).unwrap());
        text.fill(0);
        std::hint::black_box(&text);
        taken
    }

    /// How often 12 bytes of the secret in a row stand in this process's memory: from its middle, because an allocator
    /// overwrites the beginning of what is freed.
    pub(crate) fn found(&mut self) -> usize {
        let mut length = 0;
        let mut maps = File::open("/proc/self/maps").unwrap();
        loop {
            match maps.read(&mut self.maps[length..]).unwrap() {
                0 => break,
                read => length += read,
            }
        }
        let mut memory = File::open("/proc/self/mem").unwrap();
        let middle = self.inverted.len() / 2;
        let probe = &self.inverted[middle - 6..middle + 6];
        let mut found = 0;
        for line in str::from_utf8(&self.maps[..length]).unwrap().lines().filter(|line| line.contains(" rw")) {
            let range = line.split_once(' ').and_then(|(range, _)| range.split_once('-')).unwrap();
            let [start, end] = [range.0, range.1].map(|address| u64::from_str_radix(address, 16).unwrap());
            found += found_in(&mut memory, &mut self.chunk, probe, start, end);
        }
        found
    }
}

/// What is read is inverted at once and overwritten afterwards, so that the chunk is no further place of the secret.
fn found_in(memory: &mut File, chunk: &mut [u8], probe: &[u8], start: u64, end: u64) -> usize {
    let (mut found, mut at, overlap) = (0, start, probe.len() as u64 - 1);
    while at + overlap < end {
        let length = (end - at).min(chunk.len() as u64);
        let part = &mut chunk[..usize::try_from(length).unwrap()];
        memory.seek(SeekFrom::Start(at)).unwrap();
        if memory.read_exact(part).is_err() {
            // What the kernel does not let anybody read.
            return found;
        }
        part.iter_mut().for_each(|byte| *byte = !*byte);
        found += part.windows(probe.len()).filter(|window| *window == probe).count();
        part.fill(0);
        at += length - overlap;
    }
    found
}
