//! `errno`: numbers and names of system errors.

use ferlance_abi::qstr;
use ferlance_abi::qstr::Qstr;

use crate::members;
use crate::obj::dict;
use crate::obj::module::ModuleDef;
use crate::obj::word::Obj;
use crate::runtime::{R, Runtime};

/// Makes the list of errors and the module of its rows.
macro_rules! errors {
    ($($name:literal $number:literal;)*) => {
        /// The errors that stock names, with their numbers on Linux. (ROM names have small numbers.)
        static ERRORS: &[(u16, u8)] = &[$((qstr!($name).number() as u16, $number)),*];

        /// `errno`.
        pub static MODULE: ModuleDef = ModuleDef {
            name: qstr!("errno"),
            members: members! { "errorcode" => Get(errorcode), $($name => Int($number)),* },
            extensible: true,
            attr: None,
            set_attr: None,
        };
    };
}

errors! {
    "EPERM" 1;
    "ENOENT" 2;
    "EIO" 5;
    "EBADF" 9;
    "EAGAIN" 11;
    "ENOMEM" 12;
    "EACCES" 13;
    "EEXIST" 17;
    "ENODEV" 19;
    "EISDIR" 21;
    "EINVAL" 22;
    "EOPNOTSUPP" 95;
    "EADDRINUSE" 98;
    "ECONNABORTED" 103;
    "ECONNRESET" 104;
    "ENOBUFS" 105;
    "ENOTCONN" 107;
    "ETIMEDOUT" 110;
    "ECONNREFUSED" 111;
    "EHOSTUNREACH" 113;
    "EALREADY" 114;
    "EINPROGRESS" 115;
}

/// The name of an error number.
pub fn name_of(number: isize) -> Option<Qstr> {
    ERRORS
        .iter()
        .find(|(_, n)| isize::from(*n) == number)
        .map(|(name, _)| Qstr::new(u32::from(*name)))
}

/// Number to name, as a dict.
fn errorcode(rt: &mut Runtime) -> R<Obj> {
    let codes = dict::new(rt)?;
    for (name, number) in ERRORS {
        let name = Qstr::new(u32::from(*name));
        codes
            .map
            .store(rt, Obj::int(isize::from(*number)), Obj::qstr(name))?;
    }
    Ok(codes.obj())
}
