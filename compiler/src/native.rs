//! Machine code: from the code of a scope to a raw code.

use ferlance_abi::Arch;
use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::qstr::Qstr;
use ferlance_bytecode::Code;
use ferlance_bytecode::bytes::Bytes;
use ferlance_bytecode::module::{RawCode, RawKind};
use ferlance_collections::{OutOfMemory, TryVec};
use ferlance_frontend::Diag;
use ferlance_frontend::diag::Code as Message;
use ferlance_frontend::hir::ScopeId;
use ferlance_frontend::lower::Lower;
use ferlance_native_emitter::arch::Emit;
use ferlance_native_emitter::arch::riscv::Riscv;
use ferlance_native_emitter::arch::thumb::Thumb;
use ferlance_native_emitter::arch::x86::X86;
use ferlance_native_emitter::arch::xtensa::Xtensa;
use ferlance_native_emitter::emit::{DirectCall, EmitError, Made, emit, emit_in_pieces};
use ferlance_native_emitter::link::link;
use ferlance_native_emitter::lower::{self, Hints, Tables};
use ferlance_native_emitter::nir::{Effort, Func};
use ferlance_native_emitter::opt::optimise;
use ferlance_native_emitter::target::Host;
use ferlance_native_emitter::{Machine, Target};
use ferlance_viper::error::Stop;
use ferlance_viper::{Form, Scene, Types};

use crate::direct::Module;
use crate::explain::{self, Notes};
use crate::function_data::FunctionData;
use crate::options::Options;
use crate::scope_driver;
use crate::typing;
use crate::workers::{Job, Workers};

/// Compiles a function of kind native; gives what stands for it if that is left to workers.
pub(crate) fn native(
    lower: &mut Lower<'_>,
    scope: ScopeId,
    code: &Code,
    options: &Options<'_>,
    notes: Option<&mut Notes>,
) -> Result<RawCode<'static>, Diag> {
    options.tell_machine_code();
    typing::check_native(lower, scope, code, options)?;
    let Some(target) = &options.target else {
        return Err(lower.scope_error(scope, Message::NoNativeEmitter));
    };
    let (pool, names, consts) = lower.pool_and_tables();
    let mut tables = Tables {
        pool,
        names,
        consts,
    };
    // Whoever wants to know where time goes asks about the fast code.
    if !options.native_pieces || notes.is_some() {
        match whole(scope, code, target, &mut tables, options, notes) {
            // There may still be memory for pieces of it.
            Err(EmitError::OutOfMemory) => {}
            made => return made.map_err(|error| refusal(lower, scope, error)),
        }
    }
    in_pieces(code, target, &mut tables).map_err(|error| refusal(lower, scope, error))
}

/// Stands for a function that waits.
pub(crate) fn not_yet() -> RawCode<'static> {
    RawCode {
        kind: RawKind::Viper { linked: None },
        ..RawCode::default()
    }
}

/// A native function all at once, or by workers.
fn whole(
    scope: ScopeId,
    code: &Code,
    target: &Target,
    tables: &mut Tables<'_>,
    options: &Options<'_>,
    notes: Option<&mut Notes>,
) -> Result<RawCode<'static>, EmitError> {
    let (func, data) = lowered(code, target, tables, options, Hints::default())?;
    if let (Some(workers), None) = (options.workers, &notes) {
        workers.give(Job::new(scope, func, *target, data));
        return Ok(not_yet());
    }
    finished(code, target, func, data, notes)
}

/// The raw code of a native function that has been lowered.
fn finished(
    code: &Code,
    target: &Target,
    mut func: Func,
    data: FunctionData,
    notes: Option<&mut Notes>,
) -> Result<RawCode<'static>, EmitError> {
    let machine = machine(&mut func, target)?;
    if let Some(notes) = notes {
        explain::note(notes, code, &func, &machine, target, &machine)?;
    }
    Ok(data.around(&machine, target)?)
}

/// A native function piece by piece.
fn in_pieces(
    code: &Code,
    target: &Target,
    tables: &mut Tables<'_>,
) -> Result<RawCode<'static>, EmitError> {
    let target = Target {
        small: true,
        ..*target
    };
    let pieces = Pieces {
        code,
        tables: &mut *tables,
    };
    let Made { machine, n_state } = on_arch(&target, pieces)?;
    let data = FunctionData::new(code, n_state, tables.names)?;
    Ok(data.around(&machine, &target)?)
}

/// A native function that has been bytecode, with a second way in if a call of it is to go on as machine code.
pub(crate) fn again(
    code: &Code,
    tables: &mut Tables<'_>,
    options: &Options<'_>,
    hints: Hints<'_>,
) -> Result<RawCode<'static>, EmitError> {
    let target = options.target.as_ref().ok_or(EmitError::NoEmitter)?;
    if !options.native_pieces || hints.midway.is_some() {
        let made = lowered(code, target, tables, options, hints)
            .and_then(|(func, data)| finished(code, target, func, data, None));
        match made {
            Err(EmitError::OutOfMemory) if hints.midway.is_none() => {}
            made => return made,
        }
    }
    in_pieces(code, target, tables)
}

/// A native function ready for optimiser and emitter, and what there is to be around its code.
fn lowered(
    code: &Code,
    target: &Target,
    tables: &mut Tables<'_>,
    options: &Options<'_>,
    hints: Hints<'_>,
) -> Result<(Func, FunctionData), EmitError> {
    let lower::Lowered { mut func, n_state } = lower::lower(code, target, tables, hints)?;
    // Who wants all of a program as machine code waits for it; who decorates a function wants that one fast.
    func.effort = match options.emit {
        // Short code is made by passes that look once more.
        _ if target.small => Effort::Full,
        CodeKind::Native if !options.for_file => Effort::Little,
        _ => Effort::Fair,
    };
    settle(&mut func, target, tables)?;
    let data = FunctionData::new(code, n_state, tables.names)?;
    Ok((func, data))
}

/// Compiles a viper function, with those that it calls directly behind it.
pub(crate) fn viper(
    lower: &mut Lower<'_>,
    scope: ScopeId,
    code: &Code,
    options: &Options<'_>,
    mut notes: Option<&mut Notes>,
    module: &Module,
) -> Result<RawCode<'static>, Diag> {
    options.tell_machine_code();
    let Some(target) = &options.target else {
        return Err(lower.scope_error(scope, Message::NoNativeEmitter));
    };
    let types = typing::infer(lower, scope, code, options, &module.signatures)?;
    let form = match types.calls_directly(scope.0) {
        true => Form::Wrapper,
        false => Form::Function,
    };
    let makes = Makes {
        code,
        types,
        form,
        module,
    };
    // Notes about this function, and where its code begins.
    let mut noted: TryVec<(usize, u32)> = TryVec::new();
    if let Some(notes) = &notes {
        noted.push((notes.len(), 0))?;
    }
    let Machine {
        mut bytes,
        mut calls,
        ..
    } = makes.machine(lower, scope, options, notes.as_deref_mut())?;
    // Calls grow while callees are put behind; each callee stands there once.
    let mut placed: TryVec<(u32, u32)> = TryVec::new();
    let mut next = 0;
    while let Some(call) = calls.get(next).copied() {
        next += 1;
        let known = placed.iter().find(|(callee, _)| *callee == call.callee);
        let to = match known {
            Some((_, to)) => *to,
            None => {
                // Pools behind the code of a function count from words.
                while bytes.len() % target.word() as usize != 0 {
                    bytes.push(0)?;
                }
                let to = u32::try_from(bytes.len()).map_err(|_| OutOfMemory)?;
                placed.push((call.callee, to))?;
                let callee = ScopeId(call.callee);
                let Some(code) = module.code(call.callee) else {
                    return Err(lower.scope_error(scope, Message::NativeMalformed));
                };
                let types = typing::infer(lower, callee, code, options, &module.signatures)?;
                let form = Form::Direct;
                let makes = Makes {
                    code,
                    types,
                    form,
                    module,
                };
                // A copy of another function has been told of where that stands.
                let notes = notes.as_deref_mut().filter(|_| callee == scope);
                if let Some(notes) = &notes {
                    noted.push((notes.len(), to))?;
                }
                let made = makes.machine(lower, callee, options, notes)?;
                for inner in &made.calls {
                    calls.push(DirectCall {
                        offset: to + inner.offset,
                        callee: inner.callee,
                    })?;
                }
                bytes.extend_from_slice(&made.bytes)?;
                to
            }
        };
        if !link(target, &mut bytes, call.offset, to) {
            return Err(lower.scope_error(scope, Message::NativeMalformed));
        }
    }
    for (at, start) in noted {
        let code = bytes.get(start as usize..);
        if let (Some(note), Some(code)) = (
            notes.as_deref_mut().and_then(|notes| notes.get_mut(at)),
            code,
        ) {
            note.link(code)?;
        }
    }
    Ok(RawCode {
        bytes: bytes.into(),
        children: TryVec::from_slice(&code.children)?,
        kind: RawKind::Viper { linked: None },
        lines: Bytes::EMPTY,
    })
}

/// One way into a viper function.
struct Makes<'a> {
    code: &'a Code,
    types: Types,
    form: Form,
    module: &'a Module,
}

impl Makes<'_> {
    fn machine(
        self,
        lower: &mut Lower<'_>,
        scope: ScopeId,
        options: &Options<'_>,
        notes: Option<&mut Notes>,
    ) -> Result<Machine, Diag> {
        let Some(mut target) = options.target else {
            return Err(lower.scope_error(scope, Message::NoNativeEmitter));
        };
        // On any firmware it is loops that are to be fast, and all else short.
        target.small |= target.host == Host::Stock && !scope_driver::has_loop(self.code)?;
        let func = self.lowered(lower, scope, options, &target, false)?;
        let marked = match notes {
            Some(_) => Some(self.lowered(lower, scope, options, &target, true)?),
            None => None,
        };
        drop(self.types);
        let (_, made) = emitted(lower, scope, func, &target)?;
        if let (Some(notes), Some(marked)) = (notes, marked) {
            let (func, marked) = emitted(lower, scope, marked, &target)?;
            explain::note(notes, self.code, &func, &marked, &target, &made)?;
        }
        Ok(made)
    }

    /// The function with marks of lines or without.
    fn lowered(
        &self,
        lower: &mut Lower<'_>,
        scope: ScopeId,
        options: &Options<'_>,
        target: &Target,
        lines: bool,
    ) -> Result<Func, Diag> {
        let (pool, _, consts) = lower.pool_and_tables();
        let env = ferlance_viper::Env {
            target,
            scene: Scene {
                name: &|name: Qstr| pool.text(name),
                dialect: options.viper,
                sound: options.sound,
                small: target.small,
                direct: &self.module.signatures,
            },
            defaults: self.module.defaults(scope.0),
            own: self.module.signature(scope.0),
            lines,
            consts,
        };
        ferlance_viper::lower(self.code, &self.types, env, self.form).map_err(|stop| match stop {
            Stop::OutOfMemory => Diag::from(OutOfMemory),
            Stop::Refused(error) => typing::refusal(lower, scope, self.code, &error, options),
        })
    }
}

/// The machine code of a viper function, and the function as it is then.
fn emitted(
    lower: &mut Lower<'_>,
    scope: ScopeId,
    mut func: Func,
    target: &Target,
) -> Result<(Func, Machine), Diag> {
    let (pool, names, consts) = lower.pool_and_tables();
    let mut tables = Tables {
        pool,
        names,
        consts,
    };
    settle(&mut func, target, &mut tables)?;
    let made = machine(&mut func, target).map_err(|error| refusal(lower, scope, error))?;
    Ok((func, made))
}

/// Something that is done with the machine that a target has.
trait OnArch {
    type Made;
    fn on(self, arch: &impl Emit) -> Result<Self::Made, EmitError>;
}

/// Does it with the emitter for `target`.
fn on_arch<T: OnArch>(target: &Target, what: T) -> Result<T::Made, EmitError> {
    on_known_arch(target, what).unwrap_or(Err(EmitError::NoEmitter))
}

fn on_known_arch<T: OnArch>(target: &Target, what: T) -> Option<Result<T::Made, EmitError>> {
    Some(match target.arch {
        Arch::X64 | Arch::X86 => what.on(&X86::new(*target)?),
        Arch::Armv6
        | Arch::Armv6m
        | Arch::Armv7m
        | Arch::Armv7em
        | Arch::Armv7emsp
        | Arch::Armv7emdp => what.on(&Thumb::new(*target)?),
        Arch::Rv32imc | Arch::Rv64imc => what.on(&Riscv::new(*target)?),
        Arch::Xtensa | Arch::Xtensawin => what.on(&Xtensa::new(*target)?),
        Arch::None => return None,
    })
}

/// A native function piece by piece.
struct Pieces<'a, 't> {
    code: &'a Code,
    tables: &'a mut Tables<'t>,
}

impl OnArch for Pieces<'_, '_> {
    type Made = Made;

    fn on(self, arch: &impl Emit) -> Result<Made, EmitError> {
        emit_in_pieces(self.code, self.tables, arch)
    }
}

/// A function that knows all it has to know of its module.
struct Settled<'a>(&'a mut Func);

impl OnArch for Settled<'_> {
    type Made = Machine;

    fn on(self, arch: &impl Emit) -> Result<Machine, EmitError> {
        optimise(self.0, arch)?;
        emit(self.0, arch)
    }
}

/// Lets a function know its module, which it needs no longer then.
fn settle(func: &mut Func, target: &Target, tables: &mut Tables<'_>) -> Result<(), OutOfMemory> {
    debug_assert_eq!(
        ferlance_native_emitter::nir::verify(func, target.word()),
        Ok(()),
        "{func}"
    );
    lower::lower_env(func, target, tables)
}

/// The machine code of a settled function.
pub(crate) fn machine(func: &mut Func, target: &Target) -> Result<Machine, EmitError> {
    on_arch(target, Settled(func))
}

/// Puts what workers have made in its places. Of what could not be made the first in the source is told.
pub(crate) fn gather(
    lower: &Lower<'_>,
    workers: &dyn Workers,
    codes: &mut [RawCode<'static>],
) -> Result<(), Diag> {
    let mut refused: Option<(ScopeId, EmitError)> = None;
    while let Some(job) = workers.take() {
        let scope = job.scope();
        match job.finish() {
            Ok(raw) => {
                if let Some(place) = codes.get_mut(scope.0 as usize) {
                    *place = raw;
                }
            }
            Err(error) if refused.is_none_or(|(first, _)| scope.0 < first.0) => {
                refused = Some((scope, error));
            }
            Err(_) => {}
        }
    }
    match refused {
        Some((scope, error)) => Err(refusal(lower, scope, error)),
        None => Ok(()),
    }
}

/// What is said of a function without machine code.
fn refusal(lower: &Lower<'_>, scope: ScopeId, error: EmitError) -> Diag {
    match error {
        EmitError::OutOfMemory => Diag::from(OutOfMemory),
        EmitError::NoEmitter => lower.scope_error(scope, Message::NoNativeEmitter),
        EmitError::TooLong | EmitError::BadCode | EmitError::Stuck => {
            lower.scope_error(scope, Message::NativeMalformed)
        }
    }
}
