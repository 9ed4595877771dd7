//! **The** table of compile-time messages: code, exception type, MicroPython's text, and for hosts a longer
//! help and a hint. `{}` in a text stands for the argument of the [`crate::error::Diag`].

/// The exception a Python program sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExcType {
    /// `SyntaxError`
    SyntaxError,
    /// `IndentationError`
    IndentationError,
    /// `NotImplementedError`
    NotImplementedError,
    /// `RuntimeError`
    RuntimeError,
    /// `MemoryError`
    MemoryError,
    /// `ViperTypeError`
    ViperTypeError,
}

impl ExcType {
    /// The name of the exception class.
    pub fn name(self) -> &'static str {
        match self {
            ExcType::SyntaxError => "SyntaxError",
            ExcType::IndentationError => "IndentationError",
            ExcType::NotImplementedError => "NotImplementedError",
            ExcType::RuntimeError => "RuntimeError",
            ExcType::MemoryError => "MemoryError",
            ExcType::ViperTypeError => "ViperTypeError",
        }
    }
}

/// Messages: name, exception, text, help, hint (may be empty). One row each, in groups: `any` compiler has the texts,
/// or one with `machine` code or an assembler.
#[macro_export]
macro_rules! for_each_message {
    ($then:path) => { $then! {
        [any]
        InvalidSyntax, SyntaxError, "invalid syntax",
            "The parser cannot continue with what stands here.",
            "Look at this token and the one before it: an open bracket or string, a missing colon or block, or syntax MicroPython does not have.";
        UnexpectedIndent, IndentationError, "unexpected indent",
            "This line is indented deeper than the block it stands in.",
            "Remove the extra spaces, or add the statement that should open a block above it.";
        UnindentMismatch, IndentationError, "unindent doesn't match any outer indent level",
            "This line returns to an indentation that no enclosing block has.",
            "Align it with one of the blocks above. Tabs count to the next multiple of 8.";
        MalformedFString, SyntaxError, "malformed f-string",
            "A replacement field of this f-string has no expression.",
            "Write {{ and }} for braces that should appear in the text.";
        IntSyntax, SyntaxError, "invalid syntax for integer with base {}",
            "The digits do not form an integer in this base.",
            "Numbers need a space before a following word; leading zeros are not allowed (write 0o17 for octal).";
        NumberSyntax, SyntaxError, "invalid syntax for number",
            "The text does not form a number.",
            "Numbers need a space before a following word or dot.";
        UnicodeNameEscape, NotImplementedError, "unicode name escapes",
            "MicroPython has no table of Unicode names, so \\N{...} cannot be translated.",
            "Write the character itself or \\uXXXX.";
        NameTooLong, RuntimeError, "name too long",
            "A name or short string is limited to 255 bytes.",
            "";
        NotAConstant, SyntaxError, "not a constant",
            "The argument of const() is not made of literals and earlier constants.",
            "Leave out const(), or build the value from literals and names defined with const() above.";
        CantAssign, SyntaxError, "can't assign to expression",
            "The left side is not something that can be assigned to.",
            "Names defined with const() and constants of modules are replaced by their values and cannot be bound again.";
        CantDelete, SyntaxError, "can't delete expression",
            "Only names, attributes and items can be deleted.",
            "";
        MultipleStars, SyntaxError, "multiple *x in assignment",
            "A list of targets can have one starred target.",
            "";
        StarNotTarget, SyntaxError, "*x must be assignment target",
            "A starred expression is allowed only in the targets of an assignment and in calls.",
            "MicroPython does not unpack in displays: use list() and +, or dict.update().";
        OutsideLoop, SyntaxError, "'break'/'continue' outside loop",
            "There is no loop around this statement in the same function.",
            "";
        ReturnOutside, SyntaxError, "'return' outside function",
            "There is no function around this statement.",
            "";
        YieldOutside, SyntaxError, "'yield' outside function",
            "There is no function around this expression; comprehensions do not count.",
            "";
        AwaitOutside, SyntaxError, "'await' outside function",
            "There is no function around this expression; comprehensions do not count.",
            "";
        AsyncOutside, SyntaxError, "async for/with outside async function",
            "`async for` and `async with` need an `async def` around them.",
            "";
        ImportStarNotModule, SyntaxError, "import * not at module level",
            "`from x import *` is allowed only in the body of a module.",
            "";
        RedefinedGlobal, SyntaxError, "identifier redefined as global",
            "The name is already used in this function.",
            "Move the declaration to the top of the function.";
        RedefinedNonlocal, SyntaxError, "identifier redefined as nonlocal",
            "The name is already used in this function.",
            "Move the declaration to the top of the function.";
        NoNonlocal, SyntaxError, "no binding for nonlocal found",
            "No enclosing function binds this name.",
            "Module variables are declared with `global`.";
        NonlocalInModule, SyntaxError, "can't declare nonlocal in outer code",
            "A module has no enclosing function.",
            "";
        DefaultExceptLast, SyntaxError, "default 'except' must be last",
            "A bare `except:` catches everything, so no clause may follow it.",
            "";
        ArgNameReused, SyntaxError, "argument name reused",
            "Two parameters have the same name.",
            "";
        NonDefaultAfterDefault, SyntaxError, "non-default argument follows default argument",
            "A parameter without a default stands after one with a default.",
            "";
        SuperNoSelf, SyntaxError, "super() can't find self",
            "super() without arguments needs a method with a first parameter.",
            "";
        StarAfterDoubleStar, SyntaxError, "* arg after **",
            "A starred argument stands after a double-starred one.",
            "Put *args before keyword arguments.";
        StarAfterKeyword, SyntaxError, "* arg after kwarg",
            "A starred argument stands after a keyword argument.",
            "Put *args before keyword arguments.";
        PositionalAfterDoubleStar, SyntaxError, "positional arg after **",
            "A positional argument stands after a double-starred one.",
            "";
        PositionalAfterKeyword, SyntaxError, "positional arg after keyword arg",
            "A positional argument stands after a keyword argument.",
            "";
        KeywordNotName, SyntaxError, "LHS of keyword arg must be an id",
            "The left side of `=` in a call is not a plain name.",
            "Names defined with const() are replaced by their values, also here.";
        TooManyArgs, SyntaxError, "too many args",
            "The call has more arguments than the bytecode can count, or a starred one too far to the right.",
            "";
        ExpectingPair, SyntaxError, "expecting key:value for dict",
            "The display began as a dict, and this item has no value.",
            "";
        ExpectingValue, SyntaxError, "expecting just a value for set",
            "The display began as a set, and this item has a key.",
            "";
        InvalidDecorator, SyntaxError, "invalid micropython decorator",
            "Decorators of the module micropython are bytecode, native, viper and the assembler ones.",
            "";
        InvalidArch, SyntaxError, "invalid arch",
            "Machine code was asked for, and no architecture was chosen or it has no such emitter.",
            "Choose one with -march.";
        [machine]
        AnnotationNotName, SyntaxError, "annotation must be an identifier",
            "Viper reads the annotations of parameters and results as the names of native types.",
            "Write one of object, bool, int, uint, ptr, ptr8, ptr16, ptr32.";
        UnknownType, ViperTypeError, "unknown type '{}'",
            "Viper does not know a native type of this name.",
            "Write one of object, bool, int, uint, ptr, ptr8, ptr16, ptr32; or, beyond stock, float, int64, uint64.";
        AsmNotFunction, SyntaxError, "inline assembler must be a function",
            "A decorator of inline assembler stands above a class.",
            "Put it above the functions.";
        AsmTooManyParameters, SyntaxError, "can only have up to 4 parameters to {arch} assembly",
            "Arguments of assembler functions arrive in registers, of which there are four.",
            "Pass an array, or a tuple of objects: its address arrives as one argument.";
        AsmParameterNames, SyntaxError, "parameters must be registers in sequence {first} to {last}",
            "The parameters of an assembler function are the names of the registers in which they arrive, in order and without defaults, annotations and stars.",
            "";
        AsmReturnNotName, SyntaxError, "return annotation must be an identifier",
            "The annotation of the result of an assembler function is one of int, uint, bool and object.",
            "";
        AsmUnknownType, SyntaxError, "unknown type",
            "The result of an assembler function cannot be converted to this type.",
            "Write one of int, uint, bool, object.";
        AsmExpectingInstruction, SyntaxError, "expecting an assembler instruction",
            "Each statement of an assembler function is one instruction or directive, written as a call and alone on its line.",
            "Operations that are Python keywords take an underscore: and_(r0, r1).";
        AsmLabel, SyntaxError, "'label' requires 1 argument",
            "label(NAME) names the place where it stands.",
            "";
        AsmLabelRedefined, SyntaxError, "label redefined",
            "This label names another place of the function already.",
            "";
        AsmAlign, SyntaxError, "'align' requires 1 argument",
            "align(n) goes on to the next multiple of n bytes; n is an integer constant.",
            "";
        AsmAlignPower, SyntaxError, "'align' requires a power of 2",
            "Code can be aligned to 1, 2, 4, 8 bytes and so on.",
            "";
        AsmData, SyntaxError, "'data' requires at least 2 arguments",
            "data(size, value, ...) writes values of size bytes each; the size is an integer constant, not negative.",
            "";
        AsmDataIntegers, SyntaxError, "'data' requires integer arguments",
            "data() writes integer constants and distances between labels.",
            "";
        AsmLabelNotDefined, SyntaxError, "label '{name}' not defined",
            "The function has no label of this name.",
            "Define it with label(NAME).";
        AsmOutOfReach, SyntaxError, "branch not in range",
            "The target is farther away than this instruction can go.",
            "Use a form that goes farther, or branch over a jump.";
        AsmUnknownInstruction, SyntaxError, "unsupported {arch} instruction '{op}' with {n} arguments",
            "The chosen processor has no instruction of this name, or none with this number of operands.",
            "Look at -march and -march-flags, too.";
        AsmOperandKind, SyntaxError, "'{op}' expects {what}",
            "The operand is not of the kind that the instruction takes.",
            "";
        AsmOperandRegister, SyntaxError, "'{op}' expects at most r{n}",
            "The instruction can use some of the registers only.",
            "";
        AsmOperandRange, SyntaxError, "'{op}' integer {value} doesn't fit",
            "The constant is outside the range of the instruction, or no multiple of its unit.",
            "";
        AsmOperandCount, SyntaxError, "opcode '{op}': expecting {n} arguments",
            "The instruction takes another number of operands. An address counts as one.",
            "";
        AsmTargetPlace, RuntimeError, "ERROR: {target} not word-aligned",
            "The instruction takes targets and places that are multiples of 4 bytes only, within its reach.",
            "Write align(4) before the label or the instruction.";
        AsmTargetRange, RuntimeError, "ERROR: {op} out of range",
            "The target is farther away than this instruction can go, or not on the side where it looks.",
            "";
        AsmTooLong, SyntaxError, "code too long",
            "The function is longer than any branch could span.",
            "";
        UntypedLocal, ViperTypeError, "local '{}' used before type known",
            "A viper local has the type of the first value assigned to it in the text; nothing is assigned above, or an inner function uses it too.",
            "Assign it a value of the right type first; hand values to inner functions as parameters.";
        LocalType, ViperTypeError, "local '{}' has type '{}' but source is '{}'",
            "A viper local keeps the type of the first value assigned to it in the text.",
            "Convert the value, as in int(x), or use another name.";
        ViperCondition, ViperTypeError, "can't implicitly convert '{}' to 'bool'",
            "Conditions are objects, bool, int or uint.",
            "Test a pointer as int(p).";
        ViperReturn, ViperTypeError, "return expected '{}' but got '{}'",
            "The result of a viper function has the type annotated behind `->`, object if there is none.",
            "Annotate the function, as in `-> int`, or convert the value.";
        ViperUnary, ViperTypeError, "can't do unary op of '{}'",
            "Only int, uint and objects have unary operators.",
            "Convert the operand to int.";
        ViperNot, ViperTypeError, "'not' not implemented",
            "`not` of a number is possible in conditions only.",
            "Compare with 0, as in `x == 0`.";
        ViperBinary, ViperTypeError, "can't do binary op between '{}' and '{}'",
            "Both operands are numbers (int, uint) or both are objects.",
            "Convert one operand: int(x) makes a number of an object. Compute pointers as ptr8(int(p) + 1).";
        MixedCompare, ViperTypeError, "comparison of int and uint",
            "A signed and an unsigned number have no common order.",
            "Convert one side, as in uint(0).";
        UnsignedDivision, ViperTypeError, "div/mod not implemented for uint",
            "Division of unsigned numbers is missing.",
            "Convert to int, or use >> and & for powers of two.";
        ViperBinaryOp, ViperTypeError, "binary op {} not implemented",
            "Numbers lack this operator.",
            "`/` of numbers is written `//`.";
        ViperLoadFrom, ViperTypeError, "can't load from '{}'",
            "Only objects and typed pointers have items.",
            "Convert to ptr8, ptr16 or ptr32.";
        ViperLoadIndex, ViperTypeError, "can't load with '{}' index",
            "Items of a pointer are numbered by int or uint.",
            "Convert the index to int.";
        ViperStoreTo, ViperTypeError, "can't store to '{}'",
            "Only objects and typed pointers have items.",
            "Convert to ptr8, ptr16 or ptr32.";
        ViperStoreIndex, ViperTypeError, "can't store with '{}' index",
            "Items of a pointer are numbered by int or uint.",
            "Convert the index to int.";
        ViperStoreValue, ViperTypeError, "can't store '{}'",
            "What is stored through a pointer is bool, int or uint.",
            "Convert the value to int.";
        ViperCast, ViperTypeError, "can't convert '{}' to '{}'",
            "An address is no float, and a float no address.",
            "Convert to int in between.";
        RaiseNative, ViperTypeError, "must raise an object",
            "Only objects can be raised.",
            "";
        NativeRaise, NotImplementedError, "native raise",
            "Viper functions have no `raise` without an exception and no `raise ... from`, nor have native ones with -X viper=stock.",
            "Use @micropython.native, or name the exception, as in `except E as e: raise e`.";
        NativeYield, NotImplementedError, "native yield",
            "Viper functions cannot be generators or coroutines.",
            "Use @micropython.native.";
        NativeConversion, NotImplementedError, "conversion to object",
            "A pointer made of a literal, or the name of a cast, is not an object.",
            "Put the pointer in a variable first.";
        NativeCasting, NotImplementedError, "casting",
            "The name of a cast is not a value.",
            "";
        ViperAttr, ViperTypeError, "'{}' has no attributes",
            "Only objects have attributes and methods, and enter `with`. Stock tools crash on this.",
            "Leave the variable without annotation, so that it is an object.";
        ViperCall, ViperTypeError, "can't call '{}'",
            "Only objects can be called. Stock tools crash on this.",
            "";
        ViperStarCall, ViperTypeError, "can't pass '{}' in a call with * or **",
            "All arguments of such a call must be objects. Stock tools crash on this.",
            "Build a tuple of the arguments first, and pass it starred.";
        ViperIterate, ViperTypeError, "can't iterate over '{}'",
            "Only objects can be iterated over or unpacked. Stock tools crash on this.",
            "Count with range(), and index the pointer.";
        ViperSliceBound, ViperTypeError, "can't slice with '{}'",
            "The bounds of a slice must be objects, and may not be left out. Stock tools crash on this.",
            "Write x[slice(a, b)].";
        ViperDelete, ViperTypeError, "can't delete an item with '{}'",
            "Container and index must be objects. Stock tools crash on this.",
            "Call the method instead, as in x.pop(0).";
        ViperDictItem, ViperTypeError, "can't put '{}' in a dict display",
            "Keys and values of a display must be objects. Stock tools crash on this.",
            "Start with {{}} and assign items, as in d[1] = 2.";
        ViperClassVariable, ViperTypeError, "can't store '{}' in a class",
            "Class variables must be objects. Stock tools crash on this.",
            "Put the decorator on the methods.";
        ViperCastArgs, ViperTypeError, "a cast takes one positional argument",
            "int, uint, bool and the pointers are not functions here. Stock tools crash on this.",
            "";
        ViperParameters, ViperTypeError, "viper functions have positional parameters only",
            "Stock tools accept *args, **kwargs and keyword-only parameters, and the function crashes.",
            "Use @micropython.native, or pass a tuple.";
        [any]
        NoNativeEmitter, NotImplementedError, "cannot emit native code for this architecture",
            "There is no native emitter for the chosen architecture.",
            "Choose another with -march, or leave out -X emit.";
        [machine]
        NativeMalformed, RuntimeError, "native code overflow",
            "The function is too large or too odd for machine code.",
            "Split the function.";
        [any]
        BytecodeOverflow, RuntimeError, "bytecode overflow",
            "A jump is farther than the bytecode can express.",
            "Split the function.";
        TooDeep, RuntimeError, "maximum recursion depth exceeded",
            "The source is nested more deeply than the compiler follows.",
            "";
        OutOfMemory, MemoryError, "",
            "The compiler ran out of memory.",
            "";
    } };
}

/// The text, if this compiler has it.
#[cfg(feature = "machine")]
macro_rules! own_text {
    ($group:ident, $text:literal) => {
        $text
    };
}
#[cfg(not(feature = "machine"))]
macro_rules! own_text {
    (any, $text:literal) => {
        $text
    };
    (machine, $text:literal) => {
        ""
    };
}

macro_rules! define_codes {
    ($([$group:ident] $($name:ident, $exc:ident, $text:literal, $help:literal, $hint:literal;)*)*) => {
        /// Which message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = concat!("`", $text, "`")] $name,)*)*
        }

        impl Code {
            /// Every message.
            pub const ALL: &'static [Code] = &[$($(Code::$name,)*)*];

            /// A name that stays the same when the text changes.
            pub fn name(self) -> &'static str {
                match self { $($(Code::$name => stringify!($name),)*)* }
            }

            /// The exception a Python program sees.
            pub fn exc_type(self) -> ExcType {
                match self { $($(Code::$name => ExcType::$exc,)*)* }
            }

            /// MicroPython's text; `{}` stands for the argument.
            pub fn text(self) -> &'static str {
                // One text, ends marked: a table of references would take as many bytes again.
                const TEXTS: &str = concat!($($(own_text!($group, $text), "\0"),*),*);
                let mut texts = TEXTS.as_bytes().split(|byte| *byte == 0);
                let text = texts.nth(self as usize).unwrap_or_default();
                core::str::from_utf8(text).unwrap_or_default()
            }

            /// What the message means, for hosts.
            pub fn help(self) -> &'static str {
                match self { $($(Code::$name => $help,)*)* }
            }

            /// What to try, for hosts; may be empty.
            pub fn hint(self) -> &'static str {
                match self { $($(Code::$name => $hint,)*)* }
            }
        }
    };
}
for_each_message!(define_codes);
