//! `errno`: numbers and names of system errors.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use crate::members;
use crate::obj::dict;
use crate::obj::module::ModuleDef;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// The errors that stock names, with their numbers on Linux.
const ERRORS: &[(Qstr, isize)] = &[
    (qstr!("EPERM"), 1),
    (qstr!("ENOENT"), 2),
    (qstr!("EIO"), 5),
    (qstr!("EBADF"), 9),
    (qstr!("EAGAIN"), 11),
    (qstr!("ENOMEM"), 12),
    (qstr!("EACCES"), 13),
    (qstr!("EEXIST"), 17),
    (qstr!("ENODEV"), 19),
    (qstr!("EISDIR"), 21),
    (qstr!("EINVAL"), 22),
    (qstr!("EOPNOTSUPP"), 95),
    (qstr!("EADDRINUSE"), 98),
    (qstr!("ECONNABORTED"), 103),
    (qstr!("ECONNRESET"), 104),
    (qstr!("ENOBUFS"), 105),
    (qstr!("ENOTCONN"), 107),
    (qstr!("ETIMEDOUT"), 110),
    (qstr!("ECONNREFUSED"), 111),
    (qstr!("EHOSTUNREACH"), 113),
    (qstr!("EALREADY"), 114),
    (qstr!("EINPROGRESS"), 115),
];

/// The name of an error number.
pub fn name_of(number: isize) -> Option<Qstr> {
    ERRORS
        .iter()
        .find(|(_, n)| *n == number)
        .map(|(name, _)| *name)
}

/// `errno`.
pub static MODULE: ModuleDef = ModuleDef {
    name: qstr!("errno"),
    members: members! { "errorcode" => Get(errorcode) },
    extensible: true,
    attr: Some(|_, name| {
        Ok(ERRORS
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, number)| Obj::int(*number)))
    }),
    set_attr: None,
};

/// Number to name, as a dict.
fn errorcode(rt: &mut Runtime) -> R<Obj> {
    let codes = dict::new(rt)?;
    for (name, number) in ERRORS {
        codes.map.store(rt, Obj::int(*number), Obj::qstr(*name))?;
    }
    Ok(codes.obj())
}
