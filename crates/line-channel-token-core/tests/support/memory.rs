//! Looks for a secret in all the memory of this process, freed memory included.

use std::fs::{File, read_to_string};
use std::io::{Read, Seek, SeekFrom};

/// A secret whose text stands nowhere but in what it is given to: here each byte is inverted.
pub(crate) struct Needle(Vec<u8>);

impl Needle {
    /// `length` letters and digits that no other needle has.
    pub(crate) fn new(length: usize) -> Self {
        let mut state = std::process::id().wrapping_mul(0x9e37_79b9) ^ u32::try_from(length).unwrap_or(1);
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            !b"abcdefghijkmnpqrstuvwxyzABCDEFGH"[(state >> 27) as usize]
        };
        Self(std::iter::repeat_with(next).take(length).collect())
    }

    /// Hands the text to `take`, in one allocation that is wiped afterwards.
    pub(crate) fn with<T>(&self, take: impl FnOnce(&str) -> T) -> T {
        let mut text: Vec<u8> = Vec::with_capacity(self.0.len());
        text.extend(self.0.iter().map(|byte| !byte));
        let taken = take(str::from_utf8(&text).unwrap());
        text.fill(0);
        std::hint::black_box(&text);
        taken
    }

    /// How often the secret stands in this process's memory: all of it, or 12 of its bytes in a row.
    pub(crate) fn found(&self) -> usize {
        let maps = read_to_string("/proc/self/maps").unwrap();
        let mut memory = File::open("/proc/self/mem").unwrap();
        let mut found = 0;
        for line in maps.lines().filter(|line| line.contains(" rw")) {
            let Some((range, _)) = line.split_once(' ') else { continue };
            let Some((start, end)) = range.split_once('-') else { continue };
            let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
            found += self.found_in(&mut memory, start, end);
        }
        found
    }

    fn found_in(&self, memory: &mut File, start: u64, end: u64) -> usize {
        let probe = &self.0[4..16];
        // Inverted while it is read, so that the buffer is no further place where the secret stands.
        let mut chunk = vec![0_u8; 1 << 16];
        let (mut found, mut at, overlap) = (0, start, probe.len() as u64 - 1);
        while at < end {
            let length = usize::try_from((end - at).min(chunk.len() as u64)).unwrap();
            memory.seek(SeekFrom::Start(at)).unwrap();
            if memory.read_exact(&mut chunk[..length]).is_err() {
                return found;
            }
            chunk[..length].iter_mut().for_each(|byte| *byte = !*byte);
            found += chunk[..length].windows(probe.len()).filter(|window| *window == probe).count();
            chunk[..length].fill(0);
            at += (length as u64).saturating_sub(overlap).max(1);
            if length as u64 <= overlap {
                break;
            }
        }
        found
    }
}
