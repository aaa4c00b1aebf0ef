//! Which name was meant by one that is almost it.

/// The nearest of the known names, if it differs in few letters.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let measured = known.into_iter().map(|other| (strsim::levenshtein(name, other), other));
    let (letters, nearest) = measured.min_by_key(|(letters, _)| *letters)?;
    (letters <= 3 && letters * 3 <= name.len()).then_some(nearest)
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
