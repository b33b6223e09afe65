#include "tensor/pickle.h"

#include <stdlib.h>
#include <string.h>

#include "tensor/pickle_impl.h"

/* ---- stack and memo ---- */

static bool push_heap(sx_pitems *list, sx_pvalue *v, sx_error *err) {
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 64;
        sx_pvalue **at = sx_realloc(list->at, cap, sizeof(sx_pvalue *));
        if (!at) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a pickle");
        list->at = at;
        list->cap = cap;
    }
    list->at[list->n++] = v;
    return true;
}

/* v NULL: its constructor has failed and set err. */
static bool push_value(sx_pickle *p, sx_pvalue *v, sx_error *err) {
    return v && push_heap(&p->stack, v, err);
}

/* Only the values above the topmost mark may be popped. */
static size_t floor_of(const sx_pickle *p) {
    return p->mark_count ? p->marks[p->mark_count - 1] : 0;
}

static bool need(const sx_pickle *p, size_t n, sx_error *err) {
    if (p->stack.n - floor_of(p) >= n) return true;
    return sx_fail(err, SX_ERR_FORMAT, "the pickle takes more from its stack than it holds");
}

static sx_pvalue *top(const sx_pickle *p) {
    return p->stack.at[p->stack.n - 1];
}

static bool mark(sx_pickle *p, sx_error *err) {
    if (p->mark_count == p->mark_cap) {
        size_t cap = p->mark_cap ? 2 * p->mark_cap : 64;
        size_t *marks = sx_realloc(p->marks, cap, sizeof *marks);
        if (!marks) return sx_fail(err, SX_ERR_MEMORY, "out of memory for a pickle");
        p->marks = marks;
        p->mark_cap = cap;
    }
    p->marks[p->mark_count++] = p->stack.n;
    return true;
}

/* Removes the mark; the values from *first on were above it. */
static bool unmark(sx_pickle *p, size_t *first, sx_error *err) {
    if (!p->mark_count)
        return sx_fail(err, SX_ERR_FORMAT, "the pickle uses a mark that it has not set");
    *first = p->marks[--p->mark_count];
    return true;
}

static bool memo_put(sx_pickle *p, size_t index, sx_error *err) {
    if (!need(p, 1, err)) return false;
    /* picklers count from 0 or 1, so a huge index must not allocate memory */
    if (index > p->puts + 1)
        return sx_fail(err, SX_ERR_FORMAT, "the pickle's memo jumps to entry %zu after %zu", index,
                       p->puts);
    while (p->memo.n <= index)
        if (!push_heap(&p->memo, NULL, err)) return false;
    p->memo.at[index] = top(p);
    p->puts++;
    return true;
}

static bool memo_get(sx_pickle *p, size_t index, sx_error *err) {
    if (index < p->memo.n && p->memo.at[index]) return push_value(p, p->memo.at[index], err);
    return sx_fail(err, SX_ERR_FORMAT, "the pickle uses memo entry %zu, which does not exist",
                   index);
}

/* ---- arguments in the byte stream ---- */

static bool take_bytes(sx_pickle *p, size_t n, const uint8_t **bytes, sx_error *err) {
    if (n > (size_t)(p->end - p->at))
        return sx_fail(err, SX_ERR_FORMAT, "truncated: the pickle breaks off");
    *bytes = p->at;
    p->at += n;
    return true;
}

static uint64_t little(const uint8_t *b, size_t n) {
    uint64_t v = 0;
    for (size_t i = n; i-- > 0;)
        v = v << 8 | b[i];
    return v;
}

static bool number(sx_pickle *p, size_t width, uint64_t *v, sx_error *err) {
    const uint8_t *b = NULL;
    if (!take_bytes(p, width, &b, err)) return false;
    *v = little(b, width);
    return true;
}

/* A length of `width` bytes, then so many bytes. */
static bool counted(sx_pickle *p, size_t width, sx_ptext *text, sx_error *err) {
    uint64_t n = 0;
    *text = (sx_ptext){ 0 };
    if (!number(p, width, &n, err)) return false;
    text->n = (size_t)n;
    return take_bytes(p, text->n, &text->data, err);
}

static bool line(sx_pickle *p, sx_ptext *text, sx_error *err) {
    const uint8_t *end = memchr(p->at, '\n', (size_t)(p->end - p->at));
    if (!end) return sx_fail(err, SX_ERR_FORMAT, "truncated: the pickle breaks off");
    *text = (sx_ptext){ .data = p->at, .n = (size_t)(end - p->at) };
    p->at = end + 1;
    return true;
}

/* ---- pushing ---- */

static bool push_text(sx_pickle *p, sx_pkind kind, size_t width, sx_error *err) {
    sx_ptext text;
    if (!counted(p, width, &text, err)) return false;
    sx_pvalue *v = sx_pickle_value(p, kind, err);
    if (v) v->text = text;
    return push_value(p, v, err);
}

static bool push_int(sx_pickle *p, sx_pkind kind, int64_t i, sx_error *err) {
    sx_pvalue *v = sx_pickle_value(p, kind, err);
    if (v) v->i = i;
    return push_value(p, v, err);
}

static bool push_number(sx_pickle *p, size_t width, sx_error *err) {
    uint64_t v = 0;
    if (!number(p, width, &v, err)) return false;
    return push_int(p, SX_P_INT, width == 4 ? (int32_t)(uint32_t)v : (int64_t)v, err);
}

/* LONG1, LONG4: two's complement, any length */
static bool push_long(sx_pickle *p, size_t width, sx_error *err) {
    sx_ptext text;
    if (!counted(p, width, &text, err)) return false;
    sx_pvalue *v = sx_pickle_value(p, text.n > 8 ? SX_P_BIG : SX_P_INT, err);
    if (!v) return false;
    if (text.n > 8) {
        v->text = text;
    } else {
        uint64_t u = little(text.data, text.n);
        if (text.n > 0 && text.n < 8 && text.data[text.n - 1] & 0x80)
            u |= UINT64_MAX << (8 * text.n);
        v->i = (int64_t)u;
    }
    return push_value(p, v, err);
}

/* BINFLOAT: big endian, the only one in a pickle */
static bool push_float(sx_pickle *p, sx_error *err) {
    const uint8_t *b = NULL;
    if (!take_bytes(p, 8, &b, err)) return false;
    sx_pvalue *v = sx_pickle_value(p, SX_P_FLOAT, err);
    if (!v) return false;
    uint64_t u = 0;
    for (int i = 0; i < 8; i++)
        u = u << 8 | b[i];
    memcpy(&v->f, &u, sizeof u);
    return push_value(p, v, err);
}

static bool tuple_from(sx_pickle *p, size_t first, sx_error *err) {
    sx_pvalue *v = sx_pickle_value(p, SX_P_TUPLE, err);
    if (!v || !sx_pickle_append(p, &v->items, p->stack.at + first, p->stack.n - first, err))
        return false;
    p->stack.n = first;
    return push_value(p, v, err);
}

static bool short_tuple(sx_pickle *p, size_t n, sx_error *err) {
    return need(p, n, err) && tuple_from(p, p->stack.n - n, err);
}

static bool marked_tuple(sx_pickle *p, sx_error *err) {
    size_t first = 0;
    return unmark(p, &first, err) && tuple_from(p, first, err);
}

/* Moves the values from `first` on into the list or dict below them. An object drops them. */
static bool extend(sx_pickle *p, size_t first, sx_pkind kind, sx_error *err) {
    size_t n = p->stack.n - first;
    if (first > floor_of(p) && p->stack.at[first - 1]->kind == SX_P_OBJECT) {
        p->stack.n = first;
        return true;
    }
    if (first == floor_of(p) || p->stack.at[first - 1]->kind != kind ||
        (kind == SX_P_DICT && n % 2))
        return sx_fail(err, SX_ERR_FORMAT, "the pickle appends to something that is no %s",
                       kind == SX_P_DICT   ? "dict"
                       : kind == SX_P_LIST ? "list"
                                           : "set");
    if (!sx_pickle_append(p, &p->stack.at[first - 1]->items, p->stack.at + first, n, err))
        return false;
    p->stack.n = first;
    return true;
}

static bool extend_marked(sx_pickle *p, sx_pkind kind, sx_error *err) {
    size_t first = 0;
    return unmark(p, &first, err) && extend(p, first, kind, err);
}

/* A set is only used in settings. */
static bool frozen_set(sx_pickle *p, sx_error *err) {
    size_t first = 0;
    if (!unmark(p, &first, err)) return false;
    p->stack.n = first;
    return push_value(p, sx_pickle_value(p, SX_P_OBJECT, err), err);
}

static bool extend_by(sx_pickle *p, size_t n, sx_pkind kind, sx_error *err) {
    return need(p, n, err) && extend(p, p->stack.n - n, kind, err);
}

/* ---- globals and objects ---- */

static bool global(sx_pickle *p, sx_error *err) {
    sx_ptext module, name;
    if (!line(p, &module, err) || !line(p, &name, err)) return false;
    return push_value(p, sx_pickle_global(p, module, name, err), err);
}

static bool stack_global(sx_pickle *p, sx_error *err) {
    if (!need(p, 2, err)) return false;
    const sx_pvalue *name = top(p), *module = p->stack.at[p->stack.n - 2];
    if (name->kind != SX_P_TEXT || module->kind != SX_P_TEXT)
        return sx_fail(err, SX_ERR_FORMAT,
                       "the pickle names a global with something that is no text");
    p->stack.n -= 2;
    return push_value(p, sx_pickle_global(p, module->text, name->text, err), err);
}

static bool reduce(sx_pickle *p, sx_error *err) {
    if (!need(p, 2, err)) return false;
    p->stack.n -= 2;
    const sx_pvalue *callable = p->stack.at[p->stack.n], *args = p->stack.at[p->stack.n + 1];
    return push_value(p, sx_pickle_reduce(p, callable, args, err), err);
}

static bool build(sx_pickle *p, sx_error *err) {
    if (!need(p, 2, err)) return false;
    const sx_pvalue *state = p->stack.at[--p->stack.n];
    return sx_pickle_build(p, top(p), state, err);
}

static bool persistent(sx_pickle *p, sx_error *err) {
    if (!need(p, 1, err)) return false;
    sx_pvalue *v = sx_pickle_persistent(p, p->stack.at[--p->stack.n], err);
    if (!v || (v->kind == SX_P_STORAGE && !push_heap(&p->storages, v, err))) return false;
    return push_value(p, v, err);
}

static bool forbidden(uint8_t op, sx_error *err) {
    static const struct {
        char op;
        const char *name;
    } known[] = {
        { 'i', "INST" },
        { 'o', "OBJ" },
        { 'P', "PERSID" },
        { 'I', "INT" },
        { 'L', "LONG" },
        { 'F', "FLOAT" },
        { 'S', "STRING" },
        { 'V', "UNICODE" },
        { 'p', "PUT" },
        { 'g', "GET" },
        { '\x81', "NEWOBJ" },
        { '\x82', "EXT1" },
        { '\x83', "EXT2" },
        { '\x84', "EXT4" },
        { '\x92', "NEWOBJ_EX" },
        { '\x97', "NEXT_BUFFER" },
        { '\x98', "READONLY_BUFFER" },
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if ((uint8_t)known[i].op == op)
            return sx_fail(err, SX_ERR_UNSUPPORTED,
                           "the pickle uses the opcode %s, which is not allowed", known[i].name);
    return sx_fail(err, SX_ERR_FORMAT, "0x%02x is no pickle opcode", op);
}

static bool new_object(sx_pickle *p, sx_error *err) {
    if (p->stack.n - floor_of(p) < 2 || !sx_pickle_is_class(p->stack.at[p->stack.n - 2]))
        return forbidden(0x81, err);
    return reduce(p, err);
}

static bool pop_value(sx_pickle *p, sx_error *err) {
    if (p->mark_count && p->stack.n == floor_of(p)) {
        p->mark_count--;
        return true;
    }
    if (!need(p, 1, err)) return false;
    p->stack.n--;
    return true;
}

static bool pop_marked(sx_pickle *p, sx_error *err) {
    return unmark(p, &p->stack.n, err);
}

static bool memo_put_n(sx_pickle *p, size_t width, sx_error *err) {
    uint64_t i = 0;
    return number(p, width, &i, err) && memo_put(p, (size_t)i, err);
}

static bool memo_get_n(sx_pickle *p, size_t width, sx_error *err) {
    uint64_t i = 0;
    return number(p, width, &i, err) && memo_get(p, (size_t)i, err);
}

static bool protocol(sx_pickle *p, sx_error *err) {
    uint64_t v = 0;
    if (!number(p, 1, &v, err)) return false;
    if (v >= 2 && v <= 5) return true;
    return sx_fail(err, SX_ERR_UNSUPPORTED, "pickle protocol %d is not known", (int)v);
}

static bool frame(sx_pickle *p, sx_error *err) {
    uint64_t length = 0;
    return number(p, 8, &length, err); /* frames are only for buffering */
}

static bool dup(sx_pickle *p, sx_error *err) {
    return need(p, 1, err) && push_value(p, top(p), err);
}

/* Opcodes of memo, globals and objects. */
static bool step_object(sx_pickle *p, uint8_t op, sx_error *err) {
    switch (op) {
    case 'q':
        return memo_put_n(p, 1, err);
    case 'r':
        return memo_put_n(p, 4, err);
    case 0x94:
        return memo_put(p, p->puts, err);
    case 'h':
        return memo_get_n(p, 1, err);
    case 'j':
        return memo_get_n(p, 4, err);
    case 'c':
        return global(p, err);
    case 0x93:
        return stack_global(p, err);
    case 'R':
        return reduce(p, err);
    case 0x81:
        return new_object(p, err);
    case 'b':
        return build(p, err);
    case 'Q':
        return persistent(p, err);
    default:
        return forbidden(op, err);
    }
}

/* Opcodes of tuples, lists and dictionaries. */
static bool step_container(sx_pickle *p, uint8_t op, sx_error *err) {
    switch (op) {
    case ')':
        return short_tuple(p, 0, err);
    case 0x85:
        return short_tuple(p, 1, err);
    case 0x86:
        return short_tuple(p, 2, err);
    case 0x87:
        return short_tuple(p, 3, err);
    case 't':
        return marked_tuple(p, err);
    case ']':
        return push_value(p, sx_pickle_value(p, SX_P_LIST, err), err);
    case 'a':
        return extend_by(p, 1, SX_P_LIST, err);
    case 'e':
        return extend_marked(p, SX_P_LIST, err);
    case '}':
        return push_value(p, sx_pickle_value(p, SX_P_DICT, err), err);
    case 's':
        return extend_by(p, 2, SX_P_DICT, err);
    case 'u':
        return extend_marked(p, SX_P_DICT, err);
    case 0x8f: /* EMPTY_SET */
        return push_value(p, sx_pickle_value(p, SX_P_OBJECT, err), err);
    case 0x90: /* ADDITEMS */
        return extend_marked(p, SX_P_OBJECT, err);
    case 0x91:
        return frozen_set(p, err);
    default:
        return step_object(p, op, err);
    }
}

/* Opcodes of numbers, texts and other constants. */
static bool step_constant(sx_pickle *p, uint8_t op, sx_error *err) {
    switch (op) {
    case 'N':
        return push_value(p, sx_pickle_value(p, SX_P_NONE, err), err);
    case 0x88:
        return push_int(p, SX_P_BOOL, 1, err);
    case 0x89:
        return push_int(p, SX_P_BOOL, 0, err);
    case 'J':
        return push_number(p, 4, err);
    case 'K':
        return push_number(p, 1, err);
    case 'M':
        return push_number(p, 2, err);
    case 0x8a:
        return push_long(p, 1, err);
    case 0x8b:
        return push_long(p, 4, err);
    case 'G':
        return push_float(p, err);
    case 'U':
        return push_text(p, SX_P_BYTES, 1, err);
    case 'T':
        return push_text(p, SX_P_BYTES, 4, err);
    case 'C':
        return push_text(p, SX_P_BYTES, 1, err);
    case 'B':
        return push_text(p, SX_P_BYTES, 4, err);
    case 0x8e:
    case 0x96: /* BYTEARRAY8 */
        return push_text(p, SX_P_BYTES, 8, err);
    case 0x8c:
        return push_text(p, SX_P_TEXT, 1, err);
    case 'X':
        return push_text(p, SX_P_TEXT, 4, err);
    case 0x8d:
        return push_text(p, SX_P_TEXT, 8, err);
    default:
        return step_container(p, op, err);
    }
}

/* Opcodes of framing and stack; others are passed to the next group. */
static bool run_opcode(sx_pickle *p, uint8_t op, sx_error *err) {
    switch (op) {
    case 0x80:
        return protocol(p, err);
    case 0x95:
        return frame(p, err);
    case '(':
        return mark(p, err);
    case '0':
        return pop_value(p, err);
    case '1':
        return pop_marked(p, err);
    case '2':
        return dup(p, err);
    default:
        return step_constant(p, op, err);
    }
}

sx_pvalue *sx_pickle_read(sx_pickle *p, const uint8_t *bytes, size_t n, size_t *used,
                          sx_error *err) {
    p->at = bytes;
    p->end = bytes + n;
    p->stack.n = p->memo.n = p->mark_count = p->puts = 0;
    for (;;) {
        const uint8_t *op = NULL;
        if (!take_bytes(p, 1, &op, err) || !sx_pickle_work(p, 1, err)) return NULL;
        if (*op == '.') break;
        if (!run_opcode(p, *op, err)) return NULL;
    }
    if (p->stack.n != 1 || p->mark_count) {
        sx_fail(err, SX_ERR_FORMAT, "the pickle ends with %zu values instead of one", p->stack.n);
        return NULL;
    }
    if (used) *used = (size_t)(p->at - bytes);
    return top(p);
}
