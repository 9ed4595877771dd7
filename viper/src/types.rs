//! The types of values while compiling.
use ferlance_abi::NativeType;
use ferlance_bytecode::module::Const;
use ferlance_bytecode::op::ConstId;

/// The type of a local or of a value on the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ty {
    /// An object word.
    Object,
    /// 0 or 1 in a word; other numbers count as true.
    Bool,
    /// A signed word.
    Int,
    /// An unsigned word.
    Uint,
    /// An address that cannot be dereferenced.
    Ptr,
    /// The address of bytes.
    Ptr8,
    /// The address of 16-bit units.
    Ptr16,
    /// The address of 32-bit units.
    Ptr32,
    /// A floating-point number.
    Float,
    /// A signed number of 64 bits.
    Int64,
    /// An unsigned number of 64 bits.
    Uint64,
    /// The literal None.
    None,
    /// The null word: an absent default, a value that deletes.
    Null,
    /// One of the names that convert, which is not a value.
    Cast(NativeType),
}

impl Ty {
    /// The type of an annotation.
    pub const fn of(ty: NativeType) -> Ty {
        match ty {
            NativeType::Object => Ty::Object,
            NativeType::Bool => Ty::Bool,
            NativeType::Int => Ty::Int,
            NativeType::Uint => Ty::Uint,
            NativeType::Ptr => Ty::Ptr,
            NativeType::Ptr8 => Ty::Ptr8,
            NativeType::Ptr16 => Ty::Ptr16,
            NativeType::Ptr32 => Ty::Ptr32,
            NativeType::Float => Ty::Float,
            NativeType::Int64 => Ty::Int64,
            NativeType::Uint64 => Ty::Uint64,
        }
    }

    /// The type that is named so; but for wide numbers, what entries 3 and 4 of the function table take.
    pub const fn native(self) -> NativeType {
        match self {
            Ty::Object | Ty::None | Ty::Null | Ty::Cast(_) => NativeType::Object,
            Ty::Bool => NativeType::Bool,
            Ty::Int => NativeType::Int,
            Ty::Uint => NativeType::Uint,
            Ty::Ptr => NativeType::Ptr,
            Ty::Ptr8 => NativeType::Ptr8,
            Ty::Ptr16 => NativeType::Ptr16,
            Ty::Ptr32 => NativeType::Ptr32,
            Ty::Float => NativeType::Float,
            Ty::Int64 => NativeType::Int64,
            Ty::Uint64 => NativeType::Uint64,
        }
    }

    /// The name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Ty::None => "None",
            Ty::Cast(ty) => ty.name(),
            ty => ty.native().name(),
        }
    }

    /// A native value, which is no object?
    pub const fn is_native(self) -> bool {
        !matches!(self, Ty::Object | Ty::None | Ty::Null | Ty::Cast(_))
    }

    /// `int` or `uint`?
    pub const fn is_int(self) -> bool {
        matches!(self, Ty::Int | Ty::Uint)
    }

    /// `int64` or `uint64`?
    pub const fn is_long(self) -> bool {
        matches!(self, Ty::Int64 | Ty::Uint64)
    }

    /// A number that stock lacks?
    pub const fn is_wide(self) -> bool {
        matches!(self, Ty::Float | Ty::Int64 | Ty::Uint64)
    }

    /// Any number?
    pub const fn is_number(self) -> bool {
        self.is_int() || self.is_wide()
    }

    /// Any pointer?
    pub const fn is_pointer(self) -> bool {
        matches!(self, Ty::Ptr | Ty::Ptr8 | Ty::Ptr16 | Ty::Ptr32)
    }

    /// Bytes that an index of it selects; 0 if it cannot be indexed as memory.
    pub const fn element_bytes(self) -> usize {
        match self {
            Ty::Ptr8 | Ty::Ptr16 | Ty::Ptr32 => self.native().element_bytes(),
            _ => 0,
        }
    }
}

/// The value of a constant, if it is a number that has a wide type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Literal {
    /// A float.
    Float(f64),
    /// An int of 64 bits: `Int64` if it is one, else `Uint64`.
    Int(i64, Ty),
}

impl Literal {
    /// What constant `at` is.
    pub fn of(consts: &[Const<'_>], at: ConstId) -> Option<Literal> {
        match consts.get(at.0 as usize)? {
            Const::Float(number) => Some(Literal::Float(number.value)),
            Const::Int(text) => {
                let text = core::str::from_utf8(text).ok()?;
                match (text.parse::<i64>(), text.parse::<u64>()) {
                    (Ok(value), _) => Some(Literal::Int(value, Ty::Int64)),
                    (_, Ok(value)) => Some(Literal::Int(value as i64, Ty::Uint64)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// The type that a name means when called, unless a local hides it. `object` is not among them.
pub fn cast(name: &[u8]) -> Option<NativeType> {
    NativeType::from_name(name).filter(|ty| *ty != NativeType::Object)
}
