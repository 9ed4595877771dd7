// What the C sources of `tests/vectors/natmod/src` need, for 64-bit machines: written from the description of the
// native ABI for the test of linked modules. `link.py` beside this folder makes `.mpy` files with it.
#include <stddef.h>
#pragma once
#include <stdint.h>
#include <stdbool.h>
#include "qstrs.h"

typedef void *mp_obj_t;
typedef const void *mp_const_obj_t;
typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef uint8_t byte;
typedef size_t qstr;
typedef int mp_print_kind_t, mp_unary_op_t, mp_binary_op_t;
typedef struct _mp_obj_type_t mp_obj_type_t;
typedef struct { const mp_obj_type_t *type; } mp_obj_base_t;
struct _mp_obj_type_t { mp_obj_base_t base; uint16_t flags, name; uint8_t index[12]; const void *slots[]; };
typedef struct {
    mp_obj_base_t base; uint16_t flags, name;
    uint8_t slot_index_make_new, slot_index_print, slot_index_call, slot_index_unary_op, slot_index_binary_op,
        slot_index_attr, slot_index_subscr, slot_index_iter, slot_index_buffer, slot_index_protocol,
        slot_index_parent, slot_index_locals_dict;
    const void *slots[11];
} mp_obj_full_type_t;
#define MP_OBJ_TYPE_SET_SLOT(t, n, f, i) ((t)->slot_index_##n = (i) + 1, (t)->slots[i] = (const void *)(f))
#define MP_TYPE_FLAG_NONE 0
#define MP_TYPE_FLAG_ITER_IS_ITERNEXT 0x80
#define MP_TYPE_FLAG_ITER_IS_STREAM 0x180

typedef struct { mp_obj_t key, value; } mp_map_elem_t;
typedef struct { size_t all_keys_are_qstrs : 1, is_fixed : 1, is_ordered : 1, used : 61; size_t alloc; mp_map_elem_t *table; } mp_map_t;
typedef struct { mp_obj_base_t base; mp_map_t map; } mp_obj_dict_t;
typedef struct { mp_obj_base_t base; mp_obj_dict_t *globals; } mp_obj_module_t;
typedef struct { mp_obj_module_t module; const uint16_t *qstr_table; mp_obj_t *obj_table; } mp_module_context_t;
typedef struct { mp_obj_base_t base; const mp_module_context_t *context; void *const *child_table; const byte *code; } mp_obj_fun_bc_t;
typedef struct { mp_obj_base_t base; const void *code; } fixed_fun_t;
typedef struct { mp_obj_base_t base; uint32_t sig; const void *code; } var_fun_t;
typedef struct { uint8_t zero[2], kind, is_gen; const void *code; void *children; } raw_t;
typedef struct { void *buf; size_t len; int typecode; } mp_buffer_info_t;
typedef struct { void *data; void (*strn)(void *, const char *, size_t); } mp_print_t;
typedef struct { mp_obj_base_t base; size_t len; mp_obj_t items[]; } tuple_t;
typedef struct { mp_obj_base_t base; size_t alloc, len; mp_obj_t *items; } list_t;
typedef struct {
    mp_uint_t (*read)(mp_obj_t, void *, mp_uint_t, int *);
    mp_uint_t (*write)(mp_obj_t, const void *, mp_uint_t, int *);
    mp_uint_t (*ioctl)(mp_obj_t, mp_uint_t, uintptr_t, int *);
    mp_uint_t is_text;
} mp_stream_p_t;
typedef union { bool u_bool; mp_int_t u_int; mp_obj_t u_obj; } mp_arg_val_t;
typedef struct { uint16_t qst, flags; mp_arg_val_t defval; } mp_arg_t;
#define MP_ARG_BOOL 1
#define MP_ARG_INT 2
#define MP_ARG_OBJ 3
#define MP_ARG_REQUIRED 0x100
#define MP_ARG_KW_ONLY 0x200
#define PRINT_REPR 1
#define MP_BUFFER_READ 1
#define MP_BUFFER_RW 3
#define MP_STREAM_OP_READ 1
#define MP_STREAM_OP_WRITE 2
#define MP_STREAM_ERROR ((mp_uint_t)-1)

#define MP_OBJ_NULL ((mp_obj_t)0)
#define MP_OBJ_STOP_ITERATION ((mp_obj_t)0)
#define MP_OBJ_SENTINEL ((mp_obj_t)4)
#define MP_OBJ_FROM_PTR(p) ((mp_obj_t)(p))
#define MP_OBJ_TO_PTR(o) ((void *)(o))
#define MP_OBJ_NEW_SMALL_INT(n) ((mp_obj_t)(((mp_uint_t)(n) << 1) | 1))

enum { MP_UNARY_OP_NEGATIVE = 1, MP_UNARY_OP_BOOL = 4, MP_UNARY_OP_LEN = 5 };
enum { MP_BINARY_OP_EQUAL = 2, MP_BINARY_OP_IN = 6, MP_BINARY_OP_INPLACE_ADD = 14, MP_BINARY_OP_ADD = 27 };

extern void *const mp_fun_table[];
extern const uint16_t mp_qstr_table[];
#define F(n, r, ...) ((r (*)(__VA_ARGS__))mp_fun_table[n])
#define O mp_obj_t
#define mp_const_none ((O)mp_fun_table[0])
#define mp_const_false ((O)mp_fun_table[1])
#define mp_const_true ((O)mp_fun_table[2])
#define from_obj(o, t) F(3, mp_uint_t, O, mp_uint_t)(o, t)
#define to_obj(v, t) F(4, O, mp_uint_t, mp_uint_t)((mp_uint_t)(v), t)
#define MP_OBJ_NEW_QSTR(q) to_obj(q, 8)
#define mp_obj_new_bool(b) ((b) ? mp_const_true : mp_const_false)
#define mp_obj_new_int(i) to_obj(i, 2)
#define mp_obj_new_int_from_uint(i) to_obj(i, 3)
#define mp_obj_get_int(o) ((mp_int_t)from_obj(o, 2))
#define mp_obj_get_int_truncated(o) ((mp_int_t)from_obj(o, 3))
#define mp_obj_is_true(o) from_obj(o, 1)
#define mp_load_name(q) F(6, O, qstr)(q)
#define mp_load_global(q) F(7, O, qstr)(q)
#define mp_load_attr(o, q) F(9, O, O, qstr)(o, q)
#define mp_load_method(o, q, d) F(10, void, O, qstr, O *)(o, q, d)
#define mp_store_global(q, o) F(13, void, qstr, O)(q, o)
#define mp_store_attr(o, q, v) F(14, void, O, qstr, O)(o, q, v)
#define mp_obj_subscr(o, i, v) F(15, O, O, O, O)(o, i, v)
#define mp_unary_op(op, o) F(17, O, mp_uint_t, O)(op, o)
#define mp_binary_op(op, l, r) F(18, O, mp_uint_t, O, O)(op, l, r)
#define mp_obj_new_tuple(n, i) F(19, O, size_t, const O *)(n, i)
#define mp_obj_new_list(n, i) F(20, O, size_t, O *)(n, i)
#define mp_obj_new_dict(n) F(21, O, size_t)(n)
#define mp_obj_list_append(l, o) F(24, O, O, O)(l, o)
#define mp_obj_dict_store(d, k, v) F(25, O, O, O, O)(d, k, v)
#define make_function(r, c) F(26, O, const void *, const void *, O *)(r, c, NULL)
#define mp_call_function_n_kw(f, n, k, a) F(27, O, O, size_t, const O *)(f, (n) | (k) << 8, a)
#define nlr_raise(o) (F(34, void, O)(o), __builtin_unreachable())
#define mp_import_name(q, f, l) F(35, O, qstr, O, O)(q, f, l)
#define mp_import_from(m, q) F(36, O, O, qstr)(m, q)
#define mp_arg_check_num(n, k, lo, hi, kw) F(44, void, size_t, size_t, uint32_t)(n, k, (uint32_t)(lo) << 17 | (uint32_t)(hi) << 1 | (kw))
#define realloc_(p, n, m) F(52, void *, void *, size_t, bool)(p, n, m)
#define mp_printf(p, ...) F(53, int, const mp_print_t *, const char *, ...)(p, __VA_ARGS__)
#define mp_raise_msg(t, m) (F(55, void, const mp_obj_type_t *, const char *)(t, m), __builtin_unreachable())
#define mp_obj_get_type(o) F(56, const mp_obj_type_t *, O)(o)
#define mp_obj_new_str(s, n) F(57, O, const char *, size_t)(s, n)
#define mp_obj_new_bytes(s, n) F(58, O, const byte *, size_t)(s, n)
#define mp_obj_new_bytearray_by_ref(n, p) F(59, O, size_t, void *)(n, p)
#define mp_obj_new_float_from_f(f) F(60, O, float)(f)
#define mp_obj_new_float_from_d(f) F(61, O, double)(f)
#define mp_obj_get_float_to_f(o) F(62, float, O)(o)
#define mp_obj_get_float_to_d(o) F(63, double, O)(o)
#define mp_load_method_maybe(o, q, d) F(64, void, O, qstr, O *)(o, q, d)
#define mp_get_buffer(o, b, f) F(65, bool, O, mp_buffer_info_t *, mp_uint_t)(o, b, f)
#define mp_get_buffer_raise(o, b, f) mp_get_buffer(o, b, (f) | 4)
#define mp_get_stream_raise(o, f) F(66, const mp_stream_p_t *, O, int)(o, f)
#define mp_arg_parse_all(n, p, k, na, a, v) F(67, void, size_t, const O *, mp_map_t *, size_t, const mp_arg_t *, mp_arg_val_t *)(n, p, k, na, a, v)
#define mp_binary_get_size(s, t, a) F(69, size_t, char, char, size_t *)(s, t, a)
#define mp_binary_get_val_array(t, p, i) F(70, O, char, void *, size_t)(t, p, i)
#define mp_plat_print (*(mp_print_t *)mp_fun_table[72])
#define T(n) (*(const mp_obj_type_t *)mp_fun_table[n])
#define mp_type_type T(73)
#define mp_type_str T(74)
#define mp_type_list T(75)
#define mp_type_dict T(76)
#define mp_type_Exception T(82)
#define named(q) (*(const mp_obj_type_t *)mp_load_global(q))
#define mp_type_EOFError named(MP_QSTR_EOFError)
#define mp_type_IndexError named(MP_QSTR_IndexError)
#define mp_type_KeyError named(MP_QSTR_KeyError)
#define mp_type_RuntimeError named(MP_QSTR_RuntimeError)
#define mp_stream_read_obj (*(fixed_fun_t *)mp_fun_table[83])
#define mp_stream_readinto_obj (*(fixed_fun_t *)mp_fun_table[84])
#define mp_stream_unbuffered_readline_obj (*(fixed_fun_t *)mp_fun_table[85])
#define mp_stream_write_obj (*(fixed_fun_t *)mp_fun_table[86])
#define mp_raise_ValueError(m) mp_raise_msg(&named(MP_QSTR_ValueError), m)
#define mp_raise_TypeError(m) mp_raise_msg(&named(MP_QSTR_TypeError), m)
#define mp_raise_NotImplementedError(m) mp_raise_msg(&named(MP_QSTR_NotImplementedError), m)
#define mp_obj_new_exception(t) (t)

static inline O call1(O f, O a) { return mp_call_function_n_kw(f, 1, 0, &a); }
#define mp_raise_type_arg(t, a) nlr_raise(call1((O)(t), a))
#define mp_raise_OSError(n) nlr_raise(call1(mp_load_global(MP_QSTR_OSError), MP_OBJ_NEW_SMALL_INT(n)))
#define mp_obj_len(o) call1(mp_load_global(MP_QSTR_len), o)
static inline void *m_malloc(size_t n) {
    void *p = realloc_(NULL, n, false);
    if (p == NULL) {
        mp_raise_msg(&named(MP_QSTR_MemoryError), "memory allocation failed");
    }
    return p;
}
static inline void *obj_malloc(size_t n, const mp_obj_type_t *t) {
    mp_obj_base_t *o = m_malloc(n);
    o->type = t;
    return o;
}
#define mp_obj_malloc(s, t) ((s *)obj_malloc(sizeof(s), t))
static inline void mp_obj_get_array(O o, size_t *n, O **items) {
    const mp_obj_type_t *t = mp_obj_get_type(o);
    if (t == mp_obj_get_type(mp_obj_new_tuple(0, NULL))) {
        tuple_t *u = o;
        *n = u->len, *items = u->items;
    } else if (t == &mp_type_list) {
        list_t *l = o;
        *n = l->len, *items = l->items;
    } else {
        mp_raise_TypeError("expected tuple/list");
    }
}
static inline const char *mp_obj_str_get_data(O o, size_t *n) {
    mp_buffer_info_t b;
    mp_get_buffer_raise(o, &b, MP_BUFFER_READ);
    *n = b.len;
    return b.buf;
}
static inline void exception_init(mp_obj_full_type_t *e, qstr name) {
    const mp_obj_full_type_t *from = (const void *)&mp_type_Exception;
    e->base.type = &mp_type_type;
    e->name = (uint16_t)name;
    MP_OBJ_TYPE_SET_SLOT(e, make_new, from->slots[from->slot_index_make_new - 1], 0);
    MP_OBJ_TYPE_SET_SLOT(e, print, from->slots[from->slot_index_print - 1], 1);
    MP_OBJ_TYPE_SET_SLOT(e, attr, from->slots[from->slot_index_attr - 1], 2);
}
#define mp_obj_exception_init(e, q, b) (exception_init(e, q), MP_OBJ_TYPE_SET_SLOT(e, parent, b, 3))

extern const mp_obj_type_t mp_type_fun_builtin_0, mp_type_fun_builtin_1, mp_type_fun_builtin_2, mp_type_fun_builtin_3,
    mp_type_fun_builtin_var;
#define FIXED(n, o, f) const fixed_fun_t o = { { &mp_type_fun_builtin_##n }, f }
#define MP_DEFINE_CONST_FUN_OBJ_0(o, f) FIXED(0, o, f)
#define MP_DEFINE_CONST_FUN_OBJ_1(o, f) FIXED(1, o, f)
#define MP_DEFINE_CONST_FUN_OBJ_2(o, f) FIXED(2, o, f)
#define MP_DEFINE_CONST_FUN_OBJ_3(o, f) FIXED(3, o, f)
#define VAR(o, lo, hi, kw, f) const var_fun_t o = { { &mp_type_fun_builtin_var }, (lo) << 17 | (hi) << 1 | (kw), f }
#define MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(o, lo, hi, f) VAR(o, lo, hi, 0, f)
#define MP_DEFINE_CONST_FUN_OBJ_KW(o, lo, f) VAR(o, lo, 0xffff, 1, f)

#define MP_DYNRUNTIME_INIT_ENTRY \
    void *old_globals = F(5, void *, void *)(self->context->module.globals); \
    raw_t raw_code; \
    raw_code.zero[0] = raw_code.zero[1] = raw_code.is_gen = 0; \
    raw_code.kind = 4; \
    (void)raw_code;
#define MP_DYNRUNTIME_INIT_EXIT \
    F(5, void *, void *)(old_globals); \
    return mp_const_none;
#define MP_DYNRUNTIME_MAKE_FUNCTION(f) (raw_code.code = (const void *)(f), make_function(&raw_code, self->context))
