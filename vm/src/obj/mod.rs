//! The object model: words, handles, types, and one file for each Python type.

pub mod ptr;
pub mod ty;
pub mod word;

pub mod bool;
pub mod bound_method;
pub mod builtin_fun;
pub mod bytes;
pub mod cell;
pub mod class;
pub mod closure;
pub mod code;
pub mod complex;
pub mod dict;
pub mod ellipsis;
pub mod exception;
pub mod float;
pub mod fun;
pub mod generator;
pub mod getitem_iter;
pub mod int;
pub mod list;
pub mod map;
pub mod module;
pub mod none;
pub mod not_implemented;
pub mod object;
pub mod property;
pub mod range;
pub mod set;
pub mod slice;
pub mod static_method;
pub mod str;
pub mod super_type;
pub mod tuple;
pub mod type_type;
