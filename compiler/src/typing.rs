//! What the checks of native and viper functions say, as messages with a place in the source.

use ferlance_abi::ops::BinaryOp;
use ferlance_abi::qstr::Qstr;
use ferlance_bytecode::{Code, Op};
use ferlance_collections::{OutOfMemory, TryVec};
use ferlance_frontend::Diag;
use ferlance_frontend::diag::Code as Message;
use ferlance_frontend::error::{Arg, Word};
use ferlance_frontend::hir::ScopeId;
use ferlance_frontend::lower::Lower;
use ferlance_frontend::source::Pos;
use ferlance_viper::error::Stop;
use ferlance_viper::{Dialect, Error, Problem, Scene, Signature, Ty, Types};

use crate::options::Options;

/// Infers the types of a viper function.
pub(crate) fn infer(
    lower: &Lower<'_>,
    scope: ScopeId,
    code: &Code,
    options: &Options<'_>,
    direct: &[Signature],
) -> Result<Types, Diag> {
    let pool = lower.pool();
    let scene = Scene {
        name: &|name: Qstr| pool.text(name),
        dialect: options.viper,
        sound: options.sound,
        small: options.target.is_some_and(|target| target.small),
        direct,
    };
    let consts = lower.consts().consts();
    ferlance_viper::infer(code, &scene, consts).map_err(|stop| match stop {
        Stop::OutOfMemory => Diag::from(OutOfMemory),
        Stop::Refused(error) => refusal(lower, scope, code, &error, options),
    })
}

/// Refuses in the stock dialect what stock tools refuse. Otherwise machine code is made of everything.
pub(crate) fn check_native(
    lower: &Lower<'_>,
    scope: ScopeId,
    code: &Code,
    options: &Options<'_>,
) -> Result<(), Diag> {
    if options.viper != Dialect::Stock {
        return Ok(());
    }
    let raise = |op: &Op| matches!(op, Op::RaiseLast | Op::RaiseFrom);
    let Some(at) = code.ops().iter().position(raise) else {
        return Ok(());
    };
    let mut diag = lower.scope_error(scope, Message::NativeRaise);
    place(&mut diag, code, at as u32);
    Err(diag)
}

/// The message of `error`, at the line that stock tools give and the place where it is.
pub(crate) fn refusal(
    lower: &Lower<'_>,
    scope: ScopeId,
    code: &Code,
    error: &Error,
    options: &Options<'_>,
) -> Diag {
    let (message, arg) = match message(&error.problem, options) {
        Ok(parts) => parts,
        Err(OutOfMemory) => return Diag::from(OutOfMemory),
    };
    let mut diag = lower.scope_error(scope, message);
    diag.arg = arg;
    if let Some(stmt) = error.stmt {
        diag.line = lower.ast().line(Pos(stmt));
    }
    place(&mut diag, code, error.at);
    diag
}

fn place(diag: &mut Diag, code: &Code, at: u32) {
    if let Some(pos) = code.trace.pos_of(at) {
        diag.pos = Pos(pos);
    }
}

fn message(problem: &Problem, options: &Options<'_>) -> Result<(Message, Arg), OutOfMemory> {
    let ty = |ty: Ty| words([Word::Fixed(ty.name()), NOTHING, NOTHING]);
    let two = |a: Ty, b: Ty| words([Word::Fixed(a.name()), Word::Fixed(b.name()), NOTHING]);
    Ok(match *problem {
        Problem::UntypedLocal(name) => (Message::UntypedLocal, Arg::Name(name)),
        Problem::LocalType(name, known, given) => (
            Message::LocalType,
            words([
                Word::Name(name),
                Word::Fixed(known.name()),
                Word::Fixed(given.name()),
            ]),
        ),
        Problem::Condition(a) => (Message::ViperCondition, ty(a)),
        Problem::Return(declared, given) => (Message::ViperReturn, two(declared, given)),
        Problem::Unary(a) => (Message::ViperUnary, ty(a)),
        Problem::Not => (Message::ViperNot, Arg::None),
        Problem::Binary(a, b) => (Message::ViperBinary, two(a, b)),
        Problem::MixedCompare => (Message::MixedCompare, Arg::None),
        Problem::UnsignedDivision => (Message::UnsignedDivision, Arg::None),
        Problem::BinaryOp(op) => {
            // The file compiler of stock lacks the names of special methods.
            let name = match options.for_file {
                // An odd name; the one that comes out of stock.
                true if op == BinaryOp::NotIn => "__complex__",
                true => "",
                false => op.method(),
            };
            let name = TryVec::from_slice(name.as_bytes())?;
            (Message::ViperBinaryOp, Arg::Text(name))
        }
        Problem::LoadFrom(a) => (Message::ViperLoadFrom, ty(a)),
        Problem::LoadIndex(a) => (Message::ViperLoadIndex, ty(a)),
        Problem::StoreTo(a) => (Message::ViperStoreTo, ty(a)),
        Problem::StoreIndex(a) => (Message::ViperStoreIndex, ty(a)),
        Problem::StoreValue(a) => (Message::ViperStoreValue, ty(a)),
        Problem::Cast(from, to) => (Message::ViperCast, two(from, to)),
        Problem::RaiseNative => (Message::RaiseNative, Arg::None),
        Problem::BareRaise => (Message::NativeRaise, Arg::None),
        Problem::Yield => (Message::NativeYield, Arg::None),
        Problem::Boxing => (Message::NativeConversion, Arg::None),
        Problem::CastOfCast => (Message::NativeCasting, Arg::None),
        Problem::Attr(a) => (Message::ViperAttr, ty(a)),
        Problem::Call(a) => (Message::ViperCall, ty(a)),
        Problem::StarCall(a) => (Message::ViperStarCall, ty(a)),
        Problem::Iterate(a) => (Message::ViperIterate, ty(a)),
        Problem::SliceBound(a) => (Message::ViperSliceBound, ty(a)),
        Problem::DeleteItem(a) => (Message::ViperDelete, ty(a)),
        Problem::DictItem(a) => (Message::ViperDictItem, ty(a)),
        Problem::ClassVariable(a) => (Message::ViperClassVariable, ty(a)),
        Problem::CastArguments => (Message::ViperCastArgs, Arg::None),
        Problem::StarParameters => (Message::ViperParameters, Arg::None),
        Problem::Malformed => (Message::NativeMalformed, Arg::None),
    })
}

const NOTHING: Word = Word::Fixed("");

fn words(words: [Word; 3]) -> Arg {
    Arg::Words(words)
}
