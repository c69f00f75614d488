//! Empty: the package exists for its tests.
