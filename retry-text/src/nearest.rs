//! Finds the nearest name to a misspelt one, by edit distance.

/// The candidate nearest to `word`, if it is near enough to propose.
///
/// ```
/// assert_eq!(retry_text::nearest("bse", &["max", "base", "cap"]), Some("base"));
/// assert_eq!(retry_text::nearest("first", &["every_call", "first_try"]), Some("first_try"));
/// assert_eq!(retry_text::nearest("log", &["on", "cap"]), None);
/// assert_eq!(retry_text::nearest("elephant", &["max", "base", "cap"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    within(word, candidates, |candidate| (candidate.len().max(word.len()) / 3).max(1)).or_else(
        || {
            let begins = |candidate: &&&str| word.len() > 2 && candidate.starts_with(word);
            candidates.iter().find(begins).copied()
        },
    )
}

/// The candidate with the fewest edits, if `limit` allows as many for this candidate. Capitals do not count.
///
/// ```
/// let one_edit = |_: &str| 1;
/// assert_eq!(retry_text::within("bse", &["base", "cap"], one_edit), Some("base"));
/// assert_eq!(retry_text::within("bes", &["base", "cap"], one_edit), None);
/// ```
pub fn within<'a>(
    word: &str,
    candidates: &[&'a str],
    limit: impl Fn(&str) -> usize,
) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .iter()
        .map(|candidate| (distance(&word, &candidate.to_lowercase()), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= limit(candidate))
        .map(|(_, candidate)| candidate)
}

/// The number of edits (insert, delete, replace, swap of neighbours) that turn one word into the other: the
/// optimal string alignment distance.
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=to.len()).collect()];
    for i in 1..=from.len() {
        let mut row = vec![i];
        for j in 1..=to.len() {
            let replace = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_of_neighbours_is_one_edit() {
        assert_eq!(distance("fatcor", "factor"), 1);
    }

    #[test]
    fn the_nearest_of_several_is_proposed_and_a_far_word_is_not() {
        assert_eq!(nearest("bse", &["max", "base", "cap"]), Some("base"));
        assert_eq!(nearest("elephant", &["max", "base", "cap"]), None);
    }

    #[test]
    fn capitals_do_not_count() {
        assert_eq!(nearest("CHRAGE", &["Charge", "Refund"]), Some("Charge"));
    }
}
