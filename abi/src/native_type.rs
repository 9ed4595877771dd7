//! The types of native values: viper's variables, conversions at the border, results of assembler functions.

/// One row per type: variant, number, name in annotations and casts, bytes a pointer of it selects (0: no pointer).
#[macro_export]
macro_rules! for_each_native_type {
    ($then:path) => {
        $then! {
            /// Any Python object.
            Object = 0, "object", element 0;
            /// Truth, 0 or 1.
            Bool   = 1, "bool",   element 0;
            /// Signed machine word.
            Int    = 2, "int",    element 0;
            /// Unsigned machine word.
            Uint   = 3, "uint",   element 0;
            /// Pointer to machine words.
            Ptr    = 4, "ptr",    element 0;
            /// Pointer to bytes.
            Ptr8   = 5, "ptr8",   element 1;
            /// Pointer to 16-bit units.
            Ptr16  = 6, "ptr16",  element 2;
            /// Pointer to 32-bit units.
            Ptr32  = 7, "ptr32",  element 4;
            /// Floating-point number as the processor has it. Viper's own, as the next two: it never crosses the border.
            Float  = 16, "float",  element 0;
            /// Signed number of 64 bits.
            Int64  = 17, "int64",  element 0;
            /// Unsigned number of 64 bits.
            Uint64 = 18, "uint64", element 0;
        }
    };
}

macro_rules! define {
    ($($(#[$doc:meta])* $ty:ident = $number:literal, $name:literal, element $bytes:literal;)*) => {
        /// A type of native values, numbered as entries 3 and 4 of the function table take it; from 16 on, as they do not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum NativeType {
            $($(#[$doc])* $ty = $number,)*
        }

        impl NativeType {
            /// All of them.
            pub const ALL: &[NativeType] = &[$(NativeType::$ty),*];

            /// The type with this number.
            pub const fn from_number(number: u8) -> Option<NativeType> {
                match number {
                    $($number => Some(NativeType::$ty),)*
                    _ => None,
                }
            }

            /// The name used in annotations and as a cast.
            pub const fn name(self) -> &'static str {
                match self { $(NativeType::$ty => $name,)* }
            }

            /// Bytes that indexing a pointer of this type selects; 0 for other types.
            pub const fn element_bytes(self) -> usize {
                match self { $(NativeType::$ty => $bytes,)* }
            }
        }
    };
}
for_each_native_type!(define);

/// What native modules pass to entry 4 to make a str object of a qstr number.
pub const QSTR_TYPE_NUMBER: u8 = 8;

impl NativeType {
    /// A type that stock lacks?
    pub const fn is_wide(self) -> bool {
        matches!(
            self,
            NativeType::Float | NativeType::Int64 | NativeType::Uint64
        )
    }

    /// The number that crosses the border.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The type that an annotation or cast names.
    pub fn from_name(name: &[u8]) -> Option<NativeType> {
        NativeType::ALL
            .iter()
            .copied()
            .find(|ty| ty.name().as_bytes() == name)
    }
}
