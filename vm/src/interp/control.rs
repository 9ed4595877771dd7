//! How the loop goes from one frame to another, and leaves for an exception: macros over its locals.

/// Defines the macros over the loop's locals; `$` stands first, then the label that an exception breaks out of.
/// They need those of [`super::operands`]. What they do with the pointers is sound as [`super::run`] says.
#[rustfmt::skip] // It pushes the matchers that begin with `$d` ever further to the right.
macro_rules! control_macros {
    ($d:tt $run:lifetime $rt:ident $fp:ident $code:ident $ip:ident $sp:ident $base:ident) => {
        macro_rules! tri {
            ($d e:expr) => {
                match $d e {
                    Ok(value) => value,
                    Err(_) => break $run,
                }
            };
        }
        // After a jump: callbacks and the keyboard interrupt.
        macro_rules! poll {
            () => {
                if $rt.pending.any() {
                    tri!(crate::interp::run_pending($rt));
                }
            };
        }
        // After a jump back from the instruction at `at`: hot loops become regions, or the
        // rest of the call machine code.
        macro_rules! heat {
            ($d at:expr, $d offset:expr) => {
                if config::QUICKEN && $d offset < 0 {
                    let left = $code.heat.get().wrapping_sub(1);
                    $code.heat.set(left);
                    if left == 0 {
                        let at = $d at.offset_from($code.bytes) as usize;
                        if let Some(end) = region::warm($rt, $fp, at, $ip, $sp) {
                            ($ip, $sp) = end;
                        }
                    }
                }
            };
        }
        // Goes on with the frame that was pushed, or with the value that the call gave.
        macro_rules! called {
            ($d result:expr, $d ret:expr) => {{
                (*$fp).ip = $ip;
                match tri!($d result) {
                    Some(value) => {
                        $sp = $d ret;
                        push!(value);
                    }
                    None => {
                        load_frame!();
                    }
                }
            }};
        }
        // Leaves the frame with a value.
        macro_rules! do_return {
            ($d value:expr) => {{
                let value: Obj = $d value;
                let (kind, ret, owner) = ((*$fp).ret_kind, (*$fp).ret, (*$fp).owner);
                if let Some(generator) = resume::generator_of(&*$fp) {
                    resume::finish(generator);
                }
                $rt.interp.depth -= 1;
                match kind {
                    Return::Value => {
                        load_frame!();
                        $sp = ret;
                        push!(value);
                    }
                    Return::ToRust => return Ok(value),
                    Return::Init => {
                        load_frame!();
                        $sp = ret;
                        if !value.is_none() {
                            let _ = enter::init_returned($rt, value);
                            break $run;
                        }
                        $sp.write(owner);
                        $sp = $sp.add(1);
                    }
                    Return::ForIter => {
                        load_frame!();
                        let offset = unsigned_offset!();
                        $sp = $sp.sub(4);
                        $ip = $ip.add(offset);
                    }
                    Return::Delegate => {
                        load_frame!();
                        set_top!(value);
                    }
                    Return::GeneratorToRust => {
                        $rt.interp.yielded = false;
                        return Ok(value);
                    }
                }
            }};
        }
        // Suspends the frame, whose `$ip` and `$sp` are saved, and all that delegate to it.
        macro_rules! do_yield {
            ($d value:expr) => {{
                let value: Obj = $d value;
                loop {
                    let kind = (*$fp).ret_kind;
                    if let Some(generator) = resume::generator_of(&*$fp) {
                        resume::suspend(generator, &*$fp);
                    }
                    $rt.interp.depth -= 1;
                    match kind {
                        Return::ForIter => {
                            load_frame!();
                            let _ = unsigned_offset!();
                            push!(value);
                            break;
                        }
                        Return::Delegate => {
                            load_frame!();
                            push!(value);
                            (*$fp).ip = $ip.sub(1);
                            (*$fp).sp = $sp;
                        }
                        // The verifier lets only generators yield.
                        Return::GeneratorToRust
                        | Return::Value
                        | Return::Init
                        | Return::ToRust => {
                            $rt.interp.yielded = true;
                            return Ok(value);
                        }
                    }
                }
            }};
        }
        // `return`: through finally blocks, if there are any.
        macro_rules! return_value {
            ($d value:expr) => {{
                let value: Obj = $d value;
                if !(*$fp).no_blocks() {
                    let at =
                        except::leave(&mut *$fp, $ip, $sp, except::Leaving::Return(value));
                    if !at.0.is_null() {
                        ($ip, $sp) = at;
                        continue;
                    }
                }
                do_return!(value);
            }};
        }
        macro_rules! unbound {
            () => {{
                names::unbound_local($rt);
                break $run;
            }};
        }
    };
}

pub(super) use control_macros;
