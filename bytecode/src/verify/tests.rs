//! One test per promise: what keeps it is taken, what would break it is refused.
use alloc::format;
use alloc::string::String;

use ferlance_abi::qstr;
use ferlance_abi::qstr::Pool;
use ferlance_collections::{IndexVec, TryVec};

use super::{CodeInfo, Problem, verify};
use crate::assemble::Assembler;
use crate::module::{CodeId, CompiledModule, RawCode};
use crate::prelude::Prelude;
use crate::tables::NameTable;
use crate::text::parse;

/// Shape of a function: what the prelude says.
struct Shape {
    args: u32,
    locals: u32,
    stack: u32,
    blocks: u32,
    flags: u8,
    cells: &'static str,
}

const PLAIN: Shape = Shape {
    args: 1,
    locals: 2,
    stack: 12,
    blocks: 4,
    flags: 0,
    cells: "",
};

fn check_as(shape: Shape, ops: &str) -> Result<CodeInfo, Problem> {
    let Shape {
        args,
        locals,
        stack,
        blocks,
        flags,
        cells,
    } = shape;
    let mut params = String::new();
    for _ in 0..args {
        params.push_str(" \"x\"");
    }
    let state = locals + stack;
    let text = format!(
        "code \"f\" bytecode line 1\nargs {args} kwonly 0 defaults 0 free 0 flags {flags}\nparams{params}\n\
         locals {locals} state {state} blocks {blocks}\ncells {cells}\nchildren 1\n{ops}\nend\n"
    );
    let mut pool = Pool::new();
    let code = parse(&text, &mut pool).unwrap_or_else(|error| panic!("{error:?} in\n{text}"));
    let mut names = NameTable::new(qstr!("main")).unwrap();
    let bytes = Assembler::new().assemble(&code, &mut names, true).unwrap();
    check_bytes(bytes, names)
}

fn check_bytes(bytes: TryVec<u8>, names: NameTable) -> Result<CodeInfo, Problem> {
    let mut function = RawCode::from_bytecode(bytes);
    function.children.push(CodeId(1)).unwrap();
    let mut child = TryVec::new();
    Prelude {
        n_state: 2,
        n_info: 1,
        ..Prelude::default()
    }
    .write(&mut child)
    .unwrap();
    child.extend_from_slice(&[0, 0x51, 0x63]).unwrap();
    let mut codes = IndexVec::default();
    codes.push(function).unwrap();
    codes.push(RawCode::from_bytecode(child)).unwrap();
    let module = CompiledModule {
        names: names.into_names(),
        codes,
        ..CompiledModule::default()
    };
    match verify(module) {
        Ok(verified) => Ok(verified.info(CodeId::ROOT)),
        Err(error) => Err(error.problem),
    }
}

fn check(ops: &str) -> Result<CodeInfo, Problem> {
    check_as(PLAIN, ops)
}

/// Checks bare instruction bytes.
fn check_code(code: &[u8]) -> Result<CodeInfo, Problem> {
    let mut bytes = TryVec::new();
    let prelude = Prelude {
        n_state: 8,
        n_exc_stack: 1,
        n_info: 1,
        ..Prelude::default()
    };
    prelude.write(&mut bytes).unwrap();
    bytes.push(0).unwrap();
    bytes.extend_from_slice(code).unwrap();
    check_bytes(bytes, NameTable::new(qstr!("main")).unwrap())
}

#[test]
fn the_depth_is_counted() {
    let info = check("LOAD_CONST_NONE\nDUP_TOP\nDUP_TOP_TWO\nBUILD_TUPLE 4\nRETURN_VALUE").unwrap();
    assert_eq!((info.max_stack, info.n_locals), (4, 1));
    let deep = Shape {
        stack: 3,
        locals: 1,
        args: 0,
        ..PLAIN
    };
    let ops = "LOAD_CONST_NONE\nDUP_TOP\nDUP_TOP_TWO\nDUP_TOP_TWO\nBUILD_TUPLE 6\nRETURN_VALUE";
    assert_eq!(check_as(deep, ops).map(|_| ()), Err(Problem::Overflow(3)));
    assert_eq!(
        check("POP_TOP\nLOAD_CONST_NONE\nRETURN_VALUE"),
        Err(Problem::Underflow(0))
    );
    assert_eq!(
        check("LOAD_CONST_NONE\nBUILD_TUPLE 2\nRETURN_VALUE"),
        Err(Problem::Underflow(1))
    );
    assert_eq!(
        check("LOAD_CONST_NONE\nUNPACK_SEQUENCE 4000000000\nRETURN_VALUE"),
        Err(Problem::Overflow(1))
    );
}

#[test]
fn class_bodies_may_have_a_slot_that_nobody_counted() {
    let class = |stack: u32| {
        let pushes = "LOAD_CONST_NONE\n".repeat(stack as usize);
        let ops =
            format!("LOAD_CONST_NONE\nSTORE_FAST 0\n{pushes}BUILD_TUPLE {stack}\nRETURN_VALUE");
        check_as(
            Shape {
                args: 0,
                locals: 0,
                stack: 3,
                ..PLAIN
            },
            &ops,
        )
        .is_ok()
    };
    assert!(class(3));
    assert!(!class(4));
}

#[test]
fn control_stays_inside() {
    assert_eq!(check("LOAD_CONST_NONE"), Err(Problem::End));
    assert_eq!(check_code(&[]), Err(Problem::End));
    // Into the second byte of an instruction, behind the end, and before the start.
    assert_eq!(
        check_code(&[0x42, 64 + 1, 0x24, 0, 0x63]),
        Err(Problem::Target(3))
    );
    assert_eq!(
        check_code(&[0x51, 0x44, 64 + 9, 0x51, 0x63]),
        Err(Problem::Target(12))
    );
    assert!(matches!(check_code(&[0x42, 0]), Err(Problem::Decode(_))));
    assert!(matches!(
        check_code(&[0x51, 0x63, 0x60]),
        Err(Problem::Decode(_))
    ));
}

#[test]
fn operands_are_in_range() {
    assert_eq!(
        check("LOAD_CONST_OBJ 0\nRETURN_VALUE"),
        Err(Problem::Operand(0))
    );
    assert_eq!(
        check("MAKE_FUNCTION 1\nRETURN_VALUE"),
        Err(Problem::Operand(0))
    );
    assert!(check("MAKE_FUNCTION 0\nRETURN_VALUE").is_ok());
    assert_eq!(check("LOAD_FAST 14\nRETURN_VALUE"), Err(Problem::Prelude));
    assert_eq!(
        check("LOAD_FAST 13\nRETURN_VALUE"),
        Err(Problem::Overflow(0))
    );
    assert!(check("LOAD_FAST 12\nRETURN_VALUE").is_ok());
    assert_eq!(
        check("LOAD_FAST 0\nDUP_TOP\nBUILD_SLICE 1\nRETURN_VALUE"),
        Err(Problem::Operand(2))
    );
    assert_eq!(
        check("LOAD_FAST 0\nCALL_FUNCTION 65536\nRETURN_VALUE"),
        Err(Problem::Operand(1))
    );
    assert!(matches!(
        check_code(&[0x11, 9, 0x63]),
        Err(Problem::Decode(_))
    ));
}

#[test]
fn null_is_no_object() {
    assert_eq!(check("LOAD_NULL\nRETURN_VALUE"), Err(Problem::Value(1)));
    assert_eq!(
        check("LOAD_NULL\nSTORE_FAST 1\nLOAD_CONST_NONE\nRETURN_VALUE"),
        Err(Problem::Value(1))
    );
    assert_eq!(
        check("LOAD_FAST 0\nLOAD_METHOD \"pop\"\nRETURN_VALUE"),
        Err(Problem::Value(3))
    );
    // Null on one path is enough.
    let maybe =
        "LOAD_FAST 0\nPOP_JUMP_IF_TRUE L0\nLOAD_NULL\nJUMP L1\nL0:\nLOAD_FAST 0\nL1:\nRETURN_VALUE";
    assert_eq!(check(maybe), Err(Problem::Value(7)));
    // Where it means something.
    let end = "\nLOAD_CONST_NONE\nRETURN_VALUE";
    for taken in [
        "LOAD_NULL\nLOAD_FAST 0\nSTORE_ATTR \"pop\"",
        "LOAD_FAST 0\nLOAD_NULL\nROT_TWO\nSTORE_ATTR \"pop\"",
        "LOAD_NULL\nLOAD_FAST 0\nLOAD_FAST 0\nSTORE_SUBSCR",
        "LOAD_NULL\nLOAD_NULL\nMAKE_FUNCTION_DEFARGS 0\nPOP_TOP",
        "LOAD_FAST 0\nLOAD_NULL\nCALL_METHOD 0\nPOP_TOP",
        "LOAD_FAST 0\nLOAD_NULL\nLOAD_FAST 0\nLOAD_CONST_SMALL_INT 0\nCALL_FUNCTION_VAR_KW 256\nPOP_TOP",
        "LOAD_NULL\nPOP_TOP",
    ] {
        assert!(check(&format!("{taken}{end}")).is_ok(), "{taken}");
    }
    // The value of a keyword is an object always, the name only without stars.
    assert!(check("LOAD_FAST 0\nLOAD_NULL\nLOAD_FAST 0\nCALL_FUNCTION 256\nRETURN_VALUE").is_err());
    let null_value =
        "LOAD_FAST 0\nLOAD_FAST 0\nLOAD_NULL\nLOAD_FAST 0\nCALL_FUNCTION_VAR_KW 256\nRETURN_VALUE";
    assert!(check(null_value).is_err());
}

#[test]
fn iterators_are_whole_and_untouched() {
    let tail = "L0:\nFOR_ITER L1\nPOP_TOP\nJUMP L0\nL1:\nLOAD_CONST_NONE\nRETURN_VALUE";
    assert!(check(&format!("LOAD_FAST 0\nGET_ITER_STACK\n{tail}")).is_ok());
    assert!(
        check(&format!(
            "LOAD_NULL\nLOAD_FAST 0\nLOAD_NULL\nLOAD_NULL\n{tail}"
        ))
        .is_ok()
    );
    for broken in [
        "LOAD_FAST 0\nDUP_TOP\nDUP_TOP_TWO",
        "LOAD_NULL\nLOAD_NULL\nLOAD_NULL\nLOAD_NULL",
        "LOAD_FAST 0\nGET_ITER_STACK\nPOP_TOP\nLOAD_NULL",
        "LOAD_FAST 0\nGET_ITER_STACK\nPOP_TOP\nPOP_TOP\nLOAD_NULL\nLOAD_NULL",
        "LOAD_FAST 0\nGET_ITER_STACK\nROT_TWO",
        "LOAD_FAST 0\nGET_ITER_STACK\nDUP_TOP\nPOP_TOP",
    ] {
        assert!(
            matches!(check(&format!("{broken}\n{tail}")), Err(Problem::Value(_))),
            "{broken}"
        );
    }
    // Half of one on one path, half of the other on the other.
    let mixed = "LOAD_FAST 0\nPOP_JUMP_IF_TRUE L2\nLOAD_FAST 0\nGET_ITER_STACK\nPOP_TOP\nLOAD_NULL\nJUMP L0\n\
                 L2:\nLOAD_NULL\nLOAD_FAST 0\nLOAD_NULL\nLOAD_NULL";
    assert!(check(&format!("{mixed}\n{tail}")).is_err());
    // Both kinds whole may meet.
    let both = "LOAD_FAST 0\nPOP_JUMP_IF_TRUE L2\nLOAD_FAST 0\nGET_ITER_STACK\nJUMP L0\n\
                L2:\nLOAD_NULL\nLOAD_FAST 0\nLOAD_NULL\nLOAD_NULL";
    assert!(check(&format!("{both}\n{tail}")).is_ok());
}

#[test]
fn paths_meet_with_the_same_stack_and_blocks() {
    let depth = "LOAD_FAST 0\nPOP_JUMP_IF_TRUE L0\nLOAD_FAST 0\nL0:\nLOAD_CONST_NONE\nRETURN_VALUE";
    assert_eq!(check(depth), Err(Problem::Merge(4)));
    let block = "LOAD_FAST 0\nPOP_JUMP_IF_TRUE L0\nSETUP_EXCEPT L1\nL0:\nLOAD_CONST_NONE\nRETURN_VALUE\n\
                 L1:\nRETURN_VALUE";
    assert_eq!(check(block), Err(Problem::Block(5)));
}

const FINALLY: &str =
    "SETUP_FINALLY L0\nLOAD_CONST_NONE\nL0:\nEND_FINALLY\nLOAD_CONST_NONE\nRETURN_VALUE";

#[test]
fn blocks_are_there_and_run() {
    assert!(check(FINALLY).is_ok());
    assert_eq!(
        check_as(Shape { blocks: 0, ..PLAIN }, FINALLY),
        Err(Problem::Block(0))
    );
    assert_eq!(
        check("LOAD_CONST_NONE\nEND_FINALLY\nLOAD_CONST_NONE\nRETURN_VALUE"),
        Err(Problem::Block(1))
    );
    assert_eq!(
        check("POP_EXCEPT_JUMP L0\nL0:\nLOAD_CONST_NONE\nRETURN_VALUE"),
        Err(Problem::Block(0))
    );
    // Ended before its handler.
    let early = "SETUP_FINALLY L0\nLOAD_CONST_NONE\nEND_FINALLY\nL0:\nRETURN_VALUE";
    assert_eq!(check(early), Err(Problem::Block(3)));
    // Back into the body: the block would look as if its handler did not run.
    let back = "SETUP_FINALLY L0\nL1:\nLOAD_CONST_NONE\nL0:\nPOP_JUMP_IF_TRUE L1\nLOAD_CONST_NONE\nRETURN_VALUE";
    assert!(check(back).is_err());
    let back = "SETUP_EXCEPT L0\nL1:\nLOAD_CONST_NONE\nRETURN_VALUE\nL0:\nPOP_TOP\nJUMP L1";
    assert_eq!(check(back), Err(Problem::Block(5)));
}

#[test]
fn an_exception_never_cuts_the_stack_upwards() {
    let popped =
        "LOAD_FAST 0\nSETUP_EXCEPT L0\nPOP_TOP\nLOAD_FAST 0\nRETURN_VALUE\nL0:\nRETURN_VALUE";
    assert_eq!(check(popped), Err(Problem::Underflow(3)));
    let above = "LOAD_FAST 0\nSETUP_EXCEPT L0\nLOAD_FAST 0\nPOP_TOP\nRETURN_VALUE\nL0:\nPOP_TOP\nRETURN_VALUE";
    assert!(
        check(above).is_err(),
        "RETURN_VALUE pops what the block saved"
    );
}

#[test]
fn the_handler_knows_what_was_moved_below_its_depth() {
    // The handler returns the saved slot, which the body has exchanged for null.
    let moved = "LOAD_FAST 0\nSETUP_EXCEPT L0\nLOAD_NULL\nROT_TWO\nPOP_TOP\nLOAD_CONST_NONE\nRETURN_VALUE\n\
                 L0:\nPOP_TOP\nRETURN_VALUE";
    assert!(matches!(check(moved), Err(Problem::Value(_))));
}

#[test]
fn finally_states_are_what_the_interpreter_left() {
    let object = "SETUP_FINALLY L0\nLOAD_FAST 0\nL0:\nEND_FINALLY\nLOAD_CONST_NONE\nRETURN_VALUE";
    assert!(check(object).is_err());
    let number =
        "SETUP_FINALLY L0\nLOAD_CONST_SMALL_INT 1\nL0:\nEND_FINALLY\nLOAD_CONST_NONE\nRETURN_VALUE";
    assert!(check(number).is_err());
    // Dropped, moved, stored, returned: it may be two slots.
    for use_it in [
        "POP_TOP\nLOAD_CONST_NONE",
        "STORE_FAST 0\nLOAD_CONST_NONE",
        "LOAD_FAST 0\nROT_TWO\nPOP_TOP",
    ] {
        let ops = format!(
            "SETUP_FINALLY L0\nLOAD_CONST_NONE\nL0:\n{use_it}\nEND_FINALLY\nLOAD_CONST_NONE\nRETURN_VALUE"
        );
        assert!(matches!(check(&ops), Err(Problem::Value(_))), "{use_it}");
    }
    let used = "SETUP_FINALLY L0\nLOAD_CONST_NONE\nL0:\nLOAD_FAST 0\nPOP_TOP\nEND_FINALLY\nLOAD_CONST_NONE\nRETURN_VALUE";
    assert!(check(used).is_ok());
}

#[test]
fn a_state_ends_only_with_its_own_block() {
    // The handler drops its block and offers its state to the block outside.
    let stale = "SETUP_FINALLY L0\nSETUP_FINALLY L1\nLOAD_CONST_NONE\nRETURN_VALUE\n\
                 L1:\nPOP_EXCEPT_JUMP L2\nL0:\nEND_FINALLY\nLOAD_CONST_NONE\nRETURN_VALUE\n\
                 L2:\nEND_FINALLY\nLOAD_CONST_NONE\nRETURN_VALUE";
    assert_eq!(check(stale), Err(Problem::Value(11)));
}

fn in_loop(body: &str) -> String {
    format!(
        "LOAD_FAST 0\nGET_ITER_STACK\nL0:\nFOR_ITER L1\nSTORE_FAST 1\n{body}\nJUMP L0\nL1:\n\
         LOAD_CONST_NONE\nRETURN_VALUE"
    )
}

#[test]
fn interrupted_jumps_arrive_with_the_right_stack() {
    let through = |op: &str| {
        in_loop(&format!(
            "SETUP_FINALLY L2\n{op}\nL3:\nLOAD_CONST_NONE\nL2:\nEND_FINALLY"
        ))
    };
    assert!(check(&through("UNWIND_JUMP L0 1")).is_ok());
    assert!(check(&through("UNWIND_JUMP L1 129")).is_ok());
    // A loop left without dropping its iterator, dropping it and staying, and too many blocks.
    assert!(matches!(
        check(&through("UNWIND_JUMP L1 1")),
        Err(Problem::Merge(_))
    ));
    assert!(matches!(
        check(&through("UNWIND_JUMP L0 129")),
        Err(Problem::Merge(_))
    ));
    assert!(matches!(
        check(&through("UNWIND_JUMP L0 2")),
        Err(Problem::Block(_))
    ));
    // Inside of the handler: the state goes too.
    let inside = in_loop("SETUP_FINALLY L2\nLOAD_CONST_NONE\nL2:\nUNWIND_JUMP L0 1");
    assert!(check(&inside).is_ok());
    // Through two, the outer one first seen later.
    let two = in_loop(
        "SETUP_FINALLY L2\nSETUP_FINALLY L3\nUNWIND_JUMP L0 2\nL3:\nEND_FINALLY\nLOAD_CONST_NONE\nL2:\nEND_FINALLY",
    );
    assert!(check(&two).is_ok());
    assert!(matches!(
        check(&two.replace("UNWIND_JUMP L0 2", "UNWIND_JUMP L0 1")),
        Err(Problem::Block(_))
    ));
}

#[test]
fn with_blocks_have_exit_and_self_below() {
    let with = "LOAD_FAST 0\nSETUP_WITH L0\nPOP_TOP\nLOAD_CONST_NONE\nL0:\nWITH_CLEANUP\nEND_FINALLY\n\
                LOAD_CONST_NONE\nRETURN_VALUE";
    // Exit, self and a jump's two words.
    assert_eq!(check(with).unwrap().max_stack, 4);
    let broken = "LOAD_NULL\nLOAD_NULL\nSETUP_FINALLY L0\nLOAD_CONST_NONE\nL0:\nWITH_CLEANUP\nEND_FINALLY\n\
                  LOAD_CONST_NONE\nRETURN_VALUE";
    assert!(matches!(check(broken), Err(Problem::Value(_))));
}

/// `async with` as the stock compiler writes it.
const ASYNC_WITH: &str = "LOAD_FAST 0
SETUP_FINALLY L0
LOAD_CONST_NONE
ROT_TWO
JUMP L2
L0:
DUP_TOP
LOAD_GLOBAL \"BaseException\"
BINARY_OP except
POP_JUMP_IF_FALSE L1
DUP_TOP
ROT_THREE
ROT_TWO
LOAD_METHOD \"__aexit__\"
ROT_THREE
ROT_THREE
DUP_TOP
LOAD_ATTR \"__class__\"
ROT_TWO
LOAD_CONST_NONE
CALL_METHOD 3
POP_JUMP_IF_FALSE L3
POP_TOP
LOAD_CONST_NONE
JUMP L3
L1:
ROT_THREE
ROT_THREE
L2:
LOAD_METHOD \"__aexit__\"
LOAD_CONST_NONE
DUP_TOP
DUP_TOP
CALL_METHOD 3
POP_TOP
L3:
END_FINALLY
LOAD_CONST_NONE
RETURN_VALUE";

#[test]
fn a_finally_state_may_be_tested_the_way_async_with_does() {
    assert!(check(ASYNC_WITH).is_ok());
    let with_return = ASYNC_WITH.replacen(
        "LOAD_CONST_NONE\nROT_TWO\nJUMP L2",
        "LOAD_FAST 0\nRETURN_VALUE",
        1,
    );
    assert!(check(&with_return).is_ok());
    // Taking the exception for a jump, or the jump for an exception.
    assert!(check(&ASYNC_WITH.replace("POP_JUMP_IF_FALSE L1", "POP_JUMP_IF_TRUE L1")).is_err());
    // A test that is no longer above its state.
    assert!(
        check(&ASYNC_WITH.replace(
            "POP_JUMP_IF_FALSE L1",
            "LOAD_FAST 0\nROT_TWO\nPOP_JUMP_IF_FALSE L1"
        ))
        .is_err()
    );
    // In an except block the operator answers something else.
    assert!(check(&ASYNC_WITH.replace("SETUP_FINALLY", "SETUP_EXCEPT")).is_err());
    // Halves in the wrong order.
    assert!(
        check(&ASYNC_WITH.replacen(
            "ROT_THREE\nROT_THREE\nL2",
            "ROT_THREE\nROT_THREE\nROT_TWO\nROT_THREE\nL2",
            1
        ))
        .is_err()
    );
    // Dropping or storing the marker.
    assert!(check(&ASYNC_WITH.replace("L1:", "L1:\nPOP_TOP\nLOAD_CONST_NONE")).is_err());
    assert!(check(&ASYNC_WITH.replace("L1:", "L1:\nSTORE_FAST 0\nLOAD_FAST 0")).is_err());
}

#[test]
fn comprehensions_add_to_what_they_built() {
    let comprehension = |build: &str, depth: u32| {
        format!(
            "{build}\nLOAD_FAST 0\nGET_ITER_STACK\nL0:\nFOR_ITER L1\nSTORE_COMP {}\nJUMP L0\nL1:\nRETURN_VALUE",
            depth << 2
        )
    };
    assert!(check(&comprehension("BUILD_LIST 0", 5)).is_ok());
    assert!(check(&comprehension("BUILD_LIST 0", 4)).is_err());
    assert!(check(&comprehension("BUILD_LIST 0", 6)).is_err());
    assert!(check(&comprehension("BUILD_MAP 0", 5)).is_err());
    assert!(check(&comprehension("LOAD_FAST 0", 5)).is_err());
    assert!(check("BUILD_LIST 0\nSTORE_COMP 0\nLOAD_CONST_NONE\nRETURN_VALUE").is_err());
}

#[test]
fn defaults_are_a_fresh_tuple_and_a_fresh_dict() {
    let made = |positional: &str, keywords: &str| {
        check(&format!(
            "{positional}\n{keywords}\nMAKE_FUNCTION_DEFARGS 0\nRETURN_VALUE"
        ))
        .is_ok()
    };
    assert!(made("BUILD_TUPLE 0", "BUILD_MAP 0"));
    assert!(!made("LOAD_FAST 0", "LOAD_NULL"));
    assert!(!made("LOAD_NULL", "LOAD_FAST 0"));
    assert!(!made("BUILD_MAP 0", "BUILD_TUPLE 0"));
}

#[test]
fn cells_are_used_as_cells_only() {
    let end = "LOAD_CONST_NONE\nRETURN_VALUE";
    let with_cell = |op: &str| {
        check_as(
            Shape {
                cells: "1",
                ..PLAIN
            },
            &format!("{op}\n{end}"),
        )
    };
    assert!(with_cell("LOAD_DEREF 1\nPOP_TOP").is_ok());
    assert!(with_cell("LOAD_FAST 1\nPOP_TOP").is_ok());
    assert_eq!(
        with_cell("LOAD_FAST 0\nSTORE_FAST 1"),
        Err(Problem::Cell(1))
    );
    assert_eq!(with_cell("DELETE_FAST 1"), Err(Problem::Cell(0)));
    // Free variables come first.
    let free = check(&format!("LOAD_DEREF 0\nPOP_TOP\n{end}")).unwrap();
    assert_eq!(free.n_free, 1);
    assert_eq!(
        check(&format!("LOAD_DEREF 1\nPOP_TOP\n{end}")),
        Err(Problem::Cell(0))
    );
    assert_eq!(
        check(&format!("LOAD_DEREF 0\nSTORE_FAST 0\n{end}")),
        Err(Problem::Cell(2))
    );
}

#[test]
fn only_generators_yield() {
    let ops = "LOAD_CONST_NONE\nYIELD_VALUE\nRETURN_VALUE";
    assert_eq!(check(ops), Err(Problem::Yield(1)));
    assert!(check_as(Shape { flags: 1, ..PLAIN }, ops).is_ok());
}

#[test]
fn children_form_a_tree() {
    let mut bytes = TryVec::new();
    Prelude {
        n_state: 2,
        n_info: 1,
        ..Prelude::default()
    }
    .write(&mut bytes)
    .unwrap();
    bytes.extend_from_slice(&[0, 0x51, 0x63]).unwrap();
    let mut function = RawCode::from_bytecode(bytes);
    function.children.push(CodeId::ROOT).unwrap();
    let mut codes = IndexVec::default();
    codes.push(function).unwrap();
    let names = NameTable::new(qstr!("main")).unwrap().into_names();
    let module = CompiledModule {
        names,
        codes,
        ..CompiledModule::default()
    };
    assert_eq!(verify(module).unwrap_err().problem, Problem::Tree);
    assert_eq!(
        verify(CompiledModule::default()).unwrap_err().problem,
        Problem::Tree
    );
}

#[test]
fn code_made_to_be_slow_is_given_up() {
    // Many jumps through a block, each with its own way on, and many ends of that block.
    let mut ops = String::from("SETUP_FINALLY L0\n");
    for i in 0..600 {
        ops += &format!(
            "LOAD_FAST 0\nPOP_JUMP_IF_TRUE L{}\nUNWIND_JUMP L{} 1\nL{}:\n",
            10 + i,
            5000 + i,
            10 + i
        );
    }
    ops += "LOAD_CONST_NONE\nL0:\n";
    for i in 0..600 {
        ops += &format!(
            "LOAD_FAST 0\nPOP_JUMP_IF_TRUE L{}\nEND_FINALLY\nLOAD_CONST_NONE\nRETURN_VALUE\nL{}:\n",
            1000 + i,
            1000 + i
        );
    }
    ops += "END_FINALLY\n";
    for i in 0..600 {
        ops += &format!("L{}:\n", 5000 + i);
    }
    ops += "LOAD_CONST_NONE\nRETURN_VALUE";
    let start = check(&ops);
    assert!(
        matches!(start, Ok(_) | Err(Problem::TooComplex)),
        "{start:?}"
    );
}
