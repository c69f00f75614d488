//! Finds parts of a value that JSON would change: a number that is not finite is written as `null`, and `Some` of a value that
//! is written as `null` is read as `None`.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

/// The reason for which a value does not arrive as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed(String);

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Changed {}

impl ser::Error for Changed {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Changed(message.to_string())
    }
}

/// The deepest nesting that `serde_json` reads is 128, and the arguments are an object of their own.
const DEEPEST: usize = 120;

/// Checks that JSON has a text for the value from which the same value can be read.
pub(crate) fn check<T: Serialize + ?Sized>(value: &T) -> Result<(), Changed> {
    value.serialize(Check { depth: 0 }).map(drop)
}

/// The written form of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum As {
    Null,
    Other,
}

#[derive(Clone, Copy)]
struct Check {
    depth: usize,
}

impl Check {
    fn deeper(self) -> Result<Self, Changed> {
        if self.depth == DEEPEST {
            return Err(Changed(format!(
                "it is nested more than {DEEPEST} levels deep; flatten it"
            )));
        }
        Ok(Check { depth: self.depth + 1 })
    }

    fn float(number: f64) -> Result<As, Changed> {
        match number.is_finite() {
            true => Ok(As::Other),
            false => {
                Err(Changed(format!("JSON has no number {number}; use an `Option`, or a text")))
            }
        }
    }

    fn inside<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Changed> {
        value.serialize(self).map(drop)
    }
}

macro_rules! plain {
    ($($method:ident: $ty:ty),*) => {
        $(fn $method(self, _: $ty) -> Result<As, Changed> {
            Ok(As::Other)
        })*
    };
}

impl Serializer for Check {
    type Ok = As;
    type Error = Changed;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    plain! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8]
    }

    fn serialize_f32(self, number: f32) -> Result<As, Changed> {
        Check::float(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<As, Changed> {
        Check::float(number)
    }

    fn serialize_none(self) -> Result<As, Changed> {
        Ok(As::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<As, Changed> {
        match value.serialize(self)? {
            As::Other => Ok(As::Other),
            As::Null => Err(Changed(
                "`Some` of a value that JSON writes as `null` would be read as `None`".into(),
            )),
        }
    }

    fn serialize_unit(self) -> Result<As, Changed> {
        Ok(As::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<As, Changed> {
        Ok(As::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<As, Changed> {
        Ok(As::Other)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<As, Changed> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<As, Changed> {
        self.deeper()?.inside(value).map(|()| As::Other)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Changed> {
        self.deeper()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Changed> {
        self.deeper()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Changed> {
        self.deeper()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Changed> {
        self.deeper()?.deeper()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Changed> {
        self.deeper()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Changed> {
        self.deeper()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Changed> {
        self.deeper()?.deeper()
    }
}

macro_rules! compound {
    ($($kind:ident $method:ident),*) => {
        $(impl ser::$kind for Check {
            type Ok = As;
            type Error = Changed;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Changed> {
                self.inside(value)
            }

            fn end(self) -> Result<As, Changed> {
                Ok(As::Other)
            }
        })*
    };
}

compound! {
    SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field
}

macro_rules! named {
    ($($kind:ident),*) => {
        $(impl ser::$kind for Check {
            type Ok = As;
            type Error = Changed;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Changed> {
                self.inside(value).map_err(|Changed(why)| Changed(format!("`{name}`: {why}")))
            }

            fn end(self) -> Result<As, Changed> {
                Ok(As::Other)
            }
        })*
    };
}

named!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Check {
    type Ok = As;
    type Error = Changed;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Changed> {
        self.inside(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Changed> {
        self.inside(value)
    }

    fn end(self) -> Result<As, Changed> {
        Ok(As::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_json_would_change_is_found_wherever_it_stands() {
        let says =
            |result: Result<(), Changed>| result.expect_err("it would be changed").to_string();
        assert!(says(check(&f64::NAN)).contains("no number NaN"));
        assert!(says(check(&f32::INFINITY)).contains("no number inf"));
        assert!(says(check(&Some(f64::NAN))).contains("NaN"));
        assert!(says(check(&vec![Some(1.0), Some(f64::NEG_INFINITY)])).contains("-inf"));
        assert!(says(check(&Some(None::<u8>))).contains("read as `None`"));
        assert!(says(check(&Some(()))).contains("read as `None`"));
        let deep = (0..200).fold(String::from("1"), |text, _| format!("[{text}]"));
        let mut reader = serde_json::Deserializer::from_str(&deep[80..deep.len() - 80]);
        let value: serde_json::Value = Deserialize::deserialize(&mut reader).expect("120 levels");
        assert_eq!(check(&value), Ok(()));
        assert!(says(check(&vec![value])).contains("nested"));
    }

    use serde::Deserialize;

    #[test]
    fn a_value_that_json_keeps_is_not_refused() {
        assert_eq!(check(&(Some(1.5), None::<u8>, "text", [Some(())].len(), ())), Ok(()));
        assert_eq!(check(&u64::MAX), Ok(()));
    }
}
