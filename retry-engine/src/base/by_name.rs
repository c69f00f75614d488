//! Values by name, in the order of the names.
//!
//! A sorted vector: programs have few names and look them up often. Each type of values in a `BTreeMap` compiles to about
//! 8 000 lines of LLVM IR in every program's debug build, and to about 600 here.

/// A map from names to values.
#[derive(Clone, Debug)]
pub struct ByName<T>(Vec<(String, T)>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        ByName::new()
    }
}

impl<T> FromIterator<(String, T)> for ByName<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(entries: I) -> Self {
        let mut by_name = ByName::new();
        entries.into_iter().for_each(|(name, value)| by_name.insert(name, value));
        by_name
    }
}

impl<T> ByName<T> {
    /// An empty map.
    pub const fn new() -> Self {
        ByName(Vec::new())
    }

    /// The value of this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        Some(&self.0[self.place(name).ok()?].1)
    }

    /// Adds a value, or replaces the one of the same name.
    pub fn insert(&mut self, name: String, value: T) {
        match self.place(&name) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (name, value)),
        }
    }

    /// The names and their values, in the order of the names.
    pub fn entries(&self) -> &[(String, T)] {
        &self.0
    }

    /// The names, in their order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The place of the name, or the place where it belongs.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_name_and_listed_in_the_order_of_names() {
        let given = [("b", 1), ("c", 2), ("a", 3), ("b", 4)];
        let by_name: ByName<_> =
            given.map(|(name, value)| (name.to_owned(), value)).into_iter().collect();
        let found = ["a", "b", "c", "d"].map(|name| by_name.get(name).copied());
        assert_eq!(found, [Some(3), Some(4), Some(2), None]);
        assert!(by_name.names().eq(["a", "b", "c"]));
    }
}
