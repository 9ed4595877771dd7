//! Operators: numbers shared by bytecode, the function table and type slots; symbols; special methods.

/// One row per unary operator: variant, number, symbol or description, special method ("" if none).
#[macro_export]
macro_rules! for_each_unary_op {
    ($then:path) => {
        $then! {
            /// `+a`
            Positive     = 0,  "+",             "__pos__";
            /// `-a`
            Negative     = 1,  "-",             "__neg__";
            /// `~a`
            Invert       = 2,  "~",             "__invert__";
            /// `not a`
            Not          = 3,  "not",           "";
            /// Truth.
            Bool         = 4,  "bool",          "__bool__";
            /// Length.
            Len          = 5,  "len",           "__len__";
            /// Hash.
            Hash         = 6,  "hash",          "__hash__";
            /// Absolute value.
            Abs          = 7,  "abs",           "__abs__";
            /// Conversion to int, no error if there is none.
            IntMaybe     = 8,  "int",           "__int__";
            /// Conversion to float, no error if there is none.
            FloatMaybe   = 9,  "float",         "__float__";
            /// Conversion to complex, no error if there is none.
            ComplexMaybe = 10, "complex",       "__complex__";
            /// Bytes of memory.
            SizeOf       = 11, "sizeof",        "__sizeof__";
        }
    };
}

/// One row per binary operator: variant, number, symbol, name in listings and special method.
#[macro_export]
macro_rules! for_each_binary_op {
    ($then:path) => {
        $then! {
            /// `a < b`
            Less                  = 0,  "<",       "__lt__";
            /// `a > b`
            More                  = 1,  ">",       "__gt__";
            /// `a == b`
            Equal                 = 2,  "==",      "__eq__";
            /// `a <= b`
            LessEqual             = 3,  "<=",      "__le__";
            /// `a >= b`
            MoreEqual             = 4,  ">=",      "__ge__";
            /// `a != b`
            NotEqual              = 5,  "!=",      "__ne__";
            /// `a in b`; the container is the right operand.
            In                    = 6,  "in",      "<in>";
            /// `a is b`
            Is                    = 7,  "is",      "<is>";
            /// Does exception `a` match class or tuple `b`?
            ExceptionMatch        = 8,  "",        "<exception match>";
            /// `a |= b`
            InplaceOr             = 9,  "|=",      "__ior__";
            /// `a ^= b`
            InplaceXor            = 10, "^=",      "__ixor__";
            /// `a &= b`
            InplaceAnd            = 11, "&=",      "__iand__";
            /// `a <<= b`
            InplaceShiftLeft      = 12, "<<=",     "__ilshift__";
            /// `a >>= b`
            InplaceShiftRight     = 13, ">>=",     "__irshift__";
            /// `a += b`
            InplaceAdd            = 14, "+=",      "__iadd__";
            /// `a -= b`
            InplaceSubtract       = 15, "-=",      "__isub__";
            /// `a *= b`
            InplaceMultiply       = 16, "*=",      "__imul__";
            /// `a @= b`
            InplaceMatMultiply    = 17, "@=",      "__imatmul__";
            /// `a //= b`
            InplaceFloorDivide    = 18, "//=",     "__ifloordiv__";
            /// `a /= b`
            InplaceTrueDivide     = 19, "/=",      "__itruediv__";
            /// `a %= b`
            InplaceModulo         = 20, "%=",      "__imod__";
            /// `a **= b`
            InplacePower          = 21, "**=",     "__ipow__";
            /// `a | b`
            Or                    = 22, "|",       "__or__";
            /// `a ^ b`
            Xor                   = 23, "^",       "__xor__";
            /// `a & b`
            And                   = 24, "&",       "__and__";
            /// `a << b`
            ShiftLeft             = 25, "<<",      "__lshift__";
            /// `a >> b`
            ShiftRight            = 26, ">>",      "__rshift__";
            /// `a + b`
            Add                   = 27, "+",       "__add__";
            /// `a - b`
            Subtract              = 28, "-",       "__sub__";
            /// `a * b`
            Multiply              = 29, "*",       "__mul__";
            /// `a @ b`
            MatMultiply           = 30, "@",       "__matmul__";
            /// `a // b`
            FloorDivide           = 31, "//",      "__floordiv__";
            /// `a / b`
            TrueDivide            = 32, "/",       "__truediv__";
            /// `a % b`
            Modulo                = 33, "%",       "__mod__";
            /// `a ** b`
            Power                 = 34, "**",      "__pow__";
            /// `divmod(a, b)`
            DivMod                = 35, "divmod",  "__divmod__";
            /// Does container `a` hold `b`? What types see instead of `in`.
            Contains              = 36, "in",      "__contains__";
            /// `b | a`, asked of the right operand's type.
            ReverseOr             = 37, "|",       "__ror__";
            /// `b ^ a`, asked of the right operand's type.
            ReverseXor            = 38, "^",       "__rxor__";
            /// `b & a`, asked of the right operand's type.
            ReverseAnd            = 39, "&",       "__rand__";
            /// `b << a`, asked of the right operand's type.
            ReverseShiftLeft      = 40, "<<",      "__rlshift__";
            /// `b >> a`, asked of the right operand's type.
            ReverseShiftRight     = 41, ">>",      "__rrshift__";
            /// `b + a`, asked of the right operand's type.
            ReverseAdd            = 42, "+",       "__radd__";
            /// `b - a`, asked of the right operand's type.
            ReverseSubtract       = 43, "-",       "__rsub__";
            /// `b * a`, asked of the right operand's type.
            ReverseMultiply       = 44, "*",       "__rmul__";
            /// `b @ a`, asked of the right operand's type.
            ReverseMatMultiply    = 45, "@",       "__rmatmul__";
            /// `b // a`, asked of the right operand's type.
            ReverseFloorDivide    = 46, "//",      "__rfloordiv__";
            /// `b / a`, asked of the right operand's type.
            ReverseTrueDivide     = 47, "/",       "__rtruediv__";
            /// `b % a`, asked of the right operand's type.
            ReverseModulo         = 48, "%",       "__rmod__";
            /// `b ** a`, asked of the right operand's type.
            ReversePower          = 49, "**",      "__rpow__";
            /// `a not in b`: compiled as `in` and `not`, never passed to a type.
            NotIn                 = 50, "not in",  "";
            /// `a is not b`: compiled as `is` and `not`, never passed to a type.
            IsNot                 = 51, "is not",  "";
        }
    };
}

macro_rules! define_unary {
    ($($(#[$doc:meta])* $op:ident = $number:literal, $symbol:literal, $method:literal;)*) => {
        /// A unary operator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum UnaryOp {
            $($(#[$doc])* $op = $number,)*
        }

        impl UnaryOp {
            /// All of them, by number.
            pub const ALL: &[UnaryOp] = &[$(UnaryOp::$op),*];

            /// The operator with this number.
            #[inline]
            pub const fn from_number(number: u8) -> Option<UnaryOp> {
                match number {
                    $($number => Some(UnaryOp::$op),)*
                    _ => None,
                }
            }

            /// As written, or what it does.
            pub const fn symbol(self) -> &'static str {
                match self { $(UnaryOp::$op => $symbol,)* }
            }

            /// The special method that implements it; empty if there is none.
            pub const fn method(self) -> &'static str {
                match self { $(UnaryOp::$op => $method,)* }
            }
        }
    };
}
for_each_unary_op!(define_unary);

macro_rules! define_binary {
    ($($(#[$doc:meta])* $op:ident = $number:literal, $symbol:literal, $method:literal;)*) => {
        /// A binary operator.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum BinaryOp {
            $($(#[$doc])* $op = $number,)*
        }

        impl BinaryOp {
            /// All of them, by number.
            pub const ALL: &[BinaryOp] = &[$(BinaryOp::$op),*];

            /// The operator with this number.
            #[inline]
            pub const fn from_number(number: u8) -> Option<BinaryOp> {
                match number {
                    $($number => Some(BinaryOp::$op),)*
                    _ => None,
                }
            }

            /// As written; what messages about unsupported types show.
            pub const fn symbol(self) -> &'static str {
                match self { $(BinaryOp::$op => $symbol,)* }
            }

            /// The special method that implements it, or its name in listings; empty if there is neither.
            pub const fn method(self) -> &'static str {
                match self { $(BinaryOp::$op => $method,)* }
            }
        }
    };
}
for_each_binary_op!(define_binary);

const _: () = assert!(UnaryOp::SizeOf as u8 == 11 && UnaryOp::ALL.len() == 12);
const _: () = assert!(BinaryOp::IsNot as u8 == 51 && BinaryOp::ALL.len() == 52);
const _: () = assert!(
    BinaryOp::Power as u8 == LAST_BYTECODE_BINARY && UnaryOp::Not as u8 == LAST_BYTECODE_UNARY
);

/// The last unary operator that is an instruction.
pub const LAST_BYTECODE_UNARY: u8 = 3;
/// The last binary operator that is an instruction.
pub const LAST_BYTECODE_BINARY: u8 = 34;

impl UnaryOp {
    /// The number.
    #[inline]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The name in listings.
    pub const fn name(self) -> &'static str {
        match self {
            UnaryOp::Not => "<not>",
            _ => self.method(),
        }
    }

    /// The operator that an instruction can hold.
    pub const fn from_bytecode(number: u8) -> Option<UnaryOp> {
        if number <= LAST_BYTECODE_UNARY {
            UnaryOp::from_number(number)
        } else {
            None
        }
    }
}

impl BinaryOp {
    /// The number.
    #[inline]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The operator that an instruction can hold.
    pub const fn from_bytecode(number: u8) -> Option<BinaryOp> {
        if number <= LAST_BYTECODE_BINARY {
            BinaryOp::from_number(number)
        } else {
            None
        }
    }

    /// The plain operator of an in-place one.
    #[inline]
    pub const fn from_inplace(self) -> Option<BinaryOp> {
        match self as u8 {
            9..=21 => BinaryOp::from_number(self as u8 + 13),
            _ => None,
        }
    }

    /// The in-place operator of a plain one.
    #[inline]
    pub const fn to_inplace(self) -> Option<BinaryOp> {
        match self as u8 {
            22..=34 => BinaryOp::from_number(self as u8 - 13),
            _ => None,
        }
    }

    /// The operator that the right operand's type is asked for, if the left one's does not know the plain one.
    #[inline]
    pub const fn to_reverse(self) -> Option<BinaryOp> {
        match self as u8 {
            22..=34 => BinaryOp::from_number(self as u8 + 15),
            _ => None,
        }
    }

    /// The comparison with its operands exchanged.
    #[inline]
    pub const fn to_swapped_comparison(self) -> Option<BinaryOp> {
        match self {
            BinaryOp::Less => Some(BinaryOp::More),
            BinaryOp::More => Some(BinaryOp::Less),
            BinaryOp::LessEqual => Some(BinaryOp::MoreEqual),
            BinaryOp::MoreEqual => Some(BinaryOp::LessEqual),
            BinaryOp::Equal => Some(BinaryOp::Equal),
            BinaryOp::NotEqual => Some(BinaryOp::NotEqual),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_groups_of_thirteen_are_in_the_same_order() {
        for number in 22..=34 {
            let plain = BinaryOp::from_number(number).unwrap();
            let name = &plain.method()[2..];
            let inplace = plain.to_inplace().unwrap();
            let reverse = plain.to_reverse().unwrap();
            assert_eq!(&inplace.method()[3..], name);
            assert_eq!(&reverse.method()[3..], name);
            assert_eq!(inplace.from_inplace(), Some(plain));
        }
        assert_eq!(BinaryOp::DivMod.to_reverse(), None);
        assert_eq!(BinaryOp::In.to_inplace(), None);
    }

    #[test]
    fn instructions_hold_the_first_few() {
        assert_eq!(UnaryOp::from_bytecode(4), None);
        assert_eq!(BinaryOp::from_bytecode(34), Some(BinaryOp::Power));
        assert_eq!(BinaryOp::from_bytecode(35), None);
    }
}
