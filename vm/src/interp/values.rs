//! Groups of steps that several instructions of the loop end with: macros over its locals.

/// Defines the macros over the loop's locals; `$` stands first, then the label that an exception breaks out of.
/// They need those of [`super::operands`] and [`super::control`].
#[rustfmt::skip] // It pushes the matchers that begin with `$d` ever further to the right.
macro_rules! value_macros {
    ($d:tt $run:lifetime $rt:ident $fp:ident $code:ident $ip:ident $sp:ident $base:ident) => {
        // Pushes a result, or stores it at once when the next instruction stores it in a local.
        macro_rules! put {
            ($d value:expr) => {{
                let value: Obj = $d value;
                let next = *$ip;
                if next & 0xf0 == STORE_FAST_MULTI {
                    $ip = $ip.add(1);
                    *$base.add((next & 15) as usize) = Some(value);
                } else {
                    push!(value);
                }
            }};
        }
        // Two locals, numbered by the halves of a byte.
        macro_rules! locals {
            ($d both:expr) => {{
                let both: u8 = $d both;
                match (*$base.add((both >> 4) as usize), *$base.add((both & 15) as usize)) {
                    (Some(a), Some(b)) => (a, b),
                    _ => unbound!(),
                }
            }};
        }
        // The result of an operator that is quick for some operands.
        macro_rules! binary {
            ($d op:expr, $d a:expr, $d b:expr) => {{
                let (op, a, b): (u8, Obj, Obj) = ($d op, $d a, $d b);
                let value = match arith::fast(op, a, b) {
                    Some(value) => value,
                    None => tri!(arith::binary($rt, op, a, b)),
                };
                put!(value);
            }};
        }
        macro_rules! item {
            ($d obj:expr, $d index:expr) => {{
                let (obj, index): (Obj, Obj) = ($d obj, $d index);
                match arith::list_item(obj, index) {
                    Some(value) => value,
                    None => tri!(arith::item($rt, obj, index)),
                }
            }};
        }
        // No value deletes the item.
        macro_rules! store_item {
            ($d obj:expr, $d index:expr, $d value:expr) => {{
                let (obj, index): (Obj, Obj) = ($d obj, $d index);
                match $d value {
                    Some(value) => {
                        if !arith::set_list_item(obj, index, value) {
                            tri!(arith::set_item($rt, obj, index, value));
                        }
                    }
                    None => tri!($rt.del_item(obj, index)),
                }
            }};
        }
        // A method and its self, if it has one.
        macro_rules! method {
            ($d obj:expr, $d cache:expr) => {{
                let (obj, cache) = ($d obj, $d cache);
                match names::method_hit($rt, obj, cache) {
                    Some(fun) => (fun, Some(obj)),
                    None => tri!(names::load_method_cached($rt, obj, cache)),
                }
            }};
        }
        // Jumps if the truth of what is popped is as wanted.
        macro_rules! truth_jump {
            ($d wanted:literal) => {{
                let from = $ip.sub(1);
                let offset = signed_offset!();
                let value = pop!();
                let hit = match value {
                    Obj::TRUE => true,
                    Obj::FALSE => false,
                    value => tri!($rt.is_true(value)),
                };
                if hit == $d wanted {
                    $ip = $ip.offset(offset);
                    heat!(from, offset);
                }
                poll!();
            }};
        }
        // An attribute through its cache; a property's getter runs as a frame of this loop.
        macro_rules! load_attr {
            ($d obj:expr, $d cache:expr) => {{
                let (obj, cache) = ($d obj, $d cache);
                match names::attr_hit($rt, obj, cache) {
                    names::Hit::Value(value) => put!(value),
                    names::Hit::Getter(getter) => {
                        (*$fp).ip = $ip;
                        let ret = $sp;
                        push!(obj);
                        let args = $sp.sub(1);
                        // The word before the argument is not free, but a plain function needs none.
                        if tri!(enter::enter_fun($rt, getter, args, 1, 0, ret, Return::Value, None)).is_none() {
                            load_frame!();
                        }
                    }
                    names::Hit::NativeGetter(getter) => {
                        (*$fp).ip = $ip;
                        let value = tri!($rt.call(getter, &[obj]));
                        put!(value)
                    }
                    names::Hit::Miss => {
                        let value = tri!(names::load_attr_cached($rt, obj, cache));
                        put!(value)
                    }
                }
            }};
        }
        // The end of a counted loop: the counter on top goes on by `step`; jumps back while it is below (or,
        // for `more` = 1, above) the limit. `$ip` is at the jump's operand.
        macro_rules! count {
            ($d from:expr, $d step:expr, $d more:expr, $d limit:expr) => {{
                let (step, more, limit): (Obj, u8, Obj) = ($d step, $d more, $d limit);
                let offset = signed_offset!();
                let at = peek!(0);
                let next = match arith::add_small(at, step) {
                    Some(next) => next,
                    None => tri!(arith::add($rt, IADD, at, step)),
                };
                set_top!(next);
                let hit = if next.is_small() & limit.is_small() {
                    let (a, b) = (next.raw() as isize, limit.raw() as isize);
                    if more == 0 { a < b } else { a > b }
                } else {
                    tri!(arith::compare($rt, more, next, limit))
                };
                if hit {
                    $ip = $ip.offset(offset);
                    heat!($d from, offset);
                }
                poll!();
            }};
        }
        // A comparison (number and sense in one byte), then a jump.
        macro_rules! compare_jump {
            ($d from:expr, $d how:expr, $d a:expr, $d b:expr) => {{
                let (how, a, b): (u8, Obj, Obj) = ($d how, $d a, $d b);
                let hit = if a.is_small() & b.is_small() {
                    let (x, y) = (a.raw() as isize, b.raw() as isize);
                    match how & 7 {
                        0 => x < y,
                        1 => x > y,
                        2 => x == y,
                        3 => x <= y,
                        4 => x >= y,
                        _ => x != y,
                    }
                } else {
                    tri!(arith::compare($rt, how & 7, a, b))
                };
                let offset = signed_offset!();
                if hit == (how & quick::SENSE != 0) {
                    $ip = $ip.offset(offset);
                    heat!($d from, offset);
                }
                poll!();
            }};
        }
        macro_rules! compare {
            ($d op:tt, $d number:expr) => {{
                let (rhs, lhs) = (peek!(0), peek!(1));
                $sp = $sp.sub(1);
                if lhs.is_small() & rhs.is_small() {
                    set_top!(Obj::bool((lhs.raw() as isize) $d op (rhs.raw() as isize)));
                } else if let Some(hit) = arith::compare_floats(lhs, rhs, |a, b| a $d op b) {
                    set_top!(Obj::bool(hit));
                } else {
                    set_top!(tri!(arith::binary_slow($rt, $d number, lhs, rhs)));
                }
            }};
        }
    };
}

pub(super) use value_macros;
