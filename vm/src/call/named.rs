//! Built-in functions with named parameters: putting keyword and positional arguments into slots.

use ferlance_abi::qstr::Qstr;

use super::Args;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// The values of the parameters `names`, of which the first `n_pos` may be given by position, the first
/// `required` must be given. Errors as spec language 14.3 says for built-ins with named parameters.
pub fn named<const N: usize>(
    rt: &mut Runtime,
    args: Args<'_>,
    names: [Qstr; N],
    n_pos: usize,
    required: usize,
) -> R<[Option<Obj>; N]> {
    let mut values = [None; N];
    let mut keywords = 0;
    for (i, name) in names.iter().enumerate() {
        values[i] = match args.get(i) {
            Some(value) if i < n_pos => Some(value),
            _ => {
                let value = args.keyword(*name);
                keywords += usize::from(value.is_some());
                value
            }
        };
        if values[i].is_none() && i < required {
            let name = rt.name_str(*name);
            return Err(rt.type_error_fmt(format_args!("'{name}' argument required")));
        }
    }
    if args.n_pos() > n_pos {
        return Err(rt.type_error("extra positional arguments given"));
    }
    if keywords < args.n_kw() {
        return Err(rt.type_error("extra keyword arguments given"));
    }
    Ok(values)
}
