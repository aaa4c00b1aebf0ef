//! Which name was meant by one that is almost it.

/// The nearest of the known names, if it differs in few letters.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let measured = known.into_iter().map(|other| (distance(name, other), other));
    let (letters, nearest) = measured.min_by_key(|(letters, _)| *letters)?;
    (letters <= 3 && letters * 3 <= name.len()).then_some(nearest)
}

/// How many letters have to be changed, added or left out (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, a) in left.bytes().enumerate() {
        let mut diagonal = at;
        let mut before = at + 1;
        for (b, cell) in right.bytes().zip(row.iter_mut().skip(1)) {
            let cost = diagonal + usize::from(a != b);
            diagonal = *cell;
            *cell = cost.min(before + 1).min(*cell + 1);
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn few_letters_may_differ() {
        let known = ["LINE_EMULATOR_PORT", "LINE_EMULATOR_HOST"];
        assert_eq!(nearest("LINE_EMULATOR_PROT", known), Some("LINE_EMULATOR_PORT"));
        assert_eq!(nearest("LINE_EMULATOR_HOSTS", known), Some("LINE_EMULATOR_HOST"));
        assert_eq!(nearest("LINE_EMULATOR_COLOUR", known), None);
        assert_eq!(nearest("ab", ["cd"]), None);
    }
}
