//! How instructions read their operands and the stack: macros for the functions that hold instruction and stack
//! pointer in locals.

/// Defines `push!`, `pop!`, `peek!`, `set_top!` and the readers of operands over the given locals; `$` stands first.
/// What they do with the pointers is sound for verified code, see [`super::run`].
#[rustfmt::skip] // It pushes the matchers that begin with `$d` ever further to the right.
macro_rules! operand_macros {
    ($d:tt $ip:ident $sp:ident $code:ident) => {
        macro_rules! push {
            ($d value:expr) => {{
                $sp.write(Some($d value));
                $sp = $sp.add(1);
            }};
        }
        // The object `n` words below the top.
        macro_rules! peek {
            ($d n:expr) => {
                (*$sp.sub(1 + $d n)).unwrap_unchecked()
            };
        }
        macro_rules! pop {
            () => {{
                $sp = $sp.sub(1);
                (*$sp).unwrap_unchecked()
            }};
        }
        macro_rules! set_top {
            ($d value:expr) => {
                $sp.sub(1).write(Some($d value))
            };
        }
        macro_rules! uint {
            () => {{
                let mut value = *$ip as usize;
                $ip = $ip.add(1);
                if value >= 0x80 {
                    value &= 0x7f;
                    loop {
                        let byte = *$ip as usize;
                        $ip = $ip.add(1);
                        value = value << 7 | byte & 0x7f;
                        if byte < 0x80 {
                            break;
                        }
                    }
                }
                value
            }};
        }
        #[allow(unused_macros, reason = "not every user has such operands")]
        macro_rules! sint {
            () => {{
                let mut byte = *$ip;
                $ip = $ip.add(1);
                let mut value = ((byte << 1) as i8 >> 1) as isize;
                while byte & 0x80 != 0 {
                    byte = *$ip;
                    $ip = $ip.add(1);
                    value = value << 7 | (byte & 0x7f) as isize;
                }
                value
            }};
        }
        macro_rules! name {
            () => {
                *$code.names.add(uint!())
            };
        }
        macro_rules! unsigned_offset {
            () => {{
                let mut value = *$ip as usize;
                $ip = $ip.add(1);
                if value >= 0x80 {
                    value = value & 0x7f | (*$ip as usize) << 7;
                    $ip = $ip.add(1);
                }
                value
            }};
        }
        #[allow(unused_macros, reason = "not every user has such operands")]
        macro_rules! signed_offset {
            () => {{
                let mut value = *$ip as isize;
                $ip = $ip.add(1);
                if value < 0x80 {
                    value -= 64;
                } else {
                    value = (value & 0x7f | (*$ip as isize) << 7) - 16384;
                    $ip = $ip.add(1);
                }
                value
            }};
        }
    };
}

pub(super) use operand_macros;
