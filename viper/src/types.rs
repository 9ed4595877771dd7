//! The types of values while compiling.
use ferlance_abi::NativeType;

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
        }
    }

    /// The type as it crosses the border: what entries 3 and 4 of the function table take.
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

    /// A machine word that is no object?
    pub const fn is_native(self) -> bool {
        !matches!(self, Ty::Object | Ty::None | Ty::Null | Ty::Cast(_))
    }

    /// `int` or `uint`?
    pub const fn is_int(self) -> bool {
        matches!(self, Ty::Int | Ty::Uint)
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

/// The type that a name means when called, unless a local hides it. `object` is not among them.
pub fn cast(name: &[u8]) -> Option<NativeType> {
    NativeType::from_name(name).filter(|ty| *ty != NativeType::Object)
}
