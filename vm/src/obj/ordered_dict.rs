//! `collections.OrderedDict`: a dict (which keeps order anyway) that prints as what it is and compares in order.

use ferlance_abi::qstr;

use super::dict::{self, DICT};
use super::ty::{Type, VTable};

/// `OrderedDict`.
pub static ORDERED_DICT: Type = Type::builtin(qstr!("OrderedDict"), 0, &VT).with_parent(&DICT);
static VT: VTable = VTable { ..dict::VT };
