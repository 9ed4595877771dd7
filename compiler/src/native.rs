//! Machine code: from the code of a scope to a raw code.

use ferlance_abi::code_kind::CodeKind;
use ferlance_abi::qstr::Qstr;
use ferlance_abi::{Arch, ScopeFlags};
use ferlance_bytecode::module::{RawCode, RawKind};
use ferlance_bytecode::op::Op;
use ferlance_bytecode::varint::write_uint;
use ferlance_bytecode::{Code, NameTable, Prelude};
use ferlance_collections::{BitSet, OutOfMemory, TryVec};
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
use ferlance_native_emitter::lower::{self, Tables};
use ferlance_native_emitter::nir::Func;
use ferlance_native_emitter::opt::optimise;
use ferlance_native_emitter::target::Host;
use ferlance_native_emitter::{Machine, Target};
use ferlance_viper::error::Stop;
use ferlance_viper::{Form, Scene, Types};

use crate::direct::Module;
use crate::explain::{self, Notes};
use crate::options::Options;
use crate::typing;

/// Compiles a function of kind native.
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
    // Who wants all of a program as machine code waits for it; who decorates a function wants that one fast.
    let is_hasty = !options.for_file && options.emit == CodeKind::Native;
    let mut made = None;
    // Whoever wants to know where time goes asks about the fast code.
    if !options.native_pieces || notes.is_some() {
        match whole(code, target, &mut tables, is_hasty, notes) {
            // There may still be memory for pieces of it.
            Some(Err(EmitError::OutOfMemory)) => {}
            other => made = other,
        }
    }
    let made = match made {
        Some(made) => Some(made),
        None => {
            let pieces = Pieces {
                code,
                tables: &mut tables,
            };
            let target = Target {
                small: true,
                ..*target
            };
            on_arch(&target, pieces)
        }
    };
    let Made { machine, n_state } = match made {
        None => return Err(lower.scope_error(scope, Message::NoNativeEmitter)),
        Some(made) => made.map_err(|error| refusal(lower, scope, error))?,
    };
    let (names, _) = lower.tables_mut();
    let (bytes, prelude_offset) = function_data(code, n_state, &machine, names, target.word())?;
    Ok(RawCode {
        bytes: bytes.into(),
        children: TryVec::from_slice(&code.children)?,
        kind: RawKind::Native { prelude_offset },
    })
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
        types: &types,
        form,
        module,
    };
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
                while bytes.len() % ENTRY_ALIGN != 0 {
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
                    types: &types,
                    form,
                    module,
                };
                // A copy of another function has been told of where that stands.
                let notes = notes.as_deref_mut().filter(|_| callee == scope);
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
    Ok(RawCode {
        bytes: bytes.into(),
        children: TryVec::from_slice(&code.children)?,
        kind: RawKind::Viper { linked: None },
    })
}

/// Where entries may stand: pools behind the code of a function count from words.
const ENTRY_ALIGN: usize = 8;

/// One way into a viper function.
struct Makes<'a> {
    code: &'a Code,
    types: &'a Types,
    form: Form,
    module: &'a Module,
}

impl Makes<'_> {
    fn machine(
        &self,
        lower: &mut Lower<'_>,
        scope: ScopeId,
        options: &Options<'_>,
        notes: Option<&mut Notes>,
    ) -> Result<Machine, Diag> {
        let Some(mut target) = options.target else {
            return Err(lower.scope_error(scope, Message::NoNativeEmitter));
        };
        // On any firmware it is loops that are to be fast, and all else short.
        target.small |= target.host == Host::Stock && !has_loop(self.code)?;
        let target = &target;
        let (pool, _, consts) = lower.pool_and_tables();
        let env = ferlance_viper::Env {
            target,
            scene: Scene {
                name: &|name: Qstr| pool.text(name),
                dialect: options.viper,
                sound: options.sound,
                direct: &self.module.signatures,
            },
            defaults: self.module.defaults(scope.0),
            own: self.module.signature(scope.0),
            consts,
        };
        let lowered = ferlance_viper::lower(self.code, self.types, env, self.form);
        let func = lowered.map_err(|stop| match stop {
            Stop::OutOfMemory => Diag::from(OutOfMemory),
            Stop::Refused(error) => typing::refusal(lower, scope, self.code, &error, options),
        })?;
        let (pool, names, consts) = lower.pool_and_tables();
        let mut tables = Tables {
            pool,
            names,
            consts,
        };
        let ready = Ready {
            code: self.code,
            tables: &mut tables,
            func,
            notes,
        };
        match on_arch(target, ready) {
            None => Err(lower.scope_error(scope, Message::NoNativeEmitter)),
            Some(made) => made.map_err(|error| refusal(lower, scope, error)),
        }
    }
}

/// Does any jump lead back?
fn has_loop(code: &Code) -> Result<bool, OutOfMemory> {
    let mut passed = BitSet::with_limit(code.n_labels() as usize)?;
    for op in code.ops() {
        if let Op::Label(label) = op {
            passed.insert(label.index())?;
        } else if op.target().is_some_and(|to| passed.contains(to.index())) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Something that is done with the machine that a target has.
trait OnArch {
    type Made;
    fn on(self, arch: &impl Emit) -> Result<Self::Made, EmitError>;
}

/// Does it, if there is an emitter.
fn on_arch<T: OnArch>(target: &Target, what: T) -> Option<Result<T::Made, EmitError>> {
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

/// A native function at once, if there is an emitter.
fn whole(
    code: &Code,
    target: &Target,
    tables: &mut Tables<'_>,
    is_hasty: bool,
    notes: Option<&mut Notes>,
) -> Option<Result<Made, EmitError>> {
    let lowered = match lower::lower(code, target, tables) {
        Ok(lowered) => lowered,
        Err(error) => return Some(Err(error.into())),
    };
    let (mut func, n_state) = (lowered.func, lowered.n_state);
    func.is_hasty = is_hasty;
    let ready = Ready {
        code,
        tables,
        func,
        notes,
    };
    let machine = on_arch(target, ready)?;
    Some(machine.map(|machine| Made { machine, n_state }))
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

/// A function that has been lowered.
struct Ready<'a, 't> {
    code: &'a Code,
    tables: &'a mut Tables<'t>,
    func: Func,
    notes: Option<&'a mut Notes>,
}

impl OnArch for Ready<'_, '_> {
    type Made = Machine;

    fn on(self, arch: &impl Emit) -> Result<Machine, EmitError> {
        let Ready {
            code,
            tables,
            mut func,
            notes,
        } = self;
        let target = arch.target();
        debug_assert_eq!(
            ferlance_native_emitter::nir::verify(&func, target.word()),
            Ok(()),
            "{func}"
        );
        lower::lower_env(&mut func, target, tables)?;
        optimise(&mut func, arch)?;
        let machine = emit(&mut func, arch)?;
        if let Some(notes) = notes {
            explain::note(
                notes, code.name, code.kind, code.line, &func, &machine, target,
            )?;
        }
        Ok(machine)
    }
}

/// What is said of a function without machine code.
fn refusal(lower: &Lower<'_>, scope: ScopeId, error: EmitError) -> Diag {
    match error {
        EmitError::OutOfMemory => Diag::from(OutOfMemory),
        EmitError::TooLong | EmitError::BadCode | EmitError::Stuck => {
            lower.scope_error(scope, Message::NativeMalformed)
        }
    }
}

/// What the loader calls function data: the place of the prelude, the code, the prelude; and the offset of the last.
///
/// ```text
/// word 0    index of the prelude behind the children; 0 if there are none, where it is all there is
/// (word 1   generators: offset of the first entry, which our code tells from later ones by its size)
/// code
/// prelude
/// ```
fn function_data(
    code: &Code,
    n_state: u32,
    machine: &Machine,
    names: &mut NameTable,
    word: u32,
) -> Result<(TryVec<u8>, u32), OutOfMemory> {
    let mut bytes = TryVec::new();
    let index = u64::try_from(code.children.len()).map_err(|_| OutOfMemory)?;
    let word = word as usize;
    let mut push_word = |value: u64| -> Result<(), OutOfMemory> {
        let le = value.to_le_bytes();
        bytes.extend_from_slice(le.get(..word).unwrap_or(&le))
    };
    push_word(index)?;
    if code.flags.has(ScopeFlags::GENERATOR) {
        push_word(2 * word as u64)?;
    }
    bytes.extend_from_slice(&machine.bytes)?;
    let prelude_offset = u32::try_from(bytes.len()).map_err(|_| OutOfMemory)?;
    let mut info = TryVec::new();
    write_uint(&mut info, u64::from(names.index_of(code.name)?))?;
    for name in code.param_names.iter() {
        write_uint(&mut info, u64::from(names.index_of(*name)?))?;
    }
    let prelude = Prelude {
        n_state,
        n_exc_stack: 0,
        flags: code.flags,
        n_pos_args: code.n_pos_args,
        n_kwonly_args: code.n_kwonly_args,
        n_def_pos_args: code.n_def_pos_args,
        n_info: info.len() as u32,
        n_cell: code.cells.len() as u32,
    };
    prelude.write(&mut bytes)?;
    bytes.extend_from_slice(&info)?;
    bytes.extend_from_slice(&code.cells)?;
    Ok((bytes, prelude_offset))
}
